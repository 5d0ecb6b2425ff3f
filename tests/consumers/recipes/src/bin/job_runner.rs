//! A job runner that survives `kill -9`: each run is in a journal before and after it is started, and whoever comes next takes up
//! what is there.
//!
//! Before the request: `submitting JOB`; after it: `JOB TEXT`, where the text is the detached run. A job that has the first line and not
//! the second may run: a person has to look, because to start it again could run it twice.

use std::{
    env,
    error::Error,
    fs::{self, File, OpenOptions},
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{self, Command, Stdio},
};

use coze_emulator::Emulator;
use coze_workflow::{Client, DetachedRun};

fn note(journal: &mut File, line: &str) -> std::io::Result<()> {
    writeln!(journal, "{line}")?;
    journal.sync_data()
}

async fn start(coze: &Client, journal: &Path, job: &str) -> Result<(), Box<dyn Error>> {
    let mut journal = OpenOptions::new().create(true).append(true).open(journal)?;
    note(&mut journal, &format!("submitting {job}"))?;
    let run = coze
        .workflow("slow-report")
        .parameter("topic", job)
        .start()
        .await;
    match run {
        Ok(run) => note(&mut journal, &format!("{job} {}", run.detach()))?,
        Err(error) if error.may_have_run() => return Err(error.into()),
        // Certainly not started: it may be submitted again.
        Err(error) => {
            note(&mut journal, &format!("refused {job}"))?;
            return Err(error.into());
        }
    }
    Ok(())
}

async fn take_up(coze: &Client, journal: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut reports = Vec::new();
    for line in fs::read_to_string(journal)?.lines() {
        if let Some((_, run)) = line.split_once(' ')
            && let Ok(run) = run.parse::<DetachedRun>()
        {
            let output = coze.attach(run).wait().await?;
            reports.push(output.output_value()["report"].to_string());
        }
    }
    Ok(reports)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    if let [_, url, journal] = &env::args().collect::<Vec<_>>()[..] {
        let coze = Client::builder()
            .base_url(url.as_str())
            .token("any")
            .build()?;
        start(&coze, Path::new(journal), "cinema").await?;
        println!("started");
        // Until it is killed.
        return std::future::pending().await;
    }

    let service = Emulator::builder().start().await?;
    let journal = env::temp_dir().join(format!("coze-recipe-{}.journal", process::id()));
    let mut first = Command::new(env::current_exe()?);
    first
        .arg(service.base_url())
        .arg(&journal)
        .stdout(Stdio::piped());
    // In a thread, so that the service goes on.
    let died = tokio::task::spawn_blocking(move || {
        let mut first = first.spawn()?;
        let mut told = BufReader::new(first.stdout.take().expect("it is piped"));
        told.read_line(&mut String::new())?;
        // SIGKILL, where there are signals.
        first.kill()?;
        first.wait()
    });
    let died = died.await??;
    assert!(!died.success());

    let coze = Client::builder()
        .base_url(service.base_url())
        .token("any")
        .build()?;
    let reports = take_up(&coze, &journal).await?;
    fs::remove_file(&journal)?;
    assert_eq!(reports, ["\"A report about cinema.\""]);
    assert_eq!(service.emulator().runs_started("slow-report"), Some(1));
    println!("{died}; taken up: {}", reports[0]);
    Ok(())
}
