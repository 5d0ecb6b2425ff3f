//! No second run, over a real socket: the client against an emulator that breaks three calls in ten and
//! counts how often a run really started.
//!
//! `COZE_SOAK=100000 cargo test -p coze-workflow --release --test soak` runs it for long.

use std::time::Duration;

use coze_emulator::{Emulator, Fault};
use coze_workflow::{Client, Outcome, RetryPolicy};

/// Faults before the run starts, after it has started, and in its answer.
const FAULTS: [&str; 12] = [
    "close",
    "lose",
    "status=429",
    "status=500",
    "status=503",
    "code=4009",
    "code=5000",
    "replace=502",
    "cut=20",
    "reset=20",
    "gzip",
    "content-type=text/html",
];

#[tokio::test]
async fn no_submit_starts_a_second_run() {
    let submits = std::env::var("COZE_SOAK").map_or(10_000, |text| text.parse().unwrap());
    let faults: Vec<Fault> = FAULTS.iter().map(|fault| fault.parse().unwrap()).collect();
    let server = Emulator::builder()
        .random_faults(7, 0.3, faults)
        .keep_runs(10)
        .start()
        .await
        .unwrap();
    let mut policy = RetryPolicy::default();
    policy.base_connect = Duration::from_micros(1);
    policy.base_failure = Duration::from_micros(1);
    let coze = Client::builder()
        .base_url(server.base_url())
        .token("t")
        .retry(policy)
        .build()
        .unwrap();

    let (mut done, mut refused, mut unknown, mut attempts) = (0, 0, 0, 0);
    for submit in 0..submits {
        let before = server.emulator().runs_started_in_all();
        let result = coze
            .workflow("greeting")
            .parameter("name", "Ada")
            .run()
            .await;
        let started = server.emulator().runs_started_in_all() - before;
        assert!(
            started <= 1,
            "submit {submit} started {started} runs: {result:?}"
        );
        match result {
            Ok(run) => {
                done += 1;
                attempts += run.attempts().len();
                assert_eq!(started, 1, "submit {submit} has an output of no run");
            }
            Err(error) => {
                attempts += error.attempts().len();
                match error.outcome() {
                    Outcome::NotAccepted => {
                        refused += 1;
                        assert_eq!(started, 0, "submit {submit} ran: {error:?}");
                    }
                    _ => unknown += 1,
                }
                assert!(error.may_have_run() || started == 0, "{error:?}");
            }
        }
    }
    println!(
        "{submits} submits in {attempts} attempts: {done} done, {refused} not accepted, {unknown} unknown"
    );
    // The faults were there, and what could be repeated was.
    assert!(unknown > submits / 20 && attempts > submits + submits / 20);
    assert!(done > submits * 7 / 10);
}
