//! `coze chat`

use std::io::IsTerminal as _;

use coze_workflow::{
    Answer, ChatCall, ChatStream, Client, Question, StreamEnd,
    models::{ChatEvent, ChatMessage, MessageRole, MessageType},
};

use shell_words::quote;

use crate::{
    args::{Chat, Format},
    ask::Answers,
    connect, contract,
    failure::{Failure, Unanswered},
    inputs, output,
    render::NodeText,
    session::{Ongoing, Session},
    stdin_lines::StdinLines,
};

pub(crate) async fn execute(session: &Session, args: &Chat) -> Result<(), Failure> {
    let connection = connect::open(session).await?;
    let client = &connection.client;
    let workflow = inputs::workflow(session, client, &args.workflow, &args.inputs).await?;
    let mut talk = Talk {
        session,
        answers: Answers::new(session, &args.answers),
        lines: StdinLines::default(),
        pings: args.pings,
        listens: args.message.is_none(),
    };
    let mut conversation = args.conversation.clone();
    let mut next = args.message.clone();
    loop {
        let message = match next.take() {
            Some(message) => message,
            None if talk.listens => match talk.line("you").await? {
                Some(line) => line,
                None => return Ok(()),
            },
            None => return Ok(()),
        };
        let mut call = workflow.clone().chat(message);
        if let Some(id) = &conversation {
            call = call.conversation_id(id.as_str());
        }
        let events = talk.turn(client, call).await?;
        conversation = events.conversation_id().map(ToString::to_string);
        session.tell(&[
            ("log id", events.log_id()),
            ("debug URL", events.debug_url()),
            ("conversation", conversation.as_deref()),
        ]);
    }
}

/// Somebody who talks, and the options of the talk.
struct Talk<'s> {
    session: &'s Session,
    answers: Answers<'s>,
    lines: StdinLines,
    pings: bool,
    /// Whether standard input says what comes next.
    listens: bool,
}

impl Talk<'_> {
    /// Prints the answer to one message, and those that follow its questions.
    async fn turn(&mut self, client: &Client, call: ChatCall) -> Result<ChatStream, Failure> {
        let session = self.session;
        session.goes_on(Ongoing::Perhaps);
        let mut call = call.include_pings(self.pings);
        if let Some(limit) = session.idle_timeout {
            call = call.idle_timeout(limit);
        }
        let mut events = call.await?;
        loop {
            print(session, &mut events).await?;
            if events.end() != Some(StreamEnd::Interrupted) {
                session.ended();
                return Ok(events);
            }
            session.started();
            if let Some(id) = events.conversation_id() {
                session.goes_on(Ongoing::Question(format!(
                    "coze chat {} … --conversation {}, with the same bot or app",
                    quote(events.workflow_id()),
                    quote(id)
                )));
            }
            let question = events.question();
            let answer = match question {
                Some(question) => self.answer(client, question).await?,
                None => None,
            };
            let Some(answer) = answer else {
                return Err(Unanswered::of(&events, question).into());
            };
            session.goes_on(Ongoing::Perhaps);
            events = events.resume(answer).await?;
        }
    }

    /// The answer to a question: from the command line or the terminal, else the next line.
    async fn answer(
        &mut self,
        client: &Client,
        question: &Question,
    ) -> Result<Option<Answer>, Failure> {
        if let Some(answer) = self.answers.to(client, question).await? {
            return Ok(Some(answer));
        }
        if !self.listens || std::io::stdin().is_terminal() {
            return Ok(None);
        }
        Ok(self.line("answer").await?.map(Answer::raw))
    }

    async fn line(&mut self, prompt: &str) -> Result<Option<String>, Failure> {
        let prompts = self.session.output == Format::Text && std::io::stdin().is_terminal();
        if prompts {
            output::prompt(&format!("{prompt} ›"));
        }
        let line = self.lines.next().await?;
        Ok(line.filter(|line| !line.trim().is_empty()))
    }
}

/// Prints the events of one stream.
async fn print(session: &Session, events: &mut ChatStream) -> Result<(), Failure> {
    let mut text = NodeText::new(session);
    let mut said = None;
    loop {
        let event = match events.try_next().await {
            Ok(None) => return Ok(text.end()?),
            Ok(Some(event)) => event,
            Err(error) if events.end().is_some() => {
                text.end()?;
                return Err(error.into());
            }
            // One event was not understood, and the stream goes on.
            Err(error) => {
                match session.output {
                    Format::Json => {
                        output::json(&contract::undecodable(&error, None))?;
                    }
                    Format::Text => output::note(&error.to_string()),
                }
                continue;
            }
        };
        match (session.output, &event) {
            (Format::Json, _) => {
                let mut object = contract::event(&event, None);
                if events.end().is_some() {
                    object = contract::last(object, events, events.question());
                }
                output::json(&object)?;
            }
            (Format::Text, ChatEvent::MessageDelta(message)) if is_answer(message) => {
                said.clone_from(&message.id);
                text.piece(
                    message.id.as_deref().unwrap_or_default(),
                    "",
                    &message.content,
                )?;
            }
            (Format::Text, ChatEvent::MessageCompleted(message)) if is_answer(message) => {
                // What came in pieces was printed then.
                if said.is_none() || said != message.id {
                    text.piece(
                        message.id.as_deref().unwrap_or_default(),
                        "",
                        &message.content,
                    )?;
                }
                text.end()?;
            }
            _ => {}
        }
    }
}

/// Whether it is what the chatflow says, and not what it does.
fn is_answer(message: &ChatMessage) -> bool {
    matches!(message.r#type, None | Some(MessageType::Answer))
        && matches!(message.role, None | Some(MessageRole::Assistant))
}
