//! A token goes to its server and is shown nowhere else: not in logs at TRACE, not by `Debug`, not in
//! errors and their sources, panics or cassettes.

#[path = "../../coze-cli/tests/support/canned.rs"]
#[expect(dead_code, reason = "the tests of the command use the rest")]
mod canned;
#[path = "../../coze-cli/tests/support/echoes.rs"]
mod echoes;

use std::{
    fmt::Debug,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use coze_emulator::{Emulator, Fault};
use coze_transport::{
    ErrorKind as Kind, Outcome as Sent,
    hyper::HyperTransport,
    testing::{Recorder, Reply, Scripted},
};
use coze_workflow::{Client, ClientBuilder, Error, HttpStack, RetryPolicy, models};
use tower::Layer;
use tracing_subscriber::{filter::LevelFilter, fmt::format::FmtSpan, util::SubscriberInitExt};

const CANARY: &str = "pat_CANARY0123456789";
/// Also finds it where only its prefix was taken off.
const MARK: &str = "CANARY0123456789";

/// All that was written, logs and what was shown on purpose.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Everything, from TRACE on, until the guard goes.
    fn listen(&self) -> impl Drop + use<> {
        let log = self.clone();
        tracing_subscriber::fmt()
            .with_max_level(LevelFilter::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(move || log.clone())
            .finish()
            .set_default()
    }

    fn write(&self, text: &str) {
        self.0.lock().unwrap().extend_from_slice(text.as_bytes());
    }

    fn show(&self, what: &dyn Debug) {
        self.write(&format!("{what:?}\n{what:#?}\n"));
    }

    fn show_error(&self, error: &Error) {
        self.show(error);
        self.write(&error.to_string());
        self.write(&error.report());
        self.show(&[
            error.log_id(),
            error.debug_url(),
            error.execute_id(),
            error.event_name(),
        ]);
        self.show(&error.hint());
        // Nothing that is said of the server forges a line or is long.
        assert!(!error.to_string().contains(char::is_control), "{error}");
        assert!(error.report().len() < 8 * 1024, "{error}");
        let mut cause = error.cause();
        while let Some(one) = cause {
            self.show(&one);
            self.write(&one.to_string());
            cause = one.source();
        }
    }

    /// What is there, which must not show the token.
    fn checked(&self) -> String {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let line = text.lines().find(|line| line.contains(MARK));
        assert_eq!(line, None, "the token is shown");
        text
    }
}

fn builder(transport: HttpStack) -> ClientBuilder {
    Client::builder().token(CANARY).transport(transport)
}

/// Calls of several kinds, with everything shown that they give.
async fn calls(client: &Client, log: &Log) {
    let workflow = client.workflow("greeting").parameter("name", "Ada");
    log.show(&workflow);
    match workflow.clone().run().await {
        Ok(output) => log.show(&output),
        Err(error) => log.show_error(&error),
    }
    match workflow.start().await {
        Ok(run) => {
            log.show(&run);
            match run.wait().await {
                Ok(output) => log.show(&output),
                Err(error) => log.show_error(&error),
            }
        }
        Err(error) => log.show_error(&error),
    }
    let history = client.call(models::GetRunHistory::new("7366", "7413"));
    match history.await {
        Ok(reply) => log.show(&reply),
        Err(error) => log.show_error(&error),
    }
}

#[tokio::test]
async fn over_the_emulator_a_token_is_shown_nowhere() {
    let log = Log::default();
    let guard = log.listen();
    let running = Emulator::builder().start().await.unwrap();
    for faults in ["", "status=401", "status=500", "code=4100", "close"] {
        for fault in Fault::lines(faults).unwrap() {
            running.emulator().inject(fault);
        }
        let recorder = Recorder::new();
        let leaf = recorder.layer(HyperTransport::builder().no_proxy().build().unwrap());
        let builder = builder(HttpStack::new(leaf)).base_url(running.base_url());
        log.show(&builder);
        let client = builder.build().unwrap();
        log.show(&client);
        calls(&client, &log).await;
        log.show(&recorder.cassette());
        log.write(&recorder.cassette().to_json().unwrap());
        running.emulator().clear_faults();
    }
    drop(guard);
    let text = log.checked();
    assert!(text.contains("Hello, Ada!") && text.contains("401"));
}

#[tokio::test(start_paused = true)]
async fn over_broken_transports_a_token_is_shown_nowhere() {
    let log = Log::default();
    let guard = log.listen();
    let page = format!("<p>token {CANARY} is no good, Bearer {CANARY}</p>");
    let refusal = format!(r#"{{"code":4100,"msg":"token {CANARY} is no good"}}"#);
    let replies = [
        Reply::failure(Kind::Connect, Sent::NotAccepted),
        Reply::failure(Kind::Closed, Sent::Unknown),
        Reply::body(401, page.clone()),
        Reply::body(500, page.clone()),
        Reply::body(200, page),
        Reply::json(200, refusal),
        Reply::body(301, "").header("location", &format!("https://elsewhere.example/?{CANARY}")),
        Reply::json(200, "{").broken(),
        Reply::never(),
    ];
    for reply in replies {
        let server = Scripted::repeating(reply);
        let recorder = Recorder::new();
        let client = builder(HttpStack::new(recorder.layer(server.clone())))
            .build()
            .unwrap();
        calls(&client, &log).await;
        log.write(&recorder.cassette().to_json().unwrap());
        // `server` itself is not shown: it holds this test's replies, unsent ones included.
        // The token did reach the wire, of its own server alone.
        let seen = server.requests();
        assert!(!seen.is_empty());
        for one in seen {
            log.show(&one);
            let token = &one.headers()["authorization"];
            assert_eq!(token, format!("Bearer {CANARY}").as_str());
            assert_eq!(one.uri().host(), Some("api.coze.com"));
        }
    }
    drop(guard);
    let text = log.checked();
    assert!(text.contains("401") && text.contains("attempt"));
}

#[tokio::test]
async fn settings_that_are_refused_do_not_show_a_token() {
    let log = Log::default();
    let transport = || HttpStack::new(Scripted::new([]));
    for token in [
        format!("{CANARY}\r\nx: y"),
        format!("{CANARY} "),
        format!("é{CANARY}\u{7f}"),
    ] {
        if let Err(error) = builder(transport()).token(token).build() {
            log.show_error(&error);
        }
    }
    for url in [
        format!("http://user:{CANARY}@127.0.0.1"),
        format!("{CANARY}:{CANARY}"),
        format!("https://api.example/?token={CANARY}"),
    ] {
        let builder = builder(transport()).base_url(url);
        log.show(&builder);
        log.show_error(&builder.build().unwrap_err());
    }
    assert!(log.checked().contains("base URL"));
}

#[tokio::test]
async fn a_panic_over_a_client_does_not_show_its_token() {
    let log = Log::default();
    let server = Scripted::repeating(Reply::body(401, format!("token {CANARY} is no good")));
    let client = builder(HttpStack::new(server)).build().unwrap();
    let error = client.workflow("1").run().await.unwrap_err();
    let panic = tokio::spawn(async move {
        panic!("a run failed over {client:?}: {error:?}");
    });
    let panic = panic.await.unwrap_err().into_panic();
    log.write(panic.downcast_ref::<String>().unwrap());
    assert!(log.checked().contains("a run failed"));
}

/// What a caller may log of a call that goes well or not. Outputs, events and rows themselves are data.
async fn talk(client: &Client, log: &Log) {
    let workflow = client.workflow("7366").deadline(Duration::from_secs(5));
    match workflow.clone().run().await {
        Ok(output) => {
            log.show(&output);
            log.show(&(output.log_id(), output.debug_url(), output.execute_id()));
        }
        Err(error) => log.show_error(&error),
    }
    match workflow.clone().start().await {
        Ok(run) => {
            log.show(&run);
            log.show(&(
                run.log_id(),
                run.debug_url(),
                run.execute_id(),
                run.detach(),
            ));
        }
        Err(error) => log.show_error(&error),
    }
    let run = client.attach(("7366", "7413"));
    match run.status().await {
        Ok(row) => {
            log.show(&row);
            let wait = run.wait().deadline(Duration::from_millis(500));
            if row.get_ref().is_some()
                && let Err(error) = wait.await
            {
                log.show_error(&error);
            }
        }
        Err(error) => log.show_error(&error),
    }
    match client.file("7").await {
        Ok(file) => log.show(&(&file, file.log_id())),
        Err(error) => log.show_error(&error),
    }
    match workflow.clone().stream().await {
        Ok(mut events) => loop {
            match events.try_next().await {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(error) => log.show_error(&error),
            }
            log.show(&(events.log_id(), events.debug_url(), events.execute_id()));
            log.show(&(&events, events.last_event_id()));
        },
        Err(error) => log.show_error(&error),
    }
    match workflow.chat("hello").await {
        Ok(mut events) => loop {
            match events.try_next().await {
                Ok(Some(_)) => log.show(&(&events, events.log_id(), events.debug_url())),
                Ok(None) => break,
                Err(error) => log.show_error(&error),
            }
        },
        Err(error) => log.show_error(&error),
    }
}

#[tokio::test]
async fn a_server_that_repeats_the_token_everywhere_does_not_get_it_shown() {
    let mut places = 0;
    for (number, form) in echoes::forms(CANARY).into_iter().enumerate() {
        for (place, answer) in echoes::answers(&form).into_iter().enumerate() {
            // Every place with the token as it is, and each form in a third of them.
            if number > 0 && (place + number) % 3 > 0 {
                continue;
            }
            places += 1;
            let shown = String::from_utf8_lossy(&answer).into_owned();
            let log = Log::default();
            let guard = log.listen();
            let client = Client::builder()
                .token(CANARY)
                .base_url(canned::raw(answer))
                .retry(RetryPolicy::never())
                .build()
                .unwrap();
            talk(&client, &log).await;
            drop(guard);
            let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
            for mark in echoes::marks(CANARY) {
                let found = text
                    .lines()
                    .find(|line| line.to_lowercase().contains(&mark));
                assert_eq!(found, None, "{mark} is shown after {shown:?}");
            }
            assert!(!text.contains("\nWARN forged"), "a line is forged");
        }
    }
    assert!(places > 500, "{places}");
}

#[tokio::test]
async fn what_a_server_says_is_bounded() {
    let long = "x".repeat(50_000);
    for answer in [
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: {long}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\ncontent-encoding: {long}\r\n\r\n"),
        format!("HTTP/1.1 500 No\r\nx-tt-logid: {long}\r\nconnection: close\r\n\r\n{long}"),
        format!(
            "HTTP/1.1 500 No\r\nconnection: close\r\n\r\n{{\"code\":5,\"msg\":\"{long}\",\"debug_url\":\"{long}\",\"execute_id\":\"{long}\",\"detail\":{{\"logid\":\"{long}\"}}}}"
        ),
    ] {
        let client = Client::builder()
            .token(CANARY)
            .base_url(canned::raw(answer.into_bytes()))
            .retry(RetryPolicy::never())
            .build()
            .unwrap();
        let error = client.workflow("1").run().await.unwrap_err();
        let log = Log::default();
        log.show_error(&error);
        let length = log.0.lock().unwrap().len();
        assert!(length < 24 * 1024, "{length}");
    }
}

#[tokio::test]
async fn ids_that_are_none_are_one_line_and_good_ones_exact() {
    let forged = r#"{"code":5000,"msg":"a\nb","debug_url":"https://h/\n  hint: \u001b[2J","execute_id":"7\n8","detail":{"logid":"1\u202e2"}}"#;
    let server = Scripted::repeating(Reply::json(500, forged));
    let client = builder(HttpStack::new(server))
        .retry(RetryPolicy::never())
        .build()
        .unwrap();
    let error = client.workflow("1").run().await.unwrap_err();
    assert_eq!(error.debug_url(), Some("https://h/   hint: \\u{1b}[2J"));
    assert_eq!(
        (error.execute_id(), error.log_id()),
        (Some("7 8"), Some("1\\u{202e}2"))
    );
    assert!(
        !error.report().contains("\n  hint: \u{1b}"),
        "{}",
        error.report()
    );

    let url =
        "https://www.coze.cn/work_flow?execute_id=7413&space_id=7361&workflow_id=7366&x=%E4%BD%A0";
    let good = format!(
        r#"{{"code":0,"execute_id":"7413","debug_url":"{url}","detail":{{"logid":"20260101"}}}}"#
    );
    let server = Scripted::repeating(Reply::json(200, good));
    let client = builder(HttpStack::new(server)).build().unwrap();
    let run = client.workflow("1").start().await.unwrap();
    assert_eq!(run.debug_url(), Some(url));
    assert_eq!(
        (run.execute_id().as_str(), run.log_id()),
        ("7413", Some("20260101"))
    );
}
