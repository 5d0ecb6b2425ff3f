//! The files that were uploaded.

use std::{
    collections::{HashMap, VecDeque},
    fs,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;

/// Bytes of all files that are kept in memory; the oldest give way.
const KEPT: u64 = 1024 * 1024 * 1024;

/// Files of which something is kept; the oldest give way.
const COUNTED: usize = 100_000;

/// Where the bytes of files go.
#[derive(Clone, Debug, Default)]
pub(crate) enum Keep {
    #[default]
    Memory,
    /// Into this folder, each under its id.
    Folder(PathBuf),
    /// Nowhere: only their number is known.
    Nowhere,
}

/// Uploaded files, by id.
#[derive(Debug, Default)]
pub(crate) struct Files {
    pub(crate) keep: Keep,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    files: HashMap<String, File>,
    order: VecDeque<String>,
    bytes: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) size: u64,
    /// Unix seconds.
    pub(crate) created: i64,
    pub(crate) content: Content,
}

/// The bytes of a file, where they are kept.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Memory(Bytes),
    Path(PathBuf),
    Nowhere,
}

impl Files {
    pub(crate) fn new(keep: Keep) -> Self {
        Self {
            keep,
            kept: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn insert(&self, id: String, file: File) {
        let mut kept = self.lock();
        kept.bytes += file.in_memory();
        kept.order.push_back(id.clone());
        kept.files.insert(id, file);
        while kept.bytes > KEPT || kept.order.len() > COUNTED {
            let Some(oldest) = kept.order.pop_front() else {
                break;
            };
            if let Some(file) = kept.files.remove(&oldest) {
                kept.bytes -= file.in_memory();
            }
        }
    }

    pub(crate) fn get(&self, id: &str) -> Option<File> {
        self.lock().files.get(id).cloned()
    }

    /// All files, oldest first.
    pub(crate) fn all(&self) -> Vec<(String, File)> {
        let kept = self.lock();
        let files = kept.order.iter();
        files
            .filter_map(|id| Some((id.clone(), kept.files.get(id)?.clone())))
            .collect()
    }

    /// The bytes of a file.
    pub(crate) fn content(&self, id: &str) -> Option<Bytes> {
        match self.get(id)?.content {
            Content::Memory(bytes) => Some(bytes),
            Content::Path(path) => fs::read(path).ok().map(Bytes::from),
            Content::Nowhere => None,
        }
    }
}

impl File {
    fn in_memory(&self) -> u64 {
        match self.content {
            Content::Memory(_) => self.size,
            Content::Path(_) | Content::Nowhere => 0,
        }
    }
}
