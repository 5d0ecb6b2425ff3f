//! `coze status`

use coze_workflow::models::RunHistory;

use super::{date, engines};
use crate::{
    args::{Format, Status},
    connect::{self, Server},
    contract,
    failure::Failure,
    output::{self, WriteError},
    render,
    session::Session,
};

pub(crate) async fn execute(session: &Session, args: &Status) -> Result<(), Failure> {
    let connection = match connect::server(session, &args.run.workflow).await? {
        Server::Coze(connection) => connection,
        Server::Other(other) => return engines::status(session, &other, args).await,
    };
    let run = connect::attach(&connection.client, &args.run)?;
    let reply = run.status().await?;
    let Some(row) = reply.get_ref() else {
        return Err(Failure::unknown_run(&run, &reply));
    };
    match session.output {
        Format::Json => output::json(&contract::state(&run, row))?,
        Format::Text => tell(session, row)?,
    }
    Ok(())
}

fn tell(session: &Session, row: &RunHistory) -> Result<(), WriteError> {
    let status = match (contract::status_name(row), &row.execute_status) {
        ("unknown", Some(word)) => format!("{:?}", word.as_str()),
        (status, _) => status.to_owned(),
    };
    let mut rows = vec![("status", status)];
    if let Some(message) = &row.error_message {
        let code = row.error_code.map(|code| format!(" (code {code})"));
        rows.push(("error", format!("{message}{}", code.unwrap_or_default())));
    }
    for (name, node) in &row.node_execute_status {
        let state = if node.is_finish { "done" } else { "running" };
        rows.push(("node", format!("{name}: {state}")));
    }
    if let Some(time) = row.create_time {
        rows.push(("started", date(time)));
    }
    if let Some(time) = row.update_time {
        rows.push(("updated", date(time)));
    }
    if let Some(usage) = row.usage.as_ref().filter(|usage| usage.token_count > 0) {
        rows.push(("tokens", usage.token_count.to_string()));
    }
    if let Some(url) = &row.debug_url {
        rows.push(("debug URL", url.clone()));
    }
    if let Some(raw) = row
        .output
        .as_ref()
        .filter(|_| contract::status_name(row) == "success")
    {
        let output = contract::output_of(raw.as_str());
        rows.push(("output", render::plain(output, ToString::to_string)));
    }
    output::table(rows)?;
    session.tell(&[("log id", row.logid.as_deref())]);
    Ok(())
}
