//! `coze run`, `stream`, `wait` and `status` on engines beside Coze.

use coze_workflow::engine::{
    Answer, Engine, EngineError, Question, RunEvent, RunId, RunSnapshot, RunStatus,
};
use serde_json::Value;

use crate::{
    args::{self, Format},
    connect::Other,
    contract,
    failure::Failure,
    inputs, output,
    progress::Progress,
    render::{self, NodeText},
    session::{Ongoing, Session},
};

pub(super) async fn run(session: &Session, other: &Other, args: &args::Run) -> Result<(), Failure> {
    let engine = &other.engine;
    let request = inputs::request(session, &**engine, &args.workflow, &args.inputs).await?;
    let progress = Progress::start(session, &args.workflow);
    session.goes_on(Ongoing::Perhaps);
    if !args.background {
        let ended = engine.run(request).await;
        let ended = answered(session, &**engine, ended, &args.answers).await?;
        drop(progress);
        return finished(session, &ended);
    }
    let run = engine.start(request).await?;
    session.started();
    drop(progress);
    if args.wait {
        return until_end(session, &**engine, &run, &args.answers).await;
    }
    match session.output {
        Format::Text => output::row("", &run.run)?,
        Format::Json => {
            let mut started = RunSnapshot::new(RunStatus::Running);
            started.id = Some(run);
            output::json(&contract::snapshot(&started))?;
        }
    }
    Ok(())
}

pub(super) async fn wait(
    session: &Session,
    other: &Other,
    args: &args::Wait,
) -> Result<(), Failure> {
    let run = id_of(&args.run)?;
    until_end(session, &*other.engine, &run, &args.answers).await
}

async fn until_end(
    session: &Session,
    engine: &dyn Engine,
    run: &RunId,
    args: &args::Answers,
) -> Result<(), Failure> {
    session.goes_on(Ongoing::Run {
        workflow: run.workflow.clone(),
        execute_id: run.run.clone(),
    });
    let progress = Progress::start(session, &run.run);
    let ended = engine.wait(run, session.deadline).await;
    let ended = answered(session, engine, ended, args).await?;
    drop(progress);
    finished(session, &ended)
}

pub(super) async fn status(
    session: &Session,
    other: &Other,
    args: &args::Status,
) -> Result<(), Failure> {
    let run = other.engine.status(&id_of(&args.run)?).await?;
    match session.output {
        Format::Json => {
            let mut object = contract::snapshot(&run);
            object["status_word"] = run.status_word.clone().into();
            object["nodes"] = Value::Object(serde_json::Map::new());
            if let Some(failure) = &run.failure {
                object["error"] =
                    serde_json::json!({"code": failure.code, "message": failure.message});
            }
            if let Some(question) = &run.question {
                object["interrupt"] = question.raw.clone();
            }
            output::json(&object)?;
        }
        Format::Text => {
            output::table(facts(&run))?;
            session.tell(&[("log id", run.log_id.as_deref())]);
        }
    }
    Ok(())
}

/// What people are told of a run.
fn facts(run: &RunSnapshot) -> Vec<(&'static str, String)> {
    let mut rows = vec![("status", contract::snapshot_status(&run.status).to_owned())];
    let mut row = |name, value: Option<String>| rows.extend(value.map(|value| (name, value)));
    row(
        "error",
        run.failure.as_ref().map(|failure| {
            let code = failure.code.as_ref().map(|code| format!(" (code {code})"));
            format!("{}{}", failure.message, code.unwrap_or_default())
        }),
    );
    let date = |time| humantime::format_rfc3339_seconds(time).to_string();
    row("started", run.created.map(date));
    row("finished", run.finished.map(date));
    row("tokens", run.usage.tokens.map(|count| count.to_string()));
    row("debug URL", run.debug_url.clone());
    let output = run.status.is_success().then(|| run.output.clone());
    row(
        "output",
        output.map(|output| render::plain(output, ToString::to_string)),
    );
    rows
}

pub(super) async fn stream(
    session: &Session,
    other: &Other,
    args: &args::Stream,
) -> Result<(), Failure> {
    let engine = &other.engine;
    let request = inputs::request(session, &**engine, &args.workflow, &args.inputs).await?;
    session.goes_on(Ongoing::Perhaps);
    let mut events = engine.stream(request).await?;
    let mut nodes = NodeText::new(session);
    let (mut run, mut asked) = (None, None);
    while let Some(event) = events.try_next().await? {
        if session.output == Format::Json {
            output::json(&contract::engine_event(&event))?;
        }
        match event {
            RunEvent::Started(id) => run = Some(id),
            RunEvent::Text { node, text } if session.output == Format::Text => {
                let node = node.unwrap_or_default();
                nodes.piece(&node.id, &node.title, &text)?;
            }
            RunEvent::Interrupted(question) => asked = Some(*question),
            _ => {}
        }
    }
    nodes.end()?;
    let Some(question) = asked else {
        return Ok(());
    };
    // What follows the answer comes without a stream.
    let run = run.unwrap_or_else(|| RunId::new(args.workflow.as_str(), ""));
    let interrupted = interrupted(&**engine, run, question);
    let ended = answered(session, &**engine, Err(interrupted), &args.answers).await?;
    finished(session, &ended)
}

fn interrupted(engine: &dyn Engine, run: RunId, question: Question) -> EngineError {
    use coze_workflow::engine::{ErrorKind, Outcome};
    let message = "the run waits for an answer";
    EngineError::new(engine.name(), ErrorKind::Interrupted, "stream", message)
        .starting_run(Outcome::Accepted)
        .with_run(run)
        .with_question(question)
}

/// Answers what the run asks, as long as the command line has answers.
async fn answered(
    session: &Session,
    engine: &dyn Engine,
    mut ended: Result<RunSnapshot, EngineError>,
    args: &args::Answers,
) -> Result<RunSnapshot, Failure> {
    for text in &args.answers {
        let error = match ended {
            Err(error) if error.is_interrupted() => error,
            ended => return Ok(ended?),
        };
        session.started();
        let (Some(run), Some(question)) = (error.run(), error.question()) else {
            return Err(error.into());
        };
        let answer = read(text, question)?;
        ended = engine.resume(run, question, answer).await;
    }
    Ok(ended?)
}

/// A text as the answer that the question wants.
fn read(text: &str, question: &Question) -> Result<Answer, Failure> {
    if !question.is_form {
        let is_free = question.options.is_empty();
        return Ok(if is_free {
            Answer::text(text)
        } else {
            Answer::option(text)
        });
    }
    // A button alone sends a form without fields.
    if question.options.iter().any(|option| option == text) {
        return Ok(Answer::Form {
            fields: serde_json::Map::new(),
            option: Some(text.to_owned()),
        });
    }
    if let Ok(Value::Object(fields)) = serde_json::from_str(text) {
        return Ok(Answer::form(fields));
    }
    let names = question.fields.iter().map(|field| field.name.as_str());
    let names: Vec<_> = names.collect();
    Err(Failure::usage(format!(
        "`--answer {text}` is not a JSON object: the question is a form with the fields {}",
        names.join(", ")
    )))
}

fn finished(session: &Session, run: &RunSnapshot) -> Result<(), Failure> {
    match session.output {
        Format::Json => output::json(&contract::snapshot(run))?,
        Format::Text => {
            output::line(&render::plain(run.output.clone(), render::pretty))?;
            session.tell(&[
                ("log id", run.log_id.as_deref()),
                ("debug URL", run.debug_url.as_deref()),
                ("execute id", run.id.as_ref().map(|id| id.run.as_str())),
            ]);
        }
    }
    Ok(())
}

fn id_of(id: &args::RunId) -> Result<RunId, Failure> {
    match &id.execute_id {
        Some(run) => Ok(RunId::new(id.workflow.as_str(), run.as_str())),
        None => Err(Failure::usage(
            "no execute id was given: pass it after the workflow",
        )),
    }
}
