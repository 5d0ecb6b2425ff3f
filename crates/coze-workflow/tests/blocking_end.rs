//! How long the runtime of blocking calls lives. All of a process share it, so this test has a process of its own.

use std::{future::pending, sync::mpsc, time::Duration};

use coze_workflow::{
    BoxError, Client, HttpStack, Request, Response,
    blocking::Block,
    json_reply,
    models::{StreamWorkflow, WorkflowEvent},
};
use tokio::runtime::Builder;

/// Longer than anything here takes, on a machine that does other things too.
const LONG: Duration = Duration::from_secs(30);

/// A stack whose calls start a task: it tells when it has begun, and the channel closes when it ends.
fn spawning(tell: mpsc::Sender<()>) -> Client {
    Client::new(HttpStack::from_fn(move |request: Request| {
        let tell = tell.clone();
        async move {
            tokio::spawn(async move {
                let pause = Duration::from_millis(50);
                let _ = tokio::time::timeout(pause, pending::<()>()).await;
                tell.send(()).unwrap();
                pending::<()>().await;
            });
            if !request.uri().path().ends_with("stream_run") {
                return json_reply(r#"{"data":"hello"}"#);
            }
            let events = "id: 0\nevent: Done\ndata: {}\n\n";
            let mut response = Response::new(coze_transport::ResponseBody::full(events.into()));
            let kind = "text/event-stream".parse()?;
            response.headers_mut().insert("content-type", kind);
            Ok::<_, BoxError>(response)
        }
    }))
}

/// Asserts that the runtime goes on without `client` and ends with `last`, dropped within an async task.
fn ends_with<T>(told: &mpsc::Receiver<()>, client: Client, last: T) {
    told.recv_timeout(LONG).expect("the task goes on");
    drop(client);
    assert_eq!(
        told.recv_timeout(Duration::from_millis(100)),
        Err(mpsc::RecvTimeoutError::Timeout),
        "the last still needs the runtime"
    );
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(async { drop(last) });
    assert_eq!(
        told.recv_timeout(LONG),
        Err(mpsc::RecvTimeoutError::Disconnected),
        "the runtime ends, and its tasks with it"
    );
}

#[test]
fn background_tasks_go_on_between_calls_and_end_with_the_last_that_needs_them() {
    let (tell, told) = mpsc::channel();
    let coze = spawning(tell);
    let run = coze.attach(("7366", "7413"));
    let output = coze.workflow("7366").run().block().unwrap();
    assert_eq!(output.text(), "hello");
    ends_with(&told, coze, run);

    // A stream of an operation has no client, and needs the runtime for its connection. The runtime is a new one.
    let (tell, told) = mpsc::channel();
    let coze = spawning(tell);
    let events = coze.stream(StreamWorkflow::new("7366")).block().unwrap();
    let mut events = events.blocking();
    assert!(matches!(events.next(), Some(Ok(WorkflowEvent::Done(_)))));
    ends_with(&told, coze, events);
}
