//! `coze wait`

use std::io::IsTerminal as _;

use coze_workflow::Run;

use crate::{
    args::{Format, Wait},
    connect,
    failure::Failure,
    print,
    progress::Progress,
    session::{Ongoing, Session},
    show,
};

pub(crate) async fn execute(session: &Session, args: &Wait) -> Result<(), Failure> {
    let connection = connect::open(session).await?;
    let id = &args.run;
    let run = connection
        .client
        .attach(id.workflow.as_str(), id.execute_id.as_str());
    until_end(session, &run).await
}

/// Waits for a run, shows how it goes on meanwhile, and prints its output.
pub(crate) async fn until_end(session: &Session, run: &Run) -> Result<(), Failure> {
    session.goes_on(Ongoing::Run {
        workflow: run.workflow_id().to_string(),
        execute_id: run.execute_id().to_string(),
    });
    let progress = Progress::start(session, run.execute_id().as_str());
    let tells = session.verbose > 0;
    let mut told = String::new();
    let mut wait = run.wait().on_progress(|row| {
        progress.show(row);
        let status = row.execute_status.as_ref();
        let status = status.map_or("", |status| status.as_str());
        if tells && status != told {
            progress.aside(|| print::fact("status", Some(status)));
            status.clone_into(&mut told);
        }
    });
    if let Some(limit) = session.deadline {
        wait = wait.deadline(limit);
    }
    let result = wait.await;
    drop(progress);
    show::finished(session, &result?)
}

/// Tells somebody at a terminal how to go on with a run.
pub(crate) fn advise(session: &Session, run: &Run) {
    if session.output == Format::Text && std::io::stderr().is_terminal() {
        let (workflow, execute_id) = (run.workflow_id(), run.execute_id());
        let advice = format!("the run goes on; to wait for it: coze wait {workflow} {execute_id}");
        print::note(&print::dim().apply_to(advice).to_string());
    }
}
