//! `POST /v1/workflow/stream_run` and `POST /v1/workflow/stream_resume`.

use std::sync::Arc;

use axum::{extract::Request, response::Response};
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{
    body,
    context::Context,
    failure::Failure,
    resume::Resume,
    sse::{self, EventBody, Render},
    start::{self, RunRequest},
};
use crate::runs::{Event, Interrupt, Mode, Piece, Run};

pub(super) async fn stream_run(context: Context, request: Request) -> Response {
    let started = start_run(&context, request).await;
    reply(&context, started)
}

pub(super) async fn stream_resume(context: Context, request: Request) -> Response {
    let resumed = resume_run(&context, request).await;
    reply(&context, resumed)
}

type Started = (Arc<Run>, mpsc::Receiver<Event>);

async fn start_run(context: &Context, request: Request) -> Result<Started, Failure> {
    let request: RunRequest = body::object(&body::read(request).await?)?;
    let run = request.prepare(context, Mode::Stream)?;
    let events = run.listen();
    context.launch(&run);
    Ok((run, events))
}

async fn resume_run(context: &Context, request: Request) -> Result<Started, Failure> {
    let Resume {
        run,
        event_id,
        interrupt_type,
        answer,
    } = Resume::read(context, request).await?;
    if run.mode != Mode::Stream {
        return Err(Failure::bad_request(
            "the run was not started by a stream and is resumed with POST /v1/workflows/resume",
        ));
    }
    let core = &context.core;
    let most = Some(core.limits.stream_resumes);
    let now = core.clock.seconds();
    let events = run.resume(&event_id, interrupt_type, answer, most, true, now)?;
    // A listener was asked for, so there is one.
    let events = events.unwrap_or_else(|| run.listen());
    Ok((run, events))
}

/// Events, or the envelope when nothing started.
fn reply(context: &Context, started: Result<Started, Failure>) -> Response {
    match started {
        Ok((run, events)) => {
            let render = WorkflowEvents {
                debug_url: context.debug_url(&run),
                run,
                next_id: 0,
            };
            sse::response(EventBody::new(events, render, context.core.limits.ping))
        }
        Err(failure) => context.reply(Err(failure)),
    }
}

/// The frames of a workflow stream; ids count from 0 in each response.
struct WorkflowEvents {
    run: Arc<Run>,
    debug_url: String,
    next_id: u64,
}

impl WorkflowEvents {
    fn frame(&mut self, event: &str, data: &Value) -> Bytes {
        let id = self.next_id;
        self.next_id += 1;
        sse::frame(Some(id), event, &data.to_string())
    }

    fn message(&self, piece: &Piece) -> Value {
        let mut message = json!({
            "content": piece.content,
            "content_type": "text",
            "node_title": piece.title,
            "node_seq_id": piece.seq.to_string(),
            "node_is_finish": piece.is_finish,
            "node_id": piece.node_id,
            "node_execute_uuid": piece.uuid,
        });
        if let Some(index) = piece.loop_index {
            message["loop_index"] = index.into();
        }
        if let Some(index) = piece.batch_index {
            message["batch_index"] = index.into();
        }
        if let Some(id) = &piece.sub_execute_id {
            message["sub_execute_id"] = id.as_str().into();
        }
        if piece.kind == "end" && piece.is_finish {
            let usage = start::usage(&self.run);
            message["token"] = usage["token_count"].clone();
            message["cost"] = "0".into();
            message["usage"] = usage;
        }
        message
    }
}

/// On a stream the text of a question went out as a message; only forms need it here.
fn interrupt_data(interrupt: &Interrupt) -> Value {
    if interrupt.kind == Interrupt::QUESTION {
        start::interrupt_with(interrupt, "")
    } else {
        start::interrupt_data(interrupt)
    }
}

impl Render for WorkflowEvents {
    fn event(&mut self, event: Event) -> Vec<Bytes> {
        let (name, data) = match event {
            Event::Piece(piece) => ("Message", self.message(&piece)),
            Event::Interrupted(interrupt) => (
                "Interrupt",
                json!({
                    "interrupt_data": interrupt_data(&interrupt),
                    "node_title": interrupt.node_title,
                }),
            ),
            Event::Ended => match self.run.with_record(|record| record.result.clone()) {
                Some(Err(failure)) => (
                    "Error",
                    json!({
                        "error_code": failure.code,
                        "error_message": failure.message,
                        "debug_url": self.debug_url,
                    }),
                ),
                _ => ("Done", json!({ "debug_url": self.debug_url })),
            },
        };
        vec![self.frame(name, &data)]
    }

    fn ping(&mut self) -> Option<Bytes> {
        Some(self.frame("PING", &json!({})))
    }
}
