//! The client in code without async: in threads, between its calls, and where blocking is not allowed.

mod served;

use std::{
    future::{pending, ready},
    io::{Read, Write},
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use coze_emulator::{Definition, Emulator};
use coze_workflow::{
    BoxError, Client, ErrorKind, FileSource, HttpStack, Response, Run, blocking::Block, json_reply,
};
use served::{Served, serve};
use tokio::{runtime::Builder, task::LocalSet};

/// Longer than anything here takes, on a machine that does other things too.
const LONG: Duration = Duration::from_secs(30);

const ASK: &str = r#"
name: ask
nodes:
  - question: { id: city, text: "Which city?" }
end: { variables: { city: "{{ city.answer }}" } }
"#;

fn server() -> (Served, Client) {
    let ask = Definition::from_yaml(ASK).unwrap();
    let served = serve(Emulator::builder().workflow(ask));
    let coze = Client::builder().base_url(&served.url).token("pat_1");
    let coze = coze.build().unwrap();
    (served, coze)
}

fn greet(coze: &Client, name: &str) -> String {
    let run = coze.workflow("greeting").parameter("name", name).run();
    run.block().unwrap().text()
}

/// A client that answers every call, and how many it answered.
fn counted() -> (Client, Arc<AtomicU32>) {
    let count = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&count);
    let stack = HttpStack::from_fn(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        async { json_reply(r#"{"data":"hello"}"#) }
    });
    (Client::new(stack), count)
}

/// No task and no budget: only the deadline itself can end it.
#[test]
fn row_46_a_flood_ends_at_the_deadline() {
    for event in [
        "event: PING\ndata: {}\n\n",
        "event: Message\ndata: {\"content\":\"x\"}\n\n",
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
            let mut sent = stream.write_all(head.as_bytes());
            let events = event.repeat(1000);
            while sent.is_ok() {
                sent = stream.write_all(events.as_bytes());
            }
        });
        let coze = Client::builder().base_url(&url).token("pat_1");
        let coze = coze.build().unwrap();
        let (ended, end) = mpsc::channel();
        thread::spawn(move || {
            let call = coze.workflow("1").deadline(Duration::from_millis(300));
            let mut events = call.stream().block().unwrap().blocking();
            let error = events.find_map(Result::err).unwrap();
            ended.send((error.kind(), error.may_have_run())).unwrap();
        });
        let end = end.recv_timeout(LONG / 3).unwrap();
        assert_eq!(end, (ErrorKind::Timeout, true), "{event}");
    }
}

#[test]
fn eight_threads_use_one_client_at_once() {
    let (served, coze) = server();
    // Each has to be within its call before any of them may return.
    let start = std::sync::Barrier::new(8);
    thread::scope(|scope| {
        for n in 0..8 {
            let (coze, start) = (&coze, &start);
            scope.spawn(move || {
                let asking = coze.workflow("ask").answer_with(|_| {
                    start.wait();
                    ready(Ok(format!("city {n}").into()))
                });
                let output = asking.run().block().unwrap().output_value();
                assert_eq!(output["city"], format!("city {n}"));
                for m in 0..20 {
                    let name = format!("{n}-{m}");
                    assert!(greet(coze, &name).contains(&format!("Hello, {name}!")));
                }
            });
        }
    });
    assert_eq!(served.emulator.runs_started("ask"), Some(8));
    assert_eq!(served.emulator.runs_started("greeting"), Some(160));
}

#[test]
fn a_closure_that_blocks_holds_up_no_other_thread() {
    let (_served, coze) = server();
    let (tell, told) = mpsc::channel();
    let (ask, asked) = mpsc::channel();
    let other = thread::spawn({
        let coze = coze.clone();
        move || {
            asked.recv_timeout(LONG).unwrap();
            tell.send(greet(&coze, "Ada")).unwrap();
        }
    });
    let asking = coze.workflow("ask").answer_with(move |_| {
        ask.send(()).unwrap();
        ready(Ok(told.recv_timeout(LONG).unwrap().into()))
    });
    let output = asking.run().block().unwrap().output_value();
    assert!(output["city"].as_str().unwrap().contains("Hello, Ada!"));
    other.join().unwrap();
}

/// A reader that makes a call.
struct Greeting(Client, bool);
impl std::io::Read for Greeting {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        if std::mem::replace(&mut self.1, true) {
            return Ok(0);
        }
        let text = greet(&self.0, "Eve");
        buf[..text.len()].copy_from_slice(text.as_bytes());
        Ok(text.len())
    }
}

#[test]
fn a_closure_may_make_calls_of_its_own() {
    let (served, coze) = server();
    // In the closure itself, or in the future that it returns.
    let ask = coze.workflow("ask");
    let asking = ask
        .clone()
        .answer_with(|_| ready(Ok(greet(&coze, "Bob").into())));
    let output = asking.run().block().unwrap().output_value();
    assert!(output["city"].as_str().unwrap().contains("Hello, Bob!"));
    let asking = ask.answer_with(async |_| Ok(greet(&coze, "Bob").into()));
    let output = asking.run().block().unwrap().output_value();
    assert!(output["city"].as_str().unwrap().contains("Hello, Bob!"));
    assert_eq!(served.emulator.runs_started("greeting"), Some(2));

    // A reader too, and it is read in a thread of the runtime's.
    let source = FileSource::blocking_reader("a.txt", Greeting(coze.clone(), false));
    let stored = coze.upload(source).block().unwrap();
    let content = served
        .emulator
        .file(stored.get_ref().id.as_ref().unwrap().as_str())
        .unwrap();
    assert!(String::from_utf8_lossy(&content).contains("Hello, Eve!"));
}

#[test]
fn a_call_within_an_async_task_is_refused_and_nothing_is_sent() {
    let (coze, count) = counted();
    let call = |coze: &Client| {
        let error = coze.workflow("7366").run().block().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Build);
        assert!(error.to_string().contains("spawn_blocking"), "{error}");
        assert!(!error.may_have_run());
    };
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { call(&coze) });
    let task = coze.clone();
    runtime.block_on(async { tokio::spawn(async move { call(&task) }).await.unwrap() });
    runtime.block_on(LocalSet::new().run_until(async { call(&coze) }));
    // An iterator ends there: whoever skips errors would go round for ever.
    runtime.block_on(async {
        let items = coze.workflows("7361").items().blocking();
        assert_eq!(items.filter_map(Result::ok).count(), 0);
    });
    assert_eq!(count.load(Ordering::Relaxed), 0);

    // The task goes on as before, and so does the client.
    runtime.block_on(async {
        call(&coze);
        tokio::task::yield_now().await;
    });
    assert_eq!(coze.workflow("7366").run().block().unwrap().text(), "hello");
}

#[test]
fn a_call_where_a_runtime_lets_one_block_is_made() {
    let (coze, count) = counted();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let task = coze.clone();
    let text = runtime.block_on(async move {
        let call = tokio::task::spawn_blocking(move || task.workflow("7366").run().block());
        call.await.unwrap().unwrap().text()
    });
    assert_eq!(text, "hello");
    let _entered = runtime.enter();
    assert_eq!(coze.workflow("7366").run().block().unwrap().text(), "hello");
    assert_eq!(count.load(Ordering::Relaxed), 2);
}

#[test]
fn everything_may_be_dropped_within_an_async_task() {
    let (served, coze) = server();
    let started = coze.workflow("slow-report").start().block().unwrap();
    let ask = coze.workflow("ask").stream().block().unwrap();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async move {
        drop(coze);
        drop(ask);
        let last: Run = started;
        drop(last);
        tokio::task::yield_now().await;
    });
    assert_eq!(served.emulator.runs_started("slow-report"), Some(1));
}

#[test]
fn one_client_serves_async_code_and_code_without() {
    let (served, coze) = server();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    // Each leaves an idle connection behind, which belongs to its own runtime.
    for name in ["Ada", "Bob", "Eve"] {
        let run = coze.workflow("greeting").parameter("name", name);
        let text = runtime.block_on(run.run()).unwrap().text();
        assert_eq!(greet(&coze, name), text);
    }
    drop(runtime);
    assert!(greet(&coze, "Ada").contains("Hello, Ada!"));
    assert_eq!(served.emulator.runs_started("greeting"), Some(7));
}

#[test]
fn a_deadline_ends_a_call_that_is_never_answered() {
    let silent = HttpStack::from_fn(|_| pending::<Result<Response, BoxError>>());
    let coze = Client::builder().transport(silent).build();
    let workflow = coze.unwrap().workflow("7366");
    let error = workflow.deadline(Duration::from_millis(50)).run().block();
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.may_have_run());
}

#[test]
fn a_client_may_be_shared_and_sent() {
    fn both<T: Send + Sync + Clone>(_: &T) {}
    fn sent<T: Send>(_: &T) {}
    let (coze, _) = counted();
    both(&coze);
    both(&coze.workflow("7366"));
    both(&coze.attach(("7366", "7413")));
    sent(&coze.workflows("7361").items().blocking());
    sent(&coze.workflow("7366").stream());
}
