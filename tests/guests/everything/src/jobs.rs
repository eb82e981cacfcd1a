//! Long work, which a client may want as a task.

use std::thread::sleep;
use std::time::{Duration, Instant};

use barkeep_sdk::prelude::*;

/// How long a job takes that takes a while.
const A_WHILE: Duration = Duration::from_secs(1);

/// How often a job looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(20);

/// Whom to greet.
#[arguments]
pub struct Greet {
    /// The person's name.
    name: String,
}

/// How long to compute.
#[arguments]
pub struct Compute {
    /// Seconds.
    #[schemars(range(min = 0, max = 300))]
    seconds: u32,
    /// A name for the result.
    label: Option<String>,
}

/// What to delete.
#[arguments]
pub struct Delete {
    /// The file's name.
    filename: String,
}

/// A yes.
#[arguments]
struct Confirmed {
    confirm: bool,
}

/// A name.
#[arguments]
struct Named {
    name: String,
}

/// Greets somebody by name, at once.
#[tool(read_only)]
pub fn greet(args: Greet) -> String {
    format!("Hello, {}!", args.name)
}

/// Computes for some seconds.
#[tool(read_only)]
pub fn slow_compute(args: Compute, context: &mut Context) -> String {
    let label = args.label.as_deref().unwrap_or("the answer");
    let all = Duration::from_secs(args.seconds.into());
    let begun = Instant::now();
    while begun.elapsed() < all {
        context.progress(begun.elapsed().as_secs_f64(), Some(all.as_secs_f64()), Some("Computing"));
        if context.is_cancelled() {
            return format!("Stopped computing {label}.");
        }
        sleep(LOOK);
    }
    format!("Computed {label} in {} seconds.", args.seconds)
}

/// Works for a while, and is waited for.
#[tool(read_only, tasks = forbidden)]
pub fn waited_for() -> &'static str {
    sleep(A_WHILE);
    "Here it is."
}

/// Works for a while, and fails.
#[tool(read_only, tasks = required)]
pub fn failing_job() -> Result<&'static str> {
    sleep(A_WHILE);
    Err(Error::other("The job failed, as it was told to."))
}

/// Works for a while, and does not get to fail by itself.
#[tool(read_only)]
pub fn protocol_error_job() -> &'static str {
    sleep(A_WHILE);
    panic!("the job was told to panic")
}

/// Looks for a file for a while, then asks whether to delete it.
#[tool]
pub fn confirm_delete(args: Delete, context: &mut Context) -> Result<String> {
    sleep(A_WHILE);
    let question = format!("Delete {}?", args.filename);
    let answer = context.ask(Elicit::<Confirmed>::new(question).key("confirm"))?.accepted();
    let deleted = answer.is_some_and(|answer| answer.confirm);
    Ok(format!("{} was {}.", args.filename, if deleted { "deleted" } else { "kept" }))
}

/// Works for a while, then asks two questions at once.
#[tool]
pub fn multi_input(context: &mut Context) -> Result<String> {
    sleep(A_WHILE);
    let name = Elicit::<Named>::new("What is its name?").key("name");
    let confirm = Elicit::<Confirmed>::new("Is that so?").key("confirm");
    let (name, confirm) = context.ask((name, confirm))?;
    let name = name.accepted().map_or_else(|| "nothing".to_owned(), |answer| answer.name);
    Ok(format!("It is {name}: {}.", confirm.accepted().is_some_and(|answer| answer.confirm)))
}

/// Asks for a name at once, then works for a while.
#[tool(tasks = required)]
pub fn test_tool_with_task(context: &mut Context) -> Result<String> {
    let answer = context.ask(Elicit::<Named>::new("What is your name?").key("user_name"))?.accepted();
    sleep(A_WHILE);
    Ok(format!("Worked for {}.", answer.map_or_else(|| "nobody".to_owned(), |answer| answer.name)))
}
