//! Streams of HTTP/2 that the server resets. Numbers are those of `docs/checks.md`.
#![cfg(feature = "http2")]
#![expect(clippy::unwrap_used, reason = "the tests assert by it")]

mod peer;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use coze_transport::{
    CallOptions, ErrorKind, HttpStack, Outcome, ReplaySafety, RetryBudget, RetryPolicy,
    StackBuilder, TransportError,
};
use h2::Reason;
use http_body_util::BodyExt;
use peer::{
    chain, post, send,
    streams::{H2Server, ok, raw_until},
};

fn stack(server: &H2Server, policy: RetryPolicy) -> HttpStack {
    StackBuilder::over(server.leaf.clone())
        .retry(policy)
        .build()
}

/// Waits that a test can sit through.
fn quick() -> RetryPolicy {
    let mut policy = RetryPolicy::default();
    policy.base_connect = Duration::from_millis(1);
    policy.base_failure = Duration::from_millis(1);
    policy
}

async fn sent(
    stack: &HttpStack,
    server: &H2Server,
    replay: ReplaySafety,
) -> Result<Bytes, TransportError> {
    let mut request = post(&server.url);
    let mut options = CallOptions::default();
    options.replay = Some(replay);
    request.extensions_mut().insert(options);
    let sent = tokio::time::timeout(Duration::from_secs(20), stack.send(request));
    let response = sent.await.expect("it hangs")?;
    Ok(response.body().buffered().unwrap().clone())
}

/// A server that resets so many streams with `reason` and responds to the others; how often it was asked.
async fn resetting(first: usize, reason: Reason) -> (H2Server, Arc<AtomicUsize>) {
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    let server = H2Server::requests(move |n, mut respond| {
        count.fetch_add(1, Ordering::SeqCst);
        if n < first {
            respond.send_reset(reason);
        } else {
            ok(respond);
        }
    })
    .await;
    (server, seen)
}

#[tokio::test]
async fn fault_62_a_refused_stream_is_sent_once_more_at_once_and_then_by_policy() {
    // Waits that nobody would sit through: the second request does not wait.
    let mut policy = RetryPolicy::default();
    policy.base_connect = Duration::from_secs(1000);
    let (server, seen) = resetting(1, Reason::REFUSED_STREAM).await;
    let stack = stack(&server, policy);
    assert_eq!(
        sent(&stack, &server, ReplaySafety::IfNotSent)
            .await
            .unwrap(),
        "{}"
    );
    assert_eq!((seen.load(Ordering::SeqCst), server.connections()), (2, 1));
    // Of its own accord the leaf repeats nothing.
    let (server, seen) = resetting(1, Reason::REFUSED_STREAM).await;
    let error = server.call().await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotAccepted, "{}", chain(&error));
    assert_eq!(seen.load(Ordering::SeqCst), 1);
}

/// A server that resets whatever it is asked: each call ends within its attempts, on one connection, and the
/// budget ends what all of them together repeat.
#[tokio::test]
async fn fault_73_rapid_resets_are_followed_by_few_requests() {
    const CALLS: usize = 300;
    for (reason, replay, outcome, most) in [
        (
            Reason::REFUSED_STREAM,
            ReplaySafety::IfNotSent,
            Outcome::NotAccepted,
            4,
        ),
        (
            Reason::REFUSED_STREAM,
            ReplaySafety::Always,
            Outcome::NotAccepted,
            5,
        ),
        (Reason::CANCEL, ReplaySafety::Always, Outcome::Unknown, 4),
        (
            Reason::INTERNAL_ERROR,
            ReplaySafety::IfNotSent,
            Outcome::Unknown,
            1,
        ),
        (
            Reason::ENHANCE_YOUR_CALM,
            ReplaySafety::IfNotSent,
            Outcome::Unknown,
            1,
        ),
    ] {
        let (server, seen) = resetting(usize::MAX, reason).await;
        let mut policy = quick();
        policy.budget = RetryBudget::new(100_000);
        let first = stack(&server, policy);
        let error = sent(&first, &server, replay).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Closed, outcome)
        );
        assert_eq!(seen.load(Ordering::SeqCst), most, "{reason:?} {replay:?}");
        assert_eq!(error.attempts().len(), most);

        let all = stack(&server, quick());
        for _ in 0..CALLS {
            let error = sent(&all, &server, replay).await.unwrap_err();
            assert_eq!(error.outcome(), outcome, "{reason:?}");
        }
        let requests = seen.load(Ordering::SeqCst) - most;
        let retries = requests - CALLS;
        let paid = 500 / RetryBudget::FAILURE_COST as usize;
        assert!(
            retries <= paid,
            "{reason:?}: {requests} requests for {CALLS} calls"
        );
        assert_eq!(server.connections(), 1, "{reason:?}");
    }
    // When it stops, the same connection serves.
    let (server, seen) = resetting(CALLS, Reason::CANCEL).await;
    let stack = stack(&server, quick());
    for _ in 0..CALLS {
        sent(&stack, &server, ReplaySafety::Never)
            .await
            .unwrap_err();
    }
    assert_eq!(
        sent(&stack, &server, ReplaySafety::Never).await.unwrap(),
        "{}"
    );
    assert_eq!(
        (seen.load(Ordering::SeqCst), server.connections()),
        (CALLS + 1, 1)
    );
}

/// Resets by the thousand for one stream, and for streams that do not exist: the call ends at once, and so does the
/// connection or not; the next call works.
#[tokio::test]
async fn fault_73_a_flood_of_resets_ends_the_call_and_nothing_else() {
    let frame = |stream: u8, reason: u8| [0, 0, 4, 3, 0, 0, 0, 0, stream, 0, 0, 0, reason];
    for stream in [1, 3, 2, 0] {
        let flood = frame(stream, 8).repeat(10_000);
        let server = H2Server::start(move |n, mut tls| {
            let flood = flood.clone();
            async move {
                if n == 0 {
                    raw_until(&mut tls, &flood).await;
                    return;
                }
                let mut connection = h2::server::handshake(tls).await.unwrap();
                while let Some(Ok((_, respond))) = connection.accept().await {
                    ok(respond);
                }
            }
        })
        .await;
        let stack = stack(&server, quick());
        let error = sent(&stack, &server, ReplaySafety::IfNotSent)
            .await
            .unwrap_err();
        assert_eq!(
            error.outcome(),
            Outcome::Unknown,
            "{stream}: {}",
            chain(&error)
        );
        assert_eq!(error.attempts().len(), 1);
        let mut next = sent(&stack, &server, ReplaySafety::Always).await;
        assert_eq!(next.as_mut().unwrap(), "{}", "{stream}");
        assert_eq!(server.connections(), 2, "{stream}");
    }
}

#[tokio::test]
async fn fault_63_any_other_reset_before_the_head_leaves_it_unknown() {
    for reason in [Reason::INTERNAL_ERROR, Reason::NO_ERROR, Reason::CANCEL] {
        let server = H2Server::requests(move |_, mut respond| respond.send_reset(reason)).await;
        let error = server.call().await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "{}", chain(&error));
    }
}

#[tokio::test]
async fn faults_64_68_a_body_that_ends_early_is_an_error() {
    for reason in [Some(Reason::CANCEL), Some(Reason::NO_ERROR), None] {
        let server = H2Server::requests(move |_, mut respond| {
            let head = http::Response::builder()
                .header("content-length", "10")
                .body(());
            let mut body = respond.send_response(head.unwrap(), false).unwrap();
            body.send_data(Bytes::from_static(b"{}"), reason.is_none())
                .unwrap();
            if let Some(reason) = reason {
                body.send_reset(reason);
            }
        })
        .await;
        let error = server.call().await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "{}", chain(&error));
    }
}

#[tokio::test]
async fn a_dropped_body_resets_its_stream_and_spares_the_connection() {
    let (reset, mut was_reset) = tokio::sync::mpsc::unbounded_channel();
    let server = H2Server::requests(move |n, mut respond| {
        if n > 0 {
            return ok(respond);
        }
        let mut body = respond
            .send_response(http::Response::new(()), false)
            .unwrap();
        body.send_data(Bytes::from_static(b"x"), false).unwrap();
        let reset = reset.clone();
        tokio::spawn(async move {
            let reason = std::future::poll_fn(|cx| body.poll_reset(cx)).await;
            reset.send(reason.unwrap()).unwrap();
        });
    })
    .await;
    let response = send(&server.leaf, post(&server.url)).await.unwrap();
    let mut body = response.into_body();
    body.frame().await.unwrap().unwrap();
    drop(body);
    assert_eq!(was_reset.recv().await.unwrap(), Reason::CANCEL);
    assert_eq!(server.call().await.unwrap(), "{}");
    assert_eq!(server.connections(), 1);
}
