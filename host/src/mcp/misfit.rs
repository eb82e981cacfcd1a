//! Requests that rmcp does not know: of methods that there are not, and of methods that there are with parameters of the
//! wrong shape, which rmcp takes for the former.

#![expect(deprecated, reason = "MCP 2026-07-28 deprecates logging (SEP-2577); clients of every version in use have it")]

use rmcp::ErrorData;
use rmcp::model::{
    CallToolRequestParams, CompleteRequestParams, CustomRequest, ErrorCode, GetPromptRequestParams,
    GetSkillRequestParams, InitializeRequestParams, PaginatedRequestParams, ReadResourceDirectoryRequestParams,
    ReadResourceRequestParams, SetLevelRequestParams, SubscribeRequestParams, SubscriptionsListenRequestParams,
    UnsubscribeRequestParams,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Characters of a method's name that are given back.
const SHOWN: usize = 128;

/// Parameters that are looked at for the one that is wrong: no method has more.
const MAX_KEYS: usize = 16;

/// Methods that the stateless protocol (MCP 2026-07-28) has no more.
const REMOVED: [&str; 5] = ["initialize", "logging/setLevel", "ping", "resources/subscribe", "resources/unsubscribe"];

/// The error for such a request, of the stateless protocol or of an older one.
pub fn answer(request: &CustomRequest, stateless: bool) -> ErrorData {
    let removed = |method: &str| stateless && REMOVED.contains(&method);
    let reason = match request.method.as_str() {
        method if removed(method) => return unknown(method),
        "initialize" => reason::<InitializeRequestParams>(request),
        "tools/list" | "prompts/list" | "resources/list" | "resources/templates/list" | "skills/list" => {
            reason::<PaginatedRequestParams>(request)
        }
        "skills/get" => reason::<GetSkillRequestParams>(request),
        "resources/directory/read" => reason::<ReadResourceDirectoryRequestParams>(request),
        "tools/call" => reason::<CallToolRequestParams>(request),
        "prompts/get" => reason::<GetPromptRequestParams>(request),
        "resources/read" => reason::<ReadResourceRequestParams>(request),
        "resources/subscribe" => reason::<SubscribeRequestParams>(request),
        "resources/unsubscribe" => reason::<UnsubscribeRequestParams>(request),
        "completion/complete" => reason::<CompleteRequestParams>(request),
        "logging/setLevel" => reason::<SetLevelRequestParams>(request),
        "subscriptions/listen" => reason::<SubscriptionsListenRequestParams>(request),
        "ping" | "server/discover" => "they are not those of this method".to_owned(),
        method => return unknown(method),
    };
    let words = format!("The parameters of {} are not what they should be: {reason}", request.method);
    ErrorData::invalid_params(words, None)
}

fn unknown(method: &str) -> ErrorData {
    let shown: String = method.chars().take(SHOWN).collect();
    ErrorData::new(ErrorCode::METHOD_NOT_FOUND, format!("Unknown method: {shown}"), None)
}

fn reason<T: DeserializeOwned>(request: &CustomRequest) -> String {
    let mut params = request.params.clone().unwrap_or_else(|| Value::Object(serde_json::Map::default()));
    // They may fit after all; what rmcp did not like is elsewhere in the message then.
    let Err(error) = T::deserialize(&params) else { return "they are not those of this method".to_owned() };
    let words = words(&error);
    match culprit::<T>(&mut params, &error.to_string()) {
        Some(key) => format!("`{key}`: {words}"),
        None => words,
    }
}

/// The parameter without which there would be another error, or none.
fn culprit<T: DeserializeOwned>(params: &mut Value, error: &str) -> Option<String> {
    if error.starts_with("missing field") {
        return None;
    }
    let params_of = |params: &Value| Some(params.as_object()?.keys().take(MAX_KEYS).cloned().collect::<Vec<_>>());
    params_of(params)?.into_iter().find(|key| {
        let taken = params.get_mut(key).map(Value::take);
        if let Some(object) = params.as_object_mut() {
            object.remove(key);
        }
        let other = T::deserialize(&*params).err().is_none_or(|other| other.to_string() != error);
        if let (Some(object), Some(taken)) = (params.as_object_mut(), taken) {
            object.insert(key.clone(), taken);
        }
        other
    })
}

/// What is wrong with JSON, without the names that the host has for things.
pub(super) fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = match text.split_once(", expected ") {
        Some((found, expected)) if expected.contains("struct ") => format!("{found}, expected an object"),
        Some((found, expected)) if expected.contains("enum ") => format!("{found}, which it cannot be"),
        None if text.contains("untagged enum ") => "it has none of the shapes that it can have".to_owned(),
        _ => text,
    };
    text.replace("sequence", "list").replace("a map", "an object").replace("type: map", "type: object")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_known_method_with_misshapen_parameters_is_told_apart_from_an_unknown_one() {
        let answer = |method: &str, params| answer(&CustomRequest::new(method, params), false);
        let unknown = answer("no/such", None);
        assert_eq!(unknown.code, ErrorCode::METHOD_NOT_FOUND);
        assert_eq!(unknown.message, "Unknown method: no/such");
        for (method, params, words) in [
            ("tools/call", None, "missing field `name`"),
            ("tools/call", Some(json!({ "name": 1 })), "expected a string"),
            (
                "tools/call",
                Some(json!({ "name": "a", "arguments": [] })),
                "`arguments`: invalid type: list, expected an object",
            ),
            ("tools/call", Some(json!({ "name": "a", "requestState": 7 })), "`requestState`: "),
            (
                "initialize",
                Some(json!({ "protocolVersion": "x", "capabilities": {}, "clientInfo": 7 })),
                "`clientInfo`: ",
            ),
            ("tools/list", Some(json!({ "cursor": 1 })), "expected a string"),
            ("logging/setLevel", Some(json!({ "level": "loud" })), "unknown variant `loud`"),
            ("resources/read", Some(json!({})), "missing field `uri`"),
            ("skills/list", Some(json!({ "cursor": [] })), "expected a string"),
            ("skills/get", Some(json!({})), "missing field `uri`"),
            ("resources/directory/read", Some(json!({ "uri": 1 })), "expected a string"),
        ] {
            let error = answer(method, params);
            assert_eq!(error.code, ErrorCode::INVALID_PARAMS);
            assert!(error.message.contains(words), "{}", error.message);
        }
    }

    #[test]
    fn what_the_stateless_protocol_has_no_more_is_unknown_there() {
        for method in REMOVED {
            let code = |stateless| answer(&CustomRequest::new(method, Some(json!({}))), stateless).code;
            assert_eq!(code(true), ErrorCode::METHOD_NOT_FOUND, "{method}");
            assert_eq!(code(false), ErrorCode::INVALID_PARAMS, "{method}");
        }
    }
}
