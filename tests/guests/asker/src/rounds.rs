//! Rounds: several questions at once, one after the other, and functions that do what they should not.

use std::time::SystemTime;

use barkeep_sdk::ask::Roots;
use barkeep_sdk::prelude::*;

#[arguments]
struct Sure {}

/// Asks the person, the model and the client at once, under names of its own.
#[tool]
pub fn together(context: &mut Context) -> Result<String> {
    let sure = Elicit::<Sure>::new("Sure?").key("sure");
    let (sure, said, roots) =
        context.ask((sure, Sampling::new("Say hello.").key("hello"), Roots::new().key("roots")))?;
    Ok(format!("{} {} {}", sure.is_accepted(), said.text(), roots.len()))
}

#[arguments]
pub struct Count {
    /// How many rounds.
    rounds: u32,
}

/// Asks the model again and again, and prints a line in each round.
#[tool]
pub fn count(args: Count, context: &mut Context) -> Result<String> {
    println!("a round begins");
    let mut said = Vec::new();
    for round in 1..=args.rounds {
        said.push(context.sample(format!("Round {round}?"))?.text());
    }
    Ok(said.join(" "))
}

/// Asks about what is different each time, and remembers it.
#[tool]
pub fn once(context: &mut Context) -> Result<String> {
    let now = context.once("now", || Ok(nanoseconds()))?;
    let sure = context.elicit::<Sure>(format!("It is {now}. Sure?"))?;
    Ok(format!("{now} {}", sure.is_accepted()))
}

/// Asks about what is different each time.
#[tool]
pub fn wander(context: &mut Context) -> Result<String> {
    let sure = context.elicit::<Sure>(format!("It is {}. Sure?", nanoseconds()))?;
    Ok(sure.is_accepted().to_string())
}

fn nanoseconds() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or_default()
}

/// Keeps the error of a question to itself.
#[tool]
pub fn swallow(context: &mut Context) -> String {
    context.roots().map_or_else(|error| format!("nothing: {error}"), |roots| roots.len().to_string())
}

#[arguments]
pub struct Many {
    /// How many questions.
    questions: usize,
}

/// Asks many questions at once.
#[tool]
pub fn many(args: Many, context: &mut Context) -> Result<String> {
    let questions = (0..args.questions).map(|number| Elicit::<Sure>::new(format!("{number}?"))).collect::<Vec<_>>();
    Ok(context.ask(questions)?.iter().filter(|sure| sure.is_accepted()).count().to_string())
}

#[arguments]
pub struct Large {
    /// How many bytes.
    bytes: usize,
}

/// Remembers much while it asks.
#[tool]
pub fn large(args: Large, context: &mut Context) -> Result<String> {
    let kept: String = context.once("kept", || Ok("x".repeat(args.bytes)))?;
    context.roots()?;
    Ok(kept.len().to_string())
}
