//! `POST /v1/workflows/chat`: a chatflow, always as a stream.

use std::collections::HashMap;

use axum::{extract::Request, response::Response};
use coze_models::codes::{
    CONVERSATION_NAME_NOT_FOUND, META_DATA_EXCEEDS_LIMITS, TOO_MANY_MESSAGES,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use super::{
    conversations,
    start::{Caller, accept, launch},
};
use crate::{
    definition::Definition,
    render::{Talk, Turn},
    request::{Context, Kind, Problem, body, required},
    runs::{Event, Mode, Run},
    store::Conversation,
};

/// Parameter that binds a conversation by its name.
const NAME: &str = "CONVERSATION_NAME";

#[derive(Debug, Deserialize)]
struct ChatRequest {
    workflow_id: Option<String>,
    additional_messages: Option<Vec<Message>>,
    parameters: Option<Value>,
    conversation_id: Option<String>,
    #[serde(flatten)]
    caller: Caller,
}

/// One message as it is sent.
#[derive(Debug, Deserialize)]
pub(super) struct Message {
    role: Option<String>,
    content: Option<String>,
    content_type: Option<String>,
    meta_data: Option<HashMap<String, String>>,
}

pub(super) async fn chat(context: Context, request: Request) -> Response {
    let begun = begin(&context, request).await;
    context.render().chat(&context, begun)
}

async fn begin(context: &Context, request: Request) -> Result<Talk, Problem> {
    let request: ChatRequest = body::object(request).await?;
    let workflow = context.published(required("workflow_id", request.workflow_id.as_deref())?)?;
    if !workflow.is_chatflow() {
        return Err(Problem::new(
            Kind::NotAChatflow,
            format!(
                "'{}' is not a chatflow; it is run with POST /v1/workflow/run",
                workflow.name()
            ),
        ));
    }
    request.caller.check(context, workflow)?;
    let (before, said) = messages(context, request.additional_messages)?;
    let sent =
        body::parameters(request.parameters).map_err(|problem| Problem::value(problem.message))?;
    let conversation_id = conversation(context, workflow, request.conversation_id, &sent)?;
    let asked = Asked {
        caller: request.caller,
        conversation_id,
        before,
        said,
        sent,
        meta_data: HashMap::new(),
    };
    talk(context, workflow, asked)
}

/// A checked message to a chatflow.
pub(super) struct Asked {
    pub(super) caller: Caller,
    pub(super) conversation_id: String,
    /// Messages that were sent before the last, as templates see them.
    pub(super) before: Vec<Value>,
    /// The text of the last message.
    pub(super) said: String,
    pub(super) sent: Map<String, Value>,
    pub(super) meta_data: HashMap<String, String>,
}

/// Starts a run with a message, or answers the question that the conversation waits at.
pub(super) fn talk(
    context: &Context,
    workflow: &Definition,
    asked: Asked,
) -> Result<Talk, Problem> {
    let Asked {
        caller,
        conversation_id,
        before,
        said,
        mut sent,
        meta_data,
    } = asked;
    let (section_id, mut history, waiting) = {
        let mut all = context.core.conversations.lock();
        let conversation = all
            .get_mut(&conversation_id)
            .ok_or_else(|| conversations::unknown(&conversation_id))?;
        let history = said_before(conversation);
        let waiting = conversation.waiting.take();
        (conversation.section_id.clone(), history, waiting)
    };
    let resumed = waiting
        .and_then(|execute_id| context.run_of(workflow, &execute_id))
        .and_then(|run| go_on(context, &run, &said).map(|events| (run, events)));
    let (run, events) = if let Some(resumed) = resumed {
        resumed
    } else {
        history.extend(before);
        sent.insert("USER_INPUT".into(), said.as_str().into());
        let mut inputs = accept(workflow, &sent)?;
        for name in ["USER_INPUT", NAME] {
            let value = sent.remove(name).unwrap_or_else(|| "".into());
            inputs.insert(name.into(), value);
        }
        let run = caller.run(context, workflow, Mode::Stream, inputs, history.into());
        let events = run.listen();
        launch(context, &run);
        (run, events)
    };
    let turn = Turn::new(context, run, conversation_id, section_id);
    turn.begin(said, meta_data);
    Ok((turn, events))
}

/// Answers the question that a run waits at; `None` when it does not wait any more.
fn go_on(context: &Context, run: &Run, answer: &str) -> Option<mpsc::Receiver<Event>> {
    let interrupt = run.with_record(|record| record.interrupt.clone())?;
    context.note.ran(&run.execute_id);
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

/// What the section of a conversation holds, as templates see it.
fn said_before(conversation: &Conversation) -> Vec<Value> {
    let messages = conversation.messages.all().iter();
    messages
        .filter(|message| message.section_id == conversation.section_id)
        .map(|message| json!({ "role": message.role, "content": message.content }))
        .collect()
}

/// Checks the messages and gives those before the last as templates see them, and the text of the last.
pub(super) fn messages(
    context: &Context,
    messages: Option<Vec<Message>>,
) -> Result<(Vec<Value>, String), Problem> {
    let mut messages = messages.ok_or_else(|| Problem::missing("additional_messages"))?;
    if !context.is_studio() {
        check_size(context, &messages)?;
    }
    let last = messages
        .pop()
        .filter(|last| last.role.as_deref() == Some("user"))
        .ok_or_else(|| {
            Problem::value("the last of 'additional_messages' must have the role 'user'")
        })?;
    let content = last.content.unwrap_or_default();
    let said = match last.content_type.as_deref() {
        _ if !context.is_studio() => content,
        Some("text") => content,
        Some("object_string") => parts(context, &content)?,
        other => {
            return Err(Problem::value(format!(
                "'content_type' must be text or object_string, but is '{}'",
                other.unwrap_or_default()
            )));
        }
    };
    let before = messages.into_iter();
    let before = before.map(|message| json!({ "role": message.role, "content": message.content }));
    Ok((before.collect(), said))
}

/// The limits of the cloud service on messages.
fn check_size(context: &Context, messages: &[Message]) -> Result<(), Problem> {
    let most = context.core.limits.chat_messages;
    if messages.len() > most {
        return Err(Problem::code(
            TOO_MANY_MESSAGES,
            format!("'additional_messages' holds more than {most} messages"),
        ));
    }
    messages
        .iter()
        .filter_map(|message| message.meta_data.as_ref())
        .try_for_each(check_meta_data)
}

/// The limits of the service on the caller's own data.
pub(super) fn check_meta_data(pairs: &HashMap<String, String>) -> Result<(), Problem> {
    let fits = |text: &str, most: usize| (1..=most).contains(&text.chars().count());
    let mut all = pairs.iter();
    if pairs.len() <= 16 && all.all(|(key, value)| fits(key, 64) && fits(value, 512)) {
        return Ok(());
    }
    Err(Problem::code(
        META_DATA_EXCEEDS_LIMITS,
        "'meta_data' may hold 16 pairs with keys up to 64 and values up to 512 characters",
    ))
}

/// One part of a message.
#[derive(Deserialize)]
struct Part {
    text: Option<String>,
    file_id: Option<String>,
}

/// The text of a message in parts, as the self-hosted server reads it: files become their addresses.
fn parts(context: &Context, content: &str) -> Result<String, Problem> {
    let parts: Vec<Part> =
        serde_json::from_str(content).map_err(|error| Problem::value(error.to_string()))?;
    let filled = |text: &&str| !text.is_empty();
    let texts = parts.iter().filter_map(|part| part.text.as_deref());
    let texts: Vec<_> = texts.filter(filled).collect();
    let files = parts.iter().filter_map(|part| part.file_id.as_deref());
    let files: Vec<_> = files
        .filter(filled)
        .map(|id| context.file_url(id))
        .collect();
    // Nothing stands between the texts and the addresses.
    Ok(texts.join(",") + &files.join(","))
}

/// The conversation: by id, else by name, else a new one. The conversations of an app are its own, so that their names must
/// be known. The self-hosted server makes none without a name.
fn conversation(
    context: &Context,
    workflow: &Definition,
    id: Option<String>,
    sent: &Map<String, Value>,
) -> Result<String, Problem> {
    if let Some(id) = id.filter(|id| !id.is_empty()) {
        if context.core.conversations.lock().contains_key(&id) {
            return Ok(id);
        }
        if context.is_studio() && id.parse::<i64>().is_err() {
            return Err(Problem::value(format!("'{id}' is not a number")));
        }
        return Err(conversations::unknown(&id));
    }
    match sent.get(NAME).and_then(Value::as_str) {
        Some(name) if !name.is_empty() => {
            let of_an_app = workflow.app_id() != "0" && !context.is_studio();
            if of_an_app && !context.has_conversation(name) {
                return Err(Problem::code(
                    CONVERSATION_NAME_NOT_FOUND,
                    format!("the app has no conversation '{name}'"),
                ));
            }
            Ok(context.named_conversation(name))
        }
        _ if context.is_studio() => Err(Problem::missing(NAME)),
        _ => Ok(context.new_conversation(None, HashMap::new())),
    }
}
