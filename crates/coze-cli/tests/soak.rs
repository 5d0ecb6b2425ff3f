//! The command against a server with faults that counts how often a run really started.
//!
//! `COZE_SOAK=2000 cargo test -p coze-cli --release --test soak` runs it for long.

mod support;

use std::process::Command;

use coze_emulator::Fault;
use serde_json::Value;
use support::Server;

/// Faults before the run starts, after it has started, and in its response.
const FAULTS: [&str; 14] = [
    "close",
    "lose",
    "status=429",
    "status=401",
    "status=500",
    "code=4009",
    "code=4100",
    "code=5000",
    "replace=502",
    "replace=403",
    "recode=4100",
    "recode=4009",
    "replace=429 recode=4009",
    "cut=20",
];

#[test]
fn the_command_never_says_that_a_run_it_started_has_not_run() {
    let commands = std::env::var("COZE_SOAK").map_or(60, |text| text.parse().unwrap());
    let faults: Vec<Fault> = FAULTS.iter().map(|fault| fault.parse().unwrap()).collect();
    let server = Server::start(|emulator| emulator.random_faults(7, 0.6, faults).keep_runs(10));
    let (mut done, mut refused, mut unknown) = (0, 0, 0);
    for number in 0..commands {
        let before = server.emulator.runs_started_in_all();
        let kind = ["run", "stream"][number % 2];
        let out = Command::new(env!("CARGO_BIN_EXE_coze"))
            .args([kind, "greeting", "--params", r#"{"name":"Ada"}"#])
            .args(["--output", "json", "--base-url", &server.url])
            .env("COZE_API_TOKEN", "pat_1")
            .env("COZE_CONFIG_DIR", "/nowhere")
            .output()
            .unwrap();
        let started = server.emulator.runs_started_in_all() - before;
        let err = String::from_utf8(out.stderr).unwrap();
        assert!(
            started <= 1,
            "command {number} started {started} runs: {err}"
        );
        if out.status.success() {
            assert_eq!(started, 1, "command {number} has an output of no run");
            done += 1;
            continue;
        }
        let failure: Value = serde_json::from_str(err.lines().last().unwrap()).unwrap();
        let may = failure["error"]["may_have_run"].as_bool().unwrap();
        assert!(may || started == 0, "command {number} started a run: {err}");
        if may {
            unknown += 1;
        } else {
            refused += 1;
        }
    }
    println!("{commands} commands: {done} done, {refused} not accepted, {unknown} may have run");
    // The faults were there.
    assert!(done > commands / 3 && unknown > commands / 20 && refused > 0);
}
