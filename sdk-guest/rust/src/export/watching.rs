//! `barkeep:plugin/watching`.

use super::Exported;
use crate::bindings::imports::barkeep::plugin::types;
use crate::bindings::watching::exports::barkeep::plugin::watching as wit;

impl<T: Exported> wit::Guest for T {
    fn watch(uri: String) -> Result<(), types::Error> {
        Ok(T::PLUGIN.watch(&uri)?)
    }
}
