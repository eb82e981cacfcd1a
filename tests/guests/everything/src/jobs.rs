//! Long work, which a client may want as a task.

use std::thread::sleep;
use std::time::Duration;

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

/// Greets somebody by name, at once.
#[tool(read_only)]
pub fn greet(args: Greet) -> String {
    format!("Hello, {}!", args.name)
}

/// Computes for some seconds.
#[tool(read_only)]
pub fn slow_compute(args: Compute, context: &mut Context) -> String {
    let label = args.label.as_deref().unwrap_or("the answer");
    let mut left = Duration::from_secs(args.seconds.into());
    while !left.is_zero() {
        if context.is_cancelled() {
            return format!("Stopped computing {label}.");
        }
        let nap = left.min(LOOK);
        sleep(nap);
        left -= nap;
    }
    format!("Computed {label} in {} seconds.", args.seconds)
}

/// Works for a while, and fails.
#[tool(read_only)]
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
