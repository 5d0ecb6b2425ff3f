//! `coze info`

use std::collections::BTreeMap;

use coze_workflow::{
    Call,
    models::{Parameter, WorkflowInfo},
};

use super::date;
use crate::{
    args::{Format, Info},
    connect, contract,
    failure::Failure,
    output::{self, WriteError},
    session::Session,
};

pub(crate) async fn execute(session: &Session, args: &Info) -> Result<(), Failure> {
    let connection = connect::open(session).await?;
    let call = connection.client.workflow(args.workflow.as_str()).info();
    let reply = session.bounded(call, Call::deadline).await?;
    match session.output {
        Format::Json => output::json(&contract::info(&reply))?,
        Format::Text => {
            tell(reply.get_ref())?;
            session.tell(&[("log id", reply.log_id())]);
        }
    }
    Ok(())
}

fn tell(info: &WorkflowInfo) -> Result<(), WriteError> {
    let mut rows = Vec::new();
    if let Some(basic) = &info.workflow_detail {
        let mut row = |name, value: Option<String>| {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                rows.push((name, value));
            }
        };
        row("id", basic.workflow_id.as_ref().map(ToString::to_string));
        row("name", basic.workflow_name.clone());
        row("description", basic.description.clone());
        row("app", basic.app_id.as_ref().map(ToString::to_string));
        row(
            "creator",
            basic.creator.as_ref().and_then(|user| user.name.clone()),
        );
        row("created", basic.created_at.map(date));
        row("updated", basic.updated_at.map(date));
    }
    let inputs = info.input.as_ref().map(|input| &input.parameters);
    let outputs = info.output.as_ref().map(|output| &output.parameters);
    for (name, parameters) in [("input", inputs), ("output", outputs)] {
        for (parameter, facts) in parameters.unwrap_or(&BTreeMap::new()) {
            rows.push((name, described(parameter, facts)));
        }
    }
    output::table(rows)
}

/// `city: string, required (Where to go)`
fn described(name: &str, parameter: &Parameter) -> String {
    let mut text = format!("{name}: {}", kind(parameter));
    if parameter.required == Some(true) {
        text.push_str(", required");
    }
    if let Some(value) = parameter
        .default_value
        .as_ref()
        .filter(|value| !value.is_empty())
    {
        text.push_str(", default ");
        text.push_str(value);
    }
    if let Some(what) = parameter
        .description
        .as_ref()
        .filter(|what| !what.is_empty())
    {
        text.push_str(" (");
        text.push_str(what);
        text.push(')');
    }
    text
}

fn kind(parameter: &Parameter) -> String {
    let name = parameter
        .r#type
        .as_ref()
        .map_or("any", |kind| kind.as_str());
    match &parameter.items {
        Some(items) => format!("{name} of {}", kind(items)),
        None => name.to_owned(),
    }
}
