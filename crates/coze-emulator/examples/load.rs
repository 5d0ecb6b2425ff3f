//! Many streams at once, then many runs, over the service in process; prints counts, time and memory.
//!
//! `load [STREAMS] [RUNS]`, 5,000 and 100,000 by default.

use std::{env, fs, time::Duration};

use coze_emulator::{Definition, Emulator, EmulatorService};
use http::Request;
use http_body_util::{BodyExt, Full};
use tokio::{task::JoinSet, time::Instant};
use tower_service::Service;

const EVENTS: usize = 100;

async fn post(mut service: EmulatorService, path: &str, body: &'static str) -> String {
    let request = Request::post(format!("http://emulator{path}"))
        .header("authorization", "Bearer t")
        .body(Full::from(body))
        .expect("a fixed request is valid");
    let Ok(reply) = service.call(request).await;
    let body = reply.into_body().collect().await.expect("no fault is set");
    String::from_utf8_lossy(&body.to_bytes()).into_owned()
}

/// Resident memory in MiB, where the system tells it.
fn memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024)
}

fn report(what: &str, took: Duration) {
    println!(
        "{what}: {took:.1?}, resident {} MiB",
        memory().unwrap_or_default()
    );
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = env::args().skip(1);
    let mut number = |default: usize| arguments.next().map_or(Ok(default), |text| text.parse());
    let (streams, runs) = (number(5_000)?, number(100_000)?);
    // 98 pieces, the end and `Done`.
    let yaml = format!(
        "name: many\nnodes: [ {{ output: {{ id: o, content: \"{}\", piece: 1, pause: 10 }} }} ]\nend: {{ text: e }}",
        "x".repeat(EVENTS - 2)
    );
    let emulator = Emulator::builder()
        .workflow(Definition::from_yaml(&yaml)?)
        .build()?;
    report("started", Duration::ZERO);

    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..streams {
        let service = emulator.service();
        tasks.spawn(async move {
            let text = post(
                service,
                "/v1/workflow/stream_run",
                r#"{"workflow_id":"many"}"#,
            )
            .await;
            text.matches("\n\n").count()
        });
    }
    let events: usize = tasks.join_all().await.into_iter().sum();
    report(
        &format!("{streams} streams, {events} events"),
        began.elapsed(),
    );

    let began = Instant::now();
    let service = emulator.service();
    for round in 1..=runs {
        let body = r#"{"workflow_id":"greeting","parameters":{"name":"Ada"}}"#;
        let reply = post(service.clone(), "/v1/workflow/run", body).await;
        assert!(reply.starts_with("{\"code\":0"), "{reply}");
        if round % (runs / 4).max(1) == 0 {
            report(&format!("{round} runs"), began.elapsed());
        }
    }
    Ok(())
}
