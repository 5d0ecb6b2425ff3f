//! Layers of other people in the slots of the stack: what they see, and the bodies that they wrap.

mod retry;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use coze_transport::{
    ErrorKind, HoldThroughBody, HttpStack, Outcome, ReplaySafety, Request, Response, ResponseMode,
    StackBuilder, TimeoutKind, TransportError,
    testing::{Reply, Scripted},
};
use http_body_util::BodyExt;
use retry::{Codes, Renewing, post, with};
use tokio::time::Instant;
use tower::limit::ConcurrencyLimitLayer;
use tower_http::trace::TraceLayer;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_layer_that_wraps_bodies_switches_off_neither_retry_by_code_nor_renewal() {
    for streaming in [false, true] {
        let server = Scripted::new([
            Reply::json(200, r#"{"code":4009}"#),
            Reply::json(200, r#"{"code":4100}"#),
            Reply::json(200, r#"{"code":0}"#),
        ]);
        let stack = StackBuilder::over(server.clone())
            .classify(Codes)
            .credentials(Renewing::default())
            .attempt_layer(TraceLayer::new_for_http())
            .build();
        let request = with(ReplaySafety::IfNotSent, |options| {
            options.mode = streaming.then_some(ResponseMode::Streaming);
        });
        let response = stack.send(request).await.unwrap();
        assert_eq!(response.body().buffered().unwrap(), r#"{"code":0}"#);
        let seen = server.requests();
        assert_eq!(seen.len(), 3);
        assert_eq!(seen[1].headers()["authorization"], "Bearer t0");
        assert_eq!(seen[2].headers()["authorization"], "Bearer t1");
    }
}

/// What a layer that caches responses sees above those that wrap them.
#[tokio::test]
async fn a_body_that_was_buffered_is_buffered_above_every_layer() {
    let server = Scripted::repeating(Reply::json(200, "{}"));
    let peek = |name: &'static str| {
        tower::layer::layer_fn(move |inner: HttpStack| {
            tower::ServiceExt::map_response(inner, move |response: Response| {
                assert!(response.body().buffered().is_some(), "{name}");
                response
            })
        })
    };
    let stack = StackBuilder::over(server)
        .call_layer(peek("call, outside"))
        .call_layer(TraceLayer::new_for_http())
        .call_layer(peek("call, inside"))
        .attempt_layer(peek("attempt, outside"))
        .attempt_layer(TraceLayer::new_for_http())
        .attempt_layer(peek("attempt, inside"))
        .build();
    let response = stack.send(post(ReplaySafety::Always)).await.unwrap();
    assert_eq!(response.body().buffered().unwrap(), "{}");

    let stack = StackBuilder::over(Scripted::repeating(Reply::json(200, "{}")))
        .call_layer(TraceLayer::new_for_http())
        .build();
    let response = stack.send(post(ReplaySafety::Always)).await.unwrap();
    assert_eq!(response.body().buffered().unwrap(), "{}");
}

/// A truncated body may have held anything, so it must be known for one.
#[tokio::test]
async fn a_truncated_body_is_known_for_one_through_layers_that_wrap_it() {
    for size in [64 * 1024, 64 * 1024 + 1] {
        let server = Scripted::repeating(Reply::body(500, vec![b'x'; size]));
        let stack = StackBuilder::over(server)
            .call_layer(TraceLayer::new_for_http())
            .attempt_layer(TraceLayer::new_for_http())
            .build();
        let response = stack.send(post(ReplaySafety::Never)).await.unwrap();
        assert_eq!(response.body().buffered().unwrap().len(), 64 * 1024);
        assert_eq!(response.body().is_truncated(), size > 64 * 1024);
    }
}

/// A stream through layers that wrap it: it arrives piece by piece, its limits hold and can be moved.
#[tokio::test(start_paused = true)]
async fn a_stream_stays_a_stream_and_keeps_its_limits() {
    let pieces = |pause| [(Duration::ZERO, "a"), (pause, "b"), (pause, "c")];
    let stream = |pause| Scripted::new([Reply::stream(pieces(pause))]);
    let request = |deadline| {
        with(ReplaySafety::IfNotSent, |options| {
            options.mode = Some(ResponseMode::Streaming);
            options.idle_timeout = Some(2 * SECOND);
            options.deadline = deadline;
        })
    };
    let build = |server: Scripted, slot: usize| {
        let trace = || TraceLayer::new_for_http();
        let builder = StackBuilder::over(server);
        match slot {
            0 => builder,
            1 => builder.call_layer(trace()),
            2 => builder.attempt_layer(trace()),
            _ => builder.call_layer(trace()).attempt_layer(trace()),
        }
        .build()
    };
    for slot in 0..4 {
        let stack = build(stream(3 * SECOND), slot);
        let began = Instant::now();
        let mut body = stack.send(request(None)).await.unwrap().into_body();
        assert!(body.buffered().is_none(), "{slot}");
        body.frame().await.unwrap().unwrap();
        assert_eq!(
            began.elapsed(),
            Duration::ZERO,
            "{slot}: the first piece does not wait"
        );
        let error = TransportError::from_box(body.frame().await.unwrap().unwrap_err());
        assert_eq!(
            error.kind(),
            ErrorKind::Timeout(TimeoutKind::Idle),
            "{slot}"
        );
        assert_eq!(began.elapsed(), 2 * SECOND, "{slot}");

        let stack = build(stream(3 * SECOND), slot);
        let mut body = stack.send(request(None)).await.unwrap().into_body();
        body.set_idle_timeout(Some(4 * SECOND));
        let all = body.collect().await.unwrap().to_bytes();
        assert_eq!(all, "abc", "{slot}");

        // A slow reader: the deadline passes while what has arrived is looked at.
        let stack = build(stream(Duration::ZERO), slot);
        let mut body = stack
            .send(request(Some(5 * SECOND)))
            .await
            .unwrap()
            .into_body();
        body.frame().await.unwrap().unwrap();
        assert!(!body.is_expired(), "{slot}");
        tokio::time::advance(6 * SECOND).await;
        assert!(body.is_expired(), "{slot}");
        let error = TransportError::from_box(body.frame().await.unwrap().unwrap_err());
        assert_eq!(
            error.kind(),
            ErrorKind::Timeout(TimeoutKind::Deadline),
            "{slot}"
        );
        assert!(
            !body.is_expired() && body.frame().await.is_none(),
            "{slot}: what is over has no deadline"
        );
    }
}

/// A layer that signs: it needs the whole URI, all headers and the bytes, of every attempt.
#[tokio::test(start_paused = true)]
async fn a_connection_layer_sees_each_attempt_as_it_is_sent() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = |name: &'static str| {
        let seen = Arc::clone(&seen);
        tower::layer::layer_fn(move |inner: HttpStack| {
            let seen = Arc::clone(&seen);
            tower::ServiceExt::map_request(inner, move |mut request: Request| {
                let token = request.headers().contains_key("authorization");
                let body = request.body().as_bytes().cloned().unwrap();
                let line = format!("{name} {} token={token} {body:?}", request.uri());
                seen.lock().unwrap().push(line);
                let signature = format!("{} {}", request.uri().path(), body.len());
                let signature = signature.parse().unwrap();
                request.headers_mut().insert("x-signature", signature);
                request
            })
        })
    };
    let server = Scripted::new([Reply::status(500), Reply::json(200, "{}")]);
    let stack = StackBuilder::over(server.clone())
        .base_uri("https://gateway.example/coze/".parse().unwrap())
        .credentials(Renewing::default())
        .attempt_layer(note("attempt"))
        .connection_layer(note("outer"))
        .connection_layer(note("inner"))
        .build();
    stack.send(post(ReplaySafety::Always)).await.unwrap();
    let body = r#"b"{\"a\":1}""#;
    let once = [
        format!("attempt /v1/workflow/run token=false {body}"),
        format!("outer https://gateway.example/coze/v1/workflow/run token=true {body}"),
        format!("inner https://gateway.example/coze/v1/workflow/run token=true {body}"),
    ];
    assert_eq!(*seen.lock().unwrap(), [&once[..], &once[..]].concat());
    for request in server.requests() {
        assert_eq!(request.headers()["x-signature"], "/coze/v1/workflow/run 7");
    }
}

/// A permit that is held by the layer's future goes with the head; around `HoldThroughBody`, with the body.
#[tokio::test(start_paused = true)]
async fn a_permit_is_held_until_the_body_has_ended_or_is_dropped() {
    let stream = || Reply::stream([(Duration::ZERO, "a"), (5 * SECOND, "b")]);
    let request = || {
        with(ReplaySafety::IfNotSent, |options| {
            options.mode = Some(ResponseMode::Streaming);
            options.deadline = Some(2 * SECOND);
        })
    };
    let stacks: [fn(StackBuilder) -> StackBuilder; 4] = [
        |b| b.call_layer(ConcurrencyLimitLayer::new(1)),
        |b| b.call_layer(HoldThroughBody::new(ConcurrencyLimitLayer::new(1))),
        |b| b.attempt_layer(HoldThroughBody::new(ConcurrencyLimitLayer::new(1))),
        |b| b.connection_layer(HoldThroughBody::new(ConcurrencyLimitLayer::new(1))),
    ];
    for (n, layer) in stacks.into_iter().enumerate() {
        let held = n > 0;
        let stack = layer(StackBuilder::over(Scripted::repeating(stream()))).build();
        let open = stack.send(request()).await.unwrap();
        let error = stack.send(request()).await.err();
        assert_eq!(error.is_some(), held, "{n}");
        if let Some(error) = error {
            assert_eq!(error.outcome(), Outcome::NotAccepted, "{n}");
        }
        drop(open);
        let mut body = stack.send(request()).await.unwrap().into_body();
        while body.frame().await.is_some_and(|frame| frame.is_ok()) {}
        stack.send(request()).await.unwrap();
    }
}
