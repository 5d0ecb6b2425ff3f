//! The events of a run, as those of an engine.

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll},
};

use coze_engine::{EngineError, Node, RunEvent, RunId, RunSnapshot, RunStatus};
use coze_models::{StreamEvent as _, WorkflowEvent, WorkflowMessage};
use futures_core::Stream;
use serde_json::Value;

use super::{error, question, snapshot};
use crate::{Dialect, Error, NodeText, NodeTexts, RunStream};

/// The events of the client's stream, told in the words of all engines.
pub(super) struct Events {
    dialect: Dialect,
    workflow: String,
    /// `None` once the stream has ended.
    stream: Option<RunStream>,
    /// What the end node has said.
    end: NodeTexts,
    /// Tokens that the messages told of.
    usage: Option<coze_models::Usage>,
    /// An event of the service may be several.
    ready: VecDeque<RunEvent>,
    is_named: bool,
}

impl Events {
    pub(super) fn new(dialect: Dialect, workflow: String, stream: RunStream) -> Self {
        Self {
            dialect,
            workflow,
            stream: Some(stream),
            end: NodeTexts::new(),
            usage: None,
            ready: VecDeque::new(),
            is_named: false,
        }
    }

    fn take(&mut self, events: &RunStream, event: WorkflowEvent) -> Result<(), Error> {
        if let (false, Some(id)) = (self.is_named, events.execute_id()) {
            self.is_named = true;
            let id = RunId::new(self.workflow.as_str(), id);
            self.ready.push_back(RunEvent::Started(id));
        }
        match event {
            WorkflowEvent::Message(message) => {
                if NodeText::begin(&message).is_end() {
                    let message = WorkflowEvent::Message(message.clone());
                    self.end.push(&message);
                    events.check_collected(self.end.size())?;
                }
                if message.usage.is_some() {
                    self.usage.clone_from(&message.usage);
                }
                self.message(*message);
            }
            WorkflowEvent::Done(_) => {
                let output = events.output_of(&self.end);
                let output = output.map(|output| snapshot::of_output(&output));
                let mut run = output.unwrap_or_else(|| RunSnapshot::new(RunStatus::Succeeded));
                run.id = events
                    .execute_id()
                    .map(|id| RunId::new(self.workflow.as_str(), id));
                run.log_id = events.log_id().map(str::to_owned);
                run.debug_url = events.debug_url().map(str::to_owned);
                run.usage = self.usage.as_ref().map(snapshot::usage).unwrap_or_default();
                self.ready.push_back(RunEvent::Finished(Box::new(run)));
            }
            WorkflowEvent::Interrupt(_) => {
                let asked = events.question().map(|asked| question::of(asked, true));
                let asked = RunEvent::Interrupted(Box::new(asked.unwrap_or_default()));
                self.ready.push_back(asked);
            }
            other => {
                let data = other.data().unwrap_or_default();
                let name = other.name().to_owned();
                let data = serde_json::from_str(&data).unwrap_or(Value::String(data));
                self.ready.push_back(RunEvent::Other { name, data });
            }
        }
        Ok(())
    }

    fn message(&mut self, message: WorkflowMessage) {
        let id = message.node_id.as_ref().map_or("", |id| id.as_str());
        let title = message.node_title.as_deref().unwrap_or_default();
        let mut node = Node::new(id, title);
        let text = RunEvent::Text {
            node: Some(node.clone()),
            text: message.content,
        };
        self.ready.push_back(text);
        if message.node_is_finish {
            node.status = Some("finished".to_owned());
            self.ready.push_back(RunEvent::NodeFinished(node));
        }
    }
}

impl Stream for Events {
    type Item = Result<RunEvent, EngineError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(event) = this.ready.pop_front() {
                return Poll::Ready(Some(Ok(event)));
            }
            let Some(mut events) = this.stream.take() else {
                return Poll::Ready(None);
            };
            let polled = Pin::new(&mut events).poll_next(cx);
            let Poll::Ready(item) = polled else {
                this.stream = Some(events);
                return Poll::Pending;
            };
            let taken = match item {
                None => return Poll::Ready(None),
                Some(Ok(event)) => this.take(&events, event),
                Some(Err(error)) => Err(error),
            };
            if let Err(error) = taken {
                let error = error::of(this.dialect, &this.workflow, error);
                return Poll::Ready(Some(Err(error)));
            }
            this.stream = Some(events);
        }
    }
}
