//! `coze chat`

use std::{
    io::IsTerminal as _,
    sync::{Arc, Mutex, PoisonError},
};

use coze_workflow::{
    ChatCall, ChatStream,
    models::{ChatEvent, ChatMessage, MessageRole, MessageType},
};
use shell_words::quote;

use super::events;
use crate::{
    args::{Chat, Format},
    ask::Answers,
    connect,
    failure::Failure,
    inputs, output,
    render::NodeText,
    session::{Ongoing, Session},
    stdin_lines::StdinLines,
};

pub(crate) async fn execute(session: &Session, args: &Chat) -> Result<(), Failure> {
    let connection = connect::open(session).await?;
    let client = &connection.client;
    let id = connection.workflow(&args.workflow);
    let kept = connection.kept(&id);
    let workflow = inputs::workflow(session, client, &id, &args.inputs, kept.as_ref()).await?;
    let lines = StdinLines::default();
    let conversation = Conversation::default();
    let later = conversation.how_to_answer(&args.workflow);
    let mut answers = Answers::new(session, client, &args.answers, move |_| later());
    let listens = args.message.is_none();
    if listens && !std::io::stdin().is_terminal() {
        answers = answers.or_lines(lines.clone());
    }
    let mut conversation_id = args.conversation.clone();
    let mut next = args.message.clone();
    loop {
        let message = match next.take() {
            None if listens => line(session, &lines).await?,
            message => message,
        };
        let Some(message) = message else {
            return Ok(());
        };
        let mut call = workflow.clone().chat(message);
        if let Some(id) = &conversation_id {
            call = call.conversation_id(id.as_str());
        }
        let call = call.include_pings(args.pings);
        let events = turn(session, call, &answers, &conversation).await?;
        conversation_id = events.conversation_id().map(ToString::to_string);
        session.tell(&[
            ("log id", events.log_id()),
            ("debug URL", events.debug_url()),
            ("conversation", conversation_id.as_deref()),
        ]);
    }
}

/// The next message; `None` at an empty line or the end.
async fn line(session: &Session, lines: &StdinLines) -> Result<Option<String>, Failure> {
    if session.output == Format::Text && std::io::stdin().is_terminal() {
        output::prompt("you ›");
    }
    let line = lines.next().await?;
    Ok(line.filter(|line| !line.trim().is_empty()))
}

/// Prints what the chatflow says to one message, and to the answers to its questions.
async fn turn(
    session: &Session,
    call: ChatCall,
    answers: &Answers,
    conversation: &Conversation,
) -> Result<ChatStream, Failure> {
    session.goes_on(Ongoing::Perhaps);
    let events = answers.settle(call.await)?;
    let mut events = events.answer_with(answers.closure(None));
    let mut said = None;
    let text = |event: &ChatEvent, nodes: &mut NodeText| {
        let (message, whole) = match event {
            ChatEvent::MessageDelta(message) => (message, false),
            ChatEvent::MessageCompleted(message) => (message, true),
            _ => return Ok(()),
        };
        if !is_answer(message) {
            return Ok(());
        }
        // What came in pieces was printed then.
        if !whole || said.is_none() || said != message.id {
            let id = message.id.as_deref().unwrap_or_default();
            nodes.piece(id, "", &message.content)?;
        }
        if whole {
            return nodes.end();
        }
        said.clone_from(&message.id);
        Ok(())
    };
    events::print(session, answers, &mut events, text, |events| {
        conversation.note(events);
    })
    .await?;
    session.ended();
    Ok(events)
}

/// The id of the conversation, once an event has named it.
#[derive(Clone, Default)]
struct Conversation(Arc<Mutex<Option<String>>>);

impl Conversation {
    fn note(&self, events: &ChatStream) {
        if events.question().is_some() {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
                events.conversation_id().map(ToString::to_string);
        }
    }

    /// The command that answers a question of this conversation later.
    fn how_to_answer(&self, workflow: &str) -> impl Fn() -> Option<String> + Send + Sync + 'static {
        let (id, workflow) = (self.0.clone(), workflow.to_owned());
        move || {
            let id = id.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
            Some(format!(
                "coze chat {} … --conversation {}, with the same bot or app",
                quote(&workflow),
                quote(&id)
            ))
        }
    }
}

/// Whether it is what the chatflow says, and not what it does.
fn is_answer(message: &ChatMessage) -> bool {
    matches!(message.r#type, None | Some(MessageType::Answer))
        && matches!(message.role, None | Some(MessageRole::Assistant))
}
