//! A job runner that survives `kill -9`: each run is in a journal before and after it is started, and whoever comes next takes up
//! what is there.
//!
//! Before the request: `submitting JOB`; after it: `JOB TEXT`, where the text is the detached run. A job that has the first line and not
//! the second may run: a person has to look, because to start it again could run it twice.

use std::{
    env,
    error::Error,
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, Write},
    path::Path,
    process::{self, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
};

use coze_emulator::Emulator;
use coze_workflow::{Client, DetachedRun};

const WORKFLOW: &str = "slow-report";

/// Lines that are on the disk when they are written.
#[derive(Clone)]
struct Journal(Arc<Mutex<File>>);

impl Journal {
    fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self(Arc::new(Mutex::new(file))))
    }

    fn note(&self, line: &str) -> io::Result<()> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(file, "{line}")?;
        file.sync_data()
    }
}

async fn start(coze: &Client, journal: &Path, job: &str) -> Result<(), Box<dyn Error>> {
    let journal = Journal::open(journal)?;
    let (before, after) = (journal.clone(), journal.clone());
    let (submitting, accepted) = (format!("submitting {job}"), job.to_owned());
    let run = coze
        .workflow(WORKFLOW)
        .parameter("topic", job)
        // Where the line cannot be written, nothing is sent.
        .before_send(move || {
            let noted = before.note(&submitting);
            async move { Ok(noted?) }
        })
        // Before anybody sees the run, and whether or not somebody still waits for it.
        .on_accepted(move |run| {
            if let Some(id) = run.execute_id {
                let run = DetachedRun::from((WORKFLOW, id.as_str()));
                if let Err(error) = after.note(&format!("{accepted} {run}")) {
                    eprintln!("{run} was started and is not in the journal: {error}");
                }
            }
        })
        .start()
        .await;
    match run {
        Ok(_) => Ok(()),
        Err(error) if error.may_have_run() => Err(error.into()),
        // Certainly not started: it may be submitted again.
        Err(error) => {
            journal.note(&format!("refused {job}"))?;
            Err(error.into())
        }
    }
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
    let lines = fs::read_to_string(&journal)?;
    assert!(
        lines.starts_with("submitting cinema\ncinema coze-run:1:"),
        "{lines}"
    );
    let reports = take_up(&coze, &journal).await?;
    fs::remove_file(&journal)?;
    assert_eq!(reports, ["\"A report about cinema.\""]);
    assert_eq!(service.emulator().runs_started(WORKFLOW), Some(1));
    println!("{died}; taken up: {}", reports[0]);
    Ok(())
}
