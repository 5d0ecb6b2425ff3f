//! `POST /v1/workflows/chat`: a chatflow, always as a stream.

use std::{collections::HashMap, sync::Arc};

use axum::{extract::Request, response::Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use super::{
    body,
    chat_events::ChatEvents,
    context::Context,
    conversations,
    failure::{self, Failure},
    sse::{self, EventBody},
    start::{Caller, required},
};
use crate::{
    Definition, definition,
    runs::{Event, Mode, Run},
};

/// Parameter that binds a conversation by its name.
pub(super) const NAME: &str = "CONVERSATION_NAME";

#[derive(Debug, Deserialize)]
pub(super) struct ChatRequest {
    pub(super) workflow_id: Option<String>,
    pub(super) additional_messages: Option<Vec<Message>>,
    pub(super) parameters: Option<Value>,
    pub(super) conversation_id: Option<String>,
    #[serde(flatten)]
    pub(super) caller: Caller,
}

#[derive(Debug, Deserialize)]
pub(super) struct Message {
    pub(super) role: Option<String>,
    pub(super) content: Option<String>,
    pub(super) content_type: Option<String>,
    meta_data: Option<HashMap<String, String>>,
}

/// A chat that began or goes on.
struct Chat {
    run: Arc<Run>,
    events: mpsc::Receiver<Event>,
    conversation_id: String,
    section_id: String,
}

pub(super) async fn chat(context: Context, request: Request) -> Response {
    match begin(&context, request).await {
        Ok(chat) => {
            let mut render =
                ChatEvents::new(&context, chat.run, chat.conversation_id, chat.section_id);
            let first = render.created();
            // The documentation knows no heartbeat in chat streams.
            let body = EventBody::new(chat.events, render, std::time::Duration::ZERO);
            sse::response(body.first(first))
        }
        Err(failure) if failure.code == failure::CONVERSATION_NAME_NOT_FOUND => {
            sse::single(failed_without_chat(&failure))
        }
        Err(failure) => context.reply(Err(failure)),
    }
}

/// This failure alone comes as an event, and its code as text.
fn failed_without_chat(failure: &Failure) -> bytes::Bytes {
    let data = json!({ "code": failure.code.to_string(), "msg": failure.message });
    sse::frame(None, "conversation.chat.failed", &data.to_string())
}

async fn begin(context: &Context, request: Request) -> Result<Chat, Failure> {
    let request: ChatRequest = body::object(&body::read(request).await?)?;
    let workflow = context.published(required("workflow_id", request.workflow_id.as_deref())?)?;
    if !workflow.is_chatflow() {
        return Err(Failure::bad_request(format!(
            "'{}' is not a chatflow; it is run with POST /v1/workflow/run",
            workflow.name()
        )));
    }
    request.caller.check(workflow)?;
    let question = question(context, request.additional_messages)?;
    let mut sent = body::parameters(request.parameters)?;
    let conversation_id = conversation(context, workflow, request.conversation_id, &sent)?;
    let (section_id, waiting) = {
        let mut all = context.core.conversations.lock();
        let conversation = all
            .get_mut(&conversation_id)
            .ok_or_else(|| conversations::unknown(&conversation_id))?;
        (conversation.section_id.clone(), conversation.waiting.take())
    };
    let resumed = waiting
        .and_then(|execute_id| context.run_of(workflow, &execute_id))
        .and_then(|run| go_on(context, &run, &question).map(|events| (run, events)));
    let (run, events) = if let Some(resumed) = resumed {
        resumed
    } else {
        sent.insert("USER_INPUT".into(), question.into());
        let mut inputs =
            definition::accept(workflow.inputs(), &sent).map_err(Failure::bad_request)?;
        for name in ["USER_INPUT", NAME] {
            let value = sent.remove(name).unwrap_or_else(|| "".into());
            inputs.insert(name.into(), value);
        }
        let origin = request.caller.origin(context);
        let run = context.prepare(workflow, Mode::Stream, origin, inputs);
        let events = run.listen();
        context.launch(&run);
        (run, events)
    };
    Ok(Chat {
        run,
        events,
        conversation_id,
        section_id,
    })
}

/// Answers the question that a run waits at; `None` when it does not wait any more.
pub(super) fn go_on(context: &Context, run: &Run, answer: &str) -> Option<mpsc::Receiver<Event>> {
    let interrupt = run.with_record(|record| record.interrupt.clone())?;
    let now = context.core.clock.seconds();
    run.resume(
        &interrupt.event_id,
        interrupt.kind,
        answer.to_owned(),
        None,
        true,
        now,
    )
    .ok()
    .flatten()
}

/// Checks the messages and gives the text of the last.
fn question(context: &Context, messages: Option<Vec<Message>>) -> Result<String, Failure> {
    let messages = messages
        .ok_or_else(|| Failure::bad_request("Missing required parameter 'additional_messages'"))?;
    let most = context.core.limits.chat_messages;
    if messages.len() > most {
        return Err(Failure::new(
            failure::TOO_MANY_MESSAGES,
            format!("'additional_messages' holds more than {most} messages"),
        ));
    }
    for message in &messages {
        let pairs = message.meta_data.iter().flatten();
        let fits = |text: &str, most: usize| (1..=most).contains(&text.chars().count());
        if pairs.clone().count() > 16
            || !pairs
                .clone()
                .all(|(key, value)| fits(key, 64) && fits(value, 512))
        {
            return Err(Failure::new(
                failure::META_DATA_EXCEEDS_LIMITS,
                "'meta_data' may hold 16 pairs with keys up to 64 and values up to 512 characters",
            ));
        }
    }
    match messages.into_iter().next_back() {
        Some(last) if last.role.as_deref() == Some("user") => Ok(last.content.unwrap_or_default()),
        _ => Err(Failure::bad_request(
            "the last of 'additional_messages' must have the role 'user'",
        )),
    }
}

/// The conversation: by id, else by name, else a new one. The conversations of an app are its own, so that their names must
/// be known.
fn conversation(
    context: &Context,
    workflow: &Definition,
    id: Option<String>,
    sent: &Map<String, Value>,
) -> Result<String, Failure> {
    if let Some(id) = id.filter(|id| !id.is_empty()) {
        return if context.core.conversations.lock().contains_key(&id) {
            Ok(id)
        } else {
            Err(conversations::unknown(&id))
        };
    }
    match sent.get(NAME).and_then(Value::as_str) {
        Some(name) if !name.is_empty() => {
            if workflow.app_id() != "0" && !context.has_conversation(name) {
                return Err(Failure::new(
                    failure::CONVERSATION_NAME_NOT_FOUND,
                    format!("the app has no conversation '{name}'"),
                ));
            }
            Ok(context.named_conversation(name))
        }
        _ => Ok(context.new_conversation(None, HashMap::new())),
    }
}
