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
