//! Which operations the token may use. Only such that read are tried.

use coze_workflow::{
    Call, Client, Error, ErrorKind,
    models::{
        GetRunHistory, GetWorkflow, ListWorkflows, ListWorkspaces, Operation, RetrieveFile,
        WorkspaceList,
    },
};

use super::finding::{Finding, Verdict};
use crate::{args::Doctor, session::Session};

/// The service's code for an operation that the token may not use.
const NO_PERMISSION: i64 = 4101;
/// An id that nothing has: a permission is checked before it is looked for.
const NOTHING: &str = "1";

/// What a self-hosted server lets the token do; and the failure of the first call.
pub(crate) async fn of_studio(
    session: &Session,
    client: &Client,
    args: &Doctor,
) -> (Option<Error>, Vec<Finding>) {
    let workflow = args.workflow.as_deref().unwrap_or(NOTHING);
    let row = bounded(session, client.call(GetRunHistory::new(workflow, NOTHING))).await;
    let failed = row.err();
    let findings = vec![
        finding::<GetRunHistory>(failed.as_ref(), false),
        run_is_not_tried(),
    ];
    (failed, findings)
}

/// What the service lets the token do; and the failure of the first call.
pub(crate) async fn of_cloud(
    session: &Session,
    client: &Client,
    args: &Doctor,
) -> (Option<Error>, Vec<Finding>) {
    let request = ListWorkspaces::new().page_num(1).page_size(1);
    match bounded(session, client.call(request)).await {
        Ok(list) => {
            let findings = check(session, client, args, Ok(list.into_inner())).await;
            (None, findings)
        }
        // Without a response there is nothing to try.
        Err(error) if error.status().is_none() => (Some(error), Vec::new()),
        Err(error) => {
            let findings = check(session, client, args, Err(&error)).await;
            (Some(error), findings)
        }
    }
}

async fn check(
    session: &Session,
    client: &Client,
    args: &Doctor,
    first: Result<WorkspaceList, &Error>,
) -> Vec<Finding> {
    let mut findings = vec![finding::<ListWorkspaces>(
        first.as_ref().err().copied(),
        true,
    )];
    if findings[0].verdict == Verdict::Bad(3) {
        return findings;
    }
    let own = first
        .ok()
        .and_then(|list| list.workspaces.into_iter().next()?.id);
    let own = own.map(|id| id.to_string());
    let Some(workspace) = args.workspace.clone().or(own) else {
        findings.push(
            Finding::new("list_workflows", Verdict::Unknown, "no workspace to check")
                .advise("pass one with --workspace"),
        );
        return findings;
    };
    let given = args.workspace.is_some();
    let request = ListWorkflows::new(workspace.as_str(), 1).page_size(1);
    let list = bounded(session, client.call(request)).await;
    findings.push(finding::<ListWorkflows>(list.as_ref().err(), given));

    let given = args.workflow.is_some();
    let listed = list
        .ok()
        .and_then(|list| list.get_ref().items.first()?.workflow_id.clone());
    let listed = listed.map(|id| id.to_string());
    let workflow = args.workflow.clone().or(listed);
    let workflow = workflow.as_deref().unwrap_or(NOTHING);
    let info = bounded(session, client.call(GetWorkflow::new(workflow))).await;
    findings.push(finding::<GetWorkflow>(info.err().as_ref(), given));
    let row = bounded(session, client.call(GetRunHistory::new(workflow, NOTHING))).await;
    findings.push(finding::<GetRunHistory>(row.err().as_ref(), false));
    let file = bounded(session, client.call(RetrieveFile::new(NOTHING))).await;
    findings.push(finding::<RetrieveFile>(file.err().as_ref(), false));
    findings.push(run_is_not_tried());
    findings
}

fn run_is_not_tried() -> Finding {
    let detail = "not tried, because that would start a run";
    Finding::new("run_workflow", Verdict::Unknown, detail)
}

fn bounded<O: Operation>(session: &Session, call: Call<O>) -> Call<O> {
    session.bounded(call, Call::deadline)
}

/// What the response of an operation says about the permission. With `exists` what was asked for is there, so
/// any failure counts.
fn finding<O: Operation>(error: Option<&Error>, exists: bool) -> Finding {
    let name = O::META.id;
    let scope = O::META.scope;
    let Some(error) = error else {
        return Finding::new(name, Verdict::Good, "allowed");
    };
    if error.code() == Some(NO_PERMISSION) {
        let detail = format!("not allowed: the token lacks the permission {scope}");
        return Finding::new(name, Verdict::Bad(1), detail).advise(format!(
            "add {scope} to the token, and give it access to the workspace"
        ));
    }
    let told = error.to_string();
    // The finding has the name already.
    let told = told.strip_prefix(&format!("{name}: ")).unwrap_or(&told);
    let (verdict, detail) = match error.kind() {
        ErrorKind::Auth => (Verdict::Bad(3), format!("the token was refused: {told}")),
        ErrorKind::Api if !exists => (Verdict::Good, "allowed".to_owned()),
        ErrorKind::Api => (Verdict::Bad(1), told.to_owned()),
        _ => (Verdict::Bad(4), told.to_owned()),
    };
    let finding = Finding::new(name, verdict, detail);
    match error.hint().filter(|_| verdict.is_failure()) {
        Some(hint) => finding.advise(hint),
        None => finding,
    }
}
