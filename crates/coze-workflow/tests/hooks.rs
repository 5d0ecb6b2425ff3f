//! Hooks around the request that starts a run, and the limit on runs that are open at once.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use coze_transport::{ErrorKind as Kind, Outcome, ResponseBody, TransportError};
use coze_workflow::{BoxError, Client, HttpStack, Response, Workflow, json_reply};

type Log = Arc<Mutex<Vec<String>>>;

fn note(log: &Log, what: impl Into<String>) {
    log.lock().unwrap().push(what.into());
}

/// A workflow whose hooks and requests write into the log.
fn noted(
    log: &Log,
    respond: impl Fn() -> Result<Response, BoxError> + Clone + Send + Sync + 'static,
) -> Workflow {
    let requests = Arc::clone(log);
    let transport = HttpStack::from_fn(move |_| {
        note(&requests, "sent");
        let response = respond();
        async move { response }
    });
    let coze = Client::builder()
        .transport(transport)
        .token("pat_123")
        .build()
        .unwrap();
    let (before, accepted) = (Arc::clone(log), Arc::clone(log));
    coze.workflow("7366")
        .before_send(move || {
            note(&before, "before");
            async { Ok(()) }
        })
        .on_accepted(move |run| {
            let id = run.execute_id.map(ToString::to_string);
            note(&accepted, format!("accepted {}", id.unwrap_or_default()));
        })
}

#[tokio::test(start_paused = true)]
async fn a_journal_is_told_before_the_request_and_after_it_was_accepted() {
    let log = Log::default();
    let workflow = noted(&log, || json_reply(r#"{"code":0,"execute_id":"7413"}"#));
    workflow.start().await.unwrap();
    assert_eq!(*log.lock().unwrap(), ["before", "sent", "accepted 7413"]);

    // Once for all attempts, and never for what was refused.
    let log = Log::default();
    let workflow = noted(&log, || json_reply(r#"{"code":4009,"msg":"busy"}"#));
    workflow.run().await.unwrap_err();
    assert_eq!(*log.lock().unwrap(), ["before", "sent", "sent", "sent"]);

    let log = Log::default();
    let workflow = noted(&log, || {
        let events = "event: Done\ndata: {}\n\n";
        let mut response = Response::new(ResponseBody::full(events.into()));
        let stream = http::HeaderValue::from_static("text/event-stream");
        response.headers_mut().insert("content-type", stream);
        Ok(response)
    });
    workflow.stream().await.unwrap();
    assert_eq!(*log.lock().unwrap(), ["before", "sent", "accepted "]);

    let log = Log::default();
    let broken = || {
        let error = TransportError::new(Kind::Closed, Outcome::Unknown, "the connection broke");
        Err::<Response, BoxError>(error.into())
    };
    let error = noted(&log, broken).start().await.unwrap_err();
    assert!(error.may_have_run());
    assert_eq!(*log.lock().unwrap(), ["before", "sent"]);
}

#[tokio::test]
async fn nothing_is_sent_where_the_journal_cannot_be_written() {
    let log = Log::default();
    let workflow =
        noted(&log, || json_reply("{}")).before_send(|| async { Err("disk full".into()) });
    let error = workflow.start().await.unwrap_err();
    assert!(!error.may_have_run());
    assert!(
        error.to_string().ends_with("so it was not sent: disk full"),
        "{error}"
    );
    assert!(log.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn no_more_runs_are_open_than_the_client_allows() {
    let log = Log::default();
    let requests = Arc::clone(&log);
    let transport = HttpStack::from_fn(move |request: coze_workflow::Request| {
        note(&requests, request.uri().path());
        async move {
            let _ =
                tokio::time::timeout(Duration::from_secs(1), std::future::pending::<()>()).await;
            if request.uri().path().ends_with("stream_run") {
                let events =
                    "event: Message\ndata: {\"content\":\"Hi\"}\n\nevent: Done\ndata: {}\n\n";
                let mut response = Response::new(ResponseBody::full(events.into()));
                let stream = http::HeaderValue::from_static("text/event-stream");
                response.headers_mut().insert("content-type", stream);
                return Ok(response);
            }
            json_reply(r#"{"code":0,"data":"done"}"#)
        }
    });
    let coze = Client::builder()
        .transport(transport)
        .token("pat_123")
        .max_open_runs(1)
        .build()
        .unwrap();

    // A stream is open until its last event was read.
    let mut events = coze.workflow("7366").stream().await.unwrap();
    let soon = coze.workflow("7366").deadline(Duration::from_secs(3));
    let error = soon.clone().run().await.unwrap_err();
    assert!(error.is_timeout() && !error.may_have_run(), "{error}");
    assert_eq!(log.lock().unwrap().len(), 1);
    while events.try_next().await.unwrap().is_some() {}
    soon.clone().run().await.unwrap();

    // Each takes a second: of four at once, two end before the deadline of 3 s.
    let started = tokio::time::Instant::now();
    let run = || async { soon.clone().run().await };
    let results = tokio::join!(run(), run(), run(), run());
    let ended = [results.0, results.1, results.2, results.3];
    assert_eq!(
        ended.iter().filter(|result| result.is_ok()).count(),
        2,
        "{ended:?}"
    );
    assert!(started.elapsed() <= Duration::from_millis(3100));
}
