//! `coze output`

use coze_workflow::{
    Call, Run,
    models::{GetNodeOutput, NodeExecuteId},
};

use crate::{
    args::{Format, NodeOutput},
    connect, contract,
    failure::Failure,
    output,
    session::Session,
};

pub(crate) async fn execute(session: &Session, args: &NodeOutput) -> Result<(), Failure> {
    let connection = connect::open(session).await?;
    let client = &connection.client;
    let run = client.attach((args.workflow.as_str(), args.execute_id.as_str()));
    let node = execution(&run, &args.node).await?;
    let call = client.call(GetNodeOutput::new(
        args.workflow.as_str(),
        args.execute_id.as_str(),
        node.clone(),
    ));
    let reply = session.bounded(call, Call::deadline).await?;
    match session.output {
        Format::Json => output::json(&contract::node_output(&node, &reply))?,
        Format::Text => {
            output::line(reply.get_ref().node_output.as_deref().unwrap_or_default())?;
            if reply.get_ref().is_finish == Some(false) {
                output::note("the node is still running");
            }
            session.tell(&[("log id", reply.log_id())]);
        }
    }
    Ok(())
}

/// The execution of the node that the run's status shows under this name, or that has this id.
async fn execution(run: &Run, node: &str) -> Result<NodeExecuteId, Failure> {
    let reply = run.status().await?;
    let Some(row) = reply.get_ref() else {
        return Err(Failure::unknown_run(run, &reply));
    };
    let nodes = &row.node_execute_status;
    if let Some(id) = nodes
        .get(node)
        .and_then(|node| node.node_execute_uuid.clone())
    {
        return Ok(id);
    }
    // A run of many rounds shows but some of them under their names.
    if node.contains(|c: char| c.is_ascii_digit()) && !node.contains(char::is_whitespace) {
        return Ok(NodeExecuteId::from(node));
    }
    let names: Vec<_> = nodes.keys().map(String::as_str).collect();
    let hint = if names.is_empty() {
        "no output node of the run has begun".to_owned()
    } else {
        format!("output nodes of the run: {}", names.join(", "))
    };
    Err(Failure::refused(
        format!("the run has no output node `{node}`"),
        hint,
        &reply,
    ))
}
