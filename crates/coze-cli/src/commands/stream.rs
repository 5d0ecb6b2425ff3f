//! `coze stream`

use coze_workflow::{RunStreamCall, models::WorkflowEvent};

use super::{engines, events};
use crate::{
    args::Stream,
    ask::{Answers, how_to_resume},
    connect::{self, Server},
    failure::Failure,
    inputs,
    output::WriteError,
    render::NodeText,
    session::{Ongoing, Session},
};

pub(crate) async fn execute(session: &Session, args: &Stream) -> Result<(), Failure> {
    let connection = match connect::server(session, &args.workflow).await? {
        Server::Coze(connection) => connection,
        Server::Other(other) => return engines::stream(session, &other, args).await,
    };
    let client = &connection.client;
    let id = connection.workflow(&args.workflow);
    let kept = connection.kept(&id);
    let workflow = inputs::workflow(session, client, &id, &args.inputs, kept.as_ref()).await?;
    let answers = Answers::new(session, client, &args.answers, move |question| {
        how_to_resume(&id, question, true)
    });
    to_its_end(session, workflow.stream(), args.pings, &answers).await
}

/// Prints the events of a run to its end.
pub(super) async fn to_its_end(
    session: &Session,
    call: RunStreamCall,
    pings: bool,
    answers: &Answers,
) -> Result<(), Failure> {
    session.goes_on(Ongoing::Perhaps);
    let events = answers.settle(call.include_pings(pings).await)?;
    let mut events = events.answer_with(answers.closure(None));
    events::print(session, answers, &mut events, message, |_| {}).await?;
    session.tell(&[
        ("log id", events.log_id()),
        ("debug URL", events.debug_url()),
        ("execute id", events.execute_id()),
    ]);
    Ok(())
}

fn message(event: &WorkflowEvent, nodes: &mut NodeText) -> Result<(), WriteError> {
    if let WorkflowEvent::Message(message) = event {
        let node = message.node_execute_uuid.as_deref();
        let node = node.or(message.node_id.as_deref());
        let title = message.node_title.as_deref().unwrap_or_default();
        nodes.piece(node.unwrap_or(title), title, &message.content)?;
        if message.node_is_finish {
            nodes.end()?;
        }
    }
    Ok(())
}
