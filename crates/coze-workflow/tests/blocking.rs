//! The client in code without async, against the emulator, over a socket and in process: the same outcomes on both ways.

mod served;

use std::{
    future::ready,
    io::{self, Cursor, Read},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use coze_emulator::{Definition, Emulator, EmulatorBuilder};
use coze_workflow::{
    Answer, Client, ErrorKind, FileSource, HttpStack, Progress, Question, Resumed, Run, StreamEnd,
    Wait,
    blocking::Block,
    models::{ChatEvent, EnterMessage, StreamWorkflow, WorkflowEvent},
};
use serde_json::json;
use served::{Served, serve};

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
end: { variables: { city: "{{ city.answer }}" } }
"#;

const TALK: &str = r#"
name: talk
mode: chatflow
nodes:
  - question: { id: q, text: "Which city?" }
end: { text: "{{ USER_INPUT }}: it rains in {{ q.answer }}." }
"#;

struct Setup {
    coze: Client,
    emulator: Emulator,
    _served: Option<Served>,
}

fn builder() -> EmulatorBuilder {
    let flow = |yaml| Definition::from_yaml(yaml).unwrap();
    let mut builder = Emulator::builder()
        .workflow(flow(STORY))
        .workflow(flow(ASK))
        .workflow(flow(TALK));
    for n in 0..40 {
        let flow = Definition::builder(format!("flow-{n}")).returns("n", n);
        builder = builder.workflow(flow.build().unwrap());
    }
    builder
}

fn socket() -> Setup {
    let served = serve(builder());
    let coze = Client::builder().base_url(&served.url).token("pat_1");
    Setup {
        coze: coze.build().unwrap(),
        emulator: served.emulator.clone(),
        _served: Some(served),
    }
}

fn in_process() -> Setup {
    let emulator = builder().build().unwrap();
    let coze = Client::builder()
        .base_url("http://emulator.test")
        .transport(HttpStack::new(emulator.service()))
        .token("pat_1");
    Setup {
        coze: coze.build().unwrap(),
        emulator,
        _served: None,
    }
}

/// Makes one test of a body for each way to reach the emulator.
macro_rules! both {
    ($($name:ident;)*) => {
        mod over_a_socket {
            $(#[test] fn $name() { super::$name(&super::socket()); })*
        }
        mod within_the_process {
            $(#[test] fn $name() { super::$name(&super::in_process()); })*
        }
    };
}

both! {
    a_run_returns_its_output_or_its_error;
    a_background_run_is_waited_for;
    a_stream_is_an_iterator;
    a_chat_is_read_and_resumed;
    questions_are_answered_in_the_callers_thread;
    a_question_is_answered_by_hand;
    lists_are_iterators;
    files_are_read_from_readers;
}

fn a_run_returns_its_output_or_its_error(setup: &Setup) {
    let greeting = setup.coze.workflow("greeting");
    let output = greeting
        .clone()
        .parameter("name", "Ada")
        .run()
        .block()
        .unwrap();
    assert_eq!(output.output_value(), json!({"greeting": "Hello, Ada!"}));
    let by_struct = greeting.clone().parameters(&json!({"name": "Bob"}));
    let output = by_struct.unwrap().run().block().unwrap();
    assert_eq!(output.output_value(), json!({"greeting": "Hello, Bob!"}));
    assert!(output.log_id().is_some_and(|id| !id.is_empty()));

    let error = greeting.run().block().unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Api, Some(4000)));
    assert_eq!(setup.emulator.runs_started("greeting"), Some(2));
}

/// A wait that is quick over a socket, too.
fn quick(run: &Run) -> Wait<'_> {
    let pause = Duration::from_millis(20);
    run.wait().first_poll(pause).longest_poll(pause)
}

fn a_background_run_is_waited_for(setup: &Setup) {
    let report = setup.coze.workflow("slow-report");
    let run = report.parameter("topic", "cinema").start().block().unwrap();
    let status = run.status().block().unwrap().into_inner().unwrap();
    assert_eq!(status.execute_status.as_ref().unwrap().as_str(), "Running");
    assert!(run.log_id().is_some() && run.debug_url().is_some());

    assert!(run.try_output().block().unwrap().is_none());
    let error = quick(&run).deadline(Duration::from_millis(100)).block();
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Timeout);

    // Taken up again by its text alone; the closure borrows.
    let text = run.detach().to_string();
    let again = setup
        .coze
        .attach(text.parse::<coze_workflow::DetachedRun>().unwrap());
    let mut seen = Vec::new();
    let output = quick(&again)
        .deadline(Duration::from_secs(30))
        .progress(|change| {
            if let Progress::Status(status) = change {
                seen.push(status.to_string());
            }
        })
        .block()
        .unwrap();
    assert_eq!(output.output_value()["report"], "A report about cinema.");
    assert_eq!(seen.last().unwrap(), "Success");
    assert!(run.try_output().block().unwrap().is_some());
    assert_eq!(setup.emulator.runs_started("slow-report"), Some(1));
}

fn a_stream_is_an_iterator(setup: &Setup) {
    let story = setup.coze.workflow("story").parameter("topic", "tea");
    let call = story.clone().stream().strict_gaps(true);
    let mut events = call.block().unwrap().blocking();
    let mut contents = Vec::new();
    for event in &mut events {
        if let WorkflowEvent::Message(message) = event.unwrap() {
            contents.push(message.content);
        }
    }
    assert_eq!(contents, ["Once", ": te", "a.", r#"{"length":10}"#]);
    assert!(events.next().is_none());
    let events = events.into_inner();
    assert_eq!(events.end(), Some(StreamEnd::Done));
    assert!(events.log_id().is_some() && events.execute_id().is_some());

    let open = || story.clone().stream().block().unwrap();
    assert_eq!(open().text().block().unwrap(), r#"Once: tea.{"length":10}"#);
    assert_eq!(open().nodes().block().unwrap()[0].title, "Story");
    assert_eq!(
        open().output().block().unwrap().output_value(),
        json!({"length": 10})
    );

    let operation = StreamWorkflow::new("story").parameters([("topic", "tea")]);
    let events = setup.coze.stream(operation).include_pings(true).block();
    let events: Vec<_> = events
        .unwrap()
        .blocking()
        .collect::<Result<_, _>>()
        .unwrap();
    assert!(matches!(events.last(), Some(WorkflowEvent::Done(_))));

    setup.emulator.inject("cut=400".parse().unwrap());
    let mut cut = open().blocking();
    let error = cut.find_map(Result::err).unwrap();
    assert_eq!(error.kind(), ErrorKind::Truncated, "{error:?}");
    assert!(cut.next().is_none());
    assert_eq!(setup.emulator.runs_started("story"), Some(6));
}

fn a_chat_is_read_and_resumed(setup: &Setup) {
    let talk = || setup.coze.workflow("talk").app_id("7439");
    let earlier = EnterMessage::new("user").content("Hi").content_type("text");
    let mut chat = talk().chat("Tomorrow").message(earlier).block().unwrap();
    assert_eq!(chat.read_text().block().unwrap(), "Which city?");
    assert_eq!(chat.end(), Some(StreamEnd::Interrupted));
    assert_eq!(chat.question().unwrap().text(), "Which city?");

    let mut resumed = chat.resume("Lyon").block().unwrap().blocking();
    let last = resumed.by_ref().last().unwrap().unwrap();
    assert!(matches!(last, ChatEvent::Done(_)));
    let resumed = resumed.get_ref();
    assert_eq!(resumed.conversation_id(), chat.conversation_id());
    assert!(chat.conversation_id().is_some() && resumed.usage().is_some());

    let chat = talk().chat("Today").block().unwrap();
    let answering = chat.answer_with(|_| ready(Ok("Oslo".into())));
    let text = answering.text().block().unwrap();
    assert_eq!(text, "Which city?\nToday: it rains in Oslo.");
}

fn questions_are_answered_in_the_callers_thread(setup: &Setup) {
    let ask = setup.coze.workflow("ask");
    let here = thread::current().id();
    let mut asked = Vec::new();
    let answering = ask.clone().answer_with(|question| {
        assert_eq!(thread::current().id(), here);
        asked.push(question.text().to_owned());
        ready(Ok("Lyon".into()))
    });
    let output = answering.run().block().unwrap();
    assert_eq!(output.output_value(), json!({"city": "Lyon"}));
    assert_eq!(asked, ["Which city?"]);

    let run = ask.clone().start().block().unwrap();
    let wait = quick(&run)
        .answer_with(|_| ready(Ok(Answer::text("Oslo"))))
        .resumes(1);
    assert_eq!(
        wait.block().unwrap().output_value(),
        json!({"city": "Oslo"})
    );

    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&asked);
    let answer = move |question: Question| {
        heard.lock().unwrap().push(question.text().to_owned());
        ready(Ok(String::from("Rome").into()))
    };
    let events = ask.clone().stream().block().unwrap().answer_with(answer);
    assert_eq!(
        events.output().block().unwrap().output_value(),
        json!({"city": "Rome"})
    );
    assert_eq!(*asked.lock().unwrap(), ["Which city?"]);

    let declining = ask.clone().answer_with(|_| ready(Ok(Answer::decline())));
    let declined = declining.run().block().unwrap_err();
    assert_eq!(declined.kind(), ErrorKind::Interrupted);
    assert_eq!(declined.question().unwrap().text(), "Which city?");

    let failing = ask.answer_with(|_| ready(Err("the terminal is closed".into())));
    let failed = failing.run().block().unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::Interrupted);
    assert_eq!(
        failed.cause().unwrap().to_string(),
        "the terminal is closed"
    );
}

fn a_question_is_answered_by_hand(setup: &Setup) {
    let ask = setup.coze.workflow("ask");
    let error = ask.clone().run().block().unwrap_err();
    let resumed = setup
        .coze
        .resume("ask", error.question().unwrap(), "Lyon")
        .block()
        .unwrap();
    assert_eq!(
        resumed.finish().block().unwrap().output_value(),
        json!({"city": "Lyon"})
    );

    let run = ask.clone().start().block().unwrap();
    let error = quick(&run).block().unwrap_err();
    let resumed = run.resume(error.question().unwrap(), "Oslo").block();
    let resumed = resumed.unwrap();
    assert!(matches!(resumed, Resumed::Running(_)), "{resumed:?}");
    assert_eq!(
        quick(&run).block().unwrap().output_value(),
        json!({"city": "Oslo"})
    );

    let mut events = ask.clone().stream().block().unwrap().blocking();
    assert!(events.by_ref().all(|event| event.is_ok()));
    let events = events.into_inner();
    assert_eq!(events.end(), Some(StreamEnd::Interrupted));
    let resumed = events.resume("Rome").block().unwrap();
    let output = resumed.output().block().unwrap();
    assert_eq!(output.output_value(), json!({"city": "Rome"}));
    let question = events.question().unwrap();
    let stale = ask.resume_stream(question, "Nice").block().unwrap_err();
    assert!(stale.code().is_some(), "{stale:?}");
}

fn lists_are_iterators(setup: &Setup) {
    let coze = &setup.coze;
    let all = coze.workflows("73").all().block().unwrap();
    assert_eq!(all.len(), 46);
    let some: Result<Vec<_>, _> = coze
        .workflows("73")
        .page_size(7)
        .items()
        .blocking()
        .collect();
    assert_eq!(some.unwrap(), all);
    let pages = coze.workflows("73").page_size(7).from_page(2).pages();
    let counts: Vec<_> = pages
        .blocking()
        .map(|page| page.unwrap().get_ref().items.len())
        .collect();
    assert_eq!(counts, [7, 7, 7, 7, 7, 4]);
    let page = coze.workflows("73").page().block().unwrap();
    assert!(page.log_id().is_some() && page.get_ref().has_more);
    let mut refused = coze.workflows("").items().blocking();
    assert_eq!(
        refused.next().unwrap().unwrap_err().kind(),
        ErrorKind::Build
    );
    assert!(refused.next().is_none());

    let weather = coze.workflow("weather");
    let info = weather.info().block().unwrap();
    assert!(
        info.get_ref()
            .input
            .as_ref()
            .unwrap()
            .parameters
            .contains_key("city")
    );
    assert!(weather.versions().with_shapes(true).all().block().is_ok());
    assert!(!coze.workspaces().all().block().unwrap().is_empty());
    let talk = coze.create_conversation().name("talk").block().unwrap();
    assert!(talk.get_ref().id.is_some());
}

struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("the disk is gone"))
    }
}

fn files_are_read_from_readers(setup: &Setup) {
    let content: Vec<u8> = (0..300_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let reader = Cursor::new(content.clone()).take(u64::MAX);
    let sent = Arc::new(Mutex::new(0));
    let seen = Arc::clone(&sent);
    let source = FileSource::blocking_reader("a.bin", reader).length(300_000);
    let stored = setup
        .coze
        .upload(source)
        .on_progress(move |now| *seen.lock().unwrap() = now.sent)
        .block()
        .unwrap();
    let id = stored.get_ref().id.clone().unwrap();
    assert!(setup.emulator.file(&id).unwrap() == content);
    assert_eq!(*sent.lock().unwrap(), 300_000);
    let file = setup.coze.file(&id).block().unwrap();
    assert_eq!(file.get_ref().bytes, Some(300_000));

    let broken = FileSource::blocking_reader("b.bin", Broken);
    let error = setup.coze.upload(broken).block().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input, "{error:?}");
}
