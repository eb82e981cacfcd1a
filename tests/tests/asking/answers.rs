//! Each kind of question, and what the guest makes of its answer.

use barkeep_tests::Folder;
use rmcp::ErrorData;
use rmcp::model::ErrorCode;
use serde_json::{Value, json};

use super::person::{Person, Question, accept, error, root, say};
use super::{Way, folder, open_folder};

/// A form of the guest `asker`, filled in well.
fn guest() -> Value {
    json!({ "name": "Ada", "guests": 2, "meal": "fish", "drinks": ["wine"] })
}

#[tokio::test]
async fn a_form_is_accepted_declined_or_closed() {
    let folder = open_folder();
    for way in Way::all() {
        let (_host, seat) = way
            .seat(
                &folder,
                Person::new(|question| {
                    assert_eq!(question.params["message"], "Who comes?");
                    let fields = &question.params["requestedSchema"]["properties"];
                    assert_eq!(fields["guests"]["maximum"], 12, "{fields}");
                    assert_eq!(fields["meal"]["enum"], json!(["fish", "meat"]), "{fields}");
                    accept(&guest())
                }),
            )
            .await;
        let filled: Value = serde_json::from_str(&seat.text("form", json!({})).await).expect("the guest answers JSON");
        let whole = json!({
            "name": "Ada", "mail": null, "guests": 2, "window": false, "meal": "fish", "drinks": ["wine"],
        });
        assert_eq!(filled, whole, "{way:?}");

        for (action, told) in [("decline", "declined"), ("cancel", "cancelled")] {
            let (_host, seat) = way.seat(&folder, Person::new(move |_| json!({ "action": action }))).await;
            assert_eq!(seat.text("form", json!({})).await, told, "{way:?}");
        }
    }
}

/// What does not fit the form never reaches the guest.
#[tokio::test]
async fn a_form_that_is_filled_in_badly_is_refused_and_the_field_named() {
    let folder = open_folder();
    for way in Way::all() {
        let mut content = guest();
        content["guests"] = json!(13);
        let (_host, seat) = way.seat(&folder, Person::new(move |_| accept(&content))).await;
        let told = if way.is_stateless() {
            let error = seat.error("form", json!({})).await;
            assert_eq!(error.code, ErrorCode::INVALID_PARAMS);
            error.message.into_owned()
        } else {
            seat.failure("form", json!({})).await
        };
        assert!(told.contains("the answer to `q1` does not fit the form at /guests: 13"), "{way:?}: {told}");
    }
}

#[tokio::test]
async fn a_person_is_sent_to_a_page() {
    let folder = open_folder();
    for way in Way::all() {
        let (_host, seat) = way.seat(&folder, Person::new(|_| json!({ "action": "accept" }))).await;
        assert_eq!(seat.text("page", json!({})).await, "Accepted(())", "{way:?}");
        let [Question { params, .. }] = &seat.asked()[..] else { panic!("{:?}", seat.asked()) };
        // 2026-07-28 has no ids of elicitations, but rmcp 3.11 sends them (`ElicitRequestParams` cannot be without one).
        // When that is mended, `tests/python/asked.py` need not leave it out.
        assert_eq!((&params["mode"], &params["elicitationId"]), (&json!("url"), &json!("visit-7")), "{params}");
        assert_eq!(params["url"], "https://sign-in.example/?visit=7", "{params}");
    }
}

#[tokio::test]
async fn a_model_is_asked_with_all_that_a_question_can_have() {
    let folder = open_folder();
    for way in Way::all() {
        let (_host, seat) = way.seat(&folder, Person::new(|_| say("A cat."))).await;
        let told = seat.text("converse", json!({})).await;
        assert_eq!(told, "test-model said `A cat.` and stopped for endTurn", "{way:?}");
        let [Question { method, params }] = &seat.asked()[..] else { panic!("{:?}", seat.asked()) };
        assert_eq!(*method, "sampling/createMessage");
        let preferences = &params["modelPreferences"];
        assert_eq!(preferences["hints"], json!([{ "name": "small" }, { "name": "large" }]), "{preferences}");
        assert_eq!(
            (&params["systemPrompt"], &params["maxTokens"], &params["temperature"], &params["stopSequences"]),
            (&json!("Be brief."), &json!(77), &json!(0.5), &json!(["END"])),
            "{params}"
        );
        let messages = params["messages"].as_array().expect("messages");
        let kinds: Vec<_> = messages.iter().map(|one| (&one["role"], &one["content"]["type"])).collect();
        let expected = [("user", "text"), ("user", "image"), ("assistant", "text"), ("user", "audio")];
        assert_eq!(kinds, expected.map(|(role, kind)| (json!(role), json!(kind))).each_ref().map(|(r, k)| (r, k)));
    }
}

/// The model asks for a tool, which the guest runs, and goes on with what came of it.
#[tokio::test]
async fn a_model_uses_a_tool_of_the_guest() {
    let folder = open_folder();
    for way in Way::all() {
        let model = Person::new(|question| {
            assert_eq!(question.params["tools"][0]["name"], "add");
            let last = question.params["messages"].as_array().and_then(|messages| messages.last()).expect("one");
            if last["content"]["type"] == "tool_result" {
                assert_eq!(last["content"]["structuredContent"], json!({ "sum": 5 }));
                return say("It is 5.");
            }
            let used = json!({ "type": "tool_use", "id": "1", "name": "add", "input": { "numbers": [2, 3] } });
            json!({ "role": "assistant", "model": "test-model", "stopReason": "toolUse", "content": used })
        });
        let (_host, seat) = way.seat(&folder, model).await;
        let told = seat.text("calculate", json!({})).await;
        assert_eq!(told, "test-model said `It is 5.` and stopped for endTurn", "{way:?}");
        assert_eq!(seat.asked().len(), 2);
    }
}

#[tokio::test]
async fn a_client_tells_its_folders_to_tools_and_prompts() {
    let folder = open_folder();
    for way in Way::all() {
        let (_host, seat) = way.seat(&folder, Person::new(|_| root())).await;
        assert_eq!(seat.text("folders", json!({})).await, "file:///home/ada Ada", "{way:?}");
        let prompt = seat.prompt("report", json!({})).await.expect("it is filled in");
        let prompt = serde_json::to_value(prompt).expect("JSON");
        assert_eq!(prompt["messages"][0]["content"]["text"], "Report on file:///home/ada.", "{way:?}");
        assert_eq!(seat.asked().len(), 2);
    }
}

#[tokio::test]
async fn a_resource_asks_who_reads_it() {
    let folder = open_folder();
    for way in Way::all() {
        let (_host, seat) = way.seat(&folder, Person::new(|_| accept(&json!({ "word": "mellon" })))).await;
        let read = serde_json::to_value(seat.read("asker://guarded").await.expect("it is read")).expect("JSON");
        assert_eq!(read["contents"][0]["text"], "Come in.", "{way:?}");

        let (_host, seat) = way.seat(&folder, Person::new(|_| accept(&json!({ "word": "please" })))).await;
        let refused = error(seat.read("asker://guarded").await);
        assert!(refused.message.contains("only friends may read this"), "{way:?}: {refused:?}");
    }
}

/// The answer goes to the plugin that asked, not to the one that is tried first.
#[tokio::test]
async fn of_two_plugins_with_a_resource_the_one_that_asked_goes_on() {
    let folder = Folder::with_guests(&["asker"]);
    folder.put_guest("asker", "plugins/first.wasm");
    folder.put_guest("asker", "plugins/second.wasm");
    folder.remove("plugins/asker.wasm");
    for granted in ["first", "second"] {
        let grants = format!("[plugins.{granted}.grants]\nclient = [\"elicitation\"]\n");
        folder.configure(&format!("folder = \"plugins\"\n{grants}"));
        for way in Way::all() {
            let (_host, seat) = way.seat(&folder, Person::new(|_| accept(&json!({ "word": "Rosebud" })))).await;
            let read = serde_json::to_value(seat.read("asker://sometimes").await.expect("it is read")).expect("JSON");
            assert_eq!(read["contents"][0]["text"], "Rosebud", "{way:?}: {granted}");
        }
    }
}

/// A client of the stateless protocol just does not call again.
#[tokio::test]
async fn a_client_that_refuses_to_answer_fails_the_call_in_its_words() {
    let folder = open_folder();
    for way in Way::all().filter(|way| !way.is_stateless()) {
        let person = Person::with(|_| Some(Err(ErrorData::new(ErrorCode(-1), "nobody is at home", None))));
        let (_host, seat) = way.seat(&folder, person).await;
        let told = seat.failure("folders", json!({})).await;
        assert!(told.contains("the client refused `q1`: nobody is at home"), "{way:?}: {told}");
    }
}

#[tokio::test]
async fn a_guest_is_told_what_it_can_ask() {
    let all = json!({ "elicitation": { "form": {}, "url": {} }, "sampling": { "tools": {} }, "roots": {} });
    for (granted, declared, told) in [
        (json!(["elicitation", "sampling", "roots"]), all.clone(), "form url sampling tools roots"),
        (json!(["elicitation", "sampling", "roots"]), json!({ "elicitation": {}, "sampling": {} }), "form sampling"),
        (json!(["elicitation", "sampling", "roots"]), json!({ "elicitation": { "url": {} } }), "url"),
        (json!(["sampling"]), all.clone(), "sampling tools"),
        (json!([]), all, ""),
    ] {
        let folder = folder(&granted);
        for way in Way::all() {
            let (_host, seat) = way.seat(&folder, Person::unasked().declaring(declared.clone())).await;
            assert_eq!(seat.text("can", json!({})).await, told, "{way:?}: {granted} {declared}");
        }
    }
}
