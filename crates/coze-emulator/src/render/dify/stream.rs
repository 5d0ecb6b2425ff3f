//! The events of a run.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use http::{HeaderValue, header};
use http_body::Frame;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{form, record};
use crate::{
    clock::Clock,
    core::Core,
    runs::{Event, NodeRecord, Piece, Run},
};

/// Frames that may wait for a slow reader before the run waits too.
const BUFFERED: usize = 16;

/// What comes first, and then again and again while the run works.
const PING: Bytes = Bytes::from_static(b"event: ping\n\n");

/// The stream of a run.
pub(super) fn of(core: &Core, run: Arc<Run>, events: mpsc::Receiver<Event>) -> Response {
    let (frames, body) = mpsc::channel(BUFFERED);
    let writer = Writer {
        run,
        frames,
        clock: core.clock.clone(),
        told: Vec::new(),
    };
    tokio::spawn(writer.write(events, core.limits.ping, core.limits.stream_tail));
    response(body)
}

/// The stream of a run that no worker takes: silent, and over after a while.
pub(crate) fn silent(core: &Core) -> Response {
    let (frames, body) = mpsc::channel(BUFFERED);
    let (clock, silence) = (core.clock.clone(), core.limits.stream_refused);
    tokio::spawn(async move {
        if frames.send(PING).await.is_ok() {
            clock.timeout(silence, frames.closed()).await;
        }
    });
    response(body)
}

fn response(frames: mpsc::Receiver<Bytes>) -> Response {
    let mut response = Response::new(Body::new(FrameBody(frames)));
    let kind = HeaderValue::from_static("text/event-stream; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

struct FrameBody(mpsc::Receiver<Bytes>);

impl http_body::Body for FrameBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let frame = self.0.poll_recv(cx);
        frame.map(|frame| frame.map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// The reader has left.
struct Gone;

struct Writer {
    run: Arc<Run>,
    frames: mpsc::Sender<Bytes>,
    clock: Clock,
    /// Of each node in the record, whether its end was told.
    told: Vec<bool>,
}

impl Writer {
    async fn write(mut self, mut events: mpsc::Receiver<Event>, ping: Duration, tail: Duration) {
        let mut progress = self.run.progress();
        if self.begin().await.is_err() || self.nodes().await.is_err() {
            return;
        }
        let clock = self.clock.clone();
        // Without pings none is ever due.
        let ping = if ping.is_zero() { Duration::MAX } else { ping };
        let mut due = Box::pin(clock.wait(ping));
        let reader = self.frames.clone();
        loop {
            let written = tokio::select! {
                biased;
                event = events.recv() => match event {
                    Some(event) => self.event(event).await,
                    None => return,
                },
                Ok(()) = progress.changed() => self.nodes().await.map(|()| false),
                () = &mut due => {
                    due = Box::pin(clock.wait(ping));
                    self.frames.send(PING).await.map(|()| false).map_err(|_| Gone)
                }
                () = reader.closed() => Err(Gone),
            };
            match written {
                Ok(false) => {}
                Ok(true) => break,
                Err(Gone) => return,
            }
        }
        // The body ends a while after the last event.
        clock.timeout(tail, reader.closed()).await;
    }

    async fn begin(&self) -> Result<(), Gone> {
        self.frames.send(PING).await.map_err(|_| Gone)?;
        let run = &self.run;
        let mut inputs = record::inputs(run);
        inputs.shift_remove("sys.timestamp");
        let data = json!({
            "id": run.execute_id,
            "workflow_id": run.workflow.id(),
            "inputs": inputs,
            "created_at": run.created,
            "reason": "initial",
        });
        self.send("workflow_started", &data).await
    }

    async fn send(&self, event: &str, data: &Value) -> Result<(), Gone> {
        let run = &self.run.execute_id;
        let data = json!({
            "event": event,
            "workflow_run_id": run,
            "task_id": record::task(run),
            "data": data,
        });
        let frame = Bytes::from(format!("data: {data}\n\n"));
        self.frames.send(frame).await.map_err(|_| Gone)
    }

    /// Writes an event, and what nodes did before it; true for the last.
    async fn event(&mut self, event: Event) -> Result<bool, Gone> {
        self.nodes().await?;
        match event {
            Event::Piece(piece) => {
                self.piece(&piece).await?;
                Ok(false)
            }
            Event::Interrupted(interrupt) => {
                let mut form = form::asked(&interrupt);
                self.send("human_input_required", &form).await?;
                let mut data = record::paused(&self.run);
                form["TYPE"] = "human_input_required".into();
                data["paused_nodes"] = json!([interrupt.node_id]);
                data["reasons"] = json!([form]);
                self.send("workflow_paused", &data).await?;
                Ok(true)
            }
            Event::Ended => {
                let data = record::finished(&self.run);
                self.send("workflow_finished", &data).await?;
                Ok(true)
            }
        }
    }

    /// Texts alone: the variables of an end are told with it.
    async fn piece(&self, piece: &Piece) -> Result<(), Gone> {
        let is_text = match piece.kind {
            "end" => self.run.workflow.end().text.is_some(),
            kind => kind == "output",
        };
        if !is_text || piece.content.is_empty() {
            return Ok(());
        }
        let name = if piece.kind == "end" {
            "answer"
        } else {
            "output"
        };
        let data = json!({
            "text": piece.content,
            "from_variable_selector": [piece.node_id, name],
        });
        self.send("text_chunk", &data).await
    }

    /// Tells what nodes did since they were last told of.
    async fn nodes(&mut self) -> Result<(), Gone> {
        let nodes = self.run.with_record(|record| record.nodes.clone());
        for (at, node) in nodes.iter().enumerate() {
            if at == self.told.len() {
                self.told.push(false);
                self.send("node_started", &self.node(at, node)).await?;
            }
            if node.finish.is_some() && !self.told[at] {
                self.told[at] = true;
                self.send("node_finished", &self.node(at, node)).await?;
            }
        }
        Ok(())
    }

    fn node(&self, at: usize, node: &NodeRecord) -> Value {
        let run = &self.run.execute_id;
        let mut data = json!({
            "id": format!("{}{at:06}", &run[..run.len() - 6]),
            "node_id": node.node_id,
            "node_type": node.kind,
            "title": node.title,
            "index": 1,
            "predecessor_node_id": null,
            "inputs": null,
            "created_at": node.started / 1000,
            "iteration_id": null,
            "loop_id": null,
        });
        if let Some(finish) = node.finish.as_ref().filter(|_| self.told[at]) {
            data["inputs"] = node.input.clone();
            let (status, outputs, error) = match &finish.result {
                Ok(output) => ("succeeded", output.clone(), Value::Null),
                Err(failure) => ("failed", json!({}), failure.message.as_str().into()),
            };
            data["outputs"] = if outputs.is_object() {
                outputs
            } else {
                json!({})
            };
            data["status"] = status.into();
            data["error"] = error;
            let millis = u32::try_from(finish.at - node.started).unwrap_or(u32::MAX);
            data["elapsed_time"] = (f64::from(millis) / 1000.0).into();
            data["finished_at"] = (finish.at / 1000).into();
        }
        data
    }
}
