//! A guest that offers what the official conformance suite asks of a server: the suite knows these names, arguments and
//! answers, and `cargo xtask conformance` runs it against them.
//!
//! | module | idea |
//! |---|---|
//! | `content` | tools that answer with each kind of content |
//! | `calls` | tools that log, report progress, fail, take their time |
//! | `schemas` | tools whose schemas a host must pass on as they are |
//! | `changes` | lists that change |
//! | `asks` | tools and a prompt that ask the client |
//! | `jobs` | long work, which a client may want as a task |
//! | `resources` | resources and a template |
//! | `prompts` | prompts, and a completion |
//! | `media` | the smallest picture and the shortest sound |
//!
//! A skill lies in `skills/`, with a folder below it.
#![allow(clippy::panic, reason = "one tool is there to trap")]

mod asks;
mod calls;
mod changes;
mod content;
mod jobs;
mod media;
mod prompts;
mod resources;
mod schemas;

use barkeep_sdk::prelude::*;

plugin! {
    tools: [
        // The suite's tests of headers call the first tool without arguments.
        content::test_simple_text, content::test_image_content, content::test_audio_content,
        content::test_embedded_resource, content::test_multiple_content_types, content::test_structured_content,
        calls::test_tool_with_logging, calls::test_logging_tool, calls::test_tool_with_progress,
        calls::test_error_handling, calls::test_reconnection,
        schemas::json_schema_2020_12_tool, schemas::test_custom_header,
        changes::test_trigger_tool_change, changes::test_trigger_prompt_change,
        asks::test_sampling, asks::test_missing_capability, asks::test_elicitation, asks::test_streaming_elicitation,
        asks::test_elicitation_sep1034_defaults, asks::test_elicitation_sep1330_enums,
        asks::test_input_required_result_elicitation, asks::test_input_required_result_sampling,
        asks::test_input_required_result_list_roots, asks::test_input_required_result_request_state,
        asks::test_input_required_result_tampered_state, asks::test_input_required_result_multiple_inputs,
        asks::test_input_required_result_multi_round, asks::test_input_required_result_capabilities,
        jobs::greet, jobs::slow_compute, jobs::waited_for, jobs::failing_job, jobs::protocol_error_job,
        jobs::confirm_delete, jobs::multi_input, jobs::test_tool_with_task,
    ],
    resources: [
        resources::static_text, resources::static_binary, resources::watched_resource, resources::template_data,
    ],
    skills: "skills",
    prompts: [
        prompts::test_simple_prompt, prompts::test_prompt_with_arguments, prompts::test_prompt_with_embedded_resource,
        prompts::test_prompt_with_image, changes::test_changing_prompt,
        asks::test_input_required_result_prompt,
    ],
    completions: [prompts::first_arguments, resources::ids],
}
