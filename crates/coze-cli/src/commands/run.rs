//! `coze run`

use coze_workflow::{Client, Error, Resumed};

use super::wait;
use crate::{
    args::Run,
    ask::{self, Answers},
    connect,
    failure::Failure,
    inputs,
    progress::Progress,
    render,
    session::{Ongoing, Session},
};

pub(crate) async fn execute(session: &Session, args: &Run) -> Result<(), Failure> {
    if args.background && !args.wait && !args.answers.answers.is_empty() {
        return Err(Failure::usage(
            "--answer with --async needs --wait; or pass it to `coze wait` later",
        ));
    }
    let connection = connect::open(session).await?;
    let client = &connection.client;
    let workflow = inputs::workflow(session, client, &args.workflow, &args.inputs).await?;
    let mut answers = Answers::new(session, &args.answers);

    let progress = Progress::start(session, &args.workflow);
    session.goes_on(Ongoing::Perhaps);
    if !args.background {
        let outcome = workflow.run().await.map(Resumed::Finished);
        drop(progress);
        return to_its_end(session, client, outcome, &args.workflow, &mut answers).await;
    }
    let run = workflow.start().await?;
    session.started();
    drop(progress);
    if args.wait {
        wait::until_end(session, client, &run, &mut answers).await
    } else {
        render::started(session, &run)?;
        wait::advise(session, &run);
        Ok(())
    }
}

/// Prints what a run returned, once its questions are answered.
pub(super) async fn to_its_end(
    session: &Session,
    client: &Client,
    mut outcome: Result<Resumed, Error>,
    workflow: &str,
    answers: &mut Answers<'_>,
) -> Result<(), Failure> {
    loop {
        let error = match outcome {
            Ok(Resumed::Finished(output)) => return render::finished(session, &output),
            Ok(Resumed::Running(run)) => {
                session.started();
                return wait::until_end(session, client, &run, answers).await;
            }
            Err(error) => error,
            Ok(_) => {
                return Err(Failure::refused(
                    "the run goes on in a way that this version does not know",
                    "look at its history; a newer version may know more",
                ));
            }
        };
        let Some(question) = error.question().filter(|_| error.is_interrupted()) else {
            return Err(error.into());
        };
        session.started();
        let waits = ask::how_to_resume(workflow, question, false).map(Ongoing::Question);
        if let Some(waits) = waits.clone() {
            session.goes_on(waits);
        }
        let Some(answer) = answers.to(client, question).await? else {
            return Err(error.into());
        };
        let progress = Progress::start(session, workflow);
        session.goes_on(Ongoing::Perhaps);
        outcome = client.resume(workflow, question, answer).await;
        drop(progress);
        let refused = outcome.as_ref().is_err_and(|error| {
            error.outcome() == coze_workflow::Outcome::NotAccepted && !error.is_interrupted()
        });
        if let Some(waits) = waits.filter(|_| refused) {
            session.goes_on(waits);
        }
    }
}
