//! `coze collaborators`

use coze_workflow::{
    Call, Client, Error, Reply,
    models::{
        self, AddCollaborators, CollaborationMode, Operation, RemoveCollaborator,
        SetCollaborationMode,
    },
};

use crate::{
    args::{Collaborators, CollaboratorsAction, Editing, Format},
    connect, contract,
    failure::Failure,
    output,
    session::Session,
};

pub(crate) async fn execute(session: &Session, args: &Collaborators) -> Result<(), Failure> {
    let connection = connect::open(session).await?;
    let client = &connection.client;
    let (action, workflow, what, log_id) = match &args.action {
        CollaboratorsAction::Add(who) => {
            let one = models::Collaborator::new(who.user.as_str());
            let request = AddCollaborators::new(who.workflow.as_str(), [one]);
            let log_id = send(session, client, request).await?;
            ("added", &who.workflow, who.user.as_str(), log_id)
        }
        CollaboratorsAction::Remove(who) => {
            let request = RemoveCollaborator::new(who.workflow.as_str(), who.user.as_str());
            let log_id = send(session, client, request).await?;
            ("removed", &who.workflow, who.user.as_str(), log_id)
        }
        CollaboratorsAction::Mode(set) => {
            let mode = match set.mode {
                Editing::Single => CollaborationMode::Single,
                Editing::Collaboration => CollaborationMode::Collaboration,
            };
            let request = SetCollaborationMode::new(set.workflow.as_str(), mode.clone());
            let log_id = send(session, client, request).await?;
            let word = match set.mode {
                Editing::Single => "single",
                Editing::Collaboration => "collaboration",
            };
            ("collaboration_mode", &set.workflow, word, log_id)
        }
    };
    match session.output {
        Format::Json => {
            let object = contract::changed(workflow, action, what, log_id.as_deref());
            output::json(&object)?;
        }
        Format::Text => {
            let action = action.replace('_', " ");
            output::row("", &format!("{action}: {what}"))?;
            session.tell(&[("log id", log_id.as_deref())]);
        }
    }
    Ok(())
}

/// Makes the change and gives the log id.
async fn send<O>(session: &Session, client: &Client, request: O) -> Result<Option<String>, Error>
where
    O: Operation + Send + Sync + 'static,
    O::Reply: Send,
{
    let call = session.bounded(client.call(request), Call::deadline);
    let reply: Reply<O::Reply> = call.await?;
    Ok(reply.log_id().map(str::to_owned))
}
