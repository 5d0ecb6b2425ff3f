//! What is sent again, when, and what is told about it.

mod retry;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use coze_transport::{
    Attempts, Classification, Classify, ErrorKind, HttpClassifier, HttpStack, Outcome,
    ReplaySafety, RequestBody, Response, ResponseBody, StackBuilder, Stage, TimeoutKind,
    TransportError,
    testing::{Reply, Scripted},
};
use http_body_util::Full;
use retry::{fail, post, stack, with};

/// How often each class is sent for each kind of failure.
#[tokio::test(start_paused = true)]
async fn outcome_times_class_decides() {
    use ErrorKind::{Auth, Closed, Connect, Protocol, Request, Timeout, Tls, TooLarge};
    use Outcome::{NotAccepted, Unknown};
    // (reply, sends of Always, IfNotSent, Never). A connection closed unread is tried once more at once.
    let cases = [
        (fail(Connect, NotAccepted), 4, 3, 1),
        (fail(Tls, NotAccepted), 4, 3, 1),
        (fail(Timeout(TimeoutKind::Connect), NotAccepted), 4, 3, 1),
        (fail(Closed, NotAccepted), 5, 4, 1),
        (fail(Protocol, NotAccepted), 5, 4, 1),
        (fail(Closed, Unknown), 4, 1, 1),
        (fail(Protocol, Unknown), 4, 1, 1),
        (fail(Timeout(TimeoutKind::Head), Unknown), 4, 1, 1),
        (fail(TooLarge, Unknown), 1, 1, 1),
        (fail(Request, NotAccepted), 1, 1, 1),
        (fail(Auth, NotAccepted), 1, 1, 1),
        (Reply::status(429), 4, 3, 1),
        (Reply::status(503).header("retry-after", "1"), 4, 3, 1),
        (Reply::status(503), 4, 1, 1),
        (Reply::status(408), 4, 1, 1),
        (Reply::status(500), 4, 1, 1),
        (Reply::status(502), 4, 1, 1),
        (Reply::status(504), 4, 1, 1),
        (Reply::status(501), 1, 1, 1),
        (Reply::status(400), 1, 1, 1),
        (Reply::status(401), 1, 1, 1),
        (Reply::status(403), 1, 1, 1),
        (Reply::status(404), 1, 1, 1),
        (
            Reply::status(301).header("location", "https://elsewhere.example/"),
            1,
            1,
            1,
        ),
        (Reply::status(302), 1, 1, 1),
        (Reply::status(307), 1, 1, 1),
        (Reply::status(308), 1, 1, 1),
        (Reply::json(200, "{}"), 1, 1, 1),
        (Reply::status(204), 1, 1, 1),
        (Reply::status(999), 1, 1, 1),
        (Reply::body(200, r#"{"a":"#).broken(), 4, 1, 1),
    ];
    for (reply, always, if_not_sent, never) in cases {
        for (replay, sends) in [
            (ReplaySafety::Always, always),
            (ReplaySafety::IfNotSent, if_not_sent),
            (ReplaySafety::Never, never),
        ] {
            let server = Scripted::repeating(reply.clone());
            let result = stack(&server).send(post(replay)).await;
            let requests = server.requests();
            assert_eq!(requests.len(), sends, "{reply:?} {replay:?}");
            for request in &requests {
                assert_eq!(request.body(), r#"{"a":1}"#, "{reply:?} {replay:?}");
                assert_eq!(request.headers()["content-type"], "application/json");
                assert_eq!(request.options().replay, Some(replay));
            }
            let attempts = match &result {
                Ok(response) => response.extensions().get::<Attempts>().unwrap(),
                Err(error) => error.attempts(),
            };
            assert_eq!(attempts.len(), sends, "{reply:?} {replay:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_outcome_is_repeated_where_the_caller_vouches_for_it() {
    let server = Scripted::repeating(Reply::status(500));
    let request = with(ReplaySafety::IfNotSent, |options| {
        options.assume_idempotent = true;
    });
    stack(&server).send(request).await.unwrap();
    assert_eq!(server.requests().len(), 3);

    let server = Scripted::repeating(Reply::status(500));
    let request = with(ReplaySafety::Never, |options| {
        options.assume_idempotent = true;
    });
    stack(&server).send(request).await.unwrap();
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_may_set_its_own_number_of_attempts() {
    let server = Scripted::repeating(fail(ErrorKind::Connect, Outcome::NotAccepted));
    let request = with(ReplaySafety::Always, |options| {
        options.max_attempts = Some(2);
    });
    stack(&server).send(request).await.unwrap_err();
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_can_be_read_once_is_sent_once() {
    let server = Scripted::repeating(fail(ErrorKind::Connect, Outcome::NotAccepted));
    let request =
        post(ReplaySafety::Always).map(|_| RequestBody::once(Full::new(Bytes::from("x"))));
    stack(&server).send(request).await.unwrap_err();
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_opened_anew_is_whole_on_each_attempt() {
    let server = Scripted::repeating(fail(ErrorKind::Connect, Outcome::NotAccepted));
    let opened = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&opened);
    let body = RequestBody::reopened(http_body::SizeHint::with_exact(4), move || {
        count.fetch_add(1, Ordering::Relaxed);
        Full::new(Bytes::from_static(b"file"))
    });
    let request = post(ReplaySafety::Always).map(|_| body);
    stack(&server).send(request).await.unwrap_err();
    assert_eq!(server.requests().len(), 4);
    assert!(server.requests().iter().all(|seen| seen.body() == "file"));
    assert_eq!(opened.load(Ordering::Relaxed), 4);
}

#[tokio::test(start_paused = true)]
async fn the_record_tells_stage_status_log_id_and_wait_of_each_attempt() {
    let server = Scripted::new([
        fail(ErrorKind::Connect, Outcome::NotAccepted),
        Reply::status(429)
            .header("x-tt-logid", "L2")
            .header("retry-after", "3"),
        Reply::json(200, "{}").header("x-log-id", "L3"),
    ]);
    let response = stack(&server)
        .send(post(ReplaySafety::IfNotSent))
        .await
        .unwrap();
    let attempts = response.extensions().get::<Attempts>().unwrap();
    let all: Vec<_> = attempts.iter().collect();
    assert_eq!(all.len(), 3);
    assert_eq!(
        (all[0].stage, all[0].error),
        (Stage::Connect, Some(ErrorKind::Connect))
    );
    assert_eq!(all[0].outcome, Outcome::NotAccepted);
    assert!(all[0].delay.is_zero());
    assert_eq!(all[1].status.unwrap(), 429);
    assert_eq!(all[1].log_id().unwrap().as_str(), "L2");
    assert!(all[1].delay < Duration::from_millis(100));
    assert_eq!(all[2].stage, Stage::Done);
    assert_eq!(all[2].log_id().unwrap().as_str(), "L3");
    assert_eq!(all[2].delay, Duration::from_secs(3));
    assert_eq!(attempts.outcome(), Outcome::Accepted);
    // A timer fires at the next whole millisecond.
    let late = server.requests()[2].at().saturating_sub(attempts.waited());
    assert!(late < Duration::from_millis(2), "{late:?}");
}

#[tokio::test(start_paused = true)]
async fn a_failed_call_keeps_the_log_id_of_an_earlier_attempt() {
    let server = Scripted::new([
        Reply::status(429).header("x-tt-logid", "L1"),
        fail(ErrorKind::Closed, Outcome::Unknown),
    ]);
    let error = stack(&server)
        .send(post(ReplaySafety::IfNotSent))
        .await
        .unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert_eq!(error.log_id().unwrap().as_str(), "L1");
    assert_eq!(error.attempts().len(), 2);
    let text = format!("{error:?}");
    assert!(
        text.contains("L1") && text.contains("NotAccepted"),
        "{text}"
    );
}

/// A classifier that reads bodies, as an API's own would.
struct Busy;

impl Classify for Busy {
    fn classify(
        &self,
        replay: ReplaySafety,
        result: Result<&Response, &TransportError>,
    ) -> Classification {
        match result {
            Ok(response)
                if response
                    .body()
                    .buffered()
                    .is_some_and(|body| body.starts_with(b"{\"code\":4009")) =>
            {
                Classification::Retry {
                    outcome: Outcome::NotAccepted,
                    throttled: true,
                    once: false,
                    after: Some(Duration::from_secs(2)),
                }
            }
            other => HttpClassifier.classify(replay, other),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_body_of_a_200_can_ask_for_another_attempt() {
    for streaming in [false, true] {
        let server = Scripted::new([
            Reply::json(200, r#"{"code":4009,"msg":"busy"}"#),
            Reply::json(200, r#"{"code":0}"#),
        ]);
        let stack = StackBuilder::over(server.clone()).classify(Busy).build();
        let request = with(ReplaySafety::IfNotSent, |options| {
            if streaming {
                options.mode = Some(coze_transport::ResponseMode::Streaming);
            }
        });
        let response = stack.send(request).await.unwrap();
        assert_eq!(response.body().buffered().unwrap(), r#"{"code":0}"#);
        assert_eq!(server.requests()[1].at(), Duration::from_secs(2));
        // The judgement does not use the body up.
        let attempts = response.extensions().get::<Attempts>().unwrap();
        assert_eq!(attempts.iter().next().unwrap().status.unwrap(), 200);
    }
}

#[tokio::test(start_paused = true)]
async fn a_permanent_failure_is_not_repeated() {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let leaf = HttpStack::from_fn(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        let error = TransportError::new(
            ErrorKind::Tls,
            Outcome::NotAccepted,
            "the certificate is unknown",
        );
        std::future::ready(Err::<Response, _>(error.permanent()))
    });
    let error = StackBuilder::over(leaf)
        .build()
        .send(post(ReplaySafety::Always))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls);
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn the_failure_of_a_foreign_layer_is_kept_as_the_cause() {
    let leaf =
        HttpStack::from_fn(|_| async { Err::<Response, _>(std::io::Error::other("of its own")) });
    let error = StackBuilder::over(leaf)
        .build()
        .send(post(ReplaySafety::Never))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Layer);
    assert_eq!(error.outcome(), Outcome::Unknown);
    let cause = std::error::Error::source(&error).unwrap();
    assert_eq!(cause.to_string(), "of its own");
    assert!(!error.to_string().contains("of its own"));
}

#[tokio::test]
async fn without_a_limit_nothing_needs_a_runtime_clock() {
    // Ready at once: no timer is made.
    let leaf = HttpStack::from_fn(|_| async {
        Ok::<_, http::Error>(Response::new(ResponseBody::full("x".into())))
    });
    let stack = StackBuilder::over(leaf).build();
    let response = std::thread::spawn(move || {
        let mut call = Box::pin(async move { stack.send(post(ReplaySafety::Never)).await });
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        match std::future::Future::poll(call.as_mut(), &mut cx) {
            std::task::Poll::Ready(result) => result.map(|response| response.status().as_u16()),
            std::task::Poll::Pending => panic!("it waits"),
        }
    });
    assert_eq!(response.join().unwrap().unwrap(), 200);
}
