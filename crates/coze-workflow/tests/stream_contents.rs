//! What a caller gets of a stream.

use std::time::Duration;

use coze_transport::testing::{Reply, Scripted};
use coze_workflow::{Client, ErrorKind, HttpStack, StreamEnd, models::WorkflowEvent};
use serde_json::json;

const DONE: &str = "event: Done\ndata: {}\n\n";

/// A client of a server that responds with this stream.
fn client(events: &str) -> Client {
    let reply = Reply::stream([(Duration::ZERO, events.to_owned())]);
    Client::new(HttpStack::new(Scripted::new([reply])))
}

#[tokio::test]
async fn the_text_of_each_node_is_kept_apart() {
    let message = |title: &str, seq: u64, text: &str, last: bool| {
        let data = json!({"node_title": title, "node_seq_id": seq.to_string(), "content": text, "node_is_finish": last});
        format!("event: Message\ndata: {data}\n\n")
    };
    let body = [
        message("A", 0, "a1", false),
        message("B", 0, "b1", false),
        message("A", 1, "a2", true),
        message("B", 1, "b2", false),
        message("A", 0, "again", true),
        message("End", 0, "{\"n\":1}", true),
        DONE.to_owned(),
    ];
    let coze = client(&body.concat());
    let nodes = coze
        .workflow("7366")
        .stream()
        .await
        .unwrap()
        .nodes()
        .await
        .unwrap();
    let texts: Vec<_> = nodes
        .iter()
        .map(|node| (node.title.as_str(), node.text.as_str(), node.finished))
        .collect();
    assert_eq!(
        texts,
        [
            ("A", "a1a2", true),
            ("B", "b1b2", false),
            ("A", "again", true),
            ("End", "{\"n\":1}", true)
        ]
    );
    assert_eq!(nodes.titled("A").count(), 2);
    let coze = client(&body.concat());
    let output = coze
        .workflow("7366")
        .stream()
        .await
        .unwrap()
        .output()
        .await
        .unwrap();
    assert_eq!(output.output_value()["n"], 1);
    let coze = client(DONE);
    let error = coze.workflow("7366").stream().await.unwrap().output().await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn an_event_above_the_limit_ends_the_stream() {
    let long = format!(
        "event: Message\ndata: {{\"content\":\"{}\"}}\n\n",
        "x".repeat(5000)
    );
    let coze = client(&format!("event: Message\ndata: {{}}\n\n{long}{DONE}"));
    let mut stream = coze
        .workflow("7366")
        .stream()
        .event_limit(1000)
        .await
        .unwrap();
    assert!(matches!(
        stream.try_next().await.unwrap(),
        Some(WorkflowEvent::Message(_))
    ));
    let error = stream.try_next().await.unwrap_err();
    assert!(error.to_string().contains("1000 bytes"), "{error}");
    assert_eq!(stream.end(), Some(StreamEnd::TooLarge));
}

#[test]
fn what_a_caller_holds_is_send_sync_and_static() {
    fn holds<T: Send + Sync + 'static>() {}
    fn moves<T: Send + 'static>(_: T) {}
    holds::<coze_workflow::RunStream>();
    holds::<coze_workflow::ChatStream>();
    holds::<coze_workflow::EventStream<coze_workflow::models::StreamWorkflow>>();
    holds::<coze_workflow::RunStreamCall>();
    holds::<coze_workflow::RunOutput>();
    holds::<coze_workflow::Error>();

    // A wait owns its run, so that it can be spawned.
    let client = coze_workflow::Client::new(coze_workflow::HttpStack::from_fn(|_| async {
        coze_workflow::json_reply("{}")
    }));
    moves(std::future::IntoFuture::into_future(
        client.attach(("7366", "7413")).wait(),
    ));
}
