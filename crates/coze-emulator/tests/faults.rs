//! Faults as a client sees them: over a socket, byte by byte.

mod support;

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use coze_emulator::{Definition, Emulator, Fault, Limits, RunningEmulator};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use serde_json::json;
use support::{events, get, names, post};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};
use tower_service::Service;

const RUN: &str = "/v1/workflow/run";

fn fault(words: &str) -> Fault {
    words.parse().unwrap()
}

/// How an exchange ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Closed,
    Reset,
    Open,
}

/// Sends one greeting and reads until something ends; `Open` when nothing came for 300 ms.
async fn greet(address: SocketAddr, header: &str) -> (String, End) {
    let body = r#"{"workflow_id":"greeting","parameters":{"name":"Ada"}}"#;
    let request = format!(
        "POST {RUN} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer t\r\n{header}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut response = Vec::new();
    let mut buffer = [0; 4096];
    let end = loop {
        match timeout(Duration::from_millis(300), socket.read(&mut buffer)).await {
            Ok(Ok(0)) => break End::Closed,
            Ok(Ok(count)) => response.extend(&buffer[..count]),
            Ok(Err(error)) => {
                assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
                break End::Reset;
            }
            Err(_) => break End::Open,
        }
    };
    (String::from_utf8_lossy(&response).into_owned(), end)
}

async fn started() -> (RunningEmulator, SocketAddr) {
    let emulator = Emulator::builder().start().await.unwrap();
    let address = emulator.address();
    (emulator, address)
}

fn body_of(response: &str) -> &str {
    response.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

#[tokio::test]
async fn without_a_fault_the_connection_stays_open() {
    let (_emulator, address) = started().await;
    let (response, end) = greet(address, "").await;
    assert!(response.starts_with("HTTP/1.1 200 OK"));
    assert_eq!(end, End::Open);
}

#[tokio::test]
async fn a_closed_connection_starts_nothing_and_a_lost_response_does() {
    let (emulator, address) = started().await;
    let state = emulator.emulator();
    for (words, runs) in [("close", 0), ("lose", 1)] {
        state.inject(fault(words));
        let result = greet(address, "").await;
        assert_eq!(result, (String::new(), End::Closed), "{words}");
        assert_eq!(state.runs_started("greeting"), Some(runs), "{words}");
    }
    assert_eq!(state.calls(RUN), 2);
}

#[tokio::test]
async fn a_body_is_cut_reset_or_stalled_after_so_many_bytes() {
    let (_emulator, address) = started().await;
    for (words, expected) in [("cut=20", End::Closed), ("stall=20", End::Open)] {
        let (response, end) = greet(address, &format!("x-emulator-fault: {words}\r\n")).await;
        assert_eq!(body_of(&response).len(), 20, "{words}: {response}");
        assert_eq!(end, expected, "{words}");
    }
    let (_, end) = greet(address, "x-emulator-fault: reset=20\r\n").await;
    assert_eq!(end, End::Reset);
    let (whole, _) = greet(address, "").await;
    let (cut, _) = greet(address, "x-emulator-fault: cut=20\r\n").await;
    let promised =
        |response: &str| response.split("content-length: ").nth(1).unwrap()[..3].to_owned();
    assert_eq!(promised(&cut), promised(&whole));
}

#[tokio::test]
async fn a_status_or_code_stands_in_for_the_operation() {
    let (emulator, address) = started().await;
    let (response, _) = greet(address, "x-emulator-fault: status=503 retry-after=2\r\n").await;
    assert!(response.starts_with("HTTP/1.1 503 "), "{response}");
    assert!(response.contains("retry-after: 2\r\n"));
    assert!(body_of(&response).starts_with("<html>"));
    let (response, _) = greet(address, "x-emulator-fault: code=4009\r\n").await;
    assert!(
        response.starts_with("HTTP/1.1 200 ") && response.contains("\"code\":4009"),
        "{response}"
    );
    let (response, _) = greet(address, "x-emulator-fault: status=429 code=4013\r\n").await;
    assert!(
        response.starts_with("HTTP/1.1 429 ") && response.contains("\"code\":4013"),
        "{response}"
    );
    assert_eq!(emulator.emulator().runs_started_in_all(), 0);
    let (response, _) = greet(address, "x-emulator-fault: replace=502\r\n").await;
    assert!(response.starts_with("HTTP/1.1 502 ") && body_of(&response).starts_with("<html>"));
    assert_eq!(emulator.emulator().runs_started_in_all(), 1);
    let (response, _) = greet(address, "x-emulator-fault: stutter\r\n").await;
    assert!(
        response.contains("\"code\":4000") && response.contains("stutter"),
        "{response}"
    );
}

#[tokio::test]
async fn the_content_type_and_encoding_can_lie() {
    let (_emulator, address) = started().await;
    let (response, _) = greet(address, "x-emulator-fault: content-type=text/html\r\n").await;
    assert!(
        response.contains("content-type: text/html\r\n"),
        "{response}"
    );
    let service = Emulator::builder()
        .fault(fault("gzip"))
        .build()
        .unwrap()
        .service();
    let response = post(&service, RUN, json!({"workflow_id": "nowhere"})).await;
    assert_eq!(response.headers["content-encoding"], "gzip");
    assert_eq!(response.body[..3], [0x1f, 0x8b, 8]);
    // A stored block: the text is inside as it is.
    let text = String::from_utf8_lossy(&response.body[15..]).into_owned();
    assert!(text.starts_with("{\"code\":4200"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn delays_and_drips_take_their_time() {
    let service = Emulator::builder()
        .fault(fault("delay=700"))
        .build()
        .unwrap()
        .service();
    let began = Instant::now();
    let response = post(&service, RUN, json!({"workflow_id": "nowhere"})).await;
    assert_eq!(began.elapsed(), Duration::from_millis(700));
    let slow = Emulator::builder()
        .fault(fault("drip=10"))
        .build()
        .unwrap()
        .service();
    let began = Instant::now();
    let dripped = post(&slow, RUN, json!({"workflow_id": "nowhere"})).await;
    assert_eq!(dripped.body.len(), response.body.len());
    assert_eq!(
        began.elapsed(),
        Duration::from_millis(10) * u32::try_from(response.body.len()).unwrap()
    );
}

#[tokio::test]
async fn events_are_doubled_swapped_and_dropped() {
    let yaml = "name: s\nnodes: [ { output: { id: o, title: O, content: abc, piece: 1 } } ]\nend: { text: e }";
    let emulator = Emulator::builder()
        .workflow(Definition::from_yaml(yaml).unwrap())
        .build()
        .unwrap();
    let service = emulator.service();
    for (words, expected) in [
        ("duplicate=1", vec!["0", "1", "1", "2", "3", "4"]),
        ("swap=1", vec!["0", "2", "1", "3", "4"]),
        ("swap=4", vec!["0", "1", "2", "3", "4"]),
        ("drop=4", vec!["0", "1", "2", "3"]),
    ] {
        emulator.inject(fault(words));
        let response = post(
            &service,
            "/v1/workflow/stream_run",
            json!({"workflow_id": "s"}),
        )
        .await;
        let events = events(&response.text());
        let ids: Vec<_> = events
            .iter()
            .map(|event| event.id.clone().unwrap())
            .collect();
        assert_eq!(ids, expected, "{words}");
    }
    emulator.inject(fault("error-event=1"));
    let body = json!({"workflow_id": "s"});
    let broken = post(&service, "/v1/workflow/stream_run", body).await.text();
    assert!(
        broken.ends_with("\n\nevent: error\ndata: the server failed\n\n"),
        "{broken}"
    );
    assert_eq!(events(&broken).len(), 2);
    let response = post(
        &service,
        "/v1/workflow/stream_run",
        json!({"workflow_id": "s"}),
    )
    .await;
    assert_eq!(names(&events(&response.text())).last(), Some(&"Done"));
}

#[tokio::test]
async fn a_planned_fault_hits_its_path_and_is_used_up() {
    let emulator = Emulator::builder()
        .fault(fault("on=/v1/workflow/run after=1 times=2 status=500"))
        .build()
        .unwrap();
    let service = emulator.service();
    assert_eq!(
        get(&service, "/v1/workflows/greeting").await.status,
        StatusCode::OK
    );
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(post(&service, RUN, json!({})).await.status.as_u16());
    }
    assert_eq!(statuses, [200, 500, 500, 200]);
    emulator.inject(fault("status=500 times=9"));
    emulator.clear_faults();
    assert_eq!(post(&service, RUN, json!({})).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_gateway_closes_what_takes_too_long_but_the_run_goes_on() {
    let mut limits = Limits::default();
    limits.gateway = Duration::from_millis(50);
    let yaml = "name: s\nnodes: [ { delay: { id: d, milliseconds: 150 } } ]\nend: { text: e }";
    let emulator = Emulator::builder()
        .limits(limits)
        .workflow(Definition::from_yaml(yaml).unwrap())
        .start()
        .await
        .unwrap();
    let body = r#"{"workflow_id":"s"}"#;
    let mut socket = TcpStream::connect(emulator.address()).await.unwrap();
    let head = format!(
        "POST {RUN} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer t\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    socket
        .write_all(format!("{head}{body}").as_bytes())
        .await
        .unwrap();
    let mut response = Vec::new();
    socket.read_to_end(&mut response).await.unwrap();
    assert_eq!(response, b"");
    assert_eq!(emulator.emulator().runs_started("s"), Some(1));
    support::pass(200).await;
    let runs = support::read(&emulator.emulator().service(), "runs").await;
    assert_eq!(runs["runs"][0]["status"], "success", "{runs}");
}

#[tokio::test(start_paused = true)]
async fn workflow_calls_share_a_quota_and_others_do_not_count() {
    let mut limits = Limits::default();
    limits.calls_per_second = Some(2);
    let service = Emulator::builder()
        .limits(limits)
        .build()
        .unwrap()
        .service();
    let run = || post(&service, RUN, json!({}));
    assert_eq!(run().await.status, StatusCode::OK);
    assert_eq!(
        get(&service, "/v1/workflows/greeting/run_histories/1")
            .await
            .status,
        StatusCode::OK
    );
    let refused = run().await;
    assert_eq!(
        (refused.status, &refused.json()["code"]),
        (StatusCode::TOO_MANY_REQUESTS, &json!(4009))
    );
    assert_eq!(
        get(&service, "/v1/workflows/greeting").await.status,
        StatusCode::OK
    );
    support::pass(1_000).await;
    assert_eq!(run().await.status, StatusCode::OK);
}

#[tokio::test]
async fn asynchronous_runs_may_need_a_paid_plan() {
    let mut limits = Limits::default();
    limits.paid_plan = false;
    let emulator = Emulator::builder().limits(limits).build().unwrap();
    let body = json!({"workflow_id": "slow-report", "is_async": true});
    assert_eq!(
        post(&emulator.service(), RUN, body).await.json()["code"],
        6003
    );
    assert_eq!(emulator.runs_started_in_all(), 0);
}

#[tokio::test]
async fn a_text_of_faults_is_planned_or_its_wrong_line_told() {
    let text = "# two in a row\nstatus=500\n\nstatus=501\n";
    let service = Emulator::builder()
        .fault_lines(text)
        .unwrap()
        .build()
        .unwrap()
        .service();
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(post(&service, RUN, json!({})).await.status.as_u16());
    }
    assert_eq!(statuses, [500, 501, 200]);
    let error = Emulator::builder()
        .fault_lines("close\nstutter")
        .unwrap_err();
    assert_eq!(error.to_string(), "line 2 of the faults cannot be used");
}

#[tokio::test]
async fn answers_can_have_their_older_form() {
    let service = support::with("name: s\nusage: { input: 60, output: 38 }\nend: { text: x }");
    let call = |path: &str| {
        http::Request::post(format!("http://coze.test{path}"))
            .header("authorization", "Bearer t")
            .header("x-emulator-fault", "older")
            .body(http_body_util::Full::from(r#"{"workflow_id":"s"}"#))
            .unwrap()
    };
    let run = support::send(&service, call(RUN)).await.json();
    assert_eq!((&run["token"], &run["cost"]), (&json!(98), &json!("0")));
    assert_eq!((&run["msg"], run.get("usage")), (&json!("Success"), None));
    let stream = support::send(&service, call("/v1/workflow/stream_run")).await;
    let text = stream.text();
    assert!(text.ends_with("id: 1\nevent: Done\ndata: {}\n\n"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_cut_or_stalled_after_so_many_events() {
    let story = Definition::from_yaml(
        "name: story\nnodes: [ { output: { id: o, content: abcdef, piece: 1 } } ]\nend: { text: x }",
    );
    let emulator = Emulator::builder()
        .workflow(story.unwrap())
        .build()
        .unwrap();
    for (words, stalls) in [
        ("cut-event=3", false),
        ("stall-event=3", true),
        ("stall-event=99", true),
    ] {
        emulator.inject(fault(words));
        let request = Request::post("http://coze.test/v1/workflow/stream_run")
            .header("authorization", "Bearer t")
            .body(Full::new(Bytes::from_static(br#"{"workflow_id":"story"}"#)));
        let response = emulator.service().call(request.unwrap()).await.unwrap();
        let mut body = response.into_body();
        let mut read = 0;
        let ended = loop {
            match timeout(Duration::from_secs(5), body.frame()).await {
                Ok(Some(Ok(_))) => read += 1,
                Ok(Some(Err(_))) => break false,
                Ok(None) => panic!("{words}: the stream ended in order"),
                Err(_) => break true,
            }
        };
        let whole = 8;
        let wanted = if words == "stall-event=99" { whole } else { 3 };
        assert_eq!((read, ended), (wanted, stalls), "{words}");
    }
    assert_eq!(emulator.runs_started("story"), Some(3));
}
