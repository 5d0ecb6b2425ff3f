//! Servers that send faster than they are read: the deadline holds within what has arrived, and other tasks get their
//! turn.

use std::time::Duration;

use coze_transport::testing::{Reply, Scripted};
use coze_workflow::{Client, ErrorKind, HttpStack, StreamEnd};
use tokio::time::advance;

const MESSAGE: &str = "event: Message\ndata: {\"content\":\"x\"}\n\n";

fn client(reply: Reply) -> Client {
    let server = HttpStack::new(Scripted::repeating(reply));
    let client = Client::builder().base_url("http://coze.test");
    client.transport(server).build().unwrap()
}

/// Events that arrive in one piece.
fn piece(events: usize) -> Client {
    client(Reply::stream([
        (Duration::ZERO, MESSAGE.repeat(events)),
        (Duration::from_secs(1_000_000), String::new()),
    ]))
}

#[tokio::test(start_paused = true)]
async fn row_46_the_deadline_holds_within_the_events_of_one_piece() {
    let minute = Duration::from_secs(60);
    let call = piece(1000).workflow("1").deadline(minute).stream();
    let mut events = call.await.unwrap();
    for _ in 0..10 {
        assert!(events.try_next().await.unwrap().is_some());
    }
    advance(minute).await;
    let error = events.try_next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
    assert!(error.may_have_run());
    assert_eq!(events.end(), Some(StreamEnd::Failed));
    assert!(events.try_next().await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn row_46_a_body_that_is_over_has_no_deadline() {
    let minute = Duration::from_secs(60);
    let body = Reply::stream([(Duration::ZERO, MESSAGE.trim_end())]);
    let call = client(body).workflow("1").deadline(minute).stream();
    let mut events = call.await.unwrap();
    assert!(events.try_next().await.unwrap().is_some());
    advance(minute).await;
    let error = events.try_next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Truncated, "{error:?}");
    assert_eq!(events.end(), Some(StreamEnd::Truncated));
}

#[tokio::test(start_paused = true)]
async fn row_46_the_events_of_one_piece_let_other_tasks_run() {
    let mut events = piece(1000).workflow("1").stream().await.unwrap();
    assert!(events.try_next().await.unwrap().is_some());
    let other = tokio::spawn(async {});
    for _ in 1..1000 {
        assert!(events.try_next().await.unwrap().is_some());
    }
    assert!(other.is_finished(), "nobody else had a turn");
}
