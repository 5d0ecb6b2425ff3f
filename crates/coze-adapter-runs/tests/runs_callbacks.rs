//! The receiver: what ends a wait, what is refused, and what is kept.

mod support;

use std::time::Duration;

use bytes::Bytes;
use coze_adapter_runs::{CallbackReceiver, EngineError, RunId, RunRecord, Runs, StartRun};
use coze_transport::testing::{Reply, Scripted};
use http::{Method, Request};
use http_body_util::Full;
use serde_json::json;
use support::{SECRET, TOKEN, URL, builder, deliver, receiver, record};
use tokio::{task::JoinHandle, time::Instant};

fn ended(run: &str) -> String {
    json!({"run_id": run, "workflow_id": "7366", "status": "completed", "outputs": {"answer": run}})
        .to_string()
}

fn client(script: &Scripted, receiver: &CallbackReceiver) -> Runs {
    builder(script).receiver(receiver.clone()).build().unwrap()
}

fn wait(runs: &Runs, run: &str) -> JoinHandle<Result<RunRecord, EngineError>> {
    let (runs, run) = (runs.clone(), RunId::from(run));
    tokio::spawn(async move { runs.wait(&run, None).await })
}

/// Lets the tasks work that can.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_post_ends_the_wait_for_its_run_and_no_other() {
    let (script, receiver) = (Scripted::repeating(record("running")), receiver());
    let runs = client(&script, &receiver);
    let (one, other) = (wait(&runs, "run_1"), wait(&runs, "run_2"));
    let again = wait(&runs, "run_1");
    settle().await;
    let begin = Instant::now();
    assert_eq!(deliver(&receiver, ended("run_1")).await, 200);
    for wait in [one, again] {
        assert_eq!(wait.await.unwrap().unwrap().outputs["answer"], "run_1");
    }
    assert!(!other.is_finished());
    assert_eq!(
        (begin.elapsed(), script.requests().len()),
        (Duration::ZERO, 0)
    );
    // The first of two posts counts.
    let late = ended("run_1").replace("completed", "failed");
    assert_eq!(deliver(&receiver, late).await, 200);
    other.abort();
}

#[tokio::test(start_paused = true)]
async fn a_run_that_failed_is_posted_as_such() {
    let (script, receiver) = (Scripted::repeating(record("running")), receiver());
    let waiting = wait(&client(&script, &receiver), "run_1");
    settle().await;
    let body = json!({"run_id": "run_1", "status": "failed", "error": {"code": "X", "message": "no luck"}});
    assert_eq!(deliver(&receiver, body.to_string()).await, 200);
    let error = waiting.await.unwrap().unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        (Some("X"), "get_run: the run failed: no luck")
    );
}

#[tokio::test(start_paused = true)]
async fn a_post_before_the_start_has_returned_is_not_lost() {
    let receiver = receiver();
    let early = receiver.clone();
    // The server posts before it responds.
    let script = Scripted::from_fn(move |request| {
        assert_eq!(request.number(), 1);
        let early = early.clone();
        tokio::spawn(async move { assert_eq!(deliver(&early, ended("run_1")).await, 202) });
        Reply::json(200, r#"{"run_id":"run_1","status":"pending"}"#).after(Duration::from_secs(3))
    });
    let runs = client(&script, &receiver);
    let id = runs.start(StartRun::new("7366")).await.unwrap();
    let begin = Instant::now();
    assert_eq!(
        runs.wait(&id, None).await.unwrap().outputs["answer"],
        "run_1"
    );
    assert_eq!(
        (begin.elapsed(), script.requests().len()),
        (Duration::ZERO, 1)
    );
    assert_eq!(deliver(&receiver, ended("run_1")).await, 200);
}

#[tokio::test(start_paused = true)]
async fn a_post_outlives_a_wait_that_was_dropped() {
    let (script, receiver) = (Scripted::repeating(record("running")), receiver());
    let runs = client(&script, &receiver);
    // Dropped with nothing there, dropped right after the post, and waited for again.
    for _ in 0..2 {
        let waiting = wait(&runs, "run_1");
        settle().await;
        waiting.abort();
        settle().await;
    }
    let waiting = wait(&runs, "run_1");
    settle().await;
    assert_eq!(deliver(&receiver, ended("run_1")).await, 200);
    waiting.abort();
    let _ = waiting.await;
    assert_eq!(
        wait(&runs, "run_1").await.unwrap().unwrap().outputs["answer"],
        "run_1"
    );
    assert!(script.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_post_that_says_only_that_the_run_is_over_makes_the_wait_poll_at_once() {
    for (posted, polled) in [
        (r#"{"run_id":"run_1","status":"completed"}"#, "completed"),
        (r#"{"run_id":"run_1","status":"failed"}"#, "completed"),
    ] {
        let (script, receiver) = (Scripted::repeating(record(polled)), receiver());
        let waiting = wait(&client(&script, &receiver), "run_1");
        settle().await;
        let begin = Instant::now();
        assert_eq!(deliver(&receiver, posted).await, 200);
        assert_eq!(waiting.await.unwrap().unwrap().outputs["answer"], 42);
        assert_eq!(
            (begin.elapsed(), script.requests().len()),
            (Duration::ZERO, 1)
        );
    }
    // The other name of the outputs is read.
    let (script, receiver) = (Scripted::new([]), receiver());
    let waiting = wait(&client(&script, &receiver), "run_1");
    settle().await;
    let body = r#"{"run_id":"run_1","status":"completed","output":{"answer":7}}"#;
    assert_eq!(deliver(&receiver, body).await, 200);
    assert_eq!(waiting.await.unwrap().unwrap().outputs["answer"], 7);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_no_post_of_the_server_is_refused() {
    let receiver = receiver();
    let send = async |method: Method, uri: &str, body: Bytes| {
        let request = Request::builder()
            .method(method)
            .uri(uri)
            .body(Full::new(body));
        receiver.receive(request.unwrap()).await.as_u16()
    };
    let url = receiver.url().to_owned();
    let good = Bytes::from(ended("run_1"));
    let large = Bytes::from(vec![b' '; coze_webhook::MAX_BODY + 1]);
    for (method, uri, body, status) in [
        (Method::GET, url.clone(), good.clone(), 405),
        (Method::PUT, url.clone(), good.clone(), 405),
        (Method::POST, URL.to_owned(), good.clone(), 401),
        (Method::POST, format!("{URL}?key="), good.clone(), 401),
        (
            Method::POST,
            format!("{URL}?key={}", &SECRET[1..]),
            good.clone(),
            401,
        ),
        (Method::POST, format!("{url}x"), good.clone(), 401),
        (
            Method::POST,
            format!("{url}&key={SECRET}"),
            good.clone(),
            401,
        ),
        (
            Method::POST,
            format!("{URL}?monkey={SECRET}"),
            good.clone(),
            401,
        ),
        (Method::POST, url.clone(), large, 413),
        (Method::POST, url.clone(), Bytes::new(), 400),
        (
            Method::POST,
            url.clone(),
            Bytes::from_static(b"{\"run_id\":\"\xff\"}"),
            400,
        ),
        (
            Method::POST,
            url.clone(),
            Bytes::from(format!("{}{}", ended("run_1"), ended("run_1"))),
            400,
        ),
        (
            Method::POST,
            url.clone(),
            Bytes::from(format!("[{}]", ended("run_1"))),
            400,
        ),
        (
            Method::POST,
            url.clone(),
            Bytes::from_static(b"{\"status\":\"completed\"}"),
            400,
        ),
        (
            Method::POST,
            url.clone(),
            Bytes::from_static(b"{\"run_id\":\"run_1\"}"),
            400,
        ),
        (Method::POST, url.clone(), Bytes::from(ended("../x")), 400),
        (
            Method::POST,
            url.clone(),
            Bytes::from(ended(&"9".repeat(65))),
            400,
        ),
        (
            Method::POST,
            url.clone(),
            Bytes::from_static(b"{\"run_id\":\"run_1\",\"status\":\"running\"}"),
            202,
        ),
        (
            Method::POST,
            url.clone(),
            Bytes::from_static(b"{\"run_id\":\"run_1\",\"status\":\"odd\"}"),
            202,
        ),
        // None of these counted for the run.
        (
            Method::POST,
            format!("{URL}?a=b&key={SECRET}&c=d"),
            good,
            202,
        ),
    ] {
        let shown = format!("{method} {uri} {:?}", &body[..body.len().min(60)]);
        assert_eq!(send(method, &uri, body).await, status, "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_given_up() {
    struct Never;
    impl http_body::Body for Never {
        type Data = Bytes;
        type Error = std::io::Error;
        fn poll_frame(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
            std::task::Poll::Pending
        }
    }
    let receiver = receiver();
    let begin = Instant::now();
    let request = Request::post(receiver.url()).body(Never).unwrap();
    assert_eq!(receiver.receive(request).await, 408);
    assert_eq!(begin.elapsed(), Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn what_nobody_waits_for_is_kept_for_a_while_and_up_to_a_number() {
    let (script, receiver) = (Scripted::repeating(record("completed")), receiver());
    let runs = client(&script, &receiver);
    for number in 0..1_001 {
        assert_eq!(
            deliver(&receiver, ended(&format!("run_{number}"))).await,
            202
        );
    }
    let begin = Instant::now();
    let of = async |run: &str| {
        runs.wait(&RunId::from(run), None).await.unwrap().outputs["answer"].clone()
    };
    assert_eq!(of("run_1000").await, "run_1000");
    assert_eq!(of("run_1").await, "run_1");
    assert_eq!(begin.elapsed(), Duration::ZERO);
    assert!(script.requests().is_empty());
    let gone = runs
        .wait(&RunId::from("run_0"), Some(Duration::from_secs(60)))
        .await;
    // Polled for, after all.
    assert_eq!(gone.unwrap_err().kind(), coze_engine::ErrorKind::WrongRun);
    assert_eq!(script.requests().len(), 1);
}

#[test]
fn addresses_and_secrets_are_checked_and_not_shown() {
    let new = |url: &str, secret: &str| {
        CallbackReceiver::new(url, secret).map(|one| one.url().to_owned())
    };
    assert_eq!(new(URL, SECRET).unwrap(), format!("{URL}?key={SECRET}"));
    assert_eq!(
        new("https://me.example/a?b=c", SECRET).unwrap(),
        format!("https://me.example/a?b=c&key={SECRET}")
    );
    for here in [
        "http://127.0.0.1:8080/done",
        "http://localhost/",
        "http://[::1]:80/",
    ] {
        assert!(new(here, SECRET).is_ok(), "{here}");
    }
    for odd in [
        "http://me.example/",
        "https://a:b@me.example/",
        "https://me.example/#a",
        "/done",
        "me",
        "ftp://me.example/",
        "https://me.example/?a=b&key=c",
        "",
    ] {
        let error = new(odd, SECRET).unwrap_err().to_string();
        assert!(error.contains("must be an https URL"), "{odd} {error}");
    }
    for odd in [
        "",
        &SECRET[1..],
        "with a space and more of it",
        &"x".repeat(129),
    ] {
        let error = new(URL, odd).unwrap_err().to_string();
        assert!(error.contains("22 to 128"), "{error}");
    }
    let shown = format!(
        "{:?} {:?}",
        receiver(),
        Runs::builder().token(TOKEN).receiver(receiver())
    );
    assert!(!shown.contains(SECRET) && shown.contains(URL), "{shown}");
}
