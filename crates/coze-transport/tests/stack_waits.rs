//! Waits between attempts, and what all retries together may cost.

mod retry;

use std::time::Duration;

use coze_transport::{
    Attempts, ErrorKind, Outcome, ReplaySafety, RetryBudget, RetryPolicy, StackBuilder,
    testing::{RecordedRequest, Reply, Scripted},
};
use retry::{fail, post, stack, with};

#[tokio::test(start_paused = true)]
async fn waits_double_from_their_bases_and_stay_below_the_bounds() {
    for (reply, base) in [
        (fail(ErrorKind::Connect, Outcome::NotAccepted), 100),
        (Reply::status(500), 500),
        (Reply::status(429), 500),
    ] {
        let mut longest = [Duration::ZERO; 3];
        for seed in 0..200 {
            let server = Scripted::repeating(reply.clone());
            let stack = StackBuilder::over(server.clone())
                .retry(RetryPolicy::default().seed(seed))
                .build();
            let _ = stack.send(post(ReplaySafety::Always)).await;
            let at: Vec<_> = server.requests().iter().map(RecordedRequest::at).collect();
            for index in 0..3 {
                longest[index] = longest[index].max(at[index + 1].saturating_sub(at[index]));
            }
        }
        for (index, wait) in longest.iter().enumerate() {
            let bound = Duration::from_millis(base << index);
            // A timer fires at the next whole millisecond.
            assert!(
                *wait <= bound + Duration::from_millis(1),
                "{reply:?}: {wait:?} > {bound:?}"
            );
            assert!(
                *wait > bound * 9 / 10,
                "{reply:?}: {wait:?} never near {bound:?}"
            );
        }
    }
}

type Headers = &'static [(&'static str, &'static str)];

/// Fault 74: what a 429 may say, and when the second attempt comes.
#[tokio::test(start_paused = true)]
async fn retry_after_is_obeyed_within_reason() {
    const DATE: (&str, &str) = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
    let own = Duration::from_millis(501);
    let seconds = Duration::from_secs;
    let cases: [(Headers, Option<Duration>); 11] = [
        (&[("retry-after", "7")], Some(seconds(7))),
        (
            &[("retry-after-ms", "2500")],
            Some(Duration::from_millis(2500)),
        ),
        (
            &[DATE, ("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT")],
            Some(seconds(10)),
        ),
        (
            &[DATE, ("retry-after", "Sun, 06 Nov 1994 08:48:47 GMT")],
            None,
        ),
        (&[("retry-after", "0")], None),
        (&[("retry-after", "-5")], None),
        (&[("retry-after", "1e9")], None),
        (&[("retry-after", "soon")], None),
        (
            &[("retry-after", "3"), ("retry-after", "5")],
            Some(seconds(5)),
        ),
        (&[("retry-after", "59")], Some(seconds(59))),
        (&[], None),
    ];
    for (headers, wait) in cases {
        let reply = headers
            .iter()
            .fold(Reply::status(429), |reply, (name, value)| {
                reply.header(name, value)
            });
        let server = Scripted::new([reply, Reply::json(200, "{}")]);
        let request = with(ReplaySafety::IfNotSent, |options| {
            options.deadline = Some(Duration::from_secs(600));
        });
        let response = stack(&server).send(request).await.unwrap();
        assert_eq!(response.status(), 200, "{headers:?}");
        let at = server.requests()[1].at();
        match wait {
            Some(wait) => assert_eq!(at, wait, "{headers:?}"),
            None => assert!(at <= own, "{headers:?}: {at:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_too_long_ends_the_call_at_once_with_its_value() {
    // Beyond 120 s, beyond the budget of 60 s, beyond the deadline.
    for (after, deadline) in [(121, 600), (61, 600), (20, 20), (99_999_999, 600)] {
        let server =
            Scripted::repeating(Reply::status(429).header("retry-after", &after.to_string()));
        let request = with(ReplaySafety::Always, |options| {
            options.deadline = Some(Duration::from_secs(deadline));
        });
        let response = stack(&server).send(request).await.unwrap();
        assert_eq!(response.status(), 429);
        let attempts = response.extensions().get::<Attempts>().unwrap();
        assert_eq!(attempts.retry_after(), Some(Duration::from_secs(after)));
        assert_eq!(attempts.outcome(), Outcome::NotAccepted);
        assert_eq!(server.requests().len(), 1);
        assert!(server.requests()[0].at().is_zero());
    }
}

#[tokio::test(start_paused = true)]
async fn all_waits_of_a_call_stay_within_the_budget() {
    let server = Scripted::repeating(Reply::status(429).header("retry-after", "25"));
    let request = with(ReplaySafety::Always, |options| {
        options.deadline = Some(Duration::from_secs(600));
        options.max_attempts = Some(100);
    });
    let response = stack(&server).send(request).await.unwrap();
    assert_eq!(response.status(), 429);
    assert_eq!(server.requests().len(), 3);
    let attempts = response.extensions().get::<Attempts>().unwrap();
    assert_eq!(attempts.waited(), Duration::from_secs(50));
}

#[tokio::test(start_paused = true)]
async fn nothing_sleeps_past_the_deadline() {
    for limit in [1, 50, 300, 700, 2000] {
        let limit = Duration::from_millis(limit);
        let server = Scripted::repeating(Reply::status(500));
        let began = tokio::time::Instant::now();
        let request = with(ReplaySafety::Always, |options| {
            options.deadline = Some(limit);
            options.max_attempts = Some(50);
        });
        // The last response is worth more than an error that says no more than that time is up.
        let response = stack(&server).send(request).await.unwrap();
        assert_eq!(response.status(), 500);
        assert!(began.elapsed() <= limit);
    }
}

#[tokio::test(start_paused = true)]
async fn the_quota_runs_dry_and_fills_with_successes() {
    let server = Scripted::repeating(Reply::status(500));
    let policy = RetryPolicy::default().seed(3);
    let budget = policy.budget.clone();
    let stack = StackBuilder::over(server.clone()).retry(policy).build();
    for _ in 0..100 {
        // A clone shares the budget.
        stack
            .clone()
            .send(post(ReplaySafety::Always))
            .await
            .unwrap();
    }
    // 500 tokens at 14 a retry.
    assert_eq!(server.requests().len(), 100 + 35);
    assert_eq!(budget.left(), 500 - 35 * RetryBudget::FAILURE_COST);

    // A retry that succeeds gives back what it cost; a first try that does earns one.
    let server = Scripted::new([Reply::status(500), Reply::status(200), Reply::status(200)]);
    let policy = RetryPolicy::default();
    let mut small = policy.clone();
    small.budget = RetryBudget::new(30);
    let budget = small.budget.clone();
    let stack = StackBuilder::over(server).retry(small).build();
    stack.send(post(ReplaySafety::Always)).await.unwrap();
    assert_eq!(budget.left(), 30);
    stack.send(post(ReplaySafety::Always)).await.unwrap();
    assert_eq!(budget.left(), 30);
}

#[tokio::test(start_paused = true)]
async fn throttling_costs_less_than_failure() {
    let server = Scripted::repeating(Reply::status(429));
    let policy = RetryPolicy::default();
    let budget = policy.budget.clone();
    let stack = StackBuilder::over(server).retry(policy).build();
    stack.send(post(ReplaySafety::IfNotSent)).await.unwrap();
    assert_eq!(budget.left(), 500 - 2 * RetryBudget::THROTTLED_COST);
}

/// A server that fails all calls for a minute gets at most a fifth more than the first tries.
#[tokio::test(start_paused = true)]
async fn retries_do_not_multiply_an_outage() {
    for reply in [
        Reply::status(500),
        Reply::status(429),
        fail(ErrorKind::Connect, Outcome::NotAccepted),
        fail(ErrorKind::Closed, Outcome::NotAccepted),
    ] {
        let server = Scripted::repeating(reply.clone());
        let stack = stack(&server);
        let mut tasks = tokio::task::JoinSet::new();
        // Twenty calls a second.
        for _ in 0..1200 {
            let stack = stack.clone();
            tasks.spawn(async move {
                let _ = stack.send(post(ReplaySafety::Always)).await;
            });
            tokio::time::advance(Duration::from_millis(50)).await;
        }
        while tasks.join_next().await.is_some() {}
        let ratio = f64::from(u32::try_from(server.requests().len()).unwrap()) / 1200.0;
        assert!(ratio > 1.0 && ratio <= 1.2, "{reply:?}: {ratio}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_closed_unread_is_followed_at_once_the_first_time() {
    let server = Scripted::repeating(fail(ErrorKind::Closed, Outcome::NotAccepted));
    stack(&server)
        .send(post(ReplaySafety::IfNotSent))
        .await
        .unwrap_err();
    let requests = server.requests();
    assert_eq!(requests.len(), 4);
    assert!(requests[1].at().is_zero());
    assert!(requests[2].at() <= Duration::from_millis(101));
}
