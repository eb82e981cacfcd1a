//! Plugins that mean harm, each small, each with its expected end: the host and the other plugins go on as if nothing had
//! happened.
//!
//! Each case and its tests; a file without a folder lies here.
//!
//! | case | tests |
//! |---|---|
//! | **Guests** |  |
//! | endless loop; spin in host calls | `calls.rs` `a_loop_ends_at_its_time`, `a_loop_of_calls_into_the_host_ends_at_its_time`; `system.rs` `a_loop_of_looks_at_the_clock_ends_at_its_time` |
//! | recursion | `calls.rs` `recursion_ends` |
//! | memory growth to the limit, and in small steps for a minute | `calls.rs` `memory_that_grows_page_by_page_ends_at_the_limit`, `memory_that_grows_slowly_ends_at_its_time`; `loads.rs` `one_that_begins_with_more_memory_than_it_may_have_is_refused` |
//! | table growth; a component with thousands of memories | `calls.rs` `tables_that_grow_end`; `loads.rs` `one_with_a_huge_table_is_refused`, `one_with_thousands_of_memories_is_refused` |
//! | 1 GiB result; 1,000,000 content blocks | `calls.rs` `an_answer_of_a_gibibyte_is_not_taken_in`, `an_answer_that_is_told_a_thousand_times_is_not_taken_in`, `a_million_blocks_of_content_are_too_many` |
//! | deeply nested JSON | `calls.rs` `structured_content_that_is_no_json_is_refused`, `json_that_unfolds_in_the_host_is_refused`; `listed.rs` `a_schema_that_is_too_deep_or_too_large_is_refused` |
//! | invalid UTF-8 by way of C | `tests/tests/hostile/in_c/mod.rs` `text_of_c_that_is_no_utf8_is_refused`, `a_menu_of_c_that_is_no_utf8_is_refused`; `calls.rs` `text_that_is_no_utf8_is_refused` |
//! | strings with NUL, newlines and terminal escapes in names, descriptions and logs | `listed.rs` `a_name_with_escapes_or_lines_in_it_is_refused`, `what_hides_in_a_description_is_shown_and_told`, `escapes_in_a_log_message_do_not_reach_the_terminal` |
//! | trap in list, in call, in start | `loads.rs` `one_that_traps_when_it_is_listed_is_refused`, `one_that_traps_when_it_starts_is_refused`; `calls.rs` `a_trap_ends` |
//! | names of megabytes, in a backtrace and elsewhere | `calls.rs` `a_backtrace_of_huge_names_is_cut`; `loads.rs` `one_that_traps_with_huge_names_when_it_is_listed_is_refused`, `one_that_imports_a_huge_name_is_refused_in_a_short_line` |
//! | sleep for ever; poll for ever | `system.rs` `a_wait_for_ever_ends_at_its_time`, `a_poll_for_ever_ends_at_its_time`; `concurrent.rs` `a_wait_for_ever_by_wasi_0_3_ends_at_its_time` |
//! | stdout and stderr floods | `output.rs` `a_flood_of_stdout_is_cut_and_counted`, `a_flood_of_stderr_is_cut_and_counted` |
//! | handles leaked and forged | `system.rs` `handles_that_leak_end`, `handles_that_are_forged_or_stale_are_refused` |
//! | 10,000 open files | `folders.rs` `ten_thousand_open_files_are_too_many`; `concurrent.rs` `files_are_bound_by_wasi_0_3_as_by_0_2` |
//! | symlink, hard link, `..`, absolute path, proc files | `folders.rs` `links_that_a_plugin_makes_lead_it_nowhere`, `the_files_of_processes_are_opened_by_nothing`; `tests/tests/grants.rs` `no_path_leads_out_of_what_is_granted` |
//! | rename race against a checking thread | `races.rs` `a_path_that_changes_between_look_and_use_leads_nowhere_else` |
//! | fill the disk | `folders.rs` `one_call_writes_no_more_than_it_may_whichever_way`, `a_file_gets_no_longer_than_it_may_whichever_way_it_is_written` |
//! | connect to inner addresses, by name, by literal, by odd literals | `network.rs` `no_way_of_writing_an_inner_address_leads_to_it`; `concurrent.rs` `sockets_are_bound_by_wasi_0_3_as_by_0_2` |
//! | after a redirect | `network.rs` `a_redirect_is_followed_by_nobody_but_the_plugin_and_is_looked_at_again` |
//! | after a DNS answer that changes between check and use | `moving.rs` `a_request_goes_to_the_address_that_was_looked_at`, `a_connection_goes_to_the_address_that_was_looked_at`, `a_name_of_the_internet_that_turns_inward_is_refused`; `host/src/capability/tcp/tests/mod.rs` `an_answer_that_changes_after_it_was_looked_at_changes_nothing`; `host/src/capability/http/tests/network.rs` `what_is_connected_to_is_what_was_resolved_and_looked_at` |
//! | connections without end | `network.rs` `connections_in_their_thousands_one_after_the_other_leave_nothing_behind`, `sockets_that_a_plugin_leaks_are_bounded_and_closed_when_its_call_ends` |
//! | host header against URL; header injection | `network.rs` `no_header_begins_another_or_speaks_of_the_connection` |
//! | response bombs | `network.rs` `an_answer_without_end_ends_at_its_limit_and_says_which`, `headers_without_end_and_bytes_that_only_drip_end`, `an_answer_that_is_compressed_is_not_unfolded_by_the_host` |
//! | environment scraping | `tests/tests/grants.rs` `a_plugin_sees_no_variable_argument_or_folder_of_the_host` |
//! | clocks set back: by a guest | `loads.rs` `one_that_would_set_the_clock_is_refused` |
//! | clocks set back: under the host | `host/src/mcp/asking/seal.rs` `what_is_too_old_is_refused_also_once_the_clock_was_set_back`; `host/src/mcp/tasks/store/tests.rs` `what_ends_after_the_clock_was_set_back_is_the_newest`; `host/src/plugin/rest/tests.rs` `a_rest_is_over_in_its_time_however_the_clock_is_set` |
//! | random exhaustion | `system.rs` `randomness_is_given_in_small_parts_and_not_for_ever` |
//! | a tool that takes another plugin's name | `listed.rs` `a_tool_that_takes_the_name_of_another_plugins_tool_is_not_served`, `a_name_that_is_anothers_with_its_prefix_is_not_served` |
//! | schemas that are bombs | `listed.rs` `a_schema_that_refers_to_itself_ends`, `arguments_are_checked_in_bounded_time_whatever_the_schema_asks`; `tests/tests/bombs.rs` `a_schema_that_asks_for_more_steps_than_there_are_is_refused_at_load` |
//! | prompt text with hidden Unicode | `listed.rs` `what_hides_in_a_description_is_shown_and_told` |
//! | going on after the answer | `concurrent.rs` `what_goes_on_after_its_answer_ends_with_its_instance`, `what_goes_on_in_an_instance_that_is_kept_takes_the_time_of_its_own_calls` |
//! | **Files** |  |
//! | component cut short; bit-flipped | `files.rs` `a_component_that_is_cut_short_is_refused_at_any_length`, `flipped_bits_harm_nobody` |
//! | replaced while read; deleted during a call | `files.rs` `a_file_that_is_written_while_it_is_read_is_served_once_it_is_whole`, `a_file_that_is_deleted_during_a_call_takes_no_answer_away` |
//! | 100 replacements a second | `files.rs` `a_file_that_is_replaced_in_a_loop_is_served_whole` |
//! | a folder of 2,000 components | `loads.rs` `a_folder_of_components_without_end_is_served_as_far_as_it_may_be` |
//! | a compile cache that is corrupt, or writable by others | `files.rs` `compiled_code_that_was_changed_is_not_run`, `compiled_code_that_others_may_write_is_not_run` |
//! | a compile cache of another version | `host/src/plugin/cache.rs` `code_of_another_engine_and_what_is_no_code_is_compiled_again` |
//! | **Clients** |  |
//! | oversized message, endless line | `tests/tests/bad_input/http.rs` `a_body_that_is_too_large_is_refused_before_it_is_read_to_its_end`; `tests/tests/bad_input/stdio.rs` `a_line_that_is_too_long_is_refused_and_not_kept` |
//! | slow bytes; 10,000 connections | `clients.rs` `slow_bytes_hold_up_nobody_else`, `a_message_in_single_bytes_is_a_message`, `connections_in_their_thousands_keep_nobody_out` |
//! | a batch of 100,000 | `clients.rs` `messages_that_would_unfold_are_refused_on_stdio`, `messages_that_would_unfold_are_refused_over_http` |
//! | wrong Host and Origin; cross-site requests | `tests/tests/bad_input/http.rs` `only_known_hosts_and_no_web_pages_are_served`; `clients.rs` `pages_of_other_sites_get_nothing` |
//! | replayed state | `tests/tests/consent/state.rs` `an_answer_is_good_once`, `a_state_that_is_another_requests_or_was_changed_is_refused`; `tests/tests/asking/state.rs` `a_state_is_good_for_its_own_request_alone` |
//! | disconnect in the middle of a call, of an upload, of a listing | `clients.rs` `clients_that_go_away_in_the_middle_leave_nothing`, `a_client_that_ends_in_the_middle_of_a_line_ends_the_host` |
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on panics")]

mod calls;
mod clients;
mod component;
mod concurrent;
mod files;
mod folders;
mod in_c;
mod listed;
mod loads;
#[cfg(target_os = "linux")]
mod moving;
mod network;
mod output;
#[cfg(unix)]
mod pipes;
mod races;
mod server;
mod system;
mod together;

use barkeep_tests::{Client, Era, Folder, Host};
use serde_json::json;

use component::Hostile;

/// A folder with a plugin that means well, and `hostile`, with little memory and time.
fn folder(hostile: &Hostile) -> Folder {
    folder_of(&hostile.build())
}

fn folder_of(component: &[u8]) -> Folder {
    let folder = Folder::with_guests(&["probe"]);
    folder.configure(
        "folder = \"plugins\"\n[plugins.hostile]\nprefix = \"\"\n[plugins.hostile.limits]\nmemory = \"192MiB\"\ntime = \"2s\"\n",
    );
    folder.write("plugins/hostile.wasm", component);
    folder
}

async fn serve(folder: &Folder) -> (Host, Client) {
    let mut host = Host::stdio(folder);
    let client = host.client(Era::Initialize).await;
    (host, client)
}

/// The plugin that means well does well.
async fn assert_well(client: &Client) {
    assert_eq!(client.text("probe__sum", json!({ "a": 40, "b": 2 })).await, r#"{"sum":42}"#);
}
