//! What `Debug` and errors show of what the caller passed and of what the server sent.

use std::fmt::Debug;

use coze_transport::{
    ErrorKind as Kind, Outcome,
    testing::{Reply, Scripted},
};
use coze_workflow::{Answer, Client, ErrorKind, HttpStack, Question, models};
use http::{HeaderName, HeaderValue};

const PRIVATE: &str = "private";

#[derive(Debug, serde::Deserialize)]
struct Number {
    #[expect(dead_code, reason = "never read")]
    n: i64,
}
#[derive(Debug, serde::Deserialize)]
struct Word {
    #[expect(dead_code, reason = "never read")]
    n: Choice,
}
#[derive(Debug, serde::Deserialize)]
enum Choice {}

fn client(replies: impl IntoIterator<Item = Reply>) -> Client {
    Client::new(HttpStack::new(Scripted::new(replies)))
}

fn keeps_private(what: &dyn Debug) {
    for shown in [format!("{what:?}"), format!("{what:#?}")] {
        assert!(!shown.contains(PRIVATE), "{shown}");
    }
}

#[test]
fn what_is_to_be_sent_is_not_shown() {
    let coze = client([]);
    let header = || {
        (
            HeaderName::from_static("x-key"),
            HeaderValue::from_static(PRIVATE),
        )
    };
    let (name, value) = header();
    let workflow = coze
        .workflow("7366")
        .parameter("city", PRIVATE)
        .ext("user_id", PRIVATE)
        .header(name, value);
    keeps_private(&workflow);
    let asked = format!("{workflow:?}");
    assert!(asked.contains("city") && asked.contains("x-key"), "{asked}");
    keeps_private(&workflow.clone().stream());
    let question = Question::by_id("7424/1", 2);
    let answer = Answer::text(PRIVATE);
    keeps_private(&workflow.clone().resume_stream(&question, answer));
    keeps_private(
        &workflow
            .clone()
            .chat(PRIVATE)
            .message(models::EnterMessage::user(PRIVATE)),
    );
    keeps_private(&workflow.answer_with(|_| async { Ok(Answer::text(PRIVATE)) }));

    let (name, value) = header();
    let operation = models::RunWorkflow::new("7366").parameters([("city", PRIVATE)]);
    let call = coze.call(operation.clone()).header(name, value);
    keeps_private(&call);
    let shown = format!("{call:?}");
    assert!(
        shown.contains("run_workflow") && shown.contains("x-key"),
        "{shown}"
    );
    keeps_private(
        &coze.stream(models::StreamWorkflow::new("7366").parameters([("city", PRIVATE)])),
    );
    let (name, value) = header();
    keeps_private(&coze.workspaces().header(name, value));
}

#[tokio::test]
async fn what_does_not_fit_is_not_repeated() {
    let long = PRIVATE.repeat(100_000);
    let count = Reply::json(
        200,
        format!(r#"{{"data":"x","usage":{{"token_count":"{long}"}}}}"#),
    );
    let output = |value: &str| Reply::json(200, format!(r#"{{"data":"{{\"n\":{value}}}"}}"#));
    let coze = client([
        count,
        output(&format!(r#"\"{long}\""#)),
        output(r#"\"private \\\", expected\""#),
        output("7"),
    ]);
    let run = || coze.workflow("7366").run();

    let mut errors = vec![run().await.unwrap_err()];
    let output = run().await.unwrap();
    errors.push(output.output::<Number>().unwrap_err());
    errors.push(output.output::<Word>().unwrap_err());
    errors.push(run().await.unwrap().output::<Number>().unwrap_err());
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Decode);
        keeps_private(&error);
        let mut text = error.to_string();
        let mut cause = error.cause();
        while let Some(one) = cause {
            text.push_str(&one.to_string());
            keeps_private(&one);
            cause = one.source();
        }
        assert!(!text.contains(PRIVATE) && text.len() < 1000, "{text}");
        let path = ["`n`", "usage.token_count"];
        assert!(path.iter().any(|path| text.contains(path)), "{text}");
        // The body is in the report, cut and scrubbed.
        assert!(error.report().len() < 2500);
    }
    // Which types are meant is told.
    let error = run().await.unwrap().output::<Vec<()>>().unwrap_err();
    let cause = error.cause().unwrap().to_string();
    assert!(
        cause.contains("invalid type: map, expected a sequence"),
        "{cause}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_error_that_is_kept_shows_no_token_that_nobody_holds_any_more() {
    const TOKEN: &str = "first-of-many-0123456789";
    let client = |replies: Vec<Reply>, token: &str| {
        let stack = HttpStack::new(Scripted::new(replies));
        let client = Client::builder().transport(stack).token(token);
        client.build().unwrap()
    };
    let log_id = format!("h-{TOKEN}");
    let body = format!(
        r#"{{"code":5000,"msg":"no","debug_url":"https://h/?t={TOKEN}","execute_id":"7-{TOKEN}","detail":{{"logid":"b-{TOKEN}"}}}}"#
    );
    let refused = Reply::json(500, body).header("x-tt-logid", &log_id);
    let run = client(vec![refused], TOKEN).workflow("1").run();
    // A record of attempts within an error of the connection.
    let busy = Reply::json(503, "{}").header("x-tt-logid", &log_id);
    let broken = || Reply::failure(Kind::Closed, Outcome::Unknown);
    let reading = client(vec![busy, broken(), broken(), broken()], TOKEN);
    let poll = reading.attach(("1", "2")).status().await.unwrap_err();
    let errors = [run.await.unwrap_err(), poll];
    drop(reading);
    for number in 0..200 {
        drop(client(Vec::new(), &format!("one-of-many-{number:012}")));
    }
    for error in errors {
        let ids = (error.log_id(), error.debug_url(), error.execute_id());
        let shown = format!("{ids:?} {error:?} {error} {:?}", error.attempts());
        assert!(shown.contains("***"), "{shown}");
        assert!(!shown.contains(TOKEN), "{shown}");
    }
}
