//! `coze stream`

use coze_workflow::{Client, RunStream, RunStreamCall, StreamEnd, models::WorkflowEvent};

use crate::{
    args::{Format, Stream},
    ask::{self, Answers},
    connect, contract,
    failure::{Failure, Unanswered},
    inputs, output,
    render::NodeText,
    session::{Ongoing, Session},
};

pub(crate) async fn execute(session: &Session, args: &Stream) -> Result<(), Failure> {
    let connection = connect::open(session).await?;
    let client = &connection.client;
    let workflow = inputs::workflow(session, client, &args.workflow, &args.inputs).await?;
    let mut answers = Answers::new(session, &args.answers);
    to_its_end(
        session,
        client,
        workflow.stream(),
        &args.workflow,
        args.pings,
        &mut answers,
    )
    .await
}

/// Prints the events of a run, and of what follows its questions, to its end.
pub(super) async fn to_its_end(
    session: &Session,
    client: &Client,
    call: RunStreamCall,
    workflow: &str,
    pings: bool,
    answers: &mut Answers<'_>,
) -> Result<(), Failure> {
    session.goes_on(Ongoing::Perhaps);
    let mut call = call.include_pings(pings);
    if let Some(limit) = session.idle_timeout {
        call = call.idle_timeout(limit);
    }
    // The deadline stands on the workflow, and is kept by what resumes the stream.
    let mut events = call.await?;
    let mut text = NodeText::new(session);
    loop {
        print(session, &mut events, &mut text).await?;
        text.end()?;
        if events.end() != Some(StreamEnd::Interrupted) {
            break;
        }
        session.started();
        let question = events.question();
        let command = question.and_then(|question| ask::how_to_resume(workflow, question, true));
        if let Some(command) = command {
            session.goes_on(Ongoing::Question(command));
        }
        let answer = match question {
            Some(question) => answers.to(client, question).await?,
            None => None,
        };
        let Some(answer) = answer else {
            return Err(Unanswered::of(&events, question).into());
        };
        session.goes_on(Ongoing::Perhaps);
        events = events.resume(answer).await?;
    }
    session.tell(&[
        ("log id", events.log_id()),
        ("debug URL", events.debug_url()),
        ("execute id", events.execute_id()),
    ]);
    Ok(())
}

/// Prints the events of one stream.
async fn print(
    session: &Session,
    events: &mut RunStream,
    text: &mut NodeText,
) -> Result<(), Failure> {
    loop {
        let event = match events.try_next().await {
            Ok(None) => return Ok(()),
            Ok(Some(event)) => event,
            Err(error) if events.end().is_some() => {
                text.end()?;
                return Err(error.into());
            }
            // One event was not understood, and the stream goes on.
            Err(error) => {
                match session.output {
                    Format::Json => {
                        let id = events.last_event_id();
                        let object = contract::undecodable(&error, id.as_deref());
                        output::json(&object)?;
                    }
                    Format::Text => output::note(&error.to_string()),
                }
                continue;
            }
        };
        match session.output {
            Format::Json => {
                let id = events.last_event_id();
                let mut object = contract::event(&event, id.as_deref());
                if events.end().is_some() {
                    object = contract::last(object, events, events.question());
                }
                output::json(&object)?;
            }
            Format::Text => {
                if let WorkflowEvent::Message(message) = &event {
                    let node = message.node_execute_uuid.as_deref();
                    let node = node.or(message.node_id.as_deref());
                    let title = message.node_title.as_deref().unwrap_or_default();
                    text.piece(node.unwrap_or(title), title, &message.content)?;
                    if message.node_is_finish {
                        text.end()?;
                    }
                }
            }
        }
    }
}
