//! The official Python client: each script of `tests/python/` is one theme. After some, the host has said a line in its
//! log.

use super::script::script;

script!(Python, Swapped, calls);
script!(Python, Swapped, cancelling, "cancelled by the client");
script!(Python, Swapped, changes);
script!(Python, Swapped, failures);
script!(Python, Swapped, lists);
script!(Python, Swapped, news);
script!(Python, Swapped, prompts);
script!(Python, Swapped, reads);
script!(Python, Everything, asked);
script!(Python, Everything, everything);
script!(Python, Everything, large);
script!(Python, Everything, watching);
