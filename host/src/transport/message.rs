//! From bytes to a message of MCP; and for bytes that are none, the error that JSON-RPC 2.0 has for them (section 5.1).

use rmcp::ErrorData;
use rmcp::model::{ClientJsonRpcMessage, ClientRequest, JsonRpcError, RequestId};
use serde_json::Value;

use super::MAX_MESSAGE;
use crate::mcp::answer_misfit;
use crate::plugin::json::{MAX_VALUES, Values};

/// UTF-8's byte order mark, which some editors put first (RFC 8259, section 8.1).
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// Reads one message. None is one that is to be ignored: nobody waits for an answer to it.
///
/// # Errors
///
/// The answer to bytes that are no message, with the id of the request where that can be told.
pub(super) fn parse(bytes: &[u8]) -> Result<Option<ClientJsonRpcMessage>, JsonRpcError> {
    let bytes = bytes.strip_prefix(MARK).unwrap_or(bytes);
    if !Values::default().take(bytes) {
        let words = format!("the message has more than {MAX_VALUES} values, which is the most");
        return Err(JsonRpcError::new(None, ErrorData::invalid_request(words, None)));
    }
    match serde_json::from_slice(bytes) {
        Ok(message) => overlooked(bytes, &message).map_or(Ok(Some(message)), Err),
        Err(_) => misfit(bytes),
    }
}

/// The error for an `initialize` with parameters that are not its own: rmcp takes it for a method that nobody knows.
pub(super) fn misshapen_initialize(request: &ClientRequest) -> Option<ErrorData> {
    match request {
        ClientRequest::CustomRequest(request) if request.method == "initialize" => Some(answer_misfit(request, false)),
        _ => None,
    }
}

/// A cursor that is no string rmcp takes for none, and would have the list begin anew.
fn overlooked(bytes: &[u8], message: &ClientJsonRpcMessage) -> Option<JsonRpcError> {
    let ClientJsonRpcMessage::Request(request) = message else { return None };
    let params = match &request.request {
        ClientRequest::ListToolsRequest(list) => &list.params,
        ClientRequest::ListPromptsRequest(list) => &list.params,
        ClientRequest::ListResourcesRequest(list) => &list.params,
        ClientRequest::ListResourceTemplatesRequest(list) => &list.params,
        _ => return None,
    };
    if params.is_some() {
        return None;
    }
    let whole: Value = serde_json::from_slice(bytes).ok()?;
    let cursor = whole.get("params")?.get("cursor")?;
    let error = ErrorData::invalid_params("`cursor` must be a string, as the list before gave it", None);
    (!cursor.is_null()).then(|| JsonRpcError::new(Some(request.id.clone()), error))
}

/// The answer to a message that is longer than [`MAX_MESSAGE`].
pub(super) fn too_long() -> JsonRpcError {
    let words = format!("the message is longer than {MAX_MESSAGE} bytes, which is the most");
    JsonRpcError::new(None, ErrorData::invalid_request(words, None))
}

fn misfit<T>(bytes: &[u8]) -> Result<Option<T>, JsonRpcError> {
    let invalid = |id, words: &'static str| Err(JsonRpcError::new(id, ErrorData::invalid_request(words, None)));
    let message = match serde_json::from_slice(bytes) {
        Ok(Value::Object(message)) => message,
        Ok(Value::Array(_)) => return invalid(None, "batches are not part of MCP; send one message at a time"),
        Ok(_) => return invalid(None, "a message is a JSON object"),
        Err(error) => {
            return Err(JsonRpcError::new(None, ErrorData::parse_error(format!("this is not JSON: {error}"), None)));
        }
    };
    // Answers are not answered, or two peers could answer each other for ever; and notifications never are.
    if message.contains_key("result") || message.contains_key("error") {
        return Ok(None);
    }
    let id = message.get("id").map(|id| serde_json::from_value::<RequestId>(id.clone()));
    let is_call = message.get("jsonrpc").is_some_and(|version| version == "2.0")
        && message.get("method").is_some_and(Value::is_string);
    match (id, is_call) {
        (None, true) => Ok(None),
        (Some(Ok(id)), true) if message.get("params").is_some_and(|params| !params.is_object()) => {
            Err(JsonRpcError::new(Some(id), ErrorData::invalid_params("`params` must be an object", None)))
        }
        (Some(Ok(id)), true)
            if message.get("params").and_then(|params| params.get("_meta")).is_some_and(is_no_object) =>
        {
            Err(JsonRpcError::new(Some(id), ErrorData::invalid_params("`_meta` must be an object", None)))
        }
        (Some(Err(_)), _) => invalid(None, "the id of a request is a string or a whole number"),
        (id, _) => invalid(id.and_then(Result::ok), "this is no request of JSON-RPC 2.0"),
    }
}

fn is_no_object(value: &Value) -> bool {
    !value.is_object()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(text: &str) -> Value {
        let error = parse(text.as_bytes()).expect_err("it is no message");
        serde_json::to_value(error).expect("it is JSON")
    }

    #[test]
    fn what_is_no_message_has_the_code_that_says_so_and_the_id_where_there_is_one() {
        for (text, code, id) in [
            ("", -32700, None),
            ("hello", -32700, None),
            (r#"{"jsonrpc":"2.0","id":1,"#, -32700, None),
            (r#"{"jsonrpc":"2.0","id":1,"method":"\ud800"}"#, -32700, None),
            ("1", -32600, None),
            ("[]", -32600, None),
            (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600, None),
            ("{}", -32600, None),
            (r#"{"id":1,"method":"ping"}"#, -32600, Some(json!(1))),
            (r#"{"jsonrpc":"1.0","id":"a","method":"ping"}"#, -32600, Some(json!("a"))),
            (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, -32600, Some(json!(1))),
            (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600, None),
            (r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, -32600, None),
            (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[1]}"#, -32602, Some(json!(1))),
            (r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":7}}"#, -32602, Some(json!(1))),
        ] {
            let answer = answer(text);
            assert_eq!(answer["error"]["code"], code, "{text}: {answer}");
            assert_eq!(answer.get("id"), id.as_ref(), "{text}: {answer}");
        }
    }

    #[test]
    fn nothing_that_expects_no_answer_gets_one() {
        for text in [
            r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":[1]}"#,
            r#"{"jsonrpc":"2.0","id":[],"result":{}}"#,
            r#"{"jsonrpc":"2.0","error":7}"#,
        ] {
            assert!(parse(text.as_bytes()).is_ok_and(|message| message.is_none()), "{text}");
        }
    }

    #[test]
    fn a_message_may_begin_with_a_byte_order_mark() {
        let text = "\u{feff}{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}";
        assert!(parse(text.as_bytes()).is_ok_and(|message| message.is_some()));
    }

    #[test]
    fn a_cursor_that_is_no_string_is_refused() {
        for method in ["tools/list", "prompts/list", "resources/list", "resources/templates/list"] {
            for cursor in [json!(1), json!({}), json!(["x"]), json!(true)] {
                let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": { "cursor": cursor } });
                assert_eq!(answer(&message.to_string())["error"]["code"], -32602, "{message}");
            }
            for params in [json!({}), json!({ "cursor": "x" }), json!({ "cursor": null }), json!({ "_meta": {} })] {
                let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
                assert!(parse(message.to_string().as_bytes()).is_ok_and(|message| message.is_some()), "{message}");
            }
        }
    }

    /// When this fails, rmcp tells such a cursor from none: then `overlooked` is of no use any more.
    #[test]
    fn rmcp_takes_a_cursor_that_is_no_string_for_none() {
        let text = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":1}}"#;
        let message: ClientJsonRpcMessage = serde_json::from_str(text).expect("rmcp reads it");
        let ClientJsonRpcMessage::Request(request) = message else { panic!("a request") };
        assert!(matches!(request.request, ClientRequest::ListToolsRequest(list) if list.params.is_none()));
    }
}
