//! The scripted server and its responses, read by the client.

use std::time::Duration;

use coze_transport::testing::{Cassette, Recorder, Reply};
use coze_workflow::{
    Answer, Client, ErrorKind, HttpStack, StreamEnd,
    models::{ChatEvent, WorkflowEvent},
    testing::{self, Event, Script},
};
use serde_json::json;
use tower::Layer;

#[derive(serde::Deserialize)]
struct Inputs {
    city: String,
}

#[tokio::test(start_paused = true)]
async fn each_response_is_what_the_service_would_send() {
    let script = Script::new([
        testing::failure(4009, "busy"),
        testing::output(json!({ "degrees": 21 })),
        testing::question("7413/1", "Which city?"),
        testing::output("sunny"),
        testing::failure(4200, "not found"),
        testing::started("7413"),
        testing::running("7413"),
        testing::succeeded("7413", json!({ "degrees": 22 })),
        testing::failed("7414", 4000, "no such city"),
    ]);
    let coze = script.client();
    let workflow = || coze.workflow("7366").parameter("city", "Lyon");

    // Sent again, as in production.
    let output = workflow().run().await.unwrap();
    assert_eq!(output.output_value()["degrees"], 21);
    let asking = workflow().answer_with(|question| async move {
        assert_eq!(question.execute_id().unwrap().as_str(), "7413");
        assert_eq!(question.text(), "Which city?");
        Ok(Answer::text("Oslo"))
    });
    assert_eq!(asking.run().await.unwrap().raw(), "sunny");
    let error = workflow().run().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Api, Some(4200)),
        "{error}"
    );
    let run = workflow().start().await.unwrap();
    let output = run.wait().await.unwrap();
    assert_eq!(output.output_value()["degrees"], 22);
    let error = coze.attach(("7366", "7414")).wait().await.unwrap_err();
    assert!(error.to_string().contains("no such city"), "{error}");

    let requests = script.requests();
    assert_eq!(script.left(), 0);
    assert_eq!(requests[0].operation(), "run_workflow");
    assert_eq!(requests[1].parameters(), json!({ "city": "Lyon" }));
    assert_eq!(requests[1].number(), 2);
    assert!(requests[1].at() > Duration::ZERO);
    assert_eq!(requests[3].target(), "POST /v1/workflows/resume");
    assert_eq!(requests[3].body()["resume_data"], "Oslo");
    assert!(requests[3].parameters().is_null());
    assert_eq!(
        requests[5].http().headers()["authorization"],
        "Bearer scripted"
    );

    assert_eq!(requests[0].parameters_as::<Inputs>().unwrap().city, "Lyon");

    let error = workflow().run().await.unwrap_err();
    assert!(!error.may_have_run(), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn the_events_of_a_script_are_numbered_and_end_their_nodes() {
    let minute = Duration::from_secs(60);
    let script = Script::new([
        testing::events([
            Event::message("Poem", "Roses"),
            Event::message("End", "{\"output\":\"ok\"}"),
            Event::message("Poem", " are red").after(minute),
            Event::done(),
        ]),
        testing::events([
            Event::message("Ask", "Which city?"),
            Event::question("7413/1"),
        ]),
        testing::events([Event::failure(4000, "no such city")]),
        testing::events([Event::message("Poem", "Roses")]),
    ]);
    let coze = script.client();
    let stream = async || {
        coze.workflow("7366")
            .stream()
            .strict_gaps(true)
            .await
            .unwrap()
    };

    let mut events = stream().await;
    let mut pieces = Vec::new();
    while let Some(event) = events.try_next().await.unwrap() {
        if let WorkflowEvent::Message(message) = event {
            let [title, seq] = [message.node_title, message.node_seq_id].map(Option::unwrap);
            pieces.push(format!("{title} {seq} {}", message.node_is_finish));
        }
    }
    let expected = ["Poem 0 false", "End 0 true", "Poem 1 true"];
    assert_eq!(pieces, expected);
    assert_eq!(events.end(), Some(StreamEnd::Done));

    let mut events = stream().await;
    while events.try_next().await.unwrap().is_some() {}
    let question = events.question().unwrap();
    assert_eq!(question.text(), "Which city?");
    assert_eq!(events.execute_id(), Some("7413"));

    let error = stream().await.text().await.unwrap_err();
    assert_eq!(error.code(), Some(4000));
    let error = stream().await.text().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Truncated);
}

#[tokio::test]
async fn a_chat_of_a_script_says_its_text_once() {
    let script = Script::new([testing::chat("7402", "Hello")]);
    let mut chat = script
        .client()
        .workflow("7366")
        .bot_id("73")
        .chat("Hi")
        .await
        .unwrap();
    let mut said = String::new();
    while let Some(event) = chat.try_next().await.unwrap() {
        if let ChatEvent::MessageDelta(piece) = event {
            said.push_str(&piece.content);
        }
    }
    assert_eq!(said, "Hello");
    assert_eq!(chat.conversation_id().unwrap().as_str(), "7402");
    assert_eq!(chat.end(), Some(StreamEnd::Done));
}

#[tokio::test]
async fn a_self_hosted_server_sees_the_same_parameters() {
    let script = Script::from_fn(|request| testing::output(request.parameters()));
    let studio = Client::new(script.transport()).with_dialect(coze_workflow::Dialect::Studio);
    let run = studio
        .workflow("7366")
        .parameter("city", "Lyon")
        .run()
        .await;
    assert_eq!(run.unwrap().output_value(), json!({ "city": "Lyon" }));
    assert!(script.requests()[0].body()["parameters"].is_string());
}

#[tokio::test]
async fn a_cassette_that_matches_bodies_plays_no_response_to_another_request() {
    let script = Script::from_fn(|request| testing::output(request.parameters()));
    let recorder = Recorder::new();
    let run = async |stack: HttpStack, city: &str| {
        let coze = Client::new(stack);
        let run = coze.workflow("7366").parameter("city", city);
        run.run()
            .await
            .map(|run| run.output_value()["city"].clone())
    };
    for city in ["Lyon", "Oslo"] {
        let recorded = HttpStack::new(recorder.layer(script.transport()));
        run(recorded, city).await.unwrap();
    }
    let text = recorder.cassette().to_json().unwrap();
    let cassette = || Cassette::from_json(&text).unwrap();

    // By order alone the wrong response is played.
    let blind = HttpStack::new(cassette());
    assert_eq!(run(blind, "Oslo").await.unwrap(), "Lyon");

    let careful = cassette().match_bodies();
    let stack = HttpStack::new(careful.clone());
    assert_eq!(run(stack.clone(), "Oslo").await.unwrap(), "Oslo");
    assert_eq!(run(stack.clone(), "Lyon").await.unwrap(), "Lyon");
    assert_eq!(careful.unused(), 0);
    let error = run(stack, "Lyon").await.unwrap_err();
    assert!(!error.may_have_run(), "{error:?}");
    assert!(error.report().contains("with this body"), "{error:?}");

    // The order of members is none of its business, a byte of a text is.
    let reply = Reply::json(200, "{}");
    let recorder = Recorder::new();
    let recorded = recorder.layer(coze_transport::testing::Scripted::repeating(reply));
    let send = async |stack: HttpStack, body: &'static str| {
        let request = http::Request::post("/x")
            .body(body.to_owned().into())
            .unwrap();
        stack.send(request).await.is_ok()
    };
    assert!(send(HttpStack::new(recorded.clone()), r#"{"a":1,"b":2}"#).await);
    assert!(send(HttpStack::new(recorded), "a=1").await);
    let stack = HttpStack::new(recorder.cassette().match_bodies());
    for (body, found) in [
        (r#"{"b":2,"a":1.5}"#, false),
        (r#"{ "b":2,"a":1}"#, true),
        ("a=2", false),
        ("a=1", true),
    ] {
        assert_eq!(send(stack.clone(), body).await, found, "{body}");
    }
}
