//! Runs in a file, so that they outlive the process.

use std::{
    path::Path,
    sync::{Arc, mpsc},
    thread,
};

use redb::{Database, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition};
use serde_json::json;

use crate::{
    feed::Feed,
    runs::{Run, RunState},
    saving::Change,
    snapshot::Rest,
};

/// Runs in JSON, by execute id. The ids grow, so that the oldest is the first.
const RUNS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("runs");
/// Everything else in JSON, under `REST_KEY`.
const REST: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("rest");
const REST_KEY: &str = "1";

/// An open file.
#[derive(Debug)]
pub(crate) struct State(Database);

type Failed = Box<dyn std::error::Error + Send + Sync>;

impl State {
    /// Opens a file, or makes it.
    pub(crate) fn open(path: &Path) -> Result<Self, Failed> {
        let database = Database::create(path)?;
        let begun = database.begin_write()?;
        begun.open_table(RUNS)?;
        begun.open_table(REST)?;
        begun.commit()?;
        Ok(Self(database))
    }

    /// What was written, if anything was.
    pub(crate) fn read(&self) -> Result<Option<(Rest, Vec<RunState>)>, Failed> {
        let reading = self.0.begin_read()?;
        let Some(rest) = reading.open_table(REST)?.get(REST_KEY)? else {
            return Ok(None);
        };
        let rest = serde_json::from_slice(rest.value())?;
        let mut runs = Vec::new();
        for entry in reading.open_table(RUNS)?.iter()? {
            runs.push(serde_json::from_slice(entry?.1.value())?);
        }
        Ok(Some((rest, runs)))
    }

    /// Writes on a thread of its own until [`Change::Close`] comes.
    pub(crate) fn keep(
        self,
        changes: mpsc::Receiver<Change>,
        most: usize,
        feed: Feed,
        rest: impl Fn() -> Option<Rest> + Send + 'static,
    ) -> thread::JoinHandle<()> {
        thread::spawn(move || {
            while let Ok(first) = changes.recv() {
                // All that came while the last ones were written goes into one transaction.
                let batch: Vec<_> = std::iter::once(first).chain(changes.try_iter()).collect();
                let closes = batch.iter().any(|change| matches!(change, Change::Close));
                if let Err(error) = self.write(batch, most, rest()) {
                    feed.tell(
                        "state.failed",
                        || json!({ "error": format!("runs cannot be kept: {error}") }),
                    );
                }
                if closes {
                    return;
                }
            }
        })
    }

    fn write(&self, batch: Vec<Change>, most: usize, rest: Option<Rest>) -> Result<(), Failed> {
        let begun = self.0.begin_write()?;
        {
            let mut runs = begun.open_table(RUNS)?;
            for change in batch {
                match change {
                    Change::Run(run) => insert(&mut runs, &run)?,
                    Change::Clear => runs.retain(|_, _| false)?,
                    Change::Close => {}
                }
            }
            while usize::try_from(runs.len()?).is_ok_and(|count| count > most) {
                runs.pop_first()?;
            }
            if let Some(rest) = rest {
                let rest = serde_json::to_vec(&rest)?;
                begun.open_table(REST)?.insert(REST_KEY, rest.as_slice())?;
            }
        }
        begun.commit()?;
        Ok(())
    }
}

fn insert(runs: &mut redb::Table<'_, &str, &[u8]>, run: &Arc<Run>) -> Result<(), Failed> {
    let state = serde_json::to_vec(&RunState::of(run))?;
    runs.insert(run.execute_id.as_str(), state.as_slice())?;
    Ok(())
}
