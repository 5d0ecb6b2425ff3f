//! Tries inputs on one target: `coze-fuzz TARGET SECONDS SEED [TRACE]`, or `coze-fuzz TARGET replay
//! FILE`. `cargo xtask fuzz` is the way to call it.
//!
//! The inputs follow from the seed alone. With a trace, each is written there before it is tried, so
//! that one that kills the process is known.

use std::{
    fs,
    panic::{self, AssertUnwindSafe},
    process::ExitCode,
    time::Duration,
};

use coze_fuzz::{Target, corpus, mutate, target};
use fastrand::Rng;

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(code) => code,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(3)
        }
    }
}

fn run(mut arguments: impl Iterator<Item = String>) -> Result<ExitCode, String> {
    let mut next = |what: &str| arguments.next().ok_or(format!("no {what} was given"));
    let name = next("target")?;
    let target = target(&name).ok_or(format!("no target is called {name}"))?;
    let seconds = next("time")?;
    if seconds == "replay" {
        let file = next("file")?;
        let input = fs::read(&file).map_err(|error| format!("{file}: {error}"))?;
        (target.run)(&input);
        return Ok(ExitCode::SUCCESS);
    }
    let number = |text: String| text.parse().map_err(|_| format!("{text} is no number"));
    let (seconds, seed) = (number(seconds)?, number(next("seed")?)?);
    let trace = next("trace").ok();
    fuzz(target, Duration::from_secs(seconds), seed, trace.as_deref())
}

fn fuzz(
    target: Target,
    time: Duration,
    seed: u64,
    trace: Option<&str>,
) -> Result<ExitCode, String> {
    let corpus = corpus::read(target.name)
        .map_err(|error| format!("{}: {error}", corpus::folder(target.name).display()))?;
    let corpus: Vec<_> = corpus.into_iter().map(|(_, input)| input).collect();
    let mut rng = Rng::with_seed(seed);
    #[expect(
        clippy::disallowed_methods,
        reason = "nothing waits here; it is the time that passes"
    )]
    let start = std::time::Instant::now();
    let mut count = 0_u64;
    // The corpus as it is comes first.
    let mut kept = corpus.iter();
    loop {
        // A look at the clock would cost as much as an input.
        if count.is_multiple_of(64) && start.elapsed() >= time {
            println!("{}: {count} inputs, seed {seed}", target.name);
            return Ok(ExitCode::SUCCESS);
        }
        let input = match kept.next() {
            Some(input) => input.clone(),
            None => mutate::input(&mut rng, &corpus, target.words),
        };
        count += 1;
        if let Some(trace) = trace {
            fs::write(trace, &input).map_err(|error| format!("{trace}: {error}"))?;
        }
        if panic::catch_unwind(AssertUnwindSafe(|| (target.run)(&input))).is_err() {
            if trace.is_none() {
                println!("{}: input {count} of seed {seed} fails", target.name);
            }
            return Ok(ExitCode::FAILURE);
        }
    }
}
