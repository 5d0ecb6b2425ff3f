//! HTTP/1.1 responses that are broken, late, early or odd. Numbers are those of `docs/checks.md`.
#![expect(clippy::unwrap_used, reason = "the tests assert by it")]

mod peer;

use std::time::Duration;

use bytes::Bytes;
use coze_transport::{
    ErrorKind, Outcome, RequestBody, Stage, TransportError,
    hyper::{CloseDelimited, HyperTransport},
};
use http_body_util::BodyExt;
use peer::{
    call, chain, post, read, send,
    server::Peer,
    steps::{Step, ok, text},
};

/// The error of one call to a server with this script.
async fn failing(script: Vec<Step>) -> TransportError {
    let server = Peer::follow(vec![script]);
    let (leaf, url) = (HyperTransport::new(), server.url.clone());
    let called = tokio::time::timeout(Duration::from_secs(5), call(&leaf, &url));
    called.await.expect("it hangs").unwrap_err()
}

async fn responding(response: impl AsRef<[u8]>) -> TransportError {
    failing(vec![Step::Read, text(response)]).await
}

fn is(error: &TransportError, kind: ErrorKind, outcome: Outcome, permanent: bool) {
    assert_eq!(
        (error.kind(), error.outcome(), error.is_permanent()),
        (kind, outcome, permanent),
        "{}",
        chain(error)
    );
    assert!(error.to_string().contains("127.0.0.1:"), "{error}");
}

fn unknown(error: &TransportError, kind: ErrorKind) {
    is(error, kind, Outcome::Unknown, false);
}

/// Responses that are taken, and whether their connection serves the next call.
async fn taken(response: &str, body: &str, reused: bool) {
    let server = Peer::responding(text(response));
    let leaf = HyperTransport::new();
    for _ in 0..2 {
        assert_eq!(call(&leaf, &server.url).await.unwrap(), body, "{response}");
    }
    assert_eq!(
        server.connections(),
        if reused { 1 } else { 2 },
        "{response}"
    );
}

#[tokio::test]
async fn fault_21_a_reset_within_the_request_leaves_it_unknown() {
    let server = Peer::follow(vec![vec![Step::ReadBytes(1000), Step::Rst]]);
    let mut request = post(&server.url);
    *request.body_mut() = RequestBody::from(Bytes::from(vec![b'x'; 30_000_000]));
    let error = send(&HyperTransport::new(), request).await.unwrap_err();
    unknown(&error, ErrorKind::Closed);
}

#[tokio::test]
async fn faults_23_24_26_an_end_after_the_request_leaves_it_unknown() {
    let error = failing(vec![Step::Read, Step::Fin, Step::AwaitClose]).await;
    unknown(&error, ErrorKind::Closed);
    let error = failing(vec![Step::Read, Step::Rst]).await;
    unknown(&error, ErrorKind::Closed);
    assert_eq!(error.stage(), Stage::Head);
    // On a connection that has served before, it is the same.
    let server = Peer::follow(vec![vec![Step::Read, ok("{}"), Step::Read, Step::Rst]]);
    let leaf = HyperTransport::new();
    call(&leaf, &server.url).await.unwrap();
    let error = call(&leaf, &server.url).await.unwrap_err();
    unknown(&error, ErrorKind::Closed);
    assert_eq!(
        (server.connections(), server.requests()),
        (1, 2),
        "not sent again"
    );
}

#[tokio::test]
async fn fault_28_informational_responses_are_passed_over() {
    for early in [
        "HTTP/1.1 100 Continue\r\n\r\n".to_owned(),
        "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n".to_owned(),
        "HTTP/1.1 102 Processing\r\n\r\n".repeat(1000),
    ] {
        let response = format!("{early}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{{}}");
        taken(&response, "{}", true).await;
    }
}

#[tokio::test]
async fn fault_29_endless_informational_responses_yield_to_a_timeout() {
    let many = "HTTP/1.1 102 Processing\r\n\r\n".repeat(100);
    let server = Peer::follow(vec![vec![
        Step::Read,
        text(many.repeat(20_000)),
        Step::AwaitClose,
    ]]);
    let limit = Duration::from_millis(200);
    let called = tokio::time::timeout(limit, call(&HyperTransport::new(), &server.url)).await;
    assert!(called.is_err());
    assert!(server.sees_closed(1, Duration::from_secs(2)));
}

#[tokio::test]
async fn faults_30_41_responses_that_nobody_asked_for_are_final() {
    let switch = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n";
    let error = failing(vec![Step::Read, text(switch), Step::AwaitClose]).await;
    is(&error, ErrorKind::Protocol, Outcome::Unknown, true);
    let error = responding("HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n").await;
    is(&error, ErrorKind::Protocol, Outcome::Unknown, true);
    assert!(error.to_string().contains("999"), "{error}");
    let error = responding("HTTP/1.1 099 Odd\r\ncontent-length: 0\r\n\r\n").await;
    unknown(&error, ErrorKind::Protocol);
}

#[tokio::test]
async fn fault_31_half_a_head_leaves_it_unknown() {
    let error = responding("HTTP/1.1 200 OK\r\ncontent-le").await;
    unknown(&error, ErrorKind::Closed);
}

#[tokio::test]
async fn faults_33_34_heads_have_a_limit() {
    let many = "x: 1\r\n".repeat(101);
    let error = responding(format!("HTTP/1.1 200 OK\r\n{many}\r\n")).await;
    is(&error, ErrorKind::TooLarge, Outcome::Unknown, true);
    let long = "x".repeat(130 * 1024);
    let error = responding(format!("HTTP/1.1 200 OK\r\nx: {long}\r\n\r\n")).await;
    assert_eq!(error.kind(), ErrorKind::TooLarge, "{}", chain(&error));
    assert_eq!(error.outcome(), Outcome::Unknown);
    let fits = "x".repeat(100 * 1024);
    taken(
        &format!("HTTP/1.1 200 OK\r\nx: {fits}\r\ncontent-length: 2\r\n\r\n{{}}"),
        "{}",
        true,
    )
    .await;
}

#[tokio::test]
async fn faults_35_36_38_malformed_heads_are_protocol_errors() {
    for line in [
        "x-log: a\0b",
        "x-log: a\r\n folded",
        "x-log : a",
        "content-length: 2\r\ncontent-length: 3",
        "content-length: -1",
        "content-length: 99999999999999999999",
    ] {
        let error = responding(format!("HTTP/1.1 200 OK\r\n{line}\r\n\r\n{{}}")).await;
        unknown(&error, ErrorKind::Protocol);
    }
}

#[tokio::test]
async fn fault_37_bytes_outside_ascii_in_a_header_are_kept() {
    let server = Peer::responding(text(
        b"HTTP/1.1 200 OK\r\nx-tt-logid: \xe4\xbd\xa0\xff\r\ncontent-length: 2\r\n\r\n{}",
    ));
    let response = send(&HyperTransport::new(), post(&server.url))
        .await
        .unwrap();
    assert_eq!(
        response.headers()["x-tt-logid"].as_bytes(),
        b"\xe4\xbd\xa0\xff"
    );
}

#[tokio::test]
async fn faults_39_42_44_46_odd_responses_are_taken_and_their_connection_is_not_trusted() {
    for (response, body, reused) in [
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 9\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            "{}",
            false,
        ),
        (
            "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\n{}",
            "{}",
            false,
        ),
        (
            "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\n{}",
            "{}",
            false,
        ),
        ("HTTP/1.1 200 OK\ncontent-length: 2\n\n{}", "{}", true),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\n",
            "{}",
            false,
        ),
        (
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}",
            "{}",
            false,
        ),
        (
            "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 2\r\n\r\n{}",
            "{}",
            false,
        ),
        (
            "HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\n{}",
            "{}",
            true,
        ),
        (
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 2\r\n\r\n{}",
            "{}",
            true,
        ),
    ] {
        taken(response, body, reused).await;
    }
}

#[tokio::test]
async fn fault_43_what_is_no_http_is_shown_in_part() {
    for garbage in [
        "HTTP/2.0 200 OK\r\n\r\n".to_owned(),
        format!("<html>{}</html>\r\n\r\n", "x".repeat(500)),
        "\x15\x03\x01\0\x02\x02\x46".to_owned(),
    ] {
        let error = responding(&garbage).await;
        unknown(&error, ErrorKind::Protocol);
        let shown = error.to_string();
        assert!(shown.len() < 160, "{shown}");
        assert!(
            shown.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
            "{shown}"
        );
    }
    let error = responding("<html>busy</html>\r\n").await;
    assert!(error.to_string().contains("<html>busy</html>"), "{error}");
}

#[tokio::test]
async fn faults_45_48_49_50_bodies_that_end_early_or_break_are_errors() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    for (response, kind) in [
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{}".to_owned(),
            ErrorKind::Closed,
        ),
        (format!("{chunked}9\r\n{{}}"), ErrorKind::Closed),
        (format!("{chunked}2\r\n{{}}\r\n"), ErrorKind::Closed),
        (format!("{chunked}2\r\n{{}}\r\n0\r\n"), ErrorKind::Closed),
        (
            format!("{chunked}zz\r\n{{}}\r\n0\r\n\r\n"),
            ErrorKind::Protocol,
        ),
        (
            format!("{chunked}2;{}\r\n{{}}\r\n0\r\n\r\n", "e".repeat(20 * 1024)),
            ErrorKind::Protocol,
        ),
    ] {
        let error = responding(&response).await;
        unknown(&error, kind);
        assert_eq!(error.stage(), Stage::Body);
    }
    let start = text("HTTP/1.1 200 OK\r\n\r\n{");
    let error = failing(vec![Step::Read, start, Step::Sleep(50), Step::Rst]).await;
    unknown(&error, ErrorKind::Closed);
}

#[tokio::test]
async fn fault_47_a_body_that_ends_with_its_connection_is_marked() {
    let server = Peer::follow(vec![vec![
        Step::Read,
        text("HTTP/1.1 200 OK\r\n\r\n{\"cut"),
    ]]);
    let leaf = HyperTransport::new();
    let response = send(&leaf, post(&server.url)).await.unwrap();
    assert!(response.extensions().get::<CloseDelimited>().is_some());
    assert_eq!(read(response).await.unwrap(), "{\"cut");
    let server = Peer::responding(ok("{}"));
    let response = send(&leaf, post(&server.url)).await.unwrap();
    assert!(response.extensions().get::<CloseDelimited>().is_none());
}

#[tokio::test]
async fn fault_51_large_trailers_are_refused() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n";
    let error = responding(format!("{chunked}x: {}\r\n\r\n", "t".repeat(130 * 1024))).await;
    assert_eq!(error.stage(), Stage::Body, "{}", chain(&error));
    taken(&format!("{chunked}x-checksum: 1\r\n\r\n"), "{}", true).await;
}

#[tokio::test]
async fn fault_52_a_transfer_coding_that_was_not_asked_for_is_final() {
    for coding in [
        "gzip, chunked",
        "gzip",
        "chunked\r\ntransfer-encoding: gzip",
    ] {
        let head = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: {coding}\r\n\r\n0\r\n\r\n");
        let error = responding(head).await;
        is(&error, ErrorKind::Protocol, Outcome::Unknown, true);
        assert!(error.to_string().contains("gzip"), "{error}");
    }
}

#[tokio::test]
async fn fault_53_responses_that_cannot_have_a_body_have_none() {
    for status in ["204 No Content", "304 Not Modified"] {
        let response = format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\n{{}}");
        taken(&response, "", false).await;
    }
}

#[tokio::test]
async fn faults_55_57_a_body_that_nobody_reads_to_its_end_closes_its_connection() {
    let server = Peer::follow(vec![vec![
        Step::Read,
        text("HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n{"),
        Step::Send(vec![b'x'; 50_000_000]),
        Step::AwaitClose,
    ]]);
    let mut body = send(&HyperTransport::new(), post(&server.url))
        .await
        .unwrap()
        .into_body();
    body.frame().await.unwrap().unwrap();
    drop(body);
    assert!(server.sees_closed(1, Duration::from_secs(1)));
}

#[tokio::test]
async fn faults_4_5_ipv6_literals_and_mapped_addresses_work() {
    let server = Peer::follow_at("[::1]:0", vec![vec![Step::Read, ok("{}"), Step::Again]]);
    let leaf = HyperTransport::new();
    assert_eq!(call(&leaf, &server.url).await.unwrap(), "{}");
    assert!(
        server
            .request(0)
            .contains(&format!("host: [::1]:{}\r\n", server.address.port()))
    );
    let server = Peer::responding(ok("{}"));
    let mapped = format!("http://[::ffff:127.0.0.1]:{}/", server.address.port());
    assert_eq!(call(&leaf, &mapped).await.unwrap(), "{}");
}
