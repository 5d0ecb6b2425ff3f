//! Answers to stream calls that are no streams, or do not say that they are.

use std::time::Duration;

use coze_transport::{
    StackBuilder,
    testing::{Chunking, Reply, Scripted},
};
use coze_workflow::{Client, Error, ErrorKind, HttpStack, Outcome, StreamEnd};

const EVENTS: &str =
    "id: 0\nevent: Message\ndata: {\"content\":\"Hi\"}\n\nid: 1\nevent: Done\ndata: {}\n\n";

/// The text or the error of a streamed run, over the whole stack and over the bottom alone, with the body in
/// one piece and byte by byte; panics where that makes a difference.
async fn outcome(reply: Reply) -> Result<String, Error> {
    let mut outcomes = Vec::new();
    for size in [1, usize::MAX] {
        for whole_stack in [true, false] {
            let server = Scripted::repeating(reply.clone());
            let server = StackBuilder::over(server);
            let server = server.attempt_layer(Chunking::new(size));
            let client = if whole_stack {
                let client = Client::builder().base_url("http://coze.test");
                client.transport(server.build()).build().unwrap()
            } else {
                Client::new(HttpStack::new(server.build()))
            };
            let text = match client.workflow("7366").stream().await {
                Ok(events) => events.text().await,
                Err(error) => Err(error),
            };
            outcomes.push(text);
        }
    }
    let describe = |outcome: &Result<String, Error>| match outcome {
        Ok(text) => text.clone(),
        Err(error) => format!("{:?} {:?} {error}", error.kind(), error.status()),
    };
    for other in &outcomes[1..] {
        assert_eq!(describe(other), describe(&outcomes[0]));
    }
    outcomes.remove(0)
}

async fn failure(reply: Reply) -> Error {
    let error = outcome(reply.header("x-tt-logid", "2026"))
        .await
        .unwrap_err();
    assert_eq!(error.operation(), "stream_workflow");
    assert_eq!(error.log_id(), Some("2026"), "{error:?}");
    error
}

fn labelled(label: &'static str, body: &'static str) -> Reply {
    Reply::body(200, body).header("content-type", label)
}

#[tokio::test(start_paused = true)]
async fn rule_12_an_envelope_is_the_failure_it_tells() {
    let envelope = r#"{"code":4000,"msg":"topic is missing","detail":{"logid":"2026"}}"#;
    let pretty = "\u{feff}\n{\n  \"code\": \"4000\",\n  \"msg\": \"topic is missing\"\n}\n";
    for body in [envelope, pretty] {
        for label in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/problem+json",
            "text/event-stream",
            "text/event-stream; charset=utf-8",
            "text/plain",
            "text/html",
            "application/octet-stream",
        ] {
            let error = failure(labelled(label, body)).await;
            assert_eq!(
                (error.kind(), error.code()),
                (ErrorKind::Api, Some(4000)),
                "{label}"
            );
            assert_eq!(error.outcome(), Outcome::NotAccepted);
            assert!(error.to_string().contains("topic is missing"));
        }
        let error = failure(Reply::body(200, body)).await;
        assert_eq!(error.code(), Some(4000));
        let error = failure(Reply::json(400, body)).await;
        assert_eq!(
            (error.code(), error.status().unwrap().as_u16()),
            (Some(4000), 400)
        );
    }
    let error = failure(labelled(
        "text/event-stream",
        r#"{"code":700012006,"msg":"bad token"}"#,
    ))
    .await;
    assert_eq!(error.kind(), ErrorKind::Auth);
    // What comes of a failure that breaks off after its code still says what it is.
    let error =
        failure(labelled("text/event-stream", r#"{"code":4200,"msg":"no such"#).broken()).await;
    assert_eq!(error.code(), Some(4200));
}

#[tokio::test(start_paused = true)]
async fn rule_12_whatever_else_is_no_stream_is_told() {
    let page = "<!doctype html><title>Bad gateway, Bearer pat_canary</title>";
    for (reply, kind, status, say) in [
        (
            labelled("text/html", page),
            ErrorKind::Decode,
            200,
            "not JSON",
        ),
        (
            labelled("text/event-stream", page),
            ErrorKind::Decode,
            200,
            "not JSON",
        ),
        (Reply::body(200, page), ErrorKind::Decode, 200, "not JSON"),
        (Reply::body(502, page), ErrorKind::Http, 502, "HTTP 502"),
        (Reply::body(504, ""), ErrorKind::Http, 504, "HTTP 504"),
        (Reply::status(204), ErrorKind::Decode, 204, "no body"),
        (Reply::body(200, ""), ErrorKind::Decode, 200, "no body"),
        (
            labelled("application/json", ""),
            ErrorKind::Decode,
            200,
            "no body",
        ),
        (
            labelled("application/json", "[1]"),
            ErrorKind::Decode,
            200,
            "not an object",
        ),
        (
            labelled("application/json", r#"{"code":0,"data":"{}"}"#),
            ErrorKind::Decode,
            200,
            "not a stream",
        ),
        (
            labelled("text/event-stream", r#"{"code":0}"#),
            ErrorKind::Decode,
            200,
            "not a stream",
        ),
        (
            labelled("image/png", EVENTS),
            ErrorKind::Decode,
            200,
            "not JSON",
        ),
    ] {
        let described = format!("{reply:?}");
        let error = failure(reply).await;
        assert_eq!(
            (error.kind(), error.status().unwrap().as_u16()),
            (kind, status),
            "{described}"
        );
        assert!(error.to_string().contains(say), "{described}: {error}");
        assert!(!error.report().contains("pat_canary"), "{}", error.report());
        // A gateway that gives up does not stop the run.
        assert!(error.may_have_run(), "{described}");
    }
    let error = failure(labelled("text/html", page)).await;
    assert!(
        error.report().contains("<title>Bad gateway"),
        "{}",
        error.report()
    );
    // A page without end is not read without end.
    let endless = "x".repeat(1024).repeat(200);
    let error = failure(Reply::body(200, endless).header("content-type", "text/html")).await;
    assert_eq!(error.kind(), ErrorKind::Decode);
}

#[tokio::test(start_paused = true)]
async fn rule_12_a_stream_is_taken_for_one_by_label_or_by_looks() {
    for reply in [
        labelled("text/event-stream", EVENTS),
        labelled("TEXT/Event-Stream;charset=UTF-8", EVENTS),
        labelled("text/plain", EVENTS),
        Reply::body(200, EVENTS),
        Reply::body(201, format!("\u{feff}\n: comment\n{EVENTS}")),
    ] {
        assert_eq!(outcome(reply).await.unwrap(), "Hi");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_nothing_was_cut() {
    for reply in [
        labelled("text/event-stream", ""),
        labelled("text/event-stream", "\n"),
        labelled("text/event-stream", ": comment\n\n"),
        Reply::stream([(Duration::ZERO, "")]).broken(),
    ] {
        let error = failure(reply).await;
        assert_eq!(error.kind(), ErrorKind::Truncated);
        assert_eq!(error.outcome(), Outcome::Unknown);
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_not_accepted_is_streamed_by_the_next_attempt() {
    let broken = |outcome| Reply::failure(coze_transport::ErrorKind::Closed, outcome);
    let server = Scripted::new([
        broken(Outcome::NotAccepted),
        labelled("application/json", r#"{"code":4009,"msg":"busy"}"#),
        labelled("text/event-stream", EVENTS),
        broken(Outcome::Unknown),
        labelled("text/event-stream", "event: Message\ndata: {}\n\n").broken(),
    ]);
    let client = Client::builder().base_url("http://coze.test");
    let client = client
        .transport(HttpStack::new(server.clone()))
        .build()
        .unwrap();
    let mut events = client.workflow("7366").stream().await.unwrap();
    assert_eq!(events.attempts().len(), 3);
    while events.try_next().await.unwrap().is_some() {}
    assert_eq!(events.end(), Some(StreamEnd::Done));
    // What may have started a run is not sent again, before the head or after it.
    let error = client.workflow("7366").stream().await.unwrap_err();
    assert!(error.may_have_run() && error.attempts().len() == 1);
    let error = client.workflow("7366").stream().await.unwrap().text().await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Truncated);
    assert_eq!(server.requests().len(), 5);
}
