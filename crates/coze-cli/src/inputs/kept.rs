//! What a workflow takes, kept from one command to the next.
//!
//! What is kept may be that of an earlier version. So it saves a question only where the inputs fit it; what a later
//! version has made wrong, the service tells.

use std::{
    env, fs,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use coze_workflow::engine::InputSchema;
use serde::{Deserialize, Serialize};

/// What is kept for longer is asked for again.
const AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// As many workflows are kept; with one more all are forgotten.
const MOST: usize = 256;

/// Where the schema of one workflow is kept. What cannot be read or written is not kept.
pub(crate) struct KeptSchema {
    folder: PathBuf,
    server: String,
    workflow: String,
}

/// A file. Its name is a hash, so it says of what it is.
#[derive(Serialize, Deserialize)]
struct Kept {
    server: String,
    workflow: String,
    schema: InputSchema,
}

impl KeptSchema {
    /// That of a workflow of a server; `None` where this user has no folder for it.
    pub(crate) fn of(server: &str, workflow: &str) -> Option<Self> {
        Some(Self {
            folder: folder()?,
            server: server.to_owned(),
            workflow: workflow.to_owned(),
        })
    }

    /// The schema, if it is kept and young enough.
    pub(super) fn read(&self) -> Option<InputSchema> {
        let file = self.file();
        let written = fs::metadata(&file).and_then(|file| file.modified()).ok()?;
        if SystemTime::now().duration_since(written).ok()? > AGE {
            return None;
        }
        let kept: Kept = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
        let is_same = kept.server == self.server && kept.workflow == self.workflow;
        is_same.then_some(kept.schema)
    }

    /// Keeps a schema.
    pub(super) fn write(&self, schema: &InputSchema) {
        // Nothing is lost but a call.
        let _ = self.try_write(schema);
    }

    fn try_write(&self, schema: &InputSchema) -> io::Result<()> {
        let kept = serde_json::to_vec(&Kept {
            server: self.server.clone(),
            workflow: self.workflow.clone(),
            schema: schema.clone(),
        })?;
        make(&self.folder)?;
        if fs::read_dir(&self.folder)?.count() >= MOST {
            fs::remove_dir_all(&self.folder)?;
            make(&self.folder)?;
        }
        // Another command may read it at the same time.
        let file = self.file();
        let new = file.with_extension(std::process::id().to_string());
        fs::write(&new, kept)?;
        fs::rename(new, file)
    }

    fn file(&self) -> PathBuf {
        let mut hasher = DefaultHasher::new();
        (&self.server, &self.workflow).hash(&mut hasher);
        self.folder.join(format!("{:016x}.json", hasher.finish()))
    }
}

/// The user's folder for what can be had again, or one beside the settings where these have a folder of their own.
fn folder() -> Option<PathBuf> {
    let own = env::var_os(coze_auth::FOLDER_VARIABLE).filter(|path| !path.is_empty());
    let folder = match own.map(PathBuf::from) {
        // A folder for settings is not made for this.
        Some(settings) => Some(settings)
            .filter(|settings| settings.is_dir())?
            .join("cache"),
        None => directories::ProjectDirs::from("", "", "coze")?
            .cache_dir()
            .to_owned(),
    };
    Some(folder.join("inputs"))
}

/// Descriptions and defaults are the user's own.
fn make(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
