//! Where the bytes of an upload come from.

use std::{
    fmt,
    path::{Path, PathBuf},
    pin::Pin,
};

use bytes::Bytes;
use tokio::io::AsyncRead;

/// The largest file the service stores, in bytes: 512 MB.
pub(super) const LARGEST: u64 = 512 * 1024 * 1024;

pub(super) type Reader = Pin<Box<dyn AsyncRead + Send>>;

/// A file to be uploaded: one on disk, bytes in memory, or anything that can be read.
///
/// A file on disk and bytes can be sent again if the first attempt fails; a reader cannot.
pub struct FileSource {
    pub(super) name: String,
    pub(super) kind: Kind,
}

pub(super) enum Kind {
    Path(PathBuf),
    Bytes(Bytes),
    Reader { reader: Reader, length: Option<u64> },
}

impl FileSource {
    /// A file on disk; it is called as it is there. It is read in pieces, and never held in memory.
    pub fn path(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let name = path
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Self {
            name,
            kind: Kind::Path(path),
        }
    }

    /// Bytes in memory. They are not copied.
    pub fn bytes(file_name: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Self {
            name: file_name.into(),
            kind: Kind::Bytes(bytes.into()),
        }
    }

    /// Anything that can be read, in pieces, to its end.
    ///
    /// Without a [`FileSource::length`] the request is sent in chunks, which not every gateway takes, and a
    /// file that is too large is found out only on the way.
    pub fn reader(file_name: impl Into<String>, reader: impl AsyncRead + Send + 'static) -> Self {
        Self {
            name: file_name.into(),
            kind: Kind::Reader {
                reader: Box::pin(reader),
                length: None,
            },
        }
    }

    /// Says how many bytes a reader gives; so many are read. Of no effect for a path and for bytes, whose
    /// length is known.
    #[must_use]
    pub fn length(mut self, bytes: u64) -> Self {
        if let Kind::Reader { length, .. } = &mut self.kind {
            *length = Some(bytes);
        }
        self
    }
}

impl From<&Path> for FileSource {
    fn from(path: &Path) -> Self {
        Self::path(path)
    }
}

impl From<PathBuf> for FileSource {
    fn from(path: PathBuf) -> Self {
        Self::path(path)
    }
}

impl fmt::Debug for FileSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.kind {
            Kind::Path(_) => "path",
            Kind::Bytes(_) => "bytes",
            Kind::Reader { .. } => "reader",
        };
        f.debug_struct("FileSource")
            .field("name", &self.name)
            .field("kind", &kind)
            .finish_non_exhaustive()
    }
}
