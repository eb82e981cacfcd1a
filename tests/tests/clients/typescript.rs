//! The official client of the TypeScript SDK: each script of `tests/node/` is one theme. After some, the host has said a
//! line in its log.

use super::script::script;

script!(TypeScript, Everything, asked);
script!(TypeScript, Everything, cancelling, "cancelled by the client");
script!(TypeScript, Everything, changes);
script!(TypeScript, Everything, everything);
script!(TypeScript, Everything, failures);
script!(TypeScript, Everything, large);
script!(TypeScript, Everything, lists);
script!(TypeScript, Everything, news);
script!(TypeScript, Everything, watching);
