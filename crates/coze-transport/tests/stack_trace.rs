//! Spans and events; and that no secret is in them, or anywhere else.

use std::{cell::RefCell, fmt::Write as _, io, sync::Once, time::Duration};

use coze_transport::{
    BearerToken, BoxError, CallOptions, ErrorKind, LogId, OperationId, Outcome, ReplaySafety,
    Request, RequestBody, ResponseMode, Secret, StackBuilder, scrub,
    testing::{Recorder, Reply, Scripted},
};
use http_body_util::BodyExt;
use tower::Layer;
use tracing_subscriber::{fmt::format::FmtSpan, util::SubscriberInitExt};

thread_local! {
    /// What this thread logged. Each test has a thread of its own, and its runtime runs on it.
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct Log;

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Listens to everything, from TRACE on. One listener for the process: scoped ones of several tests at once
/// get in each other's way in the cache of who is interested in what.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(|| Log)
            .finish()
            .init();
    });
}

fn logged() -> String {
    String::from_utf8(LOG.with_borrow(Clone::clone)).unwrap()
}

fn call() -> Request {
    let mut options = CallOptions::default();
    options.replay = Some(ReplaySafety::IfNotSent);
    options.operation = Some(OperationId("run_workflow"));
    http::Request::post("/v1/workflow/run?q=QUERY")
        .extension(options)
        .body(RequestBody::from_static(b"BODY"))
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn one_span_a_call_with_stable_fields_and_an_event_a_retry() {
    listen();
    let server = Scripted::new([
        Reply::status(429)
            .header("retry-after", "2")
            .header("x-tt-logid", "L1"),
        Reply::json(200, "{}").header("x-tt-logid", "L2"),
    ]);
    StackBuilder::over(server)
        .log_id_headers([http::HeaderName::from_static("x-tt-logid")])
        .build()
        .send(call())
        .await
        .unwrap();
    let text = logged();
    let close: Vec<_> = text
        .lines()
        .filter(|line| line.contains(": close "))
        .collect();
    assert_eq!(close.len(), 1, "{text}");
    for field in [
        "call{",
        "operation=\"run_workflow\"",
        "status=200",
        "log_id=\"L2\"",
        "attempts=2",
        "outcome=\"accepted\"",
    ] {
        assert!(close[0].contains(field), "{field}: {}", close[0]);
    }
    let retries: Vec<_> = text
        .lines()
        .filter(|line| line.contains("another follows"))
        .collect();
    assert_eq!(retries.len(), 1, "{text}");
    for field in [
        "attempt=1",
        "stage=\"done\"",
        "outcome=\"not_accepted\"",
        "status=429",
        "log_id=\"L1\"",
        "delay_ms=2000",
    ] {
        assert!(retries[0].contains(field), "{field}: {}", retries[0]);
    }
    for hidden in ["QUERY", "BODY", "/v1/"] {
        assert!(!text.contains(hidden), "{hidden}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_call_says_so_in_its_span_and_a_stall_is_an_event() {
    listen();
    let stack = StackBuilder::over(Scripted::new([
        Reply::failure(ErrorKind::Closed, Outcome::Unknown),
        Reply::stream([(Duration::from_secs(500), "x")]),
        Reply::stream([(Duration::from_secs(500), "x")]),
    ]))
    .build();
    stack.send(call()).await.unwrap_err();
    stack.send(call()).await.unwrap_err();
    let mut streaming = call();
    streaming
        .extensions_mut()
        .get_mut::<CallOptions>()
        .unwrap()
        .mode = Some(ResponseMode::Streaming);
    stack
        .send(streaming)
        .await
        .unwrap()
        .into_body()
        .frame()
        .await
        .unwrap()
        .unwrap_err();
    let text = logged();
    let close = text.lines().find(|line| line.contains(": close ")).unwrap();
    for field in [
        "attempts=1",
        "outcome=\"unknown\"",
        "error=\"the script says that it fails\"",
    ] {
        assert!(close.contains(field), "{field}: {close}");
    }
    assert_eq!(text.matches("body stalled").count(), 1, "{text}");
    assert_eq!(text.matches("stream stalled").count(), 1, "{text}");
}

/// A token, wherever it went in, comes out nowhere but on the wire.
#[tokio::test(start_paused = true)]
async fn a_canary_token_is_shown_nowhere() {
    const CANARY: &str = "pat_CANARY0123456789";
    listen();
    let mut shown = String::new();
    let mut show = |what: &dyn std::fmt::Debug| {
        writeln!(shown, "{what:?} {what:#?}").unwrap();
    };

    let page = format!("<p>token {CANARY} is no good, Bearer {CANARY}</p>");
    let replies = [
        Reply::failure(ErrorKind::Connect, Outcome::NotAccepted),
        Reply::body(401, page.clone()).header("x-tt-logid", "L"),
        Reply::body(500, page.clone()),
        Reply::body(301, "").header("location", "https://elsewhere.example/"),
        Reply::body(200, "{").broken(),
        Reply::json(
            200,
            format!(r#"{{"access_token":"CANARY0123456789","note":"{CANARY}"}}"#),
        ),
    ];
    let count = replies.len();
    show(&replies);
    let server = Scripted::new(replies);
    // With all its replies left.
    show(&server);
    show(&Scripted::repeating(Reply::body(401, page)));
    let recorder = Recorder::new();
    let token = Secret::from(CANARY);
    let credentials = BearerToken::new(token.clone()).unwrap();
    show(&token);
    show(&credentials);
    let builder = StackBuilder::over(recorder.layer(server.clone()))
        .base_uri("https://api.example".parse().unwrap())
        .credentials(credentials);
    show(&builder);
    let stack = builder.build();
    show(&stack);
    while server.requests().len() < count {
        let request = call();
        show(&request);
        match stack.send(request).await {
            Ok(response) => {
                show(&response);
                show(&scrub(&String::from_utf8_lossy(
                    response.body().buffered().unwrap(),
                )));
            }
            Err(error) => {
                let mut cause: Option<&dyn std::error::Error> = Some(&error);
                while let Some(one) = cause {
                    show(&one);
                    show(&one.to_string());
                    cause = one.source();
                }
            }
        }
    }
    show(&recorder.cassette());
    show(&recorder.cassette().to_json().unwrap());
    show(&server);
    for seen in server.requests() {
        // It did reach the wire, of its own server alone.
        assert_eq!(
            seen.headers()["authorization"],
            format!("Bearer {CANARY}").as_str()
        );
        assert_eq!(seen.uri().host(), Some("api.example"));
        show(&seen);
    }
    assert!(logged().contains("run_workflow"));
    for text in [shown, logged()] {
        assert!(!text.contains("CANARY0123456789"), "{text}");
    }
}

#[tokio::test]
async fn a_cassette_survives_its_file_and_replays() {
    listen();
    let recorder = Recorder::new();
    let server = Scripted::new([
        Reply::json(200, r#"{"code":0}"#).header("x-tt-logid", "L"),
        Reply::body(200, vec![0xff, 0x00]),
        Reply::stream([
            (Duration::ZERO, "event: Done\r\n"),
            (Duration::ZERO, "data: {}\r\n\r\n"),
        ]),
    ]);
    let stack = StackBuilder::over(recorder.layer(server)).build();
    for _ in 0..3 {
        stack.send(call()).await.unwrap();
    }
    let file = std::env::temp_dir().join(format!("cassette-{}.json", std::process::id()));
    recorder.cassette().save(&file).unwrap();
    let cassette = coze_transport::testing::Cassette::load(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!((cassette.len(), cassette.unused()), (3, 3));
    let stack = StackBuilder::over(cassette.clone())
        .log_id_headers([http::HeaderName::from_static("x-tt-logid")])
        .build();
    let first = stack.send(call()).await.unwrap();
    assert_eq!(first.extensions().get::<LogId>().unwrap().as_str(), "L");
    assert_eq!(first.body().buffered().unwrap(), r#"{"code":0}"#);
    let second = stack.send(call()).await.unwrap();
    assert_eq!(second.body().buffered().unwrap(), &[0xff, 0x00][..]);
    let third = stack.send(call()).await.unwrap();
    assert_eq!(
        third.body().buffered().unwrap(),
        "event: Done\r\ndata: {}\r\n\r\n"
    );
    assert_eq!(cassette.unused(), 0);
    let error = stack.send(call()).await.unwrap_err();
    assert!(
        error.to_string().contains("POST /v1/workflow/run"),
        "{error}"
    );
    let missing: BoxError = coze_transport::testing::Cassette::load(&file)
        .unwrap_err()
        .into();
    assert!(missing.to_string().contains("cassette-"), "{missing}");
}
