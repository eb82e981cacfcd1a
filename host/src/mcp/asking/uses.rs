//! Questions as uses of the capability `client`.

use super::question;
use crate::capability::{Grants, Kind, Use};
use crate::mcp::call::Caller;
use crate::plugin::Plugin;
use crate::runtime::Failure;
use crate::runtime::bindings::barkeep::plugin::types as wit;

/// Tells the record of the questions: they are asked, or one of them is refused.
pub(super) fn tell(caller: &Caller, plugin: &Plugin, asks: &wit::InputRequired, failure: Option<&Failure>) {
    let Some(witness) = caller.call.witness(plugin.id(), plugin.generation()) else { return };
    let refused = match failure {
        Some(Failure::NotGranted { kind, .. }) => Some(*kind),
        // It is not for want of a grant that nobody is asked.
        Some(_) => return,
        None => None,
    };
    let asked = asks.questions.iter().map(|one| question::kind(&one.ask));
    for kind in refused.map_or_else(|| asked.collect(), |kind| vec![kind]) {
        let needs = Grants { client: vec![kind], ..Grants::default() };
        let (what, refused) = (kind.to_string(), failure.map(ToString::to_string));
        witness.saw(&Use { kind: Kind::Client, what: &what, needs: Some(&needs), refused: refused.as_deref() });
    }
}
