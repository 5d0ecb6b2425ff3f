//! What calls left behind, as one JSON text: written to a file and read back by the same or another emulator.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::{
    core::Core,
    current::Current,
    ids::Ids,
    runs::{RunState, RunStore},
    settings::Settings,
    store::{
        Collaborations, Content, Conversation, Conversations, File, Files, Owner, Values, Variables,
    },
};

/// The form that is written now. Another one is not read.
const VERSION: u32 = 1;

/// Runs, and what is beside them.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Snapshot {
    version: u32,
    #[serde(flatten)]
    pub(crate) rest: Rest,
    /// Oldest first.
    runs: Vec<RunState>,
}

/// Everything but the runs.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Rest {
    /// The emulator's clock. One that is behind goes on from here: no run may have begun in the future.
    unix_ms: u64,
    /// Where ids go on.
    ids: (u64, u64),
    /// Runs that were ever started, by workflow id.
    started: HashMap<String, u64>,
    conversations: IndexMap<String, Conversation>,
    collaborations: BTreeMap<String, BTreeSet<String>>,
    #[serde(default)]
    variables: Vec<(Owner, Values)>,
    files: Vec<FileState>,
    /// Tokens that were given out, with the Unix second at which they end.
    issued: BTreeMap<String, i64>,
    /// Refresh tokens with their end and client.
    refresh: BTreeMap<String, (i64, String)>,
}

/// A file without its bytes, unless they are in a folder.
#[derive(Debug, Deserialize, Serialize)]
struct FileState {
    id: String,
    name: String,
    size: u64,
    created: i64,
    path: Option<PathBuf>,
}

impl Rest {
    pub(crate) fn of(core: &Core) -> Self {
        let tokens = core.tokens.lock();
        let collaborations = core.collaborations.lock();
        Self {
            unix_ms: u64::try_from(core.clock.millis()).unwrap_or_default(),
            ids: core.ids.position(),
            started: core.runs.started_by_id(),
            conversations: core.conversations.lock().clone(),
            collaborations: collaborations
                .iter()
                .map(|(id, users)| (id.clone(), users.iter().cloned().collect()))
                .collect(),
            variables: core.variables.all(),
            files: core.files.all().into_iter().map(FileState::of).collect(),
            issued: tokens.issued.clone().into_iter().collect(),
            refresh: tokens.refresh.clone().into_iter().collect(),
        }
    }

    /// The same settings with this content and these runs.
    pub(crate) fn onto(self, core: &Core, settings: &Settings, runs: Vec<RunState>) -> Core {
        let mut core = core.clone();
        let then = Duration::from_millis(self.unix_ms);
        core.clock.set(|now| now.max(then), None);
        core.runs = Arc::new(RunStore::new(settings.keep, core.feed.clone()));
        let workflows = core.workflows.clone();
        let find = |id: &str| workflows.get(id).cloned();
        core.runs.restore(runs, self.started, find);
        core.ids = Arc::new(Ids::at(self.ids));
        core.conversations = Arc::new(Conversations::of(self.conversations));
        let collaborations = self.collaborations.into_iter();
        core.collaborations = Arc::new(Collaborations::of(
            collaborations
                .map(|(id, users)| (id, users.into_iter().collect()))
                .collect(),
        ));
        core.variables = Arc::new(Variables::from_all(self.variables));
        core.files = Arc::new(Files::new(settings.files.clone()));
        for file in self.files {
            core.files.insert(file.id.clone(), file.into());
        }
        core.tokens = core.tokens.without_issued();
        let mut tokens = core.tokens.lock();
        tokens.issued = self.issued.into_iter().collect();
        tokens.refresh = self.refresh.into_iter().collect();
        drop(tokens);
        core
    }
}

impl FileState {
    fn of((id, file): (String, File)) -> Self {
        Self {
            id,
            name: file.name,
            size: file.size,
            created: file.created,
            path: match file.content {
                Content::Path(path) => Some(path),
                Content::Memory(_) | Content::Nowhere => None,
            },
        }
    }
}

impl From<FileState> for File {
    fn from(file: FileState) -> Self {
        Self {
            name: file.name,
            size: file.size,
            created: file.created,
            content: file.path.map_or(Content::Nowhere, Content::Path),
        }
    }
}

impl Current {
    /// What calls left behind.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let core = self.core();
        Snapshot {
            version: VERSION,
            rest: Rest::of(&core),
            runs: core
                .runs
                .all()
                .iter()
                .map(|run| RunState::of(run))
                .collect(),
        }
    }

    /// Puts a snapshot in the place of what is there. Settings stay, and runs that work end.
    pub(crate) fn restore(&self, snapshot: Snapshot) -> Result<(), String> {
        if snapshot.version != VERSION {
            return Err(format!(
                "the snapshot has version {}, but only {VERSION} is known",
                snapshot.version
            ));
        }
        self.exchange(|core| snapshot.rest.onto(core, self.settings(), snapshot.runs));
        self.core().feed.tell("restored", Default::default);
        Ok(())
    }
}
