//! `coze versions`

use coze_workflow::models::WorkflowVersion;

use super::{date, list};
use crate::{args::Versions, connect, failure::Failure, session::Session};

pub(crate) async fn execute(session: &Session, args: &Versions) -> Result<(), Failure> {
    let connection = connect::open(session).await?;
    let versions = connection
        .client
        .workflow(args.workflow.as_str())
        .versions()
        .with_shapes(true);
    list::each(session, versions, args.limit, version).await
}

fn version(item: &WorkflowVersion) -> String {
    let created = item.created_at.map(date);
    list::row([
        item.version.as_deref(),
        created.as_deref(),
        item.description.as_deref(),
    ])
}
