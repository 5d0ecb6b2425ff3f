//! `POST /v3/chat`: an agent, behind which a chatflow stands; as a stream, or to be polled.

use std::{collections::HashMap, sync::Arc};

use axum::{extract::Request, response::Response};
use coze_models::codes::{
    CHAT_NOT_CANCELLABLE, CHAT_NOT_FOUND, CONVERSATION_OCCUPIED, HISTORY_NOT_SAVED,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    chat::{Asked, Message, check_meta_data, messages, talk},
    conversations,
    messages::in_chat,
    start::Caller,
};
use crate::{
    render::{Members, Talk, data},
    request::{
        Context, Problem, body,
        query::{self, Pairs},
        required,
    },
    runs::{Run, Status},
    store::{Chat, Conversation},
};

#[derive(Debug, Deserialize)]
struct ChatRequest {
    bot_id: Option<String>,
    user_id: Option<String>,
    additional_messages: Option<Vec<Message>>,
    stream: Option<bool>,
    auto_save_history: Option<bool>,
    parameters: Option<Map<String, Value>>,
    meta_data: Option<HashMap<String, String>>,
}

/// `POST /v3/chat`.
pub(super) async fn chat(context: Context, query: Pairs, request: Request) -> Response {
    match begin(&context, &query, request).await {
        Ok((talk, true)) => context.render().chat(&context, Ok(talk)),
        Ok(((turn, events), false)) => {
            let (chat_id, conversation_id) = (turn.chat_id.clone(), turn.conversation_id.clone());
            tokio::spawn(turn.listen(events));
            context.respond(described(&context, &conversation_id, &chat_id))
        }
        Err(problem) => context.respond(Err(problem)),
    }
}

async fn begin(
    context: &Context,
    query: &Pairs,
    request: Request,
) -> Result<(Talk, bool), Problem> {
    let request: ChatRequest = body::object(request).await?;
    let bot_id = required("bot_id", request.bot_id.as_deref())?.to_owned();
    let user_id = required("user_id", request.user_id.as_deref())?.to_owned();
    let workflow = context.agent(&bot_id)?;
    let is_stream = request.stream.unwrap_or(false);
    if !is_stream && request.auto_save_history == Some(false) {
        return Err(Problem::code(
            HISTORY_NOT_SAVED,
            "a chat without a stream must save its history",
        ));
    }
    let meta_data = request.meta_data.unwrap_or_default();
    check_meta_data(&meta_data)?;
    let conversation_id = match query::text(query, "conversation_id") {
        Some(id) => {
            let all = context.core.conversations.lock();
            let conversation = all.get(id).ok_or_else(|| conversations::unknown(id))?;
            if is_occupied(context, conversation) {
                let message = format!("conversation '{id}' has a running chat");
                return Err(Problem::code(CONVERSATION_OCCUPIED, message));
            }
            id.to_owned()
        }
        None => context.new_conversation(None, HashMap::new()),
    };
    let given = request
        .additional_messages
        .filter(|given| !given.is_empty());
    let (before, said) = match given {
        Some(given) => messages(context, Some(given))?,
        None => (Vec::new(), last_said(context, &conversation_id)?),
    };
    let asked = Asked {
        caller: Caller::of_agent(bot_id, user_id),
        conversation_id,
        before,
        said,
        sent: request.parameters.unwrap_or_default(),
        meta_data,
    };
    Ok((talk(context, workflow, asked)?, is_stream))
}

fn is_occupied(context: &Context, conversation: &Conversation) -> bool {
    let mut chats = conversation.chats.values();
    chats.any(|chat| {
        let run = context.core.runs.get(&chat.execute_id);
        run.is_some_and(|run| run.status() == Status::Running)
    })
}

/// Takes the last message of a conversation, which has to be the user's, as the question.
fn last_said(context: &Context, conversation_id: &str) -> Result<String, Problem> {
    let mut all = context.core.conversations.lock();
    let conversation = all.get_mut(conversation_id);
    let last = conversation.and_then(|conversation| {
        let last = conversation.messages.all().last()?.clone();
        (last.role == "user").then(|| conversation.messages.remove(&last.id))?
    });
    let last = last.ok_or_else(|| {
        Problem::value("there is no message to reply to: send 'additional_messages', the last with the role 'user'")
    })?;
    Ok(last.content)
}

/// `GET /v3/chat/retrieve`.
pub(super) async fn retrieve(context: Context, query: Pairs) -> Response {
    context.respond(
        named(&query)
            .and_then(|(conversation_id, chat_id)| described(&context, conversation_id, chat_id)),
    )
}

/// `GET /v3/chat/message/list`.
pub(super) async fn list_messages(context: Context, query: Pairs) -> Response {
    context.respond(said(&context, &query))
}

fn said(context: &Context, query: &Pairs) -> Result<Members, Problem> {
    let (conversation_id, chat_id) = named(query)?;
    let all = context.core.conversations.lock();
    let conversation = all
        .get(conversation_id)
        .ok_or_else(|| conversations::unknown(conversation_id))?;
    conversation
        .chats
        .get(chat_id)
        .ok_or_else(|| unknown(chat_id))?;
    let messages = conversation.messages.all().iter();
    let messages = messages
        .filter(|message| message.chat_id == chat_id && message.kind != "question")
        .map(|message| in_chat(message, conversation_id, conversation));
    Ok(data(messages.collect::<Vec<_>>()))
}

#[derive(Debug, Deserialize)]
struct Cancel {
    conversation_id: Option<String>,
    chat_id: Option<String>,
}

/// `POST /v3/chat/cancel`.
pub(super) async fn cancel(context: Context, request: Request) -> Response {
    context.respond(cancelled(&context, request).await)
}

async fn cancelled(context: &Context, request: Request) -> Result<Members, Problem> {
    let cancel: Cancel = body::object(request).await?;
    let conversation_id = required("conversation_id", cancel.conversation_id.as_deref())?;
    let chat_id = required("chat_id", cancel.chat_id.as_deref())?;
    let (_, run) = found(context, conversation_id, chat_id)?;
    if run.status() != Status::Running || !run.cancel() {
        let message = format!("chat '{chat_id}' does not run");
        return Err(Problem::code(CHAT_NOT_CANCELLABLE, message));
    }
    run.over().await;
    described(context, conversation_id, chat_id)
}

/// The chat that a query names.
fn named(query: &Pairs) -> Result<(&str, &str), Problem> {
    let conversation_id = query::required(query, "conversation_id")?;
    Ok((conversation_id, query::required(query, "chat_id")?))
}

fn unknown(chat_id: &str) -> Problem {
    Problem::code(CHAT_NOT_FOUND, format!("chat '{chat_id}' does not exist"))
}

fn found(
    context: &Context,
    conversation_id: &str,
    chat_id: &str,
) -> Result<(Chat, Arc<Run>), Problem> {
    let all = context.core.conversations.lock();
    let conversation = all
        .get(conversation_id)
        .ok_or_else(|| conversations::unknown(conversation_id))?;
    let chat = conversation.chats.get(chat_id);
    let chat = chat.ok_or_else(|| unknown(chat_id))?.clone();
    let run = context.core.runs.get(&chat.execute_id);
    Ok((chat, run.ok_or_else(|| unknown(chat_id))?))
}

fn described(context: &Context, conversation_id: &str, chat_id: &str) -> Result<Members, Problem> {
    let (chat, run) = found(context, conversation_id, chat_id)?;
    // The status first: a record read after it is at least as new.
    let status = run.status();
    let usage = run.usage();
    let (updated, failure) = run.with_record(|record| {
        let failure = match &record.result {
            Some(Err(failure)) => Some(failure.clone()),
            _ => None,
        };
        (record.updated, failure)
    });
    let mut described = json!({
        "id": chat_id,
        "conversation_id": conversation_id,
        "bot_id": chat.bot_id,
        "created_at": chat.created,
        "last_error": { "code": 0, "msg": "" },
        "meta_data": chat.meta_data,
        "section_id": chat.section_id,
        "status": match status {
            Status::Running => "in_progress",
            Status::Interrupted => "requires_action",
            Status::Success => "completed",
            Status::Fail => "failed",
            Status::Cancel => "canceled",
        },
        "usage": {
            "token_count": usage.sum(),
            "input_count": usage.input,
            "output_count": usage.output,
        },
    });
    match status {
        Status::Success => described["completed_at"] = updated.into(),
        Status::Fail => {
            described["failed_at"] = updated.into();
            if let Some(failure) = failure {
                described["last_error"] = json!({ "code": failure.code, "msg": failure.message });
            }
        }
        Status::Interrupted => {
            described["required_action"] = json!({
                "type": "submit_tool_outputs",
                "submit_tool_outputs": { "tool_calls": [] },
            });
        }
        Status::Running | Status::Cancel => {}
    }
    Ok(data(described))
}
