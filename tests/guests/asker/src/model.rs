//! Questions for the client's model.

use barkeep_sdk::ask::{Sampled, SamplingContent, SamplingMessage, SamplingTool, ToolChoice};
use barkeep_sdk::prelude::*;

#[arguments]
pub struct Say {
    /// What to ask.
    text: String,
}

/// Asks one thing.
#[tool]
pub fn say(args: Say, context: &mut Context) -> Result<String> {
    context.sample(args.text).map(|answer| told(&answer))
}

fn told(answer: &Sampled) -> String {
    let stop = answer.stop_reason.as_deref().unwrap_or("nothing");
    format!("{} said `{}` and stopped for {stop}", answer.model, answer.text())
}

/// Asks with all that a question can have.
#[tool]
pub fn converse(context: &mut Context) -> Result<String> {
    let question = Sampling::new("What is this?")
        .message(SamplingMessage::user(SamplingContent::image(*b"GIF89a", "image/gif")))
        .message(SamplingMessage::assistant("A picture."))
        .message(SamplingMessage::user(SamplingContent::audio(*b"RIFF", "audio/wav")))
        .system("Be brief.")
        .max_tokens(77)
        .temperature(0.5)
        .stop_at("END")
        .hint("small")
        .hint("large")
        .cost_priority(0.1)
        .speed_priority(0.2)
        .intelligence_priority(0.3);
    context.sample(question).map(|answer| told(&answer))
}

#[arguments]
struct Add {
    /// What to add up.
    numbers: Vec<i64>,
}

/// Lets the model use a tool, as often as it likes.
#[tool]
pub fn calculate(context: &mut Context) -> Result<String> {
    let add = SamplingTool::taking::<Add>("add")?.description("Adds numbers.");
    let mut question = Sampling::new("What is 2 + 3?").tool(add).tool_choice(ToolChoice::Auto);
    loop {
        let answer = context.sample(question.clone())?;
        let mut results = Vec::new();
        for wanted in answer.tool_uses() {
            let sum: i64 = wanted.arguments::<Add>()?.numbers.iter().sum();
            results.push(wanted.result(ToolResult::text(sum.to_string()).structured(json!({ "sum": sum }))));
        }
        if results.is_empty() {
            return Ok(told(&answer));
        }
        question = question.message(answer.into()).message(SamplingMessage::new(Role::User, results));
    }
}
