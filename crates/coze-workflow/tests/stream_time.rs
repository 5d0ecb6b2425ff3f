//! Streams that are slow, silent or late, on a paused clock.

use std::time::Duration;

use coze_transport::testing::{Reply, Scripted};
use coze_workflow::{Client, Error, ErrorKind, HttpStack, Outcome, StreamEnd};
use tokio::time::Instant;

const MESSAGE: &str = "event: Message\ndata: {\"content\":\"x\"}\n\n";
const PING: &str = "event: PING\ndata: {}\n\n";
const DONE: &str = "event: Done\ndata: {\"debug_url\":\"u\"}\n\n";

fn client(reply: Reply) -> Client {
    let server = HttpStack::new(Scripted::repeating(reply));
    let client = Client::builder().base_url("http://coze.test");
    client.transport(server).build().unwrap()
}

/// A stream of these pieces, each after so many seconds, and silence in the end.
fn silent_after<'a>(pieces: impl IntoIterator<Item = (u64, &'a str)>) -> Reply {
    let silence = (Duration::from_secs(1_000_000), String::new());
    let pieces = pieces.into_iter();
    let pieces = pieces.map(|(seconds, piece)| (Duration::from_secs(seconds), piece.to_owned()));
    Reply::stream(pieces.chain([silence])).header("x-tt-logid", "2026")
}

/// The error a stream ends with and the second at which it does.
async fn end(call: coze_workflow::RunStreamCall) -> (Error, u64) {
    let start = Instant::now();
    let mut events = call.await.unwrap();
    let error = loop {
        match events.try_next().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("an ending in silence"),
            Err(error) => break error,
        }
    };
    assert_eq!(events.end(), Some(StreamEnd::Failed));
    assert!(events.try_next().await.unwrap().is_none());
    assert_eq!(error.log_id(), Some("2026"));
    assert_eq!(error.attempts().len(), 1);
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert!(error.may_have_run() && error.is_timeout());
    (error, start.elapsed().as_secs())
}

#[tokio::test(start_paused = true)]
async fn row_12_silence_ends_a_stream_by_what_its_pings_tell() {
    let far = Duration::from_secs(100_000);
    for (pieces, seconds) in [
        // No ping: 120 s, from the last sign of life.
        (vec![], 120),
        (vec![(100, MESSAGE), (100, MESSAGE)], 320),
        // At once and every 10 s: 35 s.
        (vec![(0, PING), (10, PING), (10, PING)], 55),
        // Every 20 s: three and a half of them.
        (vec![(20, PING), (20, PING), (20, PING)], 130),
        (vec![(20, PING), (60, MESSAGE)], 150),
        // Slow pings never shorten what they need themselves.
        (
            vec![(60, PING), (60, PING), (60, PING), (200, MESSAGE)],
            590,
        ),
    ] {
        let call = client(silent_after(pieces.clone())).workflow("1").stream();
        let (error, after) = end(call.deadline(far)).await;
        assert_eq!(
            (error.kind(), after),
            (ErrorKind::Stalled, seconds),
            "{pieces:?}"
        );
        assert!(error.hint().unwrap().contains("debug URL"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_bound_on_silence_of_the_callers_own_stays() {
    for limit in [5, 300] {
        let call = client(silent_after([(1, PING), (1, PING)]))
            .workflow("1")
            .stream();
        let (error, after) = end(call.idle_timeout(Duration::from_secs(limit))).await;
        assert_eq!((error.kind(), after), (ErrorKind::Stalled, 2 + limit));
    }
}

#[tokio::test(start_paused = true)]
async fn row_11_a_stream_ends_at_its_deadline() {
    let busy = || silent_after((0..1000).map(|_| (20, MESSAGE)));
    let (error, after) = end(client(busy()).workflow("1").stream()).await;
    assert_eq!((error.kind(), after), (ErrorKind::Timeout, 11 * 60));
    let minute = Duration::from_secs(60);
    let (error, after) = end(client(busy()).workflow("1").deadline(minute).stream()).await;
    assert_eq!((error.kind(), after), (ErrorKind::Timeout, 60));
    let (error, after) = end(client(busy()).workflow("1").stream().deadline(minute * 2)).await;
    assert_eq!((error.kind(), after), (ErrorKind::Timeout, 120));
}

#[tokio::test(start_paused = true)]
async fn row_10_the_head_of_a_stream_comes_within_30_s() {
    let start = Instant::now();
    let error = client(Reply::never())
        .workflow("1")
        .stream()
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), start.elapsed().as_secs()),
        (ErrorKind::Timeout, 30)
    );
    let late = silent_after([(0, DONE)]).after(Duration::from_secs(50));
    let call = client(late).workflow("1").stream();
    let events = call.head_timeout(Duration::from_secs(60)).await.unwrap();
    assert_eq!(events.text().await.unwrap(), "");
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_is_no_silent_server() {
    let pieces = [(0, MESSAGE), (1, PING), (1, MESSAGE), (1, DONE)];
    let mut events = client(silent_after(pieces))
        .workflow("1")
        .stream()
        .await
        .unwrap();
    let mut count = 0;
    while events.try_next().await.unwrap().is_some() {
        count += 1;
        tokio::time::advance(Duration::from_secs(150)).await;
    }
    assert_eq!((count, events.end()), (3, Some(StreamEnd::Done)));
}

#[tokio::test(start_paused = true)]
async fn events_come_as_they_arrive_and_waiting_may_be_given_up() {
    let pieces = [
        (1, MESSAGE),
        (10, "event: Message\ndata: {\"con"),
        (10, "tent\":\"y\"}\n\n"),
        (5, DONE),
    ];
    let mut events = client(silent_after(pieces))
        .workflow("1")
        .stream()
        .await
        .unwrap();
    let start = Instant::now();
    let mut seen = Vec::new();
    loop {
        // Given up every 3 s, without losing anything.
        match tokio::time::timeout(Duration::from_secs(3), events.try_next()).await {
            Ok(Ok(Some(event))) => seen.push((start.elapsed().as_secs(), event)),
            Ok(Ok(None)) => break,
            Ok(Err(error)) => panic!("{error:?}"),
            Err(_) => {}
        }
    }
    let times: Vec<_> = seen.iter().map(|(at, _)| *at).collect();
    assert_eq!(times, [1, 21, 26]);
}

#[tokio::test(start_paused = true)]
async fn pings_are_hidden_unless_asked_for() {
    for (yes, count) in [(false, 1), (true, 3)] {
        let call = client(silent_after([(1, PING), (1, PING), (1, DONE)]))
            .workflow("1")
            .stream();
        let mut events = call.include_pings(yes).await.unwrap();
        let mut seen = 0;
        while events.try_next().await.unwrap().is_some() {
            seen += 1;
        }
        assert_eq!(seen, count);
    }
}
