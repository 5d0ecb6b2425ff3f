//! `coze list`

use coze_workflow::{
    Client, List, Paged,
    models::{PublishStatus, WorkflowBasic, WorkflowMode, Workspace},
};
use serde::Serialize;

use crate::{
    args::{self, Format, Mode, Publication},
    connect, contract,
    failure::Failure,
    output,
    session::Session,
};

pub(crate) async fn execute(session: &Session, args: &args::List) -> Result<(), Failure> {
    let connection = connect::open(session).await?;
    let client = &connection.client;
    match &args.workspace {
        Some(workspace) => workflows(session, client, workspace, args).await,
        None => each(session, client.workspaces(), args.limit, workspace).await,
    }
}

async fn workflows(
    session: &Session,
    client: &Client,
    workspace: &str,
    args: &args::List,
) -> Result<(), Failure> {
    let mut list = client.workflows(workspace);
    if let Some(mode) = args.mode {
        list = list.mode(match mode {
            Mode::Workflow => WorkflowMode::Workflow,
            Mode::Chatflow => WorkflowMode::Chatflow,
        });
    }
    if let Some(app) = &args.app_id {
        list = list.app_id(app.as_str());
    }
    if let Some(status) = args.status {
        list = list.publish_status(match status {
            Publication::All => PublishStatus::All,
            Publication::PublishedOnline => PublishStatus::PublishedOnline,
            Publication::PublishedDraft => PublishStatus::PublishedDraft,
            Publication::UnpublishedDraft => PublishStatus::UnpublishedDraft,
        });
    }
    each(session, list, args.limit, workflow).await
}

/// Prints a list, one line an item, as its pages come.
pub(super) async fn each<O>(
    session: &Session,
    list: List<O>,
    limit: Option<usize>,
    text: impl Fn(&O::Item) -> String,
) -> Result<(), Failure>
where
    O: Paged<Item: Serialize>,
{
    let mut items = session.bounded(list, List::deadline).items();
    let mut left = limit.unwrap_or(usize::MAX);
    while left > 0
        && let Some(item) = items.try_next().await?
    {
        left -= 1;
        match session.output {
            Format::Json => output::json(&contract::item(&item))?,
            Format::Text => output::row("", &text(&item))?,
        }
    }
    session.tell(&[]);
    Ok(())
}

fn workspace(item: &Workspace) -> String {
    let id = item.id.as_ref().map(AsRef::<str>::as_ref);
    row([id, item.name.as_deref(), item.description.as_deref()])
}

fn workflow(item: &WorkflowBasic) -> String {
    let id = item.workflow_id.as_ref().map(AsRef::<str>::as_ref);
    row([
        id,
        item.workflow_name.as_deref(),
        item.description.as_deref(),
    ])
}

/// The cells that there are, two spaces apart.
pub(super) fn row<'c>(cells: impl IntoIterator<Item = Option<&'c str>>) -> String {
    let cells = cells.into_iter().flatten().filter(|cell| !cell.is_empty());
    cells.collect::<Vec<_>>().join("  ")
}
