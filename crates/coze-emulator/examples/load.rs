//! Many streams at once, then many runs; prints counts, time and memory.
//!
//! `load [STREAMS] [RUNS] [socket]`, 5,000 and 100,000 by default, over the service in process or over a connection each.

use std::{env, fs, net::SocketAddr, time::Duration};

use bytes::Bytes;
use coze_emulator::{Definition, Emulator, EmulatorService};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinSet, time::Instant};
use tower_service::Service;

const EVENTS: usize = 100;

/// How the emulator is reached.
#[derive(Clone)]
enum Way {
    InProcess(EmulatorService),
    Socket(SocketAddr),
}

impl Way {
    async fn post(&mut self, path: &str, body: &'static str) -> String {
        let request = Request::post(format!("http://emulator{path}"))
            .header("authorization", "Bearer t")
            .body(Full::from(body))
            .expect("a fixed request is valid");
        match self {
            Self::InProcess(service) => {
                let Ok(response) = service.call(request).await;
                text(response).await
            }
            Self::Socket(address) => {
                let socket = TcpStream::connect(*address).await.expect("it listens");
                let (mut sender, connection) =
                    hyper::client::conn::http1::handshake(TokioIo::new(socket))
                        .await
                        .expect("the connection is good");
                let connection = tokio::spawn(connection);
                let response = sender.send_request(request).await.expect("no fault is set");
                let text = text(response).await;
                connection.abort();
                text
            }
        }
    }
}

/// The body as text. Frames are copied, because each keeps the whole buffer alive that it was read into.
async fn text<B: http_body::Body<Data = Bytes> + Unpin>(response: Response<B>) -> String {
    let mut body = response.into_body();
    let mut text = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.ok().expect("no fault is set");
        text.extend_from_slice(frame.data_ref().map_or(&[], |data| &data[..]));
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// Resident memory in MiB, now or at its peak, where the system tells it.
fn memory(which: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(which))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024)
}

fn report(what: &str, took: Duration) {
    println!(
        "{what}: {took:.1?}, resident {} MiB, at most {} MiB",
        memory("VmRSS:").unwrap_or_default(),
        memory("VmHWM:").unwrap_or_default()
    );
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = env::args().skip(1);
    let mut number = |default: usize| arguments.next().map_or(Ok(default), |text| text.parse());
    let (streams, runs) = (number(5_000)?, number(100_000)?);
    let socket = arguments.next().is_some_and(|way| way == "socket");
    // 98 pieces, the end and `Done`.
    let yaml = format!(
        "name: many\nnodes: [ {{ output: {{ id: o, content: \"{}\", piece: 1, pause: 10 }} }} ]\nend: {{ text: e }}",
        "x".repeat(EVENTS - 2)
    );
    let emulator = Emulator::builder()
        .workflow(Definition::from_yaml(&yaml)?)
        .build()?;
    let mut running = None;
    let way = if socket {
        let running = running.insert(emulator.start().await?);
        Way::Socket(running.address())
    } else {
        Way::InProcess(emulator.service())
    };
    report("started", Duration::ZERO);

    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..streams {
        let mut way = way.clone();
        tasks.spawn(async move {
            let body = r#"{"workflow_id":"many"}"#;
            let text = way.post("/v1/workflow/stream_run", body).await;
            text.matches("\n\n").count()
        });
    }
    let events: usize = tasks.join_all().await.into_iter().sum();
    report(
        &format!("{streams} streams, {events} events"),
        began.elapsed(),
    );

    let began = Instant::now();
    let mut way = way;
    for round in 1..=runs {
        let body = r#"{"workflow_id":"greeting","parameters":{"name":"Ada"}}"#;
        let response = way.post("/v1/workflow/run", body).await;
        assert!(response.starts_with("{\"code\":0"), "{response}");
        if round % (runs / 4).max(1) == 0 {
            report(&format!("{round} runs"), began.elapsed());
        }
    }
    Ok(())
}
