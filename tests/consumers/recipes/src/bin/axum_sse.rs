//! A service that runs a workflow and streams its text to a browser. The token stays in the service.

use std::error::Error;

use axum::{
    Router,
    extract::{Query, State},
    response::sse::{Event, KeepAlive, Sse},
    routing::get,
};
use coze_emulator::{Definition, Emulator};
use coze_workflow::{Client, models::WorkflowEvent};
use futures_util::{Stream, StreamExt};
use serde::Deserialize;
use tokio::net::TcpListener;

#[derive(Deserialize)]
struct Inputs {
    topic: String,
}

/// Each piece of text is an event `text`; one event `end` or `failed` closes the stream. A browser that leaves drops the stream,
/// and with it the connection to the API.
async fn poem(
    State(coze): State<Client>,
    Query(inputs): Query<Inputs>,
) -> Result<Sse<impl Stream<Item = Result<Event, axum::Error>>>, (http::StatusCode, &'static str)> {
    let call = coze.workflow("poem").parameter("topic", inputs.topic);
    let events = call.stream().await.map_err(|error| {
        eprintln!("{}", error.report());
        // What the error says is for the log, not for the browser.
        let busy = error.is_rate_limited();
        let status = if busy {
            http::StatusCode::SERVICE_UNAVAILABLE
        } else {
            http::StatusCode::BAD_GATEWAY
        };
        (status, "the poem cannot be written now")
    })?;
    let events = events.filter_map(|event| async {
        let event = match event {
            // As JSON: a text may have line ends, of which SSE knows no CR.
            Ok(WorkflowEvent::Message(message)) => {
                Event::default().event("text").json_data(&message.content)
            }
            // A browser does not deliver an event without data.
            Ok(WorkflowEvent::Done(_)) => Ok(Event::default().event("end").data("-")),
            Ok(_) => return None,
            Err(error) => {
                eprintln!("{}", error.report());
                Ok(Event::default().event("failed").data("-"))
            }
        };
        Some(event)
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let workflow = Definition::from_yaml(
        "name: poem\ninputs: { topic: { type: string } }\nnodes:\n  - output: { id: a, content: \"Of {{ topic }}: \" }\nend: { text: roses. }",
    )?;
    let service = Emulator::builder().workflow(workflow).start().await?;
    let coze = Client::builder()
        .base_url(service.base_url())
        .token("any")
        .build()?;

    let app = Router::new().route("/poem", get(poem)).with_state(coze);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/poem?topic=love", listener.local_addr()?);
    tokio::spawn(async { axum::serve(listener, app).await });

    let page = reqwest::Client::builder()
        .no_proxy()
        .build()?
        .get(url)
        .send()
        .await?;
    assert_eq!(page.headers()["content-type"], "text/event-stream");
    let body = page.text().await?;
    let expected = "event: text\ndata: \"Of love: \"\n\nevent: text\ndata: \"roses.\"\n\nevent: end\ndata: -\n\n";
    assert_eq!(body, expected);
    print!("{body}");
    Ok(())
}
