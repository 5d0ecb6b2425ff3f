//! `cargo xtask fuzz`: mutated inputs on the targets of `tests/fuzz`, for a while.
//!
//! Each target runs in a process of its own. One that panics is told from one that dies or hangs: the
//! latter is run again with the same seed and a trace of its inputs, so every failure ends with a
//! file and with the command that replays it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus},
    thread,
    time::{Duration, SystemTime},
};

use lexopt::{Arg, Parser};

/// How long a process may take beyond its time: for one input, on a busy machine.
const GRACE: Duration = Duration::from_secs(20);

/// What to do.
pub(crate) struct Options {
    seconds: u64,
    seed: Option<u64>,
    target: Option<String>,
    replay: Option<PathBuf>,
}

impl Options {
    pub(crate) fn read(mut arguments: Parser, usage: &str) -> Result<Self, String> {
        let mut options = Self {
            seconds: 45,
            seed: None,
            target: None,
            replay: None,
        };
        let number = |arguments: &mut Parser| {
            let value = arguments.value().map_err(|error| error.to_string())?;
            let value = value.to_string_lossy();
            value
                .parse()
                .map_err(|_| format!("{value} is no whole number"))
        };
        while let Some(argument) = arguments.next().map_err(|error| error.to_string())? {
            match argument {
                Arg::Long("seconds") => options.seconds = number(&mut arguments)?,
                Arg::Long("seed") => options.seed = Some(number(&mut arguments)?),
                Arg::Long("replay") => {
                    let file = arguments.value().map_err(|error| error.to_string())?;
                    options.replay = Some(file.into());
                }
                Arg::Value(target) if options.target.is_none() => {
                    options.target = Some(target.to_string_lossy().into_owned());
                }
                other => return Err(format!("{}\n\n{usage}", other.unexpected())),
            }
        }
        Ok(options)
    }
}

/// Runs all targets, or one; gives the exit code.
pub(crate) fn run(root: &Path, options: &Options) -> Result<u8, String> {
    let targets = targets(root, options.target.as_deref())?;
    let program = build(root)?;
    if let Some(file) = &options.replay {
        let [target] = &targets[..] else {
            return Err("--replay needs the name of its target".into());
        };
        let status = Command::new(program)
            .args([target, "replay"])
            .arg(file)
            .env("RUST_BACKTRACE", "1")
            .status()
            .map_err(|error| format!("the replay cannot be started: {error}"))?;
        return Ok(u8::from(!status.success()));
    }
    let seconds = options.seconds.div_ceil(targets.len() as u64).max(1);
    let seed = options.seed.unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        now.map_or(0, |now| now.as_secs())
    });
    let mut failed = 0;
    for target in &targets {
        let folder = program.parent().unwrap_or(root).join("fuzz-failures");
        let run = Run {
            program: &program,
            target,
            seconds,
            seed,
        };
        match run.fuzz(&folder)? {
            None => {}
            Some(file) => {
                failed += 1;
                let file = file.display();
                println!("{target} FAILED; the input is in {file}");
                println!("  again: cargo xtask fuzz {target} --replay {file}");
                println!("  once it is mended, keep it in tests/fuzz/corpus/{target}");
            }
        }
    }
    println!("{} targets, {failed} failed", targets.len());
    Ok(u8::from(failed > 0))
}

/// The names of the corpus folders, or the one that is asked for.
fn targets(root: &Path, wanted: Option<&str>) -> Result<Vec<String>, String> {
    let corpus = root.join("tests/fuzz/corpus");
    let mut names = fs::read_dir(&corpus)
        .and_then(|entries| {
            entries
                .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
                .collect::<Result<Vec<_>, _>>()
        })
        .map_err(|error| format!("{}: {error}", corpus.display()))?;
    names.sort();
    match wanted {
        None => Ok(names),
        Some(wanted) if names.iter().any(|name| name == wanted) => Ok(vec![wanted.into()]),
        Some(wanted) => Err(format!(
            "no target is called {wanted}; there are {}",
            names.join(", ")
        )),
    }
}

/// Builds the driver as tests are built: with checks of overflow, and mostly for nothing.
fn build(root: &Path) -> Result<PathBuf, String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let status = Command::new(cargo)
        .current_dir(root)
        .args(["build", "--quiet", "-p", "coze-fuzz"])
        .status()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !status.success() {
        return Err(format!("the build of the targets ended with {status}"));
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    Ok(target
        .unwrap_or_else(|| root.join("target"))
        .join("debug/coze-fuzz"))
}

struct Run<'a> {
    program: &'a Path,
    target: &'a str,
    seconds: u64,
    seed: u64,
}

impl Run<'_> {
    /// Tries inputs; the file of the one that failed.
    fn fuzz(&self, failures: &Path) -> Result<Option<PathBuf>, String> {
        let status = self.process(None)?;
        if status.is_some_and(|status| status.success()) {
            return Ok(None);
        }
        // The same inputs again, up to the one that failed.
        fs::create_dir_all(failures).map_err(|error| format!("{}: {error}", failures.display()))?;
        let file = failures.join(format!("{}-{}", self.target, self.seed));
        let status = self.process(Some(&file))?;
        if status.is_some_and(|status| status.success()) {
            return Err(format!(
                "{} failed with seed {} and does so no more",
                self.target, self.seed
            ));
        }
        Ok(Some(file))
    }

    /// Runs the driver; no status when it hangs.
    fn process(&self, trace: Option<&Path>) -> Result<Option<ExitStatus>, String> {
        // A trace takes longer, so the failing input must not be missed for lack of time.
        let seconds = if trace.is_some() {
            self.seconds * 20
        } else {
            self.seconds
        };
        let mut child = Command::new(self.program)
            .args([self.target, &seconds.to_string(), &self.seed.to_string()])
            .args(trace)
            .spawn()
            .map_err(|error| format!("{} cannot be started: {error}", self.target))?;
        let status = wait(&mut child, Duration::from_secs(seconds) + GRACE)
            .map_err(|error| format!("{} cannot be waited for: {error}", self.target))?;
        if status.is_none() {
            println!("{} hangs", self.target);
        }
        match status.and_then(|status| status.code()) {
            Some(3) => Err(format!("the driver of {} did not run", self.target)),
            _ => Ok(status),
        }
    }
}

/// Waits for a process for so long, and ends it then.
fn wait(child: &mut Child, time: Duration) -> std::io::Result<Option<ExitStatus>> {
    const STEP: Duration = Duration::from_millis(50);
    let mut waited = Duration::ZERO;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if waited >= time {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(STEP);
        waited += STEP;
    }
}
