//! What is to be kept outside of this process.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};

use crate::runs::Run;

/// Something to write.
#[derive(Debug)]
#[cfg_attr(not(feature = "state"), expect(dead_code, reason = "nobody writes"))]
pub(crate) enum Change {
    /// A run, as it is when it is written.
    Run(Arc<Run>),
    /// Everything that was written before is forgotten.
    Clear,
    /// Nothing follows.
    Close,
}

/// Where changes go; nowhere unless there is a file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Saver {
    writer: Option<mpsc::Sender<Change>>,
    /// Whether what is saved now still belongs to the emulator. Clones share it.
    is_retired: Arc<Mutex<bool>>,
}

impl Saver {
    #[cfg(feature = "state")]
    pub(crate) fn new(writer: mpsc::Sender<Change>) -> Self {
        Self {
            writer: Some(writer),
            is_retired: Arc::default(),
        }
    }

    /// Whether anything is written.
    pub(crate) fn is_on(&self) -> bool {
        self.writer.is_some()
    }

    pub(crate) fn save(&self, change: Change) {
        let is_retired = self.lock();
        if let Some(writer) = self.writer.as_ref().filter(|_| !*is_retired) {
            // A writer that failed has said so.
            let _ = writer.send(change);
        }
    }

    /// Another saver of the same writer. What this one is still given is dropped: it was forgotten.
    pub(crate) fn retire(&self) -> Self {
        *self.lock() = true;
        Self {
            writer: self.writer.clone(),
            is_retired: Arc::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.is_retired
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
