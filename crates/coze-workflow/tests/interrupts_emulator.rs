//! Questions of the emulator, over a socket and in process: the same outcomes on both ways.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use coze_emulator::{Definition, Emulator, EmulatorBuilder, RunningEmulator};
use coze_workflow::{
    Answer, Client, ErrorKind, HttpStack, Progress, Question, QuestionKind, Run, Wait,
};
use serde_json::{Value, json};

const RESUME: &str = "/v1/workflows/resume";

const ASK: &str = r#"
name: ask
nodes:
  - question: { id: where, title: Ask, text: "Which city?" }
end: { variables: { city: "{{ where.answer }}" } }
"#;

const CHOOSE: &str = r#"
name: choose
nodes:
  - question: { id: q, text: "Which city?", options: [Lyon, Oslo] }
end: { variables: { id: "{{ q.option_id }}", option: "{{ q.option }}" } }
"#;

const FORM: &str = r#"
name: form
nodes:
  - input_form:
      id: f
      fields:
        img: { type: image, required: true }
        days: { type: integer, required: true }
        note: { type: string }
end: { variables: { img: "{{ f.img }}", days: "{{ f.days }}" } }
"#;

const TRIP: &str = r#"
name: trip
nodes:
  - question:
      id: plan
      text: "Where and for how many days?"
      extract:
        city: { type: string, required: true }
        days: { type: integer, required: true }
end: { variables: { city: "{{ plan.city }}", days: "{{ plan.days }}" } }
"#;

const FOUR: &str = r#"
name: four
nodes:
  - question: { id: a, text: "First?" }
  - question: { id: b, text: "Second?" }
  - question: { id: c, text: "Third?" }
  - question: { id: d, text: "Fourth?" }
end: { variables: { all: "{{ a.answer }}{{ b.answer }}{{ c.answer }}{{ d.answer }}" } }
"#;

struct Setup {
    coze: Client,
    emulator: Emulator,
    _running: Option<RunningEmulator>,
}

fn builder() -> EmulatorBuilder {
    [ASK, CHOOSE, FORM, TRIP, FOUR]
        .into_iter()
        .fold(Emulator::builder(), |builder, yaml| {
            builder.workflow(Definition::from_yaml(yaml).unwrap())
        })
}

async fn socket() -> Setup {
    let running = builder().start().await.unwrap();
    let coze = Client::builder()
        .base_url(running.base_url())
        .token("pat_1")
        .build();
    Setup {
        coze: coze.unwrap(),
        emulator: running.emulator().clone(),
        _running: Some(running),
    }
}

fn in_process() -> Setup {
    let emulator = builder().build().unwrap();
    let coze = Client::builder()
        .base_url("http://emulator.test")
        .transport(HttpStack::new(emulator.service()))
        .token("pat_1")
        .build();
    Setup {
        coze: coze.unwrap(),
        emulator,
        _running: None,
    }
}

/// Makes one test of a body for each way to reach the emulator.
macro_rules! both {
    ($($name:ident;)*) => {
        mod over_a_socket {
            $(#[tokio::test] async fn $name() { super::$name(super::socket().await).await; })*
        }
        mod within_the_process {
            $(#[tokio::test(start_paused = true)] async fn $name() { super::$name(super::in_process()).await; })*
        }
    };
}

both! {
    a_question_in_words;
    options_are_chosen_by_text_or_number;
    a_form_takes_a_file;
    fields_that_are_missing_are_asked_for_again;
    three_answers_are_given_and_the_fourth_question_is_kept;
    a_background_run_is_answered_while_it_is_waited_for;
    a_run_is_resumed_by_hand;
}

/// A wait that is quick over a socket, too.
fn quick(run: &Run) -> Wait<'_> {
    let pause = Duration::from_millis(20);
    run.wait().first_poll(pause).longest_poll(pause)
}

async fn a_question_in_words(setup: Setup) {
    let asking = setup
        .coze
        .workflow("ask")
        .answer_with(|question| async move {
            assert_eq!(
                (question.text(), question.kind()),
                ("Which city?", &QuestionKind::Text)
            );
            Ok("Lyon".into())
        });
    let output = asking.run().await.unwrap();
    assert_eq!(output.output_value(), json!({"city": "Lyon"}));
    assert_eq!(setup.emulator.runs_started("ask"), Some(1));
    assert_eq!(setup.emulator.calls(RESUME), 1);
}

async fn options_are_chosen_by_text_or_number(setup: Setup) {
    let choose = |answer: Answer| {
        let workflow = setup.coze.workflow("choose");
        let asking = workflow.answer_with(move |question| {
            assert_eq!(
                (question.text(), question.options()),
                ("Which city?", &["Lyon".to_owned(), "Oslo".to_owned()][..])
            );
            let answer = answer.clone();
            async move { Ok(answer) }
        });
        asking.run()
    };
    for answer in [
        Answer::option("oslo"),
        Answer::option_at(1),
        Answer::text("B"),
    ] {
        let output = choose(answer).await.unwrap();
        assert_eq!(output.output_value(), json!({"id": "B", "option": "Oslo"}));
    }
    let error = choose(Answer::option("Paris")).await.unwrap_err();
    assert!(error.is_interrupted());
    assert!(
        error.report().contains("`Lyon`, `Oslo`"),
        "{}",
        error.report()
    );
    assert_eq!(setup.emulator.calls(RESUME), 3);
}

async fn a_form_takes_a_file(setup: Setup) {
    let asking = setup
        .coze
        .workflow("form")
        .answer_with(|question| async move {
            let fields: Vec<_> = question
                .fields()
                .iter()
                .map(|field| {
                    (
                        field.name(),
                        field.kind().unwrap().as_str(),
                        field.is_required(),
                    )
                })
                .collect();
            assert_eq!(
                fields,
                [
                    ("img", "image", true),
                    ("days", "integer", true),
                    ("note", "string", false)
                ]
            );
            for bad in [
                json!({"days": 3}),
                json!({"img": "https://example.com/a.png", "days": "3"}),
                json!({"img": "1456", "days": 3}),
            ] {
                assert!(Answer::form(bad).resume_data(&question).is_err());
            }
            Ok(Answer::form(
                json!({"img": {"file_id": "1456"}, "days": 3, "note": null}),
            ))
        });
    let output = asking.run().await.unwrap();
    // The workflow gets the file as JSON text.
    assert_eq!(
        output.output_value(),
        json!({"img": "{\"file_id\":\"1456\"}", "days": 3})
    );
    assert_eq!(setup.emulator.calls(RESUME), 1);
}

async fn fields_that_are_missing_are_asked_for_again(setup: Setup) {
    let rounds = AtomicU32::new(0);
    let trip = |answers: &'static [&'static str]| {
        rounds.store(0, Ordering::Relaxed);
        let rounds = &rounds;
        setup.coze.workflow("trip").answer_with(move |question| {
            let answer = answers[rounds.fetch_add(1, Ordering::Relaxed) as usize % answers.len()];
            let wanted: Vec<_> = question
                .fields()
                .iter()
                .map(|field| field.name().to_owned())
                .collect();
            async move {
                assert!(wanted.contains(&"days".to_owned()), "{wanted:?}");
                Ok(answer.into())
            }
        })
    };
    let output = trip(&["city: Lyon", "days: 3"]).run().await.unwrap();
    assert_eq!(output.output_value(), json!({"city": "Lyon", "days": 3}));
    assert_eq!(rounds.load(Ordering::Relaxed), 2);
    // Three answers without the fields fail the run; the service tells it at the third resume.
    let error = trip(&["no idea"]).run().await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Api, Some(5000)));
    assert_eq!(rounds.load(Ordering::Relaxed), 3);
}

async fn three_answers_are_given_and_the_fourth_question_is_kept(setup: Setup) {
    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    let answer = move |_: Question| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        async move { Ok(Answer::text(number.to_string())) }
    };
    let asking = setup.coze.workflow("four").answer_with(answer.clone());
    let error = asking.run().await.unwrap_err();
    assert!(error.is_interrupted());
    let question = error.question().unwrap();
    assert_eq!(question.text(), "Fourth?");
    assert_eq!(
        (asked.load(Ordering::Relaxed), setup.emulator.calls(RESUME)),
        (3, 3)
    );
    // The run still waits, and can be resumed by hand.
    let output = setup
        .coze
        .resume("four", question, "x")
        .await
        .unwrap()
        .finish()
        .await
        .unwrap();
    assert_eq!(output.output_value(), json!({"all": "012x"}));

    let run = setup.coze.workflow("four").start().await.unwrap();
    let error = quick(&run).answer_with(answer.clone()).await.unwrap_err();
    assert_eq!(error.question().unwrap().text(), "Fourth?");
    assert_eq!(setup.emulator.calls(RESUME), 7);
    let output = quick(&run).answer_with(answer).resumes(1).await.unwrap();
    assert_eq!(output.output_value(), json!({"all": "3456"}));
    assert_eq!(setup.emulator.runs_started("four"), Some(2));
}

async fn a_background_run_is_answered_while_it_is_waited_for(setup: Setup) {
    let run = setup.coze.workflow("ask").start().await.unwrap();
    let declined = quick(&run).answer_with(|_| async { Ok(Answer::decline()) });
    let error = declined.await.unwrap_err();
    assert_eq!(error.question().unwrap().text(), "Which city?");
    assert_eq!(setup.emulator.calls(RESUME), 0);

    let mut statuses = Vec::new();
    let output = quick(&run)
        .progress(|change| {
            if let Progress::Status(status) = change {
                statuses.push(status.to_string());
            }
        })
        .answer_with(|_| async { Ok("Lyon".into()) })
        .await
        .unwrap();
    assert_eq!(output.output_value(), json!({"city": "Lyon"}));
    assert_eq!(output.execute_id(), Some(run.execute_id()));
    assert_eq!(statuses, ["Running", "Success"]);
    assert_eq!(setup.emulator.calls(RESUME), 1);
    assert_eq!(setup.emulator.runs_started("ask"), Some(1));
}

async fn a_run_is_resumed_by_hand(setup: Setup) {
    let run = setup.coze.workflow("ask").start().await.unwrap();
    let error = quick(&run).await.unwrap_err();
    let interrupt = serde_json::to_value(error.interrupt().unwrap()).unwrap();
    let ids: (String, i64) =
        serde_json::from_value(json!([interrupt["event_id"], interrupt["type"]])).unwrap();
    let question = Question::by_id(ids.0, ids.1);
    run.resume(&question, "Lyon").await.unwrap();
    let output = quick(&run).await.unwrap();
    assert_eq!(output.output_value()["city"], Value::from("Lyon"));
    let over = run.resume(&question, "Oslo").await.unwrap_err();
    assert_eq!(over.code(), Some(4315));
    assert_eq!(over.interrupt(), Some(question.interrupt()));
}
