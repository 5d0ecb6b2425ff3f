//! What `run.mjs` calls in Node: the client over `fetch`, against a server whose address is given.
#![cfg(all(target_arch = "wasm32", target_os = "unknown"))]

use std::time::Duration;

use coze_workflow::{
    Client, Error, HttpStack, StreamEnd, models::WorkflowEvent, transport::fetch::FetchTransport,
};
use wasm_bindgen::{JsError, prelude::wasm_bindgen};

fn client(url: &str) -> Result<Client, Error> {
    Client::builder()
        .base_url(url)
        .transport(HttpStack::new(FetchTransport))
        .token("pat_wasm")
        .build()
}

fn told(error: &Error) -> JsError {
    JsError::new(&error.report())
}

/// The output of a run.
#[wasm_bindgen]
pub async fn run(url: String, workflow: String, name: String) -> Result<String, JsError> {
    let coze = client(&url).map_err(|error| told(&error))?;
    let run = coze
        .workflow(workflow.as_str())
        .parameter("name", name)
        .run();
    Ok(run.await.map_err(|error| told(&error))?.raw().to_owned())
}

/// The text of a stream, after each piece of which `on_piece` is called.
#[wasm_bindgen]
pub async fn stream(
    url: String,
    workflow: String,
    on_piece: js_sys::Function,
) -> Result<String, JsError> {
    let coze = client(&url).map_err(|error| told(&error))?;
    let call = coze.workflow(workflow.as_str()).stream();
    let mut events = call.await.map_err(|error| told(&error))?;
    let mut text = String::new();
    while let Some(event) = events.try_next().await.map_err(|error| told(&error))? {
        if let WorkflowEvent::Message(message) = event {
            text.push_str(&message.content);
            let told = on_piece.call1(&js_sys::global(), &message.content.into());
            told.map_err(|_| JsError::new("the callback threw"))?;
        }
    }
    match events.end() {
        Some(StreamEnd::Done) => Ok(text),
        other => Err(JsError::new(&format!("the stream ended with {other:?}"))),
    }
}

/// The output of a run in the background, which is polled for on the timers of the host.
#[wasm_bindgen]
pub async fn wait(url: String, workflow: String) -> Result<String, JsError> {
    let coze = client(&url).map_err(|error| told(&error))?;
    let run = coze.workflow(workflow.as_str()).start().await;
    let run = run.map_err(|error| told(&error))?;
    let output = run.wait().first_poll(Duration::from_millis(50)).await;
    Ok(output.map_err(|error| told(&error))?.text())
}

/// The kind of the error after a deadline of `millis`.
#[wasm_bindgen]
pub async fn late(url: String, workflow: String, millis: u32) -> Result<String, JsError> {
    let coze = client(&url).map_err(|error| told(&error))?;
    let workflow = coze.workflow(workflow.as_str());
    let call = workflow
        .deadline(Duration::from_millis(millis.into()))
        .run();
    match call.await {
        Ok(_) => Err(JsError::new("it was in time")),
        Err(error) => Ok(format!("{:?} {:?}", error.kind(), error.outcome())),
    }
}
