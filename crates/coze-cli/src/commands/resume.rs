//! `coze resume`

use coze_workflow::{
    Question,
    models::{Interrupt, InterruptType},
};
use serde_json::Value;

use super::{run, stream};
use crate::{
    args::Resume,
    ask::Answers,
    connect,
    failure::Failure,
    inputs,
    session::{Ongoing, Session},
};

pub(crate) async fn execute(session: &Session, args: &Resume) -> Result<(), Failure> {
    let question = question(args)?;
    let connection = connect::open(session).await?;
    let client = &connection.client;
    let mut answers = Answers::new(session, &args.answers);
    let Some(answer) = answers.to(client, &question).await? else {
        return Err(Failure::usage(
            "no answer was given: pass one with --answer, or run the command on a terminal",
        ));
    };
    session.goes_on(Ongoing::Perhaps);
    let workflow = args.workflow.as_str();
    if args.stream {
        let mut flow = client.workflow(workflow);
        if let Some(limit) = session.deadline {
            flow = flow.deadline(limit);
        }
        let call = flow.resume_stream(&question, answer);
        stream::to_its_end(session, client, call, workflow, args.pings, &mut answers).await
    } else {
        let resumed = client.resume(workflow, &question, answer).await;
        run::to_its_end(session, client, resumed, workflow, &mut answers).await
    }
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
