//! `coze wait`

use std::io::IsTerminal as _;

use coze_workflow::{Client, Run};
use shell_words::quote;
use tokio::sync::Mutex;

use crate::{
    args::{Format, Wait},
    ask::{self, Answers},
    connect,
    failure::Failure,
    output,
    progress::Progress,
    render,
    session::{Ongoing, Session},
};

pub(crate) async fn execute(session: &Session, args: &Wait) -> Result<(), Failure> {
    let connection = connect::open(session).await?;
    let client = &connection.client;
    let run = connect::attach(client, &args.run)?;
    let mut answers = Answers::new(session, &args.answers);
    until_end(session, client, &run, &mut answers).await
}

/// Waits for a run, shows how it goes on meanwhile, answers its questions, and prints its output.
pub(crate) async fn until_end(
    session: &Session,
    client: &Client,
    run: &Run,
    answers: &mut Answers<'_>,
) -> Result<(), Failure> {
    let workflow = run.workflow_id().as_str();
    let goes_on = || {
        session.goes_on(Ongoing::Run {
            workflow: workflow.to_owned(),
            execute_id: run.execute_id().to_string(),
        });
    };
    goes_on();
    let progress = Progress::start(session, run.execute_id().as_str());
    let tells = session.verbose > 0;
    let mut told = String::new();
    // What the answers fail with is more than the client is told.
    let asked = Mutex::new((answers, None));
    let mut wait = run
        .wait()
        .on_progress(|row| {
            goes_on();
            progress.show(row);
            let status = row.execute_status.as_ref();
            let status = status.map_or("", |status| status.as_str());
            if tells && status != told {
                progress.aside(|| output::fact("status", Some(status)));
                status.clone_into(&mut told);
            }
        })
        .answer_with(|question| {
            session.started();
            if let Some(command) = ask::how_to_resume(workflow, &question, false) {
                session.goes_on(Ongoing::Question(command));
            }
            progress.pause();
            let (asked, progress) = (&asked, &progress);
            async move {
                let (answers, failure) = &mut *asked.lock().await;
                let answer = answers.to(client, &question).await;
                let answer = answer.unwrap_or_else(|error| {
                    *failure = Some(error);
                    None
                });
                if answer.is_some() {
                    session.goes_on(Ongoing::Perhaps);
                    progress.go_on();
                }
                Ok(answer.into())
            }
        });
    if let Some(limit) = session.deadline {
        wait = wait.deadline(limit);
    }
    let ended = wait.await;
    drop(progress);
    match (ended, asked.into_inner().1) {
        (Ok(output), _) => render::finished(session, &output),
        (Err(_), Some(failure)) => Err(failure),
        (Err(error), None) => Err(error.into()),
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
