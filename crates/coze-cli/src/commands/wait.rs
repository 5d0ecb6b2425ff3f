//! `coze wait`

use std::io::IsTerminal as _;

use coze_workflow::{Client, Resumed, Run};
use shell_words::quote;

use crate::{
    args::{Format, Wait},
    ask::{self, Answers},
    connect,
    failure::Failure,
    print,
    progress::Progress,
    session::{Ongoing, Session},
    show,
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
    loop {
        session.goes_on(Ongoing::Run {
            workflow: workflow.to_owned(),
            execute_id: run.execute_id().to_string(),
        });
        let error = match once(session, run).await {
            Ok(output) => return show::finished(session, &output),
            Err(error) => error,
        };
        let Some(question) = error.question().filter(|_| error.is_interrupted()) else {
            return Err(error.into());
        };
        session.started();
        if let Some(command) = ask::how_to_resume(workflow, question, false) {
            session.goes_on(Ongoing::Question(command));
        }
        let Some(answer) = answers.to(client, question).await? else {
            return Err(error.into());
        };
        session.goes_on(Ongoing::Perhaps);
        if let Resumed::Finished(output) = run.resume(question, answer).await? {
            return show::finished(session, &output);
        }
    }
}

/// Waits until the run ends or asks something.
async fn once(
    session: &Session,
    run: &Run,
) -> Result<coze_workflow::RunOutput, coze_workflow::Error> {
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
    wait.await
}

/// Tells somebody at a terminal how to go on with a run.
pub(crate) fn advise(session: &Session, run: &Run) {
    if session.output == Format::Text && std::io::stderr().is_terminal() {
        let (workflow, execute_id) = (
            quote(run.workflow_id().as_str()),
            quote(run.execute_id().as_str()),
        );
        let advice = format!("the run goes on; to wait for it: coze wait {workflow} {execute_id}");
        print::styled(&print::dim(), &advice);
    }
}
