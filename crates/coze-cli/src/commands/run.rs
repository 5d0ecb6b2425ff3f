//! `coze run`

use std::sync::Arc;

use super::{
    engines,
    wait::{self, watched},
};
use crate::{
    args::Run,
    ask::{Answers, how_to_resume},
    connect::{self, Server},
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
    let connection = match connect::server(session, &args.workflow).await? {
        Server::Coze(connection) => connection,
        Server::Other(other) => return engines::run(session, &other, args).await,
    };
    let client = &connection.client;
    let id = connection.workflow(&args.workflow);
    let kept = connection.kept(&id);
    let workflow = inputs::workflow(session, client, &id, &args.inputs, kept.as_ref()).await?;
    let answers = Answers::new(session, client, &args.answers, move |question| {
        how_to_resume(&id, question, false)
    });

    let progress = Arc::new(Progress::start(session, &args.workflow));
    session.goes_on(Ongoing::Perhaps);
    if !args.background {
        let run = workflow
            .answer_with(answers.closure(Some(progress.clone())))
            .resumes(u32::MAX)
            .wait(watched(session, &args.workflow, &progress));
        let ended = run.run().await;
        drop(progress);
        return render::finished(session, &answers.settle(ended)?);
    }
    let run = workflow.start().await?;
    session.started();
    drop(progress);
    if args.wait {
        wait::until_end(session, &run, &answers).await
    } else {
        render::started(session, &run)?;
        wait::advise(session, &run);
        Ok(())
    }
}
