//! What the client collects, and what its responses cost.
#![cfg(target_os = "linux")]

#[path = "../../coze-wire/tests/support/memory.rs"]
mod memory;

use std::future::IntoFuture as _;

use coze_transport::ResponseBody;
use coze_workflow::{
    BoxError, Client, Error, ErrorKind, HttpStack, Response, json_reply, models::GetRunHistory,
};
use memory::{MIB, alone, peak_of};

/// A client whose every call is answered with this stream.
fn streaming(events: String) -> Client {
    let events = bytes::Bytes::from(events);
    Client::new(HttpStack::from_fn(move |_| {
        let mut response = Response::new(ResponseBody::full(events.clone()));
        async move {
            response
                .headers_mut()
                .insert("content-type", "text/event-stream".parse()?);
            Ok::<_, BoxError>(response)
        }
    }))
}

fn too_much(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    assert!(error.to_string().contains("one by one"), "{error}");
    assert!(error.may_have_run());
}

#[tokio::test]
async fn a_text_is_collected_up_to_32_mib_and_no_further() {
    let said = "x".repeat(MIB);
    let message =
        format!("event: Message\ndata: {{\"node_title\":\"End\",\"content\":\"{said}\"}}\n\n");
    let done = "event: Done\ndata: {}\n\n";
    let coze = streaming(message.repeat(31) + done);
    let stream = || async { coze.workflow("7").stream().await.unwrap() };
    assert_eq!(stream().await.text().await.unwrap().len(), 31 * MIB);
    let coze = streaming(message.repeat(33) + done);
    let stream = || async { coze.workflow("7").stream().await.unwrap() };
    too_much(&stream().await.text().await.unwrap_err());
    too_much(&stream().await.nodes().await.unwrap_err());
    too_much(&stream().await.output().await.unwrap_err());
    // One by one there is no limit.
    let mut events = stream().await;
    let mut count = 0;
    while events.try_next().await.unwrap().is_some() {
        count += 1;
    }
    assert_eq!(count, 34);
}

#[tokio::test]
async fn the_answers_of_a_chat_are_collected_up_to_32_mib_and_no_further() {
    let said = "x".repeat(MIB);
    let delta = format!(
        "event: conversation.message.delta\ndata: {{\"id\":\"1\",\"type\":\"answer\",\"content\":\"{said}\"}}\n\n"
    );
    let coze = streaming(delta.repeat(33) + "event: done\ndata: {}\n\n");
    let chat = coze.workflow("7").app_id("8").chat("Hi").await.unwrap();
    too_much(&chat.text().await.unwrap_err());
}

#[test]
fn responses_in_parallel_cost_little_more_than_their_bytes() {
    const COUNT: usize = 16;
    if !alone(
        "responses_in_parallel_cost_little_more_than_their_bytes",
        "parallel",
    ) {
        return;
    }
    let body = format!("{{\"data\":[{}{{}}]}}", "{},".repeat(MIB / 3));
    let coze = Client::new(HttpStack::from_fn(move |_| {
        let response = json_reply(body.clone());
        async move {
            tokio::task::yield_now().await;
            response
        }
    }));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let cost = peak_of(|| {
        runtime.block_on(async {
            let mut calls = tokio::task::JoinSet::new();
            for _ in 0..COUNT {
                calls.spawn(coze.call(GetRunHistory::new("7", "8")).into_future());
            }
            let results = calls.join_all().await;
            for result in &results {
                assert_eq!(result.as_ref().unwrap_err().kind(), ErrorKind::Decode);
            }
        });
    });
    println!("parallel: {} KiB", cost / 1024);
    assert!(cost < (COUNT + 9 + 3) * MIB);
}
