//! What becomes of bodies.

use std::time::Duration;

use bytes::Bytes;
use coze_transport::{
    BodyLimits, CallOptions, ErrorKind, HttpStack, Outcome, ReplaySafety, Request, RequestBody,
    Response, ResponseMode, StackBuilder, Stage, TransportError,
    testing::{Chunking, Reply, Scripted},
};
use http_body_util::BodyExt;
use tower::Layer;

fn get(set: impl FnOnce(&mut CallOptions)) -> Request {
    let mut options = CallOptions::default();
    set(&mut options);
    let request = http::Request::get("/x").extension(options);
    request.body(RequestBody::empty()).unwrap()
}

fn over(reply: Reply) -> HttpStack {
    StackBuilder::over(Scripted::new([reply]))
        .log_id_headers([http::HeaderName::from_static("x-tt-logid")])
        .build()
}

/// The pieces arrive one by one, and nothing tells how many there are.
fn pieces<const N: usize>(parts: [&'static str; N]) -> Reply {
    let parts = parts.map(|part| (Duration::ZERO, Bytes::from_static(part.as_bytes())));
    Reply::stream(parts).content_type("application/json")
}

#[tokio::test]
async fn bodies_are_whole_however_they_are_cut() {
    let numbers: Vec<_> = (0..1000).map(|n| n.to_string()).collect();
    let text = format!("[{}]", numbers.join(","));
    for size in [1, 2, 7, 100, 4096, 1 << 20] {
        let leaf = Chunking::new(size).layer(Scripted::new([Reply::json(200, text.clone())]));
        let stack = StackBuilder::over(leaf).build();
        let response = stack.send(get(|_| {})).await.unwrap();
        assert_eq!(
            response.body().buffered().unwrap(),
            text.as_bytes(),
            "{size}"
        );
    }
}

#[tokio::test]
async fn a_single_frame_is_taken_as_it_is() {
    let body = Bytes::from(vec![b'x'; 5000]);
    let response = over(Reply::body(200, body.clone()))
        .send(get(|_| {}))
        .await
        .unwrap();
    assert_eq!(response.body().buffered().unwrap().as_ptr(), body.as_ptr());
}

/// Fault 55: an error, without reading on, whether the length is announced or not.
#[tokio::test]
async fn a_success_above_the_limit_is_refused() {
    let limits = BodyLimits::default().success(10);
    for reply in [
        Reply::body(200, "01234567890"),
        pieces(["01234", "567890", "never read"]),
    ] {
        let server = Scripted::new([reply.header("x-tt-logid", "L")]);
        let stack = StackBuilder::over(server.clone())
            .log_id_headers([http::HeaderName::from_static("x-tt-logid")])
            .body_limit(limits)
            .build();
        let request = get(|options| options.replay = Some(ReplaySafety::Always));
        let error = stack.send(request).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert_eq!(error.log_id().unwrap().as_str(), "L");
        assert!(error.to_string().contains("10 bytes"), "{error}");
        assert_eq!(server.requests().len(), 1);
    }
    let exact = over(Reply::body(200, "0123456789"));
    let response = exact
        .send(get(|options| options.body_limit = Some(10)))
        .await
        .unwrap();
    assert_eq!(response.body().buffered().unwrap(), "0123456789");
    let stack = over(Reply::body(200, "0123456789"));
    let error = stack
        .send(get(|options| options.body_limit = Some(9)))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

#[tokio::test]
async fn an_announced_length_is_not_trusted_with_memory() {
    let reply = Reply::body(200, "x").header("content-length", "9999999999999");
    let error = over(reply).send(get(|_| {})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

#[tokio::test]
async fn the_body_of_a_failure_is_truncated_and_the_response_kept() {
    let page = "x".repeat(100 * 1024);
    let small = over(Reply::body(502, "x")).send(get(|_| {})).await.unwrap();
    assert_eq!(small.body().buffered().unwrap(), "x");
    assert!(!small.body().is_truncated());
    let large = over(Reply::body(502, page.clone()))
        .send(get(|_| {}))
        .await
        .unwrap();
    assert_eq!(large.body().buffered().unwrap().len(), 64 * 1024);
    assert!(large.body().is_truncated());
    let leaf = Chunking::new(1000).layer(Scripted::new([Reply::body(502, page)]));
    let response = StackBuilder::over(leaf)
        .build()
        .send(get(|_| {}))
        .await
        .unwrap();
    assert_eq!(response.status(), 502);
    assert_eq!(response.body().buffered().unwrap().len(), 64 * 1024);
    assert!(response.body().is_truncated());
}

/// Faults 45 and 68: fewer bytes than announced, which HTTP/2 lets pass.
#[tokio::test]
async fn a_body_shorter_than_announced_is_no_success() {
    for body in ["", "{}"] {
        let reply = Reply::json(200, body).header("content-length", "10");
        let error = over(reply).send(get(|_| {})).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.stage()),
            (ErrorKind::Closed, Stage::Body)
        );
        assert_eq!(error.outcome(), Outcome::Unknown);
        assert!(error.to_string().contains("of 10 bytes"), "{error}");
    }
    // No body is expected of these, whatever they announce.
    let head = http::Request::head("/x")
        .body(RequestBody::empty())
        .unwrap();
    let reply = Reply::status(200).header("content-length", "10");
    assert_eq!(over(reply).send(head).await.unwrap().status(), 200);
    for status in [204, 304] {
        let reply = Reply::status(status).header("content-length", "10");
        assert_eq!(
            over(reply).send(get(|_| {})).await.unwrap().status(),
            status
        );
    }
}

/// Fault 47: a body that only the end of the connection ends.
#[tokio::test]
async fn json_truncated_by_the_end_of_the_connection_is_no_success() {
    let error = over(pieces([r#"{"code":0,"#, r#""data":"x"#]))
        .send(get(|_| {}))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Closed, Outcome::Unknown)
    );
    let response = over(pieces([r#"{"code":0,"#, r#""data":"x"}"#]))
        .send(get(|_| {}))
        .await
        .unwrap();
    assert_eq!(
        response.body().buffered().unwrap(),
        r#"{"code":0,"data":"x"}"#
    );
    // Chunked tells where it ends.
    let chunked = pieces(["{"]).header("transfer-encoding", "chunked");
    assert_eq!(
        over(chunked)
            .send(get(|_| {}))
            .await
            .unwrap()
            .body()
            .buffered()
            .unwrap(),
        "{"
    );
}

#[tokio::test]
async fn a_body_that_breaks_says_so_with_what_the_head_told() {
    let reply = Reply::body(200, "{}").broken().header("x-tt-logid", "L");
    let error = over(reply).send(get(|_| {})).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.stage()),
        (ErrorKind::Closed, Stage::Body)
    );
    assert_eq!(error.status().unwrap(), 200);
    assert_eq!(error.log_id().unwrap().as_str(), "L");
    assert!(std::error::Error::source(&error).is_some());
}

/// Faults 52, 58 and 61: codings that nobody asked for.
#[tokio::test]
async fn codings_that_were_not_asked_for_are_refused() {
    for (name, value) in [
        ("content-encoding", "gzip"),
        ("content-encoding", "br"),
        ("content-encoding", "zstd"),
        ("transfer-encoding", "gzip, chunked"),
    ] {
        for mode in [ResponseMode::Buffered, ResponseMode::Streaming] {
            let server = Scripted::repeating(Reply::body(200, "{}").header(name, value));
            let stack = StackBuilder::over(server.clone()).build();
            let request = get(|options| {
                options.mode = Some(mode);
                options.replay = Some(ReplaySafety::Always);
            });
            let error = stack.send(request).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Protocol);
            assert!(error.to_string().contains(name), "{error}");
            assert_eq!(server.requests().len(), 1);
            assert_eq!(
                server.requests()[0].headers()["accept-encoding"],
                "identity"
            );
        }
    }
    for (name, value) in [
        ("content-encoding", "identity"),
        ("transfer-encoding", "Chunked"),
    ] {
        let reply = Reply::body(200, "{}").header(name, value);
        assert!(over(reply).send(get(|_| {})).await.is_ok());
    }
}

/// Fault 76: error pages are kept for the caller to quote.
#[tokio::test(start_paused = true)]
async fn an_error_page_is_a_response() {
    for status in [500, 502, 504] {
        let reply =
            Reply::body(status, "<html>bad gateway</html>").header("content-type", "text/html");
        let response = over(reply)
            .send(get(|options| options.mode = Some(ResponseMode::Streaming)))
            .await
            .unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(
            response.body().buffered().unwrap(),
            "<html>bad gateway</html>"
        );
    }
}

#[tokio::test]
async fn streams_are_handed_over_unless_they_are_none() {
    let streaming = || get(|options| options.mode = Some(ResponseMode::Streaming));
    for (kind, buffered) in [
        ("text/event-stream", false),
        ("Text/Event-Stream; charset=utf-8", false),
        ("text/html", false),
        ("application/octet-stream", false),
        ("application/json", true),
        ("APPLICATION/JSON;charset=UTF-8", true),
        ("application/problem+json", true),
        ("text/json", true),
    ] {
        let response = over(pieces(["{\"a\":", "1}"]).content_type(kind))
            .send(streaming())
            .await
            .unwrap();
        assert_eq!(response.body().buffered().is_some(), buffered, "{kind}");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, "{\"a\":1}");
    }
    let failed = over(pieces(["no"]).content_type("text/event-stream"))
        .send(get(|_| {}))
        .await
        .unwrap();
    assert!(failed.body().buffered().is_some());
}

#[tokio::test]
async fn a_stream_that_breaks_ends_with_an_error_and_then_with_nothing() {
    let reply = Reply::stream([(Duration::ZERO, "data: 1\n\n")])
        .broken()
        .header("x-tt-logid", "L");
    let request = get(|options| options.mode = Some(ResponseMode::Streaming));
    let mut body = over(reply).send(request).await.unwrap().into_body();
    assert_eq!(
        body.frame().await.unwrap().unwrap().into_data().unwrap(),
        "data: 1\n\n"
    );
    let error = TransportError::from_box(body.frame().await.unwrap().unwrap_err());
    assert_eq!(
        (error.kind(), error.stage()),
        (ErrorKind::Closed, Stage::Body)
    );
    assert_eq!(error.log_id().unwrap().as_str(), "L");
    assert!(body.frame().await.is_none());
}

/// Fault 54: an empty 200 is handed over as such; what it means is up to the caller.
#[tokio::test]
async fn an_empty_response_is_a_response() {
    let response: Response = over(Reply::status(200)).send(get(|_| {})).await.unwrap();
    assert!(response.body().buffered().unwrap().is_empty());
}
