//! Streams against the emulator, over a socket and in process: the same events on both ways.

use std::sync::{Arc, Mutex};

use coze_emulator::{Definition, Emulator, RunningEmulator};
use coze_workflow::{
    Answer, Client, ErrorKind, HttpStack, Question, StreamEnd,
    models::{ChatEvent, StreamEvent, WorkflowEvent},
};

const STORY: &str = r#"
name: story
inputs: { topic: { type: string, required: true } }
nodes:
  - output: { id: told, title: Story, content: "Once: {{ topic }}.", piece: 4 }
end:
  variables: { length: "{{ told.output | length }}" }
"#;

const ASK: &str = r#"
name: ask
nodes:
  - question: { id: city, title: Ask, text: "Which city?" }
end: { text: "It rains in {{ city.answer }}." }
"#;

const FORM: &str = r#"
name: form
nodes:
  - question: { id: q, text: "Which city?" }
  - input_form: { id: f, fields: { days: { type: integer, required: true } } }
end: { text: "{{ q.answer }} for {{ f.days }} days" }
"#;

const STUBBORN: &str = r#"
name: stubborn
nodes:
  - question: { id: a, text: "One?" }
  - question: { id: b, text: "Two?" }
  - question: { id: c, text: "Three?" }
  - question: { id: d, text: "Four?" }
end: { text: "{{ d.answer }}" }
"#;

const TALK: &str = r#"
name: talk
mode: chatflow
nodes:
  - question: { id: q, text: "Which city?" }
end: { text: "{{ USER_INPUT }}: it rains in {{ q.answer }}." }
"#;

struct Setup {
    client: Client,
    emulator: Emulator,
    _running: Option<RunningEmulator>,
}

fn builder() -> coze_emulator::EmulatorBuilder {
    let flow = |yaml| Definition::from_yaml(yaml).unwrap();
    Emulator::builder()
        .workflow(flow(STORY))
        .workflow(flow(ASK))
        .workflow(flow(FORM))
        .workflow(flow(STUBBORN))
        .workflow(flow(TALK))
}

async fn socket() -> Setup {
    let running = builder().start().await.unwrap();
    let client = Client::builder()
        .base_url(running.base_url())
        .token("pat_1");
    Setup {
        client: client.build().unwrap(),
        emulator: running.emulator().clone(),
        _running: Some(running),
    }
}

fn in_process() -> Setup {
    let emulator = builder().build().unwrap();
    let client = Client::builder()
        .base_url("http://emulator.test")
        .transport(HttpStack::new(emulator.service()))
        .token("pat_1");
    Setup {
        client: client.build().unwrap(),
        emulator,
        _running: None,
    }
}

/// Makes one test of a body for each way to reach the emulator.
macro_rules! both {
    ($($name:ident => $body:path;)*) => {
        mod over_a_socket {
            $(#[tokio::test] async fn $name() { $body(super::socket().await).await; })*
        }
        mod within_the_process {
            $(#[tokio::test] async fn $name() { $body(super::in_process()).await; })*
        }
    };
}

both! {
    a_stream_brings_its_pieces_and_its_end => super::pieces;
    a_stream_is_collected_by_node => super::nodes;
    a_refused_run_fails_before_any_item => super::refused;
    a_stream_that_is_cut_says_so => super::cut;
    lost_and_repeated_events_are_told => super::gaps;
    a_failure_within_a_stream_is_its_last_item => super::failure;
    a_question_is_answered_on_the_stream_that_asked => super::question;
    answers_are_asked_for_and_sent => super::answers;
    a_run_that_goes_on_asking_is_answered_three_times => super::stubborn;
    a_chat_is_read_and_resumed => super::chat;
}

async fn pieces(setup: Setup) {
    let run = setup.client.workflow("story").parameter("topic", "tea");
    let mut events = run.stream().await.unwrap();
    assert!(events.log_id().is_some_and(|id| !id.is_empty()));
    assert_eq!(events.attempts().len(), 1);
    let mut contents = Vec::new();
    let mut done = 0;
    while let Some(event) = events.try_next().await.unwrap() {
        match event {
            WorkflowEvent::Message(message) => contents.push(message.content),
            WorkflowEvent::Done(_) => done += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(contents, ["Once", ": te", "a.", r#"{"length":10}"#]);
    assert_eq!(done, 1);
    assert_eq!(events.end(), Some(StreamEnd::Done));
    let url = events.debug_url().unwrap();
    assert!(url.contains(events.execute_id().unwrap()), "{url}");
    assert!(events.gaps().is_empty());
    assert!(events.try_next().await.unwrap().is_none());
    assert_eq!(setup.emulator.runs_started("story"), Some(1));
}

async fn nodes(setup: Setup) {
    let run = setup.client.workflow("story").parameter("topic", "tea");
    let text = run.clone().stream().await.unwrap().text().await.unwrap();
    assert_eq!(text, r#"Once: tea.{"length":10}"#);
    let nodes = run.clone().stream().await.unwrap().nodes().await.unwrap();
    let texts: Vec<_> = nodes
        .iter()
        .map(|node| (node.title.as_str(), node.text.as_str(), node.finished))
        .collect();
    assert_eq!(
        texts,
        [
            ("Story", "Once: tea.", true),
            ("End", r#"{"length":10}"#, true)
        ]
    );
    assert_eq!(nodes.titled("Story").count(), 1);
    let output = run.stream().await.unwrap().output().await.unwrap();
    let output: serde_json::Value = output.output().unwrap();
    assert_eq!(output, serde_json::json!({"length": 10}));
}

async fn refused(setup: Setup) {
    let error = setup.client.workflow("story").stream().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Api, Some(4000)),
        "{error:?}"
    );
    assert_eq!(error.operation(), "stream_workflow");
    assert!(error.log_id().is_some() && !error.may_have_run());
    assert_eq!(setup.emulator.runs_started_in_all(), 0);
}

async fn cut(setup: Setup) {
    setup.emulator.inject("cut=400".parse().unwrap());
    let run = setup.client.workflow("story").parameter("topic", "tea");
    let mut events = run.stream().await.unwrap();
    let error = loop {
        match events.try_next().await {
            Ok(Some(WorkflowEvent::Message(_))) => {}
            Ok(other) => panic!("{other:?}"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Truncated, "{error:?}");
    assert!(error.may_have_run() && !error.is_retryable());
    assert!(error.log_id().is_some() && error.attempts().len() == 1);
    assert_eq!(events.end(), Some(StreamEnd::Truncated));
    assert!(events.try_next().await.unwrap().is_none());
    assert_eq!(setup.emulator.runs_started("story"), Some(1));
}

async fn gaps(setup: Setup) {
    let run = || setup.client.workflow("story").parameter("topic", "tea");
    for (fault, expected, seen) in [("drop=1", 1, 2), ("duplicate=1", 2, 1), ("swap=1", 1, 2)] {
        setup.emulator.inject(fault.parse().unwrap());
        let mut events = run().stream().await.unwrap();
        while events.try_next().await.unwrap().is_some() {}
        assert_eq!(events.end(), Some(StreamEnd::Done));
        let gap = &events.gaps()[0];
        assert_eq!((gap.expected(), gap.seen()), (expected, seen), "{fault}");
        assert!(events.gaps().iter().any(|gap| gap.node().is_some()));

        setup.emulator.inject(fault.parse().unwrap());
        let error = run().stream().strict_gaps(true).await.unwrap().text().await;
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Gap, "{fault}");
    }
}

async fn failure(setup: Setup) {
    setup.emulator.inject("error-event=1".parse().unwrap());
    let run = setup.client.workflow("story").parameter("topic", "tea");
    let mut events = run.stream().await.unwrap();
    assert!(matches!(
        events.try_next().await.unwrap(),
        Some(WorkflowEvent::Message(_))
    ));
    let error = events.try_next().await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Api, None));
    assert!(error.log_id().is_some() && error.may_have_run());
    assert!(events.try_next().await.unwrap().is_none());
}

async fn question(setup: Setup) {
    let mut asked = setup.client.workflow("ask").stream().await.unwrap();
    while asked.try_next().await.unwrap().is_some() {}
    assert_eq!(asked.end(), Some(StreamEnd::Interrupted));
    let question = asked.question().unwrap();
    // The event is silent; the question was the message before.
    assert_eq!(question.text(), "Which city?");
    assert_eq!(question.node_title(), Some("Ask"));
    assert!(asked.execute_id().is_some());

    // Here, or anywhere else with the ids at hand.
    let text = asked.resume("Lyon").await.unwrap().text().await.unwrap();
    assert_eq!(text, "It rains in Lyon.");
    let error = setup.client.workflow("ask").stream().await.unwrap();
    let error = error.text().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    let question = error.question().unwrap();
    let question = Question::by_id(
        question.event_id().unwrap().clone(),
        question.interrupt_type().unwrap().clone(),
    );
    let resumed = setup.client.workflow("ask");
    let resumed = resumed.resume_stream(&question, "Oslo").await.unwrap();
    assert_eq!(resumed.text().await.unwrap(), "It rains in Oslo.");
    assert_eq!(setup.emulator.runs_started("ask"), Some(2));
}

async fn answers(setup: Setup) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&asked);
    let stream = || async { setup.client.workflow("form").stream().await.unwrap() };
    let mut events = stream().await.answer_with(move |question| {
        notes.lock().unwrap().push(question.text().to_owned());
        let first = notes.lock().unwrap().len() == 1;
        async move {
            Ok(if first {
                Answer::text("Lyon")
            } else {
                Answer::form(serde_json::json!({"days": 3}))
            })
        }
    });
    let mut names = Vec::new();
    let mut last = String::new();
    while let Some(event) = events.try_next().await.unwrap() {
        names.push(event.name().to_owned());
        if let WorkflowEvent::Message(message) = event {
            last = message.content;
        }
    }
    assert_eq!(last, "Lyon for 3 days");
    assert_eq!(names.iter().filter(|name| *name == "Interrupt").count(), 2);
    assert_eq!(names.last().unwrap(), "Done");
    assert_eq!(events.end(), Some(StreamEnd::Done));
    assert_eq!(asked.lock().unwrap()[0], "Which city?");

    let declined = stream()
        .await
        .answer_with(|_| async { Ok(Answer::decline()) });
    let error = declined.text().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    assert_eq!(error.question().unwrap().text(), "Which city?");

    // The second question is a form; nothing is sent that does not fit it.
    let misfit = stream().await.answer_with(|_| async { Ok("Lyon".into()) });
    let error = misfit.text().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted, "{error:?}");
    let misfit = error.cause().unwrap().to_string();
    assert!(misfit.contains("it has days"), "{misfit}");
    assert_eq!(error.question().unwrap().fields()[0].name(), "days");
}

async fn stubborn(setup: Setup) {
    let stream = setup.client.workflow("stubborn").stream().await.unwrap();
    let mut events = stream.answer_with(|_| async { Ok("I do not know".into()) });
    let mut asked = 0;
    let error = loop {
        match events.try_next().await {
            Ok(Some(event)) => asked += usize::from(event.name() == "Interrupt"),
            Ok(None) => panic!("an ending in silence"),
            Err(error) => break error,
        }
    };
    assert_eq!(asked, 4);
    assert_eq!(error.kind(), ErrorKind::Interrupted, "{error:?}");
    assert_eq!(events.end(), Some(StreamEnd::Failed));
    assert!(events.try_next().await.unwrap().is_none());
}

async fn chat(setup: Setup) {
    let talk = setup.client.workflow("talk").app_id("7439");
    let mut chat = talk.chat("Tomorrow").await.unwrap();
    assert_eq!(chat.read_text().await.unwrap(), "Which city?");
    assert_eq!(chat.end(), Some(StreamEnd::Interrupted));
    assert_eq!(chat.question().unwrap().text(), "Which city?");
    assert!(chat.chat_id().is_some());
    let conversation = chat.conversation_id().unwrap().clone();

    let mut resumed = chat.resume("Lyon").await.unwrap();
    let mut last = None;
    let mut text = String::new();
    while let Some(event) = resumed.try_next().await.unwrap() {
        if let ChatEvent::MessageDelta(message) = &event {
            text.push_str(&message.content);
        }
        last = Some(event);
    }
    assert!(matches!(last, Some(ChatEvent::Done(_))));
    assert_eq!(text, "Tomorrow: it rains in Lyon.");
    assert_eq!(resumed.end(), Some(StreamEnd::Done));
    assert_eq!(resumed.conversation_id(), Some(&conversation));
    assert!(resumed.usage().is_some());

    let talk = setup.client.workflow("talk").app_id("7439");
    let chat = talk.chat("Today").await.unwrap();
    let text = chat
        .answer_with(|_| async { Ok("Oslo".into()) })
        .text()
        .await
        .unwrap();
    assert_eq!(text, "Which city?\nToday: it rains in Oslo.");
}
