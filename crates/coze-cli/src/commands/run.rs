//! `coze run`

use crate::{
    args::{Global, Run},
    connect,
    failure::Failure,
    output, parameters,
    progress::Progress,
};

pub(crate) async fn execute(global: &Global, args: &Run) -> Result<(), Failure> {
    let values = parameters::read(args)?;
    let connection = connect::open(global).await?;
    let workflow = connection
        .client
        .workflow(args.workflow.as_str())
        .parameters(&values)?;
    let workflow = match global.deadline {
        Some(limit) => workflow.deadline(limit),
        None => workflow,
    };

    let progress = Progress::start(global, format!("{} runs", args.workflow));
    let run = if args.background {
        let run = workflow.start().await?;
        if !args.wait {
            drop(progress);
            return output::started(global, &run);
        }
        progress.say(format!("{} runs as {}", args.workflow, run.execute_id()));
        let verbose = global.verbose > 0;
        let mut shown = String::new();
        let mut wait = run.wait().on_progress(|history| {
            let status = history
                .execute_status
                .as_ref()
                .map_or("", |status| status.as_str());
            if verbose && status != shown {
                eprintln!("status: {status}");
                status.clone_into(&mut shown);
            }
        });
        if let Some(limit) = global.deadline {
            wait = wait.deadline(limit);
        }
        wait.await?
    } else {
        workflow.run().await?
    };
    drop(progress);
    output::finished(global, &run)
}
