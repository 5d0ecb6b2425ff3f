//! `cargo xtask bench`: what a call and a streamed event cost, against a hand-written hyper client
//! and reqwest on the same work.
//!
//! Instructions and allocations are counted by valgrind, each as the difference of two run lengths,
//! so that the start of the program cancels out; they repeat to the digit. Processor time is the
//! median of rounds.

mod decoder;

use std::{
    fmt::Write as _,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// The clients, in the order of the table; all others are measured against the first.
///
/// `ours` is the stack with the floor's own decoding, `client` the whole client with its types.
const CLIENTS: [&str; 5] = ["floor", "leaf", "ours", "client", "reqwest"];
/// What our whole stack may cost.
const MAX_UNARY: f64 = 1.12;
const MAX_EVENT: f64 = 1.00;
const MAX_ALLOCATIONS: f64 = 38.0;

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    All,
    /// Event decoders on a body in memory, without a server.
    Decoder,
}

/// Runs the measurements and prints their tables. With `check` the result is 1 if our parts cost
/// more than they may.
pub(crate) fn run(root: &Path, part: Part, check: bool) -> Result<u8, String> {
    let mut exceeded = decoder::run(root)?;
    if part == Part::All {
        println!();
        exceeded |= clients(root)?;
    }
    Ok(u8::from(check && exceeded))
}

/// Calls and streams through whole clients; whether ours cost more than they may.
fn clients(root: &Path) -> Result<bool, String> {
    build(root, &["-p", "coze-bench"])?;
    // Alone, because what reqwest asks of hyper would otherwise be built into all.
    build(
        root,
        &[
            "-p",
            "coze-bench",
            "--features",
            "reqwest",
            "--bin",
            "bench-reqwest",
        ],
    )?;
    let bench = Bench::start(binaries(root))?;
    let mut table = String::from(
        "| client | instructions a call | ÷ floor | allocations a call | instructions an event | ÷ floor | allocations an event | CPU an event, caller in a task, ÷ floor |\n|---|---|---|---|---|---|---|---|\n",
    );
    let mut floor = None;
    let mut exceeded = false;
    let time = bench.processor_time()?;
    for (client, time) in CLIENTS.iter().zip(time) {
        let call = bench.cost(client, Mode::Unary, 1000)?;
        let event = bench.cost(client, Mode::Stream, 5000)?;
        let (call_floor, event_floor) = *floor.get_or_insert((call.0, event.0));
        let (calls, events) = (call.0 / call_floor, event.0 / event_floor);
        let _ = writeln!(
            table,
            "| {client} | {:.0} | {calls:.3} | {:.1} | {:.0} | {events:.3} | {:.1} | {time:.2} |",
            call.0, call.1, event.0, event.1
        );
        exceeded |= *client == "ours"
            && (calls > MAX_UNARY || events > MAX_EVENT || call.1 > MAX_ALLOCATIONS);
    }
    print!("{table}");
    if exceeded {
        println!(
            "our stack costs more than {MAX_UNARY} (call), {MAX_EVENT} (event) or {MAX_ALLOCATIONS} allocations"
        );
    }
    Ok(exceeded)
}

fn build(root: &Path, arguments: &[&str]) -> Result<(), String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(root)
        .args(["build", "--release", "--quiet"]);
    match command.args(arguments).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("the build of {arguments:?} ended with {status}")),
        Err(error) => Err(format!("cargo cannot be started: {error}")),
    }
}

fn binaries(root: &Path) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target
        .unwrap_or_else(|| root.join("target"))
        .join("release")
}

#[derive(Clone, Copy)]
enum Mode {
    Unary,
    Stream,
}

struct Bench {
    binaries: PathBuf,
    base: String,
    server: Child,
}

impl Bench {
    fn start(binaries: PathBuf) -> Result<Self, String> {
        let mut server = Command::new(binaries.join("bench-server"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("the server cannot be started: {error}"))?;
        let mut port = String::new();
        if let Some(output) = server.stdout.take() {
            BufReader::new(output)
                .read_line(&mut port)
                .map_err(|error| format!("the server printed no port: {error}"))?;
        }
        Ok(Self {
            binaries,
            base: format!("http://127.0.0.1:{}", port.trim()),
            server,
        })
    }

    fn arguments(&self, mode: Mode, count: u64) -> [String; 3] {
        match mode {
            Mode::Unary => [self.base.clone(), "unary".into(), count.to_string()],
            Mode::Stream => [
                format!("{} {count}", self.base),
                "stream".into(),
                "1".into(),
            ],
        }
    }

    /// Instructions and allocations of one unit.
    fn cost(&self, client: &str, mode: Mode, count: u64) -> Result<(f64, f64), String> {
        let program = self.binaries.join(format!("bench-{client}"));
        cost(&program, count, |count| {
            self.arguments(mode, count).to_vec()
        })
    }

    /// Processor time of an event on a multi-thread runtime with the caller in a task, for each
    /// client as a ratio to the first: the medians of rounds in which each has one run.
    fn processor_time(&self) -> Result<Vec<f64>, String> {
        const ROUNDS: usize = 5;
        let mut ratios = vec![Vec::new(); CLIENTS.len()];
        for _ in 0..ROUNDS {
            let mut floor = None;
            for (client, ratios) in CLIENTS.iter().zip(&mut ratios) {
                let output = Command::new(self.binaries.join(format!("bench-{client}")))
                    .args(self.arguments(Mode::Stream, 500_000))
                    .arg("task")
                    .output()
                    .map_err(|error| format!("bench-{client} cannot be started: {error}"))?;
                let printed = String::from_utf8_lossy(&output.stdout);
                let time: f64 = printed
                    .trim()
                    .parse()
                    .map_err(|_| format!("bench-{client} failed: {output:?}"))?;
                ratios.push(time / *floor.get_or_insert(time));
            }
        }
        let median = |mut ratios: Vec<f64>| {
            ratios.sort_by(f64::total_cmp);
            ratios[ROUNDS / 2]
        };
        Ok(ratios.into_iter().map(median).collect())
    }
}

/// Instructions and allocations of one unit of a program that does as many as its arguments say.
fn cost(
    program: &Path,
    count: u64,
    arguments: impl Fn(u64) -> Vec<String>,
) -> Result<(f64, f64), String> {
    let difference = |tool: &[&str], mark: &str| {
        let more = valgrind(program, tool, mark, &arguments(2 * count))?;
        let less = valgrind(program, tool, mark, &arguments(count))?;
        Ok::<_, String>((more - less) / count_as_float(count))
    };
    Ok((
        difference(
            &["--tool=callgrind", "--callgrind-out-file=/dev/null"],
            "Collected : ",
        )?,
        difference(
            &["--leak-check=no", "--undef-value-errors=no"],
            "total heap usage: ",
        )?,
    ))
}

/// The number after `mark` in what valgrind says about a run.
fn valgrind(
    program: &Path,
    tool: &[&str],
    mark: &str,
    arguments: &[String],
) -> Result<f64, String> {
    let output = Command::new("valgrind")
        .args(tool)
        .arg(program)
        .args(arguments)
        .output()
        .map_err(|error| format!("valgrind cannot be started: {error}"))?;
    let report = String::from_utf8_lossy(&output.stderr);
    let number = report.split_once(mark).and_then(|(_, rest)| {
        let digits: String = rest
            .chars()
            .take_while(|c| c.is_ascii_digit() || *c == ',')
            .filter(char::is_ascii_digit)
            .collect();
        digits.parse().ok()
    });
    match number {
        Some(number) if output.status.success() => Ok(number),
        _ => Err(format!(
            "{} failed under valgrind:\n{report}",
            program.display()
        )),
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        // It also ends by itself when its input closes.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of a few thousand")]
fn count_as_float(count: u64) -> f64 {
    count as f64
}
