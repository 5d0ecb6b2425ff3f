//! Time limits, on a paused clock.

use std::time::Duration;

use bytes::Bytes;
use coze_transport::{
    CallOptions, ErrorKind, HttpStack, Outcome, ReplaySafety, Request, RequestBody, ResponseMode,
    StackBuilder, Stage, TimeoutKind, Timeouts, TransportError,
    testing::{NeverResponds, Reply, Scripted},
};
use http_body_util::BodyExt;
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

fn get(set: impl FnOnce(&mut CallOptions)) -> Request {
    let mut options = CallOptions::default();
    set(&mut options);
    let request = http::Request::get("/x").extension(options);
    request.body(RequestBody::empty()).unwrap()
}

async fn timed(stack: &HttpStack, request: Request) -> (TransportError, Duration) {
    let began = Instant::now();
    let error = stack.send(request).await.unwrap_err();
    (error, began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn the_head_is_waited_for_as_long_as_said() {
    let stack = StackBuilder::over(NeverResponds).build();
    let (error, took) = timed(&stack, get(|_| {})).await;
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutKind::Head));
    assert_eq!(
        (error.outcome(), error.stage()),
        (Outcome::Unknown, Stage::Head)
    );
    assert_eq!(took, 30 * SECOND);

    let (error, took) = timed(
        &stack,
        get(|options| options.head_timeout = Some(2 * SECOND)),
    )
    .await;
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutKind::Head));
    assert_eq!(took, 2 * SECOND);
    assert!(error.to_string().contains("2s"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_deadline_bounds_all_attempts() {
    let stack = StackBuilder::over(NeverResponds).build();
    let request = get(|options| {
        options.replay = Some(ReplaySafety::Always);
        options.head_timeout = Some(4 * SECOND);
        options.deadline = Some(10 * SECOND);
    });
    let (error, took) = timed(&stack, request).await;
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutKind::Deadline));
    assert_eq!(took, 10 * SECOND);
    assert_eq!(error.attempts().len(), 3);

    // The stack's own: 60 s for a buffered response, none for a streamed one.
    let request = get(|options| options.head_timeout = Some(1000 * SECOND));
    assert_eq!(timed(&stack, request).await.1, 60 * SECOND);
    let request = get(|options| {
        options.head_timeout = Some(1000 * SECOND);
        options.mode = Some(ResponseMode::Streaming);
    });
    assert_eq!(timed(&stack, request).await.1, 1000 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_limit_without_end_is_no_limit() {
    let server = Scripted::new([Reply::status(200).after(20 * SECOND)]);
    let stack = StackBuilder::over(server).build();
    let request = get(|options| {
        options.deadline = Some(Duration::MAX);
        options.head_timeout = Some(Duration::MAX);
    });
    assert_eq!(stack.send(request).await.unwrap().status(), 200);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_can_be_bounded_with_its_body() {
    let piece = |_| (3 * SECOND, Bytes::from_static(&[b' '; 100]));
    let server = Scripted::repeating(Reply::stream((0..10).map(piece)).content_type("text/plain"));
    let stack = StackBuilder::over(server.clone()).build();
    let request = get(|options| options.attempt_timeout = Some(10 * SECOND));
    let (error, took) = timed(&stack, request).await;
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutKind::Attempt));
    assert_eq!(error.stage(), Stage::Body);
    assert!(took >= 10 * SECOND && took <= 14 * SECOND, "{took:?}");
}

/// Fault 56: a byte every five seconds. Fault 57: nothing, ever.
#[tokio::test(start_paused = true)]
async fn a_body_slower_than_a_byte_a_second_ends_after_twenty() {
    let drip = Reply::stream((0..100).map(|_| (5 * SECOND, " "))).content_type("text/plain");
    let stall =
        Reply::stream([(Duration::ZERO, "{"), (10_000 * SECOND, "}")]).content_type("text/plain");
    for reply in [drip, stall] {
        let server = Scripted::new([reply.header("x-tt-logid", "L")]);
        let stack = StackBuilder::over(server)
            .log_id_headers([http::HeaderName::from_static("x-tt-logid")])
            .build();
        let (error, took) = timed(&stack, get(|_| {})).await;
        assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutKind::Idle));
        assert_eq!(
            (error.outcome(), error.stage()),
            (Outcome::Unknown, Stage::Body)
        );
        assert_eq!(error.status().unwrap(), 200);
        assert_eq!(error.log_id().unwrap().as_str(), "L");
        assert!(took >= 20 * SECOND && took < 21 * SECOND, "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_body_that_keeps_up_is_read_to_its_end() {
    // Two bytes a second for fifty seconds, then a stall.
    let pieces = (0..50).map(|_| (SECOND, "  "));
    let server = Scripted::new([Reply::stream(pieces).content_type("text/plain")]);
    let stack = StackBuilder::over(server).build();
    let response = stack.send(get(|_| {})).await.unwrap();
    assert_eq!(response.body().buffered().unwrap().len(), 100);

    let pieces = (0..30)
        .map(|_| (SECOND, "  "))
        .chain([(1000 * SECOND, "x")]);
    let server = Scripted::new([Reply::stream(pieces).content_type("text/plain")]);
    let stack = StackBuilder::over(server).build();
    let (error, took) = timed(&stack, get(|_| {})).await;
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutKind::Idle));
    assert!(took >= 40 * SECOND && took <= 51 * SECOND, "{took:?}");
}

fn streaming() -> Request {
    get(|options| options.mode = Some(ResponseMode::Streaming))
}

#[tokio::test(start_paused = true)]
async fn a_stream_may_last_but_not_fall_silent() {
    let pieces = [
        (100 * SECOND, "a"),
        (119 * SECOND, "b"),
        (121 * SECOND, "c"),
    ];
    let server = Scripted::new([Reply::stream(pieces).header("x-tt-logid", "L")]);
    let stack = StackBuilder::over(server)
        .log_id_headers([http::HeaderName::from_static("x-tt-logid")])
        .build();
    let mut body = stack.send(streaming()).await.unwrap().into_body();
    for expected in ["a", "b"] {
        let frame = body.frame().await.unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), expected);
    }
    let began = Instant::now();
    let error = TransportError::from_box(body.frame().await.unwrap().unwrap_err());
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutKind::Idle));
    assert_eq!(error.log_id().unwrap().as_str(), "L");
    assert_eq!(began.elapsed(), 120 * SECOND);
    assert!(body.frame().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn the_bound_on_silence_can_change_within_a_stream() {
    let pieces = [(100 * SECOND, "ping"), (36 * SECOND, "late")];
    let server = Scripted::new([Reply::stream(pieces)]);
    let stack = StackBuilder::over(server).build();
    let mut body = stack.send(streaming()).await.unwrap().into_body();
    body.frame().await.unwrap().unwrap();
    body.set_idle_timeout(Some(35 * SECOND));
    let began = Instant::now();
    let error = TransportError::from_box(body.frame().await.unwrap().unwrap_err());
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutKind::Idle));
    assert_eq!(began.elapsed(), 35 * SECOND);
}

/// Fault 102 for the clock: a reader that takes its time is not blamed on the server.
#[tokio::test(start_paused = true)]
async fn a_slow_reader_is_no_silence() {
    let server = Scripted::new([Reply::stream((0..5).map(|_| (Duration::ZERO, "x")))]);
    let stack = StackBuilder::over(server).build();
    let mut body = stack.send(streaming()).await.unwrap().into_body();
    let mut read = 0;
    while let Some(frame) = body.frame().await {
        frame.unwrap();
        read += 1;
        tokio::time::advance(500 * SECOND).await;
    }
    assert_eq!(read, 5);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_was_asked_for_ends_a_stream() {
    let server = Scripted::new([Reply::stream((0..100).map(|_| (SECOND, "x")))]);
    let stack = StackBuilder::over(server).build();
    let request = get(|options| {
        options.mode = Some(ResponseMode::Streaming);
        options.deadline = Some(Duration::from_millis(5500));
    });
    let began = Instant::now();
    let mut body = stack.send(request).await.unwrap().into_body();
    let mut read = 0;
    let error = loop {
        match body.frame().await.unwrap() {
            Ok(_) => read += 1,
            Err(error) => break TransportError::from_box(error),
        }
    };
    assert_eq!(read, 5);
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutKind::Deadline));
    assert_eq!(error.stage(), Stage::Body);
    assert_eq!(began.elapsed(), Duration::from_millis(5500));
}

#[tokio::test(start_paused = true)]
async fn limits_can_be_switched_off() {
    let server = Scripted::new([Reply::stream([(100_000 * SECOND, "x")])
        .content_type("text/plain")
        .after(100_000 * SECOND)]);
    let stack = StackBuilder::over(server)
        .timeouts(Timeouts::none())
        .build();
    assert_eq!(stack.send(get(|_| {})).await.unwrap().status(), 200);
}

/// A service below that never gets ready is bounded by the deadline, and nothing was sent.
#[tokio::test(start_paused = true)]
async fn waiting_for_readiness_counts_and_sends_nothing() {
    let stack = StackBuilder::over(NeverResponds)
        .attempt_layer(tower::limit::GlobalConcurrencyLimitLayer::new(1))
        .build();
    let first = stack.clone();
    let _busy = tokio::spawn(async move {
        first
            .send(get(|options| options.head_timeout = Some(500 * SECOND)))
            .await
    });
    tokio::task::yield_now().await;
    let request = get(|options| options.deadline = Some(3 * SECOND));
    let (error, took) = timed(&stack, request).await;
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutKind::Deadline));
    assert_eq!(took, 3 * SECOND);
}

/// Fault 111: a runtime that goes away in the middle of a call.
#[test]
fn a_runtime_that_shuts_down_in_mid_call_is_no_panic() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let stack = StackBuilder::over(NeverResponds).build();
    let call = runtime.spawn(async move { stack.send(get(|_| {})).await.map(drop) });
    std::thread::sleep(Duration::from_millis(20));
    runtime.shutdown_timeout(SECOND);
    let other = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    assert!(other.block_on(call).unwrap_err().is_cancelled());
}
