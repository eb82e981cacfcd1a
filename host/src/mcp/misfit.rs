//! Requests that rmcp does not know: of methods that there are not, and of methods that there are with parameters of the
//! wrong shape, which rmcp takes for the former.

// MCP 2026-07-28 deprecates logging (SEP-2577); clients of every version in use have it.
#![expect(deprecated)]

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

/// Methods that the stateless protocol (MCP 2026-07-28) has no more.
const REMOVED: [&str; 5] = ["initialize", "logging/setLevel", "ping", "resources/subscribe", "resources/unsubscribe"];

/// The error for such a request, of the stateless protocol or of an older one.
pub(super) fn answer(request: &CustomRequest, stateless: bool) -> ErrorData {
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
    let params = request.params.clone().unwrap_or_else(|| Value::Object(serde_json::Map::default()));
    match serde_json::from_value::<T>(params) {
        Err(error) => error.to_string(),
        // They fit after all; what rmcp did not like is elsewhere in the message.
        Ok(_) => "they are not those of this method".to_owned(),
    }
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
            ("tools/call", Some(json!({ "name": "a", "arguments": [] })), "expected a map"),
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
