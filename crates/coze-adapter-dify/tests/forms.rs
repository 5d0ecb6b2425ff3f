//! Runs that wait for a form.
#![expect(clippy::unwrap_used, reason = "the tests assert by it")]

mod support;

use coze_adapter_dify::Dify;
use coze_engine::{
    Answer, Engine, EngineError, ErrorKind, InputKind, Question, RunId, RunRequest, RunStatus,
};
use coze_transport::{HttpStack, testing::Scripted};
use serde_json::{Map, Value, json};
use support::{Exchanges, exchanges, judge};

/// A server with the recorded run that waits, and what it was sent.
fn server(all: &Exchanges) -> (Dify, Scripted) {
    let all = all.clone();
    let script = Scripted::from_fn(move |request| {
        let name = match (request.method().as_str(), request.uri().path()) {
            ("POST", "/v1/workflows/run") => "stream-human",
            ("POST", path) if path.starts_with("/api/form/") => "form-submit",
            // It has not caught up at first.
            ("GET", path) if path.starts_with("/v1/workflows/run/") && request.number() < 5 => {
                "get-run-human-paused"
            }
            ("GET", path) if path.starts_with("/v1/workflows/run/") => {
                "get-run-human-after-submit-0"
            }
            (_, path) => return judge::unrecorded(path),
        };
        all[name].reply()
    });
    let dify = judge::builder().transport(HttpStack::new(script.clone()));
    (dify.build().unwrap(), script)
}

async fn asked(dify: &Dify) -> (RunId, Question) {
    let error = dify
        .run(RunRequest::new("-").parameter("q", "please"))
        .await
        .unwrap_err();
    assert!(error.is_interrupted() && error.may_have_run(), "{error:?}");
    (
        error.run().unwrap().clone(),
        error.question().unwrap().clone(),
    )
}

fn filled(note: &str) -> Map<String, Value> {
    Map::from_iter([("note".to_owned(), note.into())])
}

#[tokio::test(start_paused = true)]
async fn a_form_is_a_question_and_its_answer_lets_the_run_end() {
    let all = exchanges();
    let (dify, script) = server(&all);
    let (run, question) = asked(&dify).await;
    assert!(
        question.is_form && question.text.starts_with("Check: please"),
        "{question:?}"
    );
    assert_eq!(question.options, ["Approve", "Reject"]);
    assert_eq!(question.node_title.as_deref(), Some("Ask"));
    let [field] = &question.fields[..] else {
        panic!()
    };
    assert_eq!(
        (field.name.as_str(), field.kind, &field.default),
        ("note", InputKind::Text, &Some(json!("none")))
    );
    // It can be answered by another process.
    let text = serde_json::to_string(&question).unwrap();
    let question: Question = serde_json::from_str(&text).unwrap();
    let finished = dify
        .resume(&run, &question, Answer::form(filled("fine")))
        .await
        .unwrap();
    assert_eq!(finished.status, RunStatus::Succeeded);
    let requests = script.requests();
    let sent = requests
        .iter()
        .find(|sent| sent.uri().path().starts_with("/api/form/"))
        .unwrap();
    let recorded = all["form-submit"].form.clone().unwrap();
    assert_eq!(
        serde_json::from_slice::<Value>(sent.body()).unwrap(),
        recorded
    );
    assert_eq!(
        sent.uri(),
        format!("http://127.0.0.1:9{}", all["form-submit"].path).as_str()
    );
    // Its token is the secret; the key of the app stays at home.
    assert!(!sent.headers().contains_key("authorization"));
    assert!(requests[1].headers().contains_key("authorization"));
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_sent_whole_or_refused_before_it_is_sent() {
    let all = exchanges();
    let fields = |fields, option: Option<&str>| Answer::Form {
        fields,
        option: option.map(str::to_owned),
    };
    let reject = |note: &str| Some(json!({ "inputs": { "note": note }, "action": "reject" }));
    let approve = |note: &str| Some(json!({ "inputs": { "note": note }, "action": "approve" }));
    for (answer, sent) in [
        (Answer::text("fine"), approve("fine")),
        (Answer::option("Reject"), reject("none")),
        (fields(filled("x"), Some("reject")), reject("x")),
        (fields(Map::new(), None), approve("none")),
        (
            Answer::Raw(r#"{"inputs":{"note":"y"},"action":"reject"}"#.to_owned()),
            reject("y"),
        ),
        (Answer::option("Maybe"), None),
        (
            fields(Map::from_iter([("nope".to_owned(), json!(1))]), None),
            None,
        ),
        (Answer::Raw("[]".to_owned()), None),
    ] {
        let (dify, script) = server(&all);
        let (run, question) = asked(&dify).await;
        let result = dify.resume(&run, &question, answer.clone()).await;
        let requests = script.requests();
        let submitted = requests
            .iter()
            .find(|sent| sent.uri().path().starts_with("/api/form/"));
        let submitted = submitted.map(|sent| serde_json::from_slice::<Value>(sent.body()).unwrap());
        assert_eq!(submitted, sent, "{answer:?}");
        match (result, sent) {
            (Ok(_), Some(_)) => {}
            (Err(error), None) => assert_eq!(error.kind(), ErrorKind::Build, "{error}"),
            (result, _) => panic!("{result:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_form_that_was_sent_already_is_refused() {
    let all = exchanges();
    let (dify, _) = server(&all);
    let (run, question) = asked(&dify).await;
    let twice = all["form-submit-twice"].reply();
    let script = Scripted::repeating(twice);
    let dify = judge::builder()
        .transport(HttpStack::new(script))
        .build()
        .unwrap();
    let error: EngineError = dify
        .resume(&run, &question, Answer::text("fine"))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("human_input_form_submitted"));
    assert_eq!(error.run(), Some(&run));
}
