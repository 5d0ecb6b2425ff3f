//! `POST /v1/workflows/chat`: a chatflow in the form of this server.

use std::{sync::Arc, time::Duration};

use axum::{extract::Request, response::Response};
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use super::{
    super::{
        body,
        chat::{ChatRequest, Message, NAME, go_on},
        context::Context,
        sse::{self, EventBody},
    },
    chat_events::ChatEvents,
    published,
    refusal::{self, Refusal},
    run::read,
    upload,
};
use crate::{
    Definition, definition,
    runs::{Event, Mode, Run},
};

pub(super) async fn chat(context: Context, request: Request) -> Response {
    match begin(&context, request).await {
        Ok((run, events, conversation_id)) => {
            let mut render = ChatEvents::new(&context, run, conversation_id);
            let first = render.created();
            // This server sends no heartbeat.
            sse::response(EventBody::new(events, render, Duration::ZERO).first(first))
        }
        Err(refusal) => refusal.reply(),
    }
}

type Begun = (Arc<Run>, mpsc::Receiver<Event>, String);

fn failed(message: impl Into<String>) -> Refusal {
    Refusal::new(refusal::NOT_A_CHATFLOW, message)
}

async fn begin(context: &Context, request: Request) -> Result<Begun, Refusal> {
    let request: ChatRequest = read(request).await?;
    let messages = request.additional_messages.unwrap_or_default();
    let question = question(context, messages.last())?;
    let mut sent =
        body::parameters(request.parameters).map_err(|failure| failed(failure.message))?;
    if request.caller.is_twofold() {
        return Err(failed(
            "project_id and bot_id cannot be set at the same time",
        ));
    }
    let workflow = chatflow(context, request.workflow_id.as_deref().unwrap_or_default())?;
    let conversation_id = conversation(context, request.conversation_id, &sent)?;
    let waiting = context
        .core
        .conversations
        .lock()
        .get_mut(&conversation_id)
        .and_then(|conversation| conversation.waiting.take());
    let resumed = waiting
        .and_then(|execute_id| context.run_of(workflow, &execute_id))
        .and_then(|run| go_on(context, &run, &question).map(|events| (run, events)));
    if let Some((run, events)) = resumed {
        return Ok((run, events, conversation_id));
    }
    sent.insert("USER_INPUT".into(), question.into());
    let mut inputs = definition::accept(workflow.inputs(), &sent)
        .map_err(|message| Refusal::new(refusal::REQUIRED_INPUT_MISSING, message))?;
    for name in ["USER_INPUT", NAME] {
        let value = sent.remove(name).unwrap_or_else(|| "".into());
        inputs.insert(name.into(), value);
    }
    let origin = request.caller.origin(context);
    let run = context.prepare(workflow, Mode::Stream, origin, inputs);
    let events = run.listen();
    context.launch(&run);
    Ok((run, events, conversation_id))
}

fn chatflow<'c>(context: &'c Context, id: &str) -> Result<&'c Definition, Refusal> {
    if id.parse::<i64>().is_err() {
        return Err(failed(format!("'{id}' is not a number")));
    }
    let workflow = published(context, id)?;
    if workflow.is_chatflow() {
        Ok(workflow)
    } else {
        Err(failed(format!("workflow {id} is not a chatflow")))
    }
}

/// The text of the last message. Files become their addresses.
fn question(context: &Context, last: Option<&Message>) -> Result<String, Refusal> {
    let last = last.ok_or_else(|| failed("additional_messages is required"))?;
    if last.role.as_deref() != Some("user") {
        return Err(failed("the role of the last message must be user"));
    }
    let content = last.content.clone().unwrap_or_default();
    match last.content_type.as_deref() {
        Some("text") => Ok(content),
        Some("object_string") => parts(context, &content),
        other => Err(failed(format!(
            "invalid message content type '{}'",
            other.unwrap_or_default()
        ))),
    }
}

/// One part of a message.
#[derive(Deserialize)]
struct Part {
    text: Option<String>,
    file_id: Option<String>,
}

fn parts(context: &Context, content: &str) -> Result<String, Refusal> {
    let parts: Vec<Part> =
        serde_json::from_str(content).map_err(|error| failed(error.to_string()))?;
    let filled = |text: &&str| !text.is_empty();
    let texts = parts.iter().filter_map(|part| part.text.as_deref());
    let texts: Vec<_> = texts.filter(filled).collect();
    let files = parts.iter().filter_map(|part| part.file_id.as_deref());
    let files: Vec<_> = files
        .filter(filled)
        .map(|id| upload::url(context, id))
        .collect();
    // Nothing stands between the texts and the addresses.
    Ok(texts.join(",") + &files.join(","))
}

/// The conversation by id, else by the name that has to be there then.
fn conversation(
    context: &Context,
    id: Option<String>,
    sent: &Map<String, Value>,
) -> Result<String, Refusal> {
    let Some(id) = id else {
        return sent
            .get(NAME)
            .and_then(Value::as_str)
            .map(|name| context.named_conversation(name))
            .ok_or_else(|| failed("conversation name is required"));
    };
    if id.parse::<i64>().is_err() {
        return Err(failed(format!("'{id}' is not a number")));
    }
    if context.core.conversations.lock().contains_key(&id) {
        Ok(id)
    } else {
        let message = format!("conversation {id} not found");
        Err(Refusal::new(
            refusal::STUDIO_CONVERSATION_NOT_FOUND,
            message,
        ))
    }
}
