//! A guest that asks the client everything there is to ask: each tool one way of asking, and a resource and a prompt that ask.
#![allow(clippy::print_stdout, reason = "what a function does again in each round is seen in the log")]

mod elsewhere;
mod model;
mod needs;
mod person;
mod rounds;

use barkeep_sdk::prelude::*;

plugin! {
    tools: [
        person::form, person::page,
        model::say, model::converse, model::calculate,
        elsewhere::folders, elsewhere::can,
        rounds::together, rounds::count, rounds::once, rounds::wander, rounds::swallow, rounds::many, rounds::large,
        needs::later,
    ],
    resources: [elsewhere::guarded, elsewhere::sometimes, needs::server],
    prompts: [elsewhere::report, needs::quote],
    completions: [needs::said],
}
