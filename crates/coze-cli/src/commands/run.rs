//! `coze run`

use super::wait;
use crate::{
    args::Run,
    connect,
    failure::Failure,
    inputs,
    progress::Progress,
    session::{Ongoing, Session},
    show,
};

pub(crate) async fn execute(session: &Session, args: &Run) -> Result<(), Failure> {
    let connection = connect::open(session).await?;
    let client = &connection.client;
    let workflow = inputs::workflow(session, client, &args.workflow, &args.inputs).await?;

    let progress = Progress::start(session, &args.workflow);
    session.goes_on(Ongoing::Perhaps);
    if !args.background {
        let run = workflow.run().await?;
        drop(progress);
        return show::finished(session, &run);
    }
    let run = workflow.start().await?;
    drop(progress);
    if args.wait {
        wait::until_end(session, &run).await
    } else {
        show::started(session, &run)?;
        wait::advise(session, &run);
        Ok(())
    }
}
