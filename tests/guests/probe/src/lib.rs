//! A guest that misbehaves, and looks around, on request: each tool does one thing that a host must bear, or must not let
//! happen.
#![allow(clippy::print_stdout, clippy::panic, reason = "that is what it is for")]

mod answers;
mod failures;
mod menu;
mod reach;
mod sockets;

use barkeep_sdk::prelude::*;

plugin! {
    tools: [
        answers::huge, answers::lie, answers::sum, answers::nothing, answers::every_content, answers::fail, answers::say,
        answers::print, answers::count, answers::pair,
        failures::work, failures::hold, failures::spin, failures::sleep, failures::sleep_forever, failures::allocate, failures::crash, failures::recurse, failures::recurse_in_memory,
        failures::exit, failures::until_cancelled,
        reach::variable, reach::variables, reach::command_line, reach::read, reach::write, reach::list, reach::remove,
        reach::rename, reach::get, reach::look,
        sockets::talk, sockets::hoard, sockets::churn, sockets::listen, sockets::datagram, sockets::look_up,
        menu::announce,
    ],
    resources: [menu::item, menu::bytes, menu::broken],
    list_resources: menu::items,
    prompts: [menu::letter, menu::refuse],
    completions: [menu::people],
}
