//! Details of responses that recordings of the service show.

mod support;

use serde_json::json;
use support::{events, get, pass, post, send, with};

#[tokio::test(start_paused = true)]
async fn a_row_of_a_running_run_has_the_words_of_the_service() {
    let yaml = "name: w\nnodes: [ { delay: { id: d, milliseconds: 1000 } } ]\nend: { text: x }";
    let service = with(yaml);
    let body = json!({"workflow_id": "w", "is_async": true});
    let begun = post(&service, "/v1/workflow/run", body).await.json();
    let path = format!(
        "/v1/workflows/w/run_histories/{}",
        begun["execute_id"].as_str().unwrap()
    );
    let row = get(&service, &path).await.json()["data"][0].clone();
    assert_eq!(
        (&row["execute_status"], &row["output"], &row["cost"]),
        (
            &json!("Running"),
            &json!(r#"{"Output":"null"}"#),
            &json!("0.00000")
        )
    );
    pass(2000).await;
    let row = get(&service, &path).await.json()["data"][0].clone();
    assert_eq!(row["execute_status"], "Success");
    assert_ne!(row["output"], r#"{"Output":"null"}"#);
}

#[tokio::test]
async fn ampersands_are_escaped_in_bodies_and_events() {
    let service = with("name: w\nend: { text: \"a&b\" }");
    for path in ["/v1/workflow/run", "/v1/workflow/stream_run"] {
        let text = post(&service, path, json!({"workflow_id": "w"}))
            .await
            .text();
        assert!(!text.contains('&'), "{text}");
        assert!(text.contains(r"\u0026space_id="), "{text}");
        assert!(text.contains(r"a\u0026b"), "{text}");
    }
    let run = post(&service, "/v1/workflow/run", json!({"workflow_id": "w"})).await;
    assert!(
        run.json()["debug_url"]
            .as_str()
            .unwrap()
            .contains("&space_id=")
    );
}

#[tokio::test]
async fn chats_name_an_agent_only_if_there_is_one_and_the_last_piece_has_its_time() {
    let yaml = "name: c\nmode: chatflow\nend: { text: abcdef, streaming: true, piece: 3 }";
    let service = with(yaml);
    let chat = async |by: serde_json::Value| {
        let mut body = json!({"workflow_id": "c", "additional_messages": [{"role": "user", "content": "x", "content_type": "text"}]});
        body.as_object_mut()
            .unwrap()
            .extend(by.as_object().unwrap().clone());
        events(&post(&service, "/v1/workflows/chat", body).await.text())
    };
    for (by, bot_id) in [
        (json!({"app_id": "7"}), None),
        (json!({"bot_id": "9"}), Some(json!("9"))),
    ] {
        for event in chat(by).await.iter().filter(|event| event.event != "done") {
            assert_eq!(event.json().get("bot_id"), bot_id.as_ref(), "{event:?}");
        }
    }
    let said = chat(json!({})).await;
    let deltas = said
        .iter()
        .filter(|event| event.event == "conversation.message.delta");
    let times: Vec<_> = deltas
        .map(|event| event.json()["created_at"].is_i64())
        .collect();
    assert_eq!(times, [false, true]);
}

#[tokio::test]
async fn a_token_that_is_not_valid_has_code_4100_and_one_of_the_other_region_another() {
    let service = coze_emulator::Emulator::builder()
        .accept_token("good")
        .other_region_tokens("com_")
        .build()
        .unwrap()
        .service();
    for (token, code) in [
        ("Bearer bad", 4100),
        ("", 4100),
        ("Bearer com_x", 700_012_006),
    ] {
        let mut request = http::Request::get("http://coze.test/v1/workspaces");
        if !token.is_empty() {
            request = request.header("authorization", token);
        }
        let response = send(
            &service,
            request.body(http_body_util::Full::default()).unwrap(),
        )
        .await;
        assert_eq!(
            (response.status.as_u16(), &response.json()["code"]),
            (401, &json!(code))
        );
    }
}
