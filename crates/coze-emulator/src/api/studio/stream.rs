//! `POST /v1/workflow/stream_run` and `POST /v1/workflow/stream_resume`.

use std::{sync::Arc, time::Duration};

use axum::{extract::Request, response::Response};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use super::{
    super::{
        context::Context,
        sse::{self, EventBody, Render},
        start::RunRequest,
    },
    code_of, debug_url, published,
    refusal::{self, Refusal},
    run::{prepare, read},
};
use crate::runs::{Event, Interrupt, Mode, Piece, Run};

type Started = (Arc<Run>, mpsc::Receiver<Event>);

pub(super) async fn stream_run(context: Context, request: Request) -> Response {
    let started = async {
        let request: RunRequest = read(request).await?;
        let run = prepare(&context, request, Mode::Stream)?;
        let events = run.listen();
        context.launch(&run);
        Ok((run, events))
    };
    reply(&context, started.await)
}

pub(super) async fn stream_resume(context: Context, request: Request) -> Response {
    let resumed = resumed(&context, request).await;
    reply(&context, resumed)
}

/// The type of the interrupt is in the body too, and is not looked at.
#[derive(Debug, Deserialize)]
struct ResumeRequest {
    workflow_id: String,
    event_id: String,
    resume_data: String,
}

async fn resumed(context: &Context, request: Request) -> Result<Started, Refusal> {
    let request: ResumeRequest = read(request).await?;
    let failed = |message: &str| Refusal::new(refusal::EXECUTION_FAILED, message);
    let workflow = published(context, &request.workflow_id)?;
    let (execute_id, event) = request
        .event_id
        .split_once('/')
        .ok_or_else(|| failed("event_id must be two numbers with a slash"))?;
    if execute_id.parse::<i64>().is_err() || event.parse::<i64>().is_err() {
        return Err(failed("event_id must be two numbers with a slash"));
    }
    let run = context
        .run_of(workflow, execute_id)
        .ok_or_else(|| failed("the execution does not exist"))?;
    let kind = run.with_record(|record| record.interrupt.as_ref().map(|interrupt| interrupt.kind));
    let kind = kind.ok_or_else(|| failed("the execution is not interrupted"))?;
    let now = context.core.clock.seconds();
    let events = run
        .resume(
            &request.event_id,
            kind,
            request.resume_data,
            None,
            true,
            now,
        )
        .map_err(|_| failed("the execution is not interrupted at this event"))?;
    // A listener was asked for, so there is one.
    let events = events.unwrap_or_else(|| run.listen());
    Ok((run, events))
}

fn reply(context: &Context, started: Result<Started, Refusal>) -> Response {
    match started {
        Ok((run, events)) => {
            let render = StudioEvents {
                debug_url: debug_url(context, &run),
                run,
                next_id: 0,
            };
            // This server sends no heartbeat.
            sse::response(EventBody::new(events, render, Duration::ZERO))
        }
        Err(refusal) => refusal.reply(),
    }
}

/// The frames; members that are empty are left out.
struct StudioEvents {
    run: Arc<Run>,
    debug_url: String,
    next_id: u64,
}

impl StudioEvents {
    fn frame(&mut self, event: &str, data: &Value) -> Bytes {
        let id = self.next_id;
        self.next_id += 1;
        sse::frame(Some(id), event, &data.to_string())
    }

    fn message(&self, piece: &Piece) -> Value {
        let mut message = Map::new();
        message.insert("content".into(), piece.content.as_str().into());
        message.insert("content_type".into(), "text".into());
        message.insert("node_seq_id".into(), piece.seq.to_string().into());
        message.insert("node_id".into(), piece.node_id.as_str().into());
        let is_finish = piece.is_finish && !piece.is_lone_in_stream(&self.run);
        message.insert("node_is_finish".into(), is_finish.into());
        message.insert("node_type".into(), node_type(piece.kind).into());
        message.insert("node_title".into(), piece.title.as_str().into());
        let tokens = self.run.workflow.usage();
        if piece.kind == "end" && piece.is_finish && tokens.input + tokens.output > 0 {
            message.insert("token".into(), (tokens.input + tokens.output).into());
        }
        message.into()
    }
}

/// The kinds of nodes that say something, as this server calls them.
fn node_type(kind: &str) -> &'static str {
    match kind {
        "end" => "End",
        "question" => "Question",
        "input_form" => "Input",
        _ => "Message",
    }
}

/// What is asked, as JSON text.
fn asked(interrupt: &Interrupt) -> String {
    if interrupt.kind == Interrupt::INPUT {
        return json!({ "content_type": "form_schema", "content": interrupt.content }).to_string();
    }
    let (content_type, content) = if interrupt.options.is_empty() {
        ("text", interrupt.content.clone())
    } else {
        let options: Vec<_> = interrupt
            .options
            .iter()
            .map(|name| json!({ "name": name }))
            .collect();
        let question = interrupt.content.split('\n').next().unwrap_or_default();
        (
            "option",
            json!({ "options": options, "question": question }).to_string(),
        )
    };
    let message = json!({
        "type": "question",
        "content_type": content_type,
        "content": content,
        "id": format!("{}_0", interrupt.node_id),
    });
    json!({ "messages": [message] }).to_string()
}

impl Render for StudioEvents {
    fn event(&mut self, event: Event) -> Vec<Bytes> {
        let (name, data) = match event {
            // The message of a question is written with its interrupt.
            Event::Piece(piece) if piece.kind == "question" => return Vec::new(),
            // Pieces without text are never sent.
            Event::Piece(piece) if piece.content.is_empty() => return Vec::new(),
            Event::Piece(piece) => ("Message", self.message(&piece)),
            Event::Interrupted(interrupt) => return self.interrupted(&interrupt),
            Event::Ended => {
                let failure = self.run.with_record(|record| match &record.result {
                    Some(Err(failure)) => {
                        Some((code_of(failure, record.timed_out), failure.message.clone()))
                    }
                    _ => None,
                });
                match failure {
                    Some((code, message)) => (
                        "Error",
                        json!({ "debug_url": self.debug_url, "error_code": code, "error_message": message }),
                    ),
                    None => ("Done", json!({ "debug_url": self.debug_url })),
                }
            }
        };
        vec![self.frame(name, &data)]
    }

    fn ping(&mut self) -> Option<Bytes> {
        None
    }
}

impl StudioEvents {
    /// The message before an interrupt repeats its JSON text.
    fn interrupted(&mut self, interrupt: &Interrupt) -> Vec<Bytes> {
        let data = asked(interrupt);
        let kind = if interrupt.kind == Interrupt::INPUT {
            "Input"
        } else {
            "Question"
        };
        let message = json!({
            "content": data,
            "content_type": "text",
            "node_seq_id": "0",
            "node_id": interrupt.node_id,
            "node_is_finish": true,
            "node_type": kind,
            "node_title": interrupt.node_title,
        });
        let asked = json!({
            "debug_url": self.debug_url,
            "interrupt_data": { "event_id": interrupt.event_id, "type": interrupt.kind, "data": data },
        });
        vec![
            self.frame("Message", &message),
            self.frame("Interrupt", &asked),
        ]
    }
}
