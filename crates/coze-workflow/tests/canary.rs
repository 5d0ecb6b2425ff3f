//! A token goes to its server and is shown nowhere else: not in logs at TRACE, not by `Debug`, not in
//! errors and their sources, panics or cassettes.

use std::{
    error::Error as _,
    fmt::Debug,
    io,
    sync::{Arc, Mutex},
};

use coze_emulator::{Emulator, Fault};
use coze_transport::{
    ErrorKind as Kind, Outcome as Sent,
    hyper::HyperLeaf,
    testing::{Recorder, Reply, Scripted},
};
use coze_workflow::{Client, ClientBuilder, Error, HttpStack, models};
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
        let mut cause = error.source();
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
        let leaf = recorder.layer(HyperLeaf::builder().no_proxy().build().unwrap());
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
