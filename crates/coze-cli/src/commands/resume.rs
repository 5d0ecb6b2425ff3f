//! `coze resume`

use std::sync::Arc;

use coze_workflow::{
    Question, Workflow,
    models::{Interrupt, InterruptType},
};
use serde_json::Value;

use super::{stream, wait::watched};
use crate::{
    args::Resume,
    ask::{Answers, how_to_resume},
    connect,
    failure::Failure,
    inputs,
    progress::Progress,
    render,
    session::{Ongoing, Session},
};

pub(crate) async fn execute(session: &Session, args: &Resume) -> Result<(), Failure> {
    let question = question(args)?;
    let connection = connect::open(session).await?;
    let client = &connection.client;
    let (id, streamed) = (args.workflow.clone(), args.stream);
    let answers = Answers::new(session, client, &args.answers, move |question| {
        how_to_resume(&id, question, streamed)
    });
    let Some(answer) = answers.next(&question).await? else {
        return Err(Failure::usage(
            "no answer was given: pass one with --answer, or run the command on a terminal",
        ));
    };
    session.goes_on(Ongoing::Perhaps);
    let workflow = client.workflow(args.workflow.as_str());
    let workflow = session.bounded(workflow, Workflow::deadline);
    if args.stream {
        let call = workflow.resume_stream(&question, answer);
        return stream::to_its_end(session, call, args.pings, &answers).await;
    }
    let progress = Arc::new(Progress::start(session, &args.workflow));
    answers.begin_with(answer);
    let run = workflow
        .answer_with(answers.closure(Some(progress.clone())))
        .resumes(u32::MAX)
        .wait(watched(session, &args.workflow, &progress));
    let ended = run.resume(&question).await;
    drop(progress);
    render::finished(session, &answers.settle(ended)?)
}

fn question(args: &Resume) -> Result<Question, Failure> {
    if let Some(event_id) = &args.event_id {
        let kind = InterruptType::from(args.kind);
        return Ok(Question::by_id(event_id.as_str(), kind));
    }
    let source = args.interrupt.as_deref().unwrap_or_default();
    let mut object = inputs::object("--interrupt", source)?;
    // The whole line of a stream, of a status or of a failure will do.
    if let Some(Value::Object(error)) = object.remove("error") {
        object = error;
    }
    for name in ["interrupt", "interrupt_data"] {
        if let Some(Value::Object(inner)) = object.remove(name) {
            object = inner;
        }
    }
    let interrupt: Interrupt = serde_json::from_value(Value::Object(object))
        .map_err(|error| Failure::usage(format!("--interrupt is not an interrupt: {error}")))?;
    if interrupt.event_id.is_none() {
        return Err(Failure::usage("--interrupt has no `event_id`"));
    }
    Ok(Question::from(interrupt))
}
