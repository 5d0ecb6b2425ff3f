//! `coze wait`

use std::{io::IsTerminal as _, sync::Arc};

use coze_workflow::{Run, Wait, models::ExecuteId};
use shell_words::quote;

use super::engines;
use crate::{
    args::{self, Format},
    ask::{Answers, how_to_resume},
    connect::{self, Server},
    failure::Failure,
    output,
    progress::Progress,
    render,
    session::{Ongoing, Session},
};

pub(crate) async fn execute(session: &Session, args: &args::Wait) -> Result<(), Failure> {
    let connection = match connect::server(session, &args.run.workflow).await? {
        Server::Coze(connection) => connection,
        Server::Other(other) => return engines::wait(session, &other, args).await,
    };
    let client = &connection.client;
    let run = connect::attach(client, &args.run)?;
    let workflow = run.workflow_id().to_string();
    let answers = Answers::new(session, client, &args.answers, move |question| {
        how_to_resume(&workflow, question, false)
    });
    until_end(session, &run, &answers).await
}

/// Waits for a run, shows how it goes on meanwhile, answers its questions, and prints its output.
pub(crate) async fn until_end(
    session: &Session,
    run: &Run,
    answers: &Answers,
) -> Result<(), Failure> {
    let workflow = run.workflow_id().as_str();
    goes_on(session, workflow, run.execute_id());
    let progress = Arc::new(Progress::start(session, run.execute_id().as_str()));
    let wait = watched(session, workflow, &progress)(run.wait());
    let ended = wait
        .answer_with(answers.closure(Some(progress.clone())))
        .await;
    drop(progress);
    render::finished(session, &answers.settle(ended)?)
}

fn goes_on(session: &Session, workflow: &str, execute_id: &ExecuteId) {
    session.goes_on(Ongoing::Run {
        workflow: workflow.to_owned(),
        execute_id: execute_id.to_string(),
    });
}

/// How to wait for a run of a workflow and show how it goes on.
pub(super) fn watched(
    session: &Session,
    workflow: &str,
    progress: &Arc<Progress>,
) -> impl for<'r> FnOnce(Wait<'r>) -> Wait<'r> + Send + 'static {
    let (session, workflow, progress) = (session.clone(), workflow.to_owned(), progress.clone());
    let mut told = String::new();
    move |wait| {
        let wait = session.bounded(wait, Wait::deadline);
        wait.on_progress(move |row| {
            if let Some(execute_id) = &row.execute_id {
                goes_on(&session, &workflow, execute_id);
            }
            progress.show(row);
            let status = row.execute_status.as_ref();
            let status = status.map_or("", |status| status.as_str());
            if session.verbose > 0 && status != told {
                progress.aside(|| output::fact("status", Some(status)));
                status.clone_into(&mut told);
            }
        })
    }
}

/// Tells somebody at a terminal how to go on with a run.
pub(crate) fn advise(session: &Session, run: &Run) {
    if session.output == Format::Text && std::io::stderr().is_terminal() {
        let (workflow, execute_id) = (
            quote(run.workflow_id().as_str()),
            quote(run.execute_id().as_str()),
        );
        let advice = format!("to wait for the run: coze wait {workflow} {execute_id}");
        output::styled(&output::dim(), &advice);
    }
}
