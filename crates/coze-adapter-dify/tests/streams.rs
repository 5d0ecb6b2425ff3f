//! Streams in odd pieces, and odd streams.
#![expect(clippy::unwrap_used, reason = "the tests assert by it")]

mod support;

use std::time::Duration;

use bytes::Bytes;
use coze_engine::{Engine, ErrorKind, RunEvent, RunRequest};
use coze_transport::{
    HttpStack,
    testing::{Reply, Scripted},
};
use support::{End, Exchange, exchanges, judge};

/// All that a stream says, and how it ends.
async fn said(reply: Reply) -> (Vec<RunEvent>, String) {
    let script = Scripted::from_fn(move |request| match request.method().as_str() {
        "POST" => reply.clone(),
        _ => judge::unrecorded(request.uri().path()),
    });
    let dify = judge::builder()
        .transport(HttpStack::new(script))
        .run_keys(false)
        .deadline(Duration::from_secs(2000))
        .build()
        .unwrap();
    let mut said = Vec::new();
    let mut events = match dify.stream(RunRequest::new("-")).await {
        Ok(events) => events,
        Err(error) => return (said, format!("{:?}: {error}", error.kind())),
    };
    loop {
        match events.try_next().await {
            Ok(Some(event)) => said.push(event),
            Ok(None) => return (said, "ended".to_owned()),
            Err(error) => return (said, format!("{:?}: {error}", error.kind())),
        }
    }
}

fn at_once(bytes: &[u8], size: usize) -> Reply {
    let pieces = bytes
        .chunks(size)
        .map(|piece| (Duration::ZERO, Bytes::copy_from_slice(piece)));
    Reply::stream(pieces.collect::<Vec<_>>())
}

/// The streams that end by themselves.
fn whole(all: &support::Exchanges) -> impl Iterator<Item = &Exchange> {
    all.values()
        .filter(|one| one.is_stream && one.chunked && one.last_event().is_some())
}

#[tokio::test(start_paused = true)]
async fn events_are_the_same_however_a_stream_is_cut_into_pieces() {
    let all = exchanges();
    let mut count = 0;
    for exchange in whole(&all) {
        let body = exchange.body();
        if body.len() > 100_000 {
            continue;
        }
        let recorded = said(exchange.reply()).await;
        for size in [1, 7, usize::MAX] {
            let cut = said(at_once(&body, size)).await;
            assert_eq!(cut, recorded, "{} in pieces of {size}", exchange.name);
        }
        count += 1;
    }
    assert!(count >= 45, "{count}");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_off_after_any_event_ends_as_the_run_did() {
    let all = exchanges();
    let echo = &all["stream-echo"];
    let (_, end) = echo.last_event().unwrap();
    let get = end["data"].to_string();
    for kept in 1..echo.chunks.len() {
        for end in [End::Cut, End::Complete] {
            // Half of the next event comes too.
            let mut chunks = echo.chunks[..kept].to_vec();
            let (at, next) = &echo.chunks[kept];
            chunks.push((*at, next.slice(..next.len() / 2)));
            let mut broken = echo.with_chunks(chunks);
            broken.end = end;
            let (reply, get) = (broken.reply(), get.clone());
            let id = all["stream-echo"].last_event().unwrap().1["workflow_run_id"]
                .as_str()
                .unwrap()
                .to_owned();
            let script = Scripted::from_fn(move |request| match request.uri().path() {
                "/v1/workflows/run" => reply.clone(),
                "/v1/workflows/logs" => {
                    let user = request.uri().query().unwrap().rsplit('=').next().unwrap();
                    let user = serde_json::json!({ "session_id": user });
                    let row = serde_json::json!({"workflow_run": {"id": id}, "created_by_end_user": user});
                    Reply::json(200, serde_json::json!({ "data": [row] }).to_string())
                }
                path if path.starts_with("/v1/workflows/run/") => Reply::json(200, get.clone()),
                path => judge::unrecorded(path),
            });
            let dify = judge::builder()
                .transport(HttpStack::new(script.clone()))
                .build()
                .unwrap();
            let run = dify.run(RunRequest::new("-")).await.unwrap();
            assert_eq!(run.output["text"], "hello", "{kept}, {end:?}");
            assert_eq!(judge::starts(&script), 1);
        }
    }
}

const STARTED: &str = "data: {\"event\":\"workflow_started\",\"workflow_run_id\":\"r\",\"task_id\":\"t\",\"data\":{\"id\":\"r\"}}\n\n";
const FINISHED: &str = "data: {\"event\":\"workflow_finished\",\"workflow_run_id\":\"r\",\"data\":{\"id\":\"r\",\"status\":\"succeeded\",\"outputs\":{\"n\":1}}}\n\n";

#[tokio::test(start_paused = true)]
async fn odd_streams_have_their_outcome() {
    let long = format!(
        "data: {{\"event\":\"new\",\"x\":\"{}\"}}\n\n",
        "z".repeat(17 << 20)
    );
    let tail = FINISHED.trim_end();
    for (body, events, end) in [
        // A name of another case, a comment, CRLF, a byte order mark, an event that nobody knows.
        (
            format!("\u{feff}event: PING\n\n: hi\n\n{STARTED}{FINISHED}").replace('\n', "\r\n"),
            2,
            "ended",
        ),
        (
            format!("{STARTED}data: {{\"event\":\"new\"}}\n\n{FINISHED}"),
            3,
            "ended",
        ),
        // What cannot be decoded is passed over.
        (
            format!("{STARTED}data: {{\"event\":\"node_started\",\"data\":7}}\n\n{FINISHED}"),
            2,
            "ended",
        ),
        // The last blank line is missing; a second end, and more after it.
        (format!("{STARTED}{tail}"), 2, "ended"),
        (
            format!("{STARTED}{FINISHED}{FINISHED}{STARTED}"),
            2,
            "ended",
        ),
        // The run is known, and the server shows it no more.
        (STARTED.to_owned(), 1, "Api: "),
        (format!("{STARTED}{long}"), 1, "Api: "),
        // Nothing is known.
        ("event: ping\n\n".to_owned(), 0, "Truncated: "),
        (String::new(), 0, "Truncated: "),
        // A failure, and a page, under the content type of a stream.
        (
            "\u{feff}\n{\"code\":\"oops\",\n\"message\":\"no\"}".to_owned(),
            0,
            "Api: stream_dify_workflow: the server responded with HTTP 200: oops: no",
        ),
        ("<html>\n\nbusy</html>".to_owned(), 0, "Decode: "),
        (
            format!("{STARTED}{}", FINISHED.replace("succeeded", "exploded")),
            1,
            "Decode: ",
        ),
    ] {
        let (said, ended) = said(at_once(body.as_bytes(), usize::MAX)).await;
        let start = &body[..body.len().min(90)];
        assert_eq!(said.len(), events, "{start}: {said:?}");
        assert!(ended.starts_with(end), "{start}: {ended}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_stream_is_told() {
    for (reply, end) in [
        (Reply::json(200, r#"{"task_id":"t"}"#), "Decode: "),
        (
            Reply::body(200, "<html>").content_type("text/html"),
            "Decode: ",
        ),
        (
            Reply::body(502, "<html>").content_type("text/html"),
            "Http: ",
        ),
        (Reply::json(503, "{}").header("retry-after", "1"), "Http: "),
    ] {
        let (said, ended) = said(reply).await;
        assert!(said.is_empty() && ended.starts_with(end), "{ended}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_events_ends_at_the_deadline() {
    let ping = Bytes::from("event: ping\n\n".repeat(100));
    let flood: Vec<_> = (0..20_000)
        .map(|_| (Duration::from_millis(10), ping.clone()))
        .collect();
    let script = Scripted::from_fn(move |request| match request.method().as_str() {
        "POST" => Reply::stream(flood.clone()),
        _ => judge::unrecorded(request.uri().path()),
    });
    let dify = judge::builder()
        .transport(HttpStack::new(script))
        .build()
        .unwrap();
    let began = tokio::time::Instant::now();
    let request = RunRequest::new("-").deadline(Duration::from_secs(10));
    let error = dify.run(request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert!(began.elapsed() < Duration::from_secs(11));
}
