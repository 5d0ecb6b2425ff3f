//! The limit on requests a second: turns, what a refusal does to it, and the deadline.

mod retry;

use std::time::Duration;

use coze_transport::{
    ErrorKind, HttpStack, Outcome, RateLimit, ReplaySafety, RetryPolicy, StackBuilder, TimeoutKind,
    testing::{Reply, Scripted},
};
use retry::{post, with};
use tokio::{task::JoinSet, time::Instant};

fn stack(server: &Scripted, rate: &RateLimit) -> HttpStack {
    StackBuilder::over(server.clone())
        .retry(RetryPolicy::default().seed(1))
        .rate_limit(rate.clone())
        .build()
}

/// Sends so many requests at once and waits for all.
async fn burst(stack: &HttpStack, count: usize) {
    let mut calls = JoinSet::new();
    for _ in 0..count {
        let stack = stack.clone();
        calls.spawn(async move { stack.send(post(ReplaySafety::Always)).await });
    }
    while calls.join_next().await.is_some() {}
}

/// When requests came, in milliseconds, rounded to the timer's steps.
fn times(server: &Scripted) -> Vec<u128> {
    let at = |request: &coze_transport::testing::RecordedRequest| request.at().as_millis();
    server.requests().iter().map(at).collect()
}

#[tokio::test(start_paused = true)]
async fn a_seconds_worth_may_go_at_once_and_the_rest_takes_turns() {
    let server = Scripted::repeating(Reply::status(200));
    let stack = stack(&server, &RateLimit::per_second(4.0));
    burst(&stack, 10).await;
    let times = times(&server);
    assert_eq!(times.iter().filter(|at| **at < 10).count(), 4, "{times:?}");
    for (place, at) in times.iter().enumerate().skip(4) {
        let turn = 250 * (place as u128 - 3);
        assert!((turn..turn + 5).contains(at), "{place}: {times:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_lowers_the_rate_and_successes_bring_it_back() {
    let rate = RateLimit::per_second(100.0);
    // 5 a second are sent, and refused once.
    let server = Scripted::from_fn(|request| match request.number() {
        20 => Reply::status(429),
        _ => Reply::status(200),
    });
    let stack = stack(&server, &rate);
    for _ in 0..25 {
        let started = Instant::now();
        stack.send(post(ReplaySafety::Always)).await.unwrap();
        let rest = Duration::from_millis(200).saturating_sub(started.elapsed());
        let _ = tokio::time::timeout(rest, std::future::pending::<()>()).await;
    }
    // What was refused is the rate that was sent, not the limit.
    assert!(rate.rate() < 6.0, "{rate:?}");
    for _ in 0..200 {
        stack.send(post(ReplaySafety::Always)).await.unwrap();
    }
    assert!(rate.rate() > 30.0, "{rate:?}");
}

#[tokio::test(start_paused = true)]
async fn each_refusal_leaves_seven_tenths_of_the_rate_and_never_nothing() {
    let rate = RateLimit::per_second(10.0);
    let server = Scripted::repeating(Reply::status(429));
    let stack = stack(&server, &rate);
    let once = |options: &mut coze_transport::CallOptions| options.max_attempts = Some(1);
    let mut before = rate.rate();
    for refusal in 1..20 {
        stack.send(with(ReplaySafety::Always, once)).await.unwrap();
        let after = rate.rate();
        if refusal == 1 {
            assert!((6.99..7.01).contains(&after), "{after}");
        }
        // Where fewer were sent than the rate allows, it is what was sent that was too much.
        assert!(
            after <= before * 0.71 || after <= 0.5,
            "{before} became {after}"
        );
        before = after;
        let _ = tokio::time::timeout(Duration::from_secs(1), std::future::pending::<()>()).await;
    }
    assert!((0.49..0.51).contains(&before), "{before}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_takes_ten_a_second_is_sent_about_ten_a_second() {
    let window = std::sync::Mutex::new((Duration::ZERO, 0));
    let server = Scripted::from_fn(move |request| {
        let mut window = window.lock().unwrap();
        if request.at() >= window.0 + Duration::from_secs(1) {
            *window = (request.at(), 0);
        }
        window.1 += 1;
        Reply::status(if window.1 > 10 { 429 } else { 200 })
    });
    let limited = stack(&server, &RateLimit::per_second(50.0));
    let mut workers = JoinSet::new();
    for _ in 0..5 {
        let stack = limited.clone();
        workers.spawn(async move {
            for _ in 0..60 {
                drop(stack.send(post(ReplaySafety::Always)).await);
            }
        });
    }
    while workers.join_next().await.is_some() {}
    let times = times(&server);
    let took = times.last().unwrap() / 1000;
    // 300 calls at 10 a second take 30 s. Refusals are what probing costs, about one in a dozen.
    let refused = times.len() - 300;
    assert!((28..60).contains(&took), "{took} s, {refused} refused");
    assert!(refused < 40, "{took} s, {refused} refused");
}

#[tokio::test(start_paused = true)]
async fn what_has_no_turn_before_its_deadline_is_not_sent_and_takes_no_turn() {
    let server = Scripted::repeating(Reply::status(200));
    let stack = stack(&server, &RateLimit::per_second(1.0));
    let soon = |options: &mut coze_transport::CallOptions| {
        options.deadline = Some(Duration::from_millis(2500));
    };
    let mut calls = JoinSet::new();
    for _ in 0..50 {
        let stack = stack.clone();
        let started = Instant::now();
        calls.spawn(async move {
            let result = stack.send(with(ReplaySafety::IfNotSent, soon)).await;
            (result, started.elapsed())
        });
    }
    let mut refused = 0;
    while let Some(done) = calls.join_next().await {
        if let (Err(error), took) = done.unwrap() {
            assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutKind::Deadline));
            assert_eq!(error.outcome(), Outcome::NotAccepted);
            assert!(took < Duration::from_millis(5), "{took:?}");
            refused += 1;
        }
    }
    assert_eq!((server.requests().len(), refused), (3, 47));
    // The next one waits for its own turn alone.
    stack
        .send(with(ReplaySafety::IfNotSent, soon))
        .await
        .unwrap();
}
