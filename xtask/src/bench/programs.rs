//! The programs that are measured: building them, running them, reading what they cost.

use std::{
    cell::RefCell,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

/// As cargo builds without settings.
const PROFILE: &str = "bench-default";
/// Rounds of which the median counts, where something is not the same each time.
const ROUNDS: usize = 5;

/// Where programs are built and found.
pub(super) struct Programs {
    root: PathBuf,
    target: PathBuf,
    built: RefCell<Vec<&'static str>>,
}

impl Programs {
    pub(super) fn new(root: &Path) -> Self {
        let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        Self {
            root: root.to_owned(),
            target: target.unwrap_or_else(|| root.join("target")).join(PROFILE),
            built: RefCell::default(),
        }
    }

    /// A program, which is built the first time, with what cargo needs to be told.
    ///
    /// Of the comparison, each with other features is built alone: what reqwest asks of hyper would otherwise be
    /// built into all.
    pub(super) fn get(&self, name: &'static str) -> Result<PathBuf, String> {
        let path = self.target.join(name);
        let arguments: &[&str] = match name {
            "coze" => &["-p", "coze-cli", "--bin", name],
            "bench-reqwest" => &["-p", "coze-bench", "--features", "reqwest", "--bin", name],
            "bench-blocking" => &["-p", "coze-bench", "--features", "blocking", "--bin", name],
            "bench-decoder" => &["-p", "coze-bench", "--features", "decoders", "--bin", name],
            _ => &["-p", "coze-bench", "--bin", name],
        };
        if self.built.borrow().contains(&name) {
            return Ok(path);
        }
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
        let mut command = Command::new(cargo);
        let command = command.current_dir(&self.root).arg("build").arg("--quiet");
        let command = command.args(["--profile", PROFILE]).args(arguments);
        let status = command
            .status()
            .map_err(|error| format!("cargo cannot be started: {error}"))?;
        if !status.success() {
            return Err(format!("the build of {name} ended with {status}"));
        }
        self.built.borrow_mut().push(name);
        Ok(path)
    }

    /// A server whose runs have an output of `size` bytes.
    pub(super) fn server(&self, size: u32) -> Result<Server, String> {
        let mut process = Command::new(self.get("bench-server")?)
            .arg(size.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("the server cannot be started: {error}"))?;
        let mut port = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output)
                .read_line(&mut port)
                .map_err(|error| format!("the server printed no port: {error}"))?;
        }
        Ok(Server {
            base: format!("http://127.0.0.1:{}", port.trim()),
            process,
        })
    }
}

/// A running server. It ends when it is dropped, and also when its input closes.
pub(super) struct Server {
    pub(super) base: String,
    process: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What valgrind counts.
#[derive(Clone, Copy)]
pub(super) enum Count {
    Instructions,
    Allocations,
}

impl Count {
    /// The tool, and what stands before the number in what it says.
    const fn tool(self) -> (&'static [&'static str], &'static str) {
        match self {
            Self::Instructions => (
                &["--tool=callgrind", "--callgrind-out-file=/dev/null"],
                "Collected : ",
            ),
            Self::Allocations => (
                &["--leak-check=no", "--undef-value-errors=no"],
                "total heap usage: ",
            ),
        }
    }

    /// What a run of a program costs.
    pub(super) fn of_run(self, run: &Command) -> Result<f64, String> {
        let (tool, mark) = self.tool();
        let mut valgrind = Command::new("valgrind");
        valgrind
            .args(tool)
            .arg(run.get_program())
            .args(run.get_args());
        for (name, value) in run.get_envs() {
            match value {
                Some(value) => valgrind.env(name, value),
                None => valgrind.env_remove(name),
            };
        }
        let report = String::from_utf8_lossy(&output(&mut valgrind)?.stderr).into_owned();
        let number = report.split_once(mark).and_then(|(_, rest)| {
            let digits = rest
                .chars()
                .take_while(|c| c.is_ascii_digit() || *c == ',')
                .filter(char::is_ascii_digit);
            digits.collect::<String>().parse().ok()
        });
        number.ok_or_else(|| format!("valgrind gave no count:\n{report}"))
    }

    /// What one unit costs of the `count` or twice as many that `run` does.
    pub(super) fn of_unit(self, count: u32, run: impl Fn(u32) -> Command) -> Result<f64, String> {
        let more = self.of_run(&run(2 * count))?;
        Ok((more - self.of_run(&run(count))?) / f64::from(count))
    }
}

/// The number that each of the commands prints, as the median of rounds in which each runs once.
pub(super) fn medians(mut commands: Vec<Command>) -> Result<Vec<f64>, String> {
    let mut numbers = vec![Vec::new(); commands.len()];
    for _ in 0..ROUNDS {
        for (command, numbers) in commands.iter_mut().zip(&mut numbers) {
            numbers.push(printed(command)?);
        }
    }
    let median = |mut numbers: Vec<f64>| {
        numbers.sort_by(f64::total_cmp);
        numbers[ROUNDS / 2]
    };
    Ok(numbers.into_iter().map(median).collect())
}

/// The number that a command prints.
pub(super) fn printed(command: &mut Command) -> Result<f64, String> {
    let printed = output(command)?.stdout;
    let printed = String::from_utf8_lossy(&printed);
    let number = printed.trim().parse();
    number.map_err(|_| format!("{command:?} printed {printed:?}"))
}

fn output(command: &mut Command) -> Result<Output, String> {
    match command.output() {
        Ok(output) if output.status.success() => Ok(output),
        Ok(output) => Err(format!(
            "{command:?} failed:\n{}",
            String::from_utf8_lossy(&output.stderr)
        )),
        Err(error) => Err(format!("{command:?} cannot be started: {error}")),
    }
}
