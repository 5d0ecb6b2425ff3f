//! The client as an engine: what becomes of questions, errors and streams. What every engine promises is in
//! `tests/contract`.

mod script;

use std::sync::Arc;

use coze_workflow::{
    BoxError, Client, Dialect, HttpStack,
    engine::{Answer, Engine, EngineError, ErrorKind, RunEvent, RunId, RunRequest},
    json_reply,
    testing::{self, Event, Script},
};
use http::{HeaderName, StatusCode};
use serde_json::json;

fn request() -> RunRequest {
    RunRequest::new("7366").parameter("city", "Lyon")
}

async fn all(engine: &dyn Engine) -> (Vec<RunEvent>, Option<EngineError>) {
    let mut events = engine.stream(request()).await.unwrap();
    let mut all = Vec::new();
    loop {
        match events.try_next().await {
            Ok(Some(event)) => all.push(event),
            Ok(None) => return (all, None),
            Err(error) => {
                assert!(events.try_next().await.unwrap().is_none());
                return (all, Some(error));
            }
        }
    }
}

#[tokio::test]
async fn an_error_says_the_same_as_the_clients() {
    let codes = [
        4000,
        4009,
        4011,
        4013,
        4028,
        4100,
        4101,
        4200,
        4314,
        4315,
        5000,
        6003,
        6031,
        6039,
        700_012_006,
        720_702_011,
        777_777_782,
        999,
    ];
    for code in codes {
        for run in ["", r#","execute_id":"7413""#] {
            let body = format!(r#"{{"code":{code},"msg":"no"{run},"detail":{{"logid":"L"}}}}"#);
            let (coze, _) = script::client(move |_| script::Reply::json(200, body.clone()));
            let own = coze.workflow("7366").run().await.unwrap_err();
            let told = Engine::run(&coze, request()).await.unwrap_err();
            assert_eq!(told.kind(), own.kind());
            assert_eq!(told.to_string(), own.to_string());
            assert_eq!(told.operation(), own.operation());
            assert_eq!(told.code(), Some(code.to_string().as_str()));
            assert_eq!(told.status(), own.status().map(|status| status.as_u16()));
            assert_eq!(told.log_id(), own.log_id());
            assert_eq!(told.attempts(), own.attempts().len());
            assert_eq!(told.hint(), own.hint().as_deref());
            assert_eq!(told.run().map(|id| id.run.as_str()), own.execute_id());
            let of_engine = [
                told.may_have_run(),
                told.is_retryable(),
                told.is_timeout(),
                told.is_interrupted(),
                told.is_rate_limited(),
                told.is_invalid_input(),
                told.is_permission(),
                told.is_quota(),
                told.is_not_published(),
            ];
            let of_client = [
                own.may_have_run(),
                own.is_retryable(),
                own.is_timeout(),
                own.is_interrupted(),
                own.is_rate_limited(),
                own.is_invalid_input(),
                own.is_permission(),
                own.is_quota(),
                own.is_not_published(),
            ];
            assert_eq!(of_engine, of_client, "{code}{run}");
            assert!(told.cause().unwrap().is::<coze_workflow::Error>());
        }
    }
}

#[tokio::test]
async fn a_run_that_was_not_streamed_is_resumed_without_a_stream_and_one_that_was_by_one() {
    let script = Script::new([
        testing::question("7424/2691", "Which city?"),
        testing::output(json!({ "weather": "rain" })),
        testing::events([
            Event::message("Ask", "Which city?"),
            Event::question("7424/2692"),
        ]),
        testing::events([Event::message("End", r#"{"weather":"sun"}"#), Event::done()]),
    ]);
    let engine: Arc<dyn Engine> = Arc::new(script.client());
    let error = engine.run(request()).await.unwrap_err();
    assert!(error.is_interrupted());
    let (run, question) = (error.run().unwrap(), error.question().unwrap());
    let answer = Answer::text("Lyon");
    let ended = engine.resume(run, question, answer.clone()).await.unwrap();
    assert_eq!(ended.output["weather"], "rain");

    let (events, error) = all(&*engine).await;
    assert!(error.is_none());
    let [.., RunEvent::Started(run), RunEvent::Interrupted(question)] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(
        (run.run.as_str(), question.text.as_str()),
        ("7424", "Which city?")
    );
    let ended = engine.resume(run, question, answer).await.unwrap();
    assert_eq!(ended.output["weather"], "sun");

    let sent = script.requests();
    let sent: Vec<_> = sent
        .iter()
        .map(|sent| (sent.target(), sent.body()))
        .collect();
    assert_eq!(sent[1].0, "POST /v1/workflows/resume");
    assert_eq!(sent[3].0, "POST /v1/workflow/stream_resume");
    assert_eq!(sent[1].1["event_id"], "7424/2691");
    assert_eq!(sent[3].1["event_id"], "7424/2692");
    assert_eq!(sent[1].1["resume_data"], "Lyon");
    assert_eq!(sent[3].1["resume_data"], "Lyon");
}

#[tokio::test]
async fn a_form_is_told_and_its_answer_is_checked_before_it_is_sent() {
    let data = r#"{"content_type":"form_schema","content":"[{\"type\":\"integer\",\"name\":\"days\",\"required\":true}]"}"#;
    let body = json!({"execute_id": "7424", "interrupt_data": {"event_id": "7424/1", "type": 5, "data": data}});
    let (coze, seen) = script::client(move |_| script::Reply::json(200, body.to_string()));
    let error = Engine::run(&coze, request()).await.unwrap_err();
    let question = error.question().unwrap();
    assert!(question.is_form);
    let field = &question.fields[0];
    assert_eq!((field.name.as_str(), field.required), ("days", true));
    assert_eq!(field.type_name, "integer");

    let form = json!({"days": "three"}).as_object().unwrap().clone();
    let run = RunId::new("7366", "7424");
    let error = Engine::resume(&coze, &run, question, Answer::form(form)).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Build);
    assert_eq!(
        error.to_string(),
        "field `days` takes an integer, not a text"
    );
    assert_eq!(seen.requests().len(), 1);
}

#[tokio::test]
async fn a_stream_keeps_what_the_end_node_said_and_nothing_else() {
    let long = "x".repeat(1 << 20);
    // More than what a stream may collect, and none of it the output.
    let mut events: Vec<_> = (0..33).map(|_| Event::message("Story", &long)).collect();
    events.push(Event::message("End", r#"{"words":4}"#));
    events.push(Event::new("Surprise", json!({"n": 1})));
    events.push(Event::done());
    let engine = Script::new([testing::events(events)]).client();
    let (events, error) = all(&engine).await;
    assert!(error.is_none(), "{error:?}");
    let Some(RunEvent::Finished(run)) = events.last() else {
        panic!("no end");
    };
    assert_eq!(run.output, json!({"words": 4}));
    let surprise = RunEvent::Other {
        name: "Surprise".into(),
        data: json!({"n": 1}),
    };
    assert!(events.contains(&surprise));
}

#[tokio::test]
async fn a_stream_with_an_event_that_cannot_be_read_ends_there() {
    let oops = Event::new("Message", json!([1]));
    let coze = Script::new([testing::events([oops, Event::done()])]).client();
    let (events, error) = all(&coze).await;
    assert_eq!(events, []);
    assert_eq!(error.unwrap().kind(), ErrorKind::Decode);
}

/// A client of a server that responds to everything with this.
fn server(header: Option<(&'static str, &'static str)>, status: u16, body: &'static str) -> Client {
    Client::new(HttpStack::from_fn(
        move |request: coze_workflow::Request| async move {
            assert_eq!(request.method(), "GET", "nothing is changed");
            let mut response = json_reply(body)?;
            *response.status_mut() = StatusCode::from_u16(status)?;
            if let Some((name, value)) = header {
                let name = HeaderName::from_static(name);
                response.headers_mut().insert(name, value.parse()?);
            }
            Ok::<_, BoxError>(response)
        },
    ))
}

#[tokio::test]
async fn a_server_is_told_by_its_log_id_whatever_it_responds() {
    let (cloud, studio) = (("x-tt-logid", "2026"), ("x-log-id", "0b7c1f2e"));
    let list = r#"{"data":{"workspaces":[]}}"#;
    let refused = r#"{"code":4100,"msg":"authentication is invalid"}"#;
    for (header, status, body, found) in [
        (Some(cloud), 200, list, Dialect::Cloud),
        (Some(cloud), 401, refused, Dialect::Cloud),
        (Some(cloud), 404, "<html>", Dialect::Cloud),
        (Some(studio), 401, r#"{"code":401}"#, Dialect::Studio),
        (Some(studio), 200, r#"{"code":700012006}"#, Dialect::Studio),
        (None, 200, list, Dialect::Cloud),
    ] {
        // Whatever it was told to be.
        for told in [Dialect::Cloud, Dialect::Studio] {
            let coze = server(header, status, body).with_dialect(told);
            assert_eq!(coze.detect().await.unwrap(), found, "{body}");
            assert_eq!(coze.dialect(), told);
        }
    }
    for (status, body) in [(401, r#"{"code":401}"#), (404, "<html>"), (200, "<html>")] {
        let error = server(None, status, body).detect().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.to_string().contains("choose the dialect"), "{error}");
        assert!(!error.may_have_run());
    }
}

#[tokio::test]
async fn the_emulated_servers_are_told_apart() {
    for (played, found) in [
        (coze_emulator::Dialect::Cloud, Dialect::Cloud),
        (coze_emulator::Dialect::Studio, Dialect::Studio),
    ] {
        let emulator = coze_emulator::Emulator::builder().dialect(played).build();
        let service = emulator.unwrap().service();
        for token in ["pat_1", "pat_2"] {
            let coze = Client::builder()
                .base_url("http://emulator.test")
                .transport(HttpStack::new(service.clone()))
                .token(token)
                .build();
            assert_eq!(coze.unwrap().detect().await.unwrap(), found);
        }
    }
}
