//! Files on disk.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::source::Reader;

#[cfg(not(target_family = "wasm"))]
/// The length of a file on disk.
pub(super) async fn length_of(path: &Path) -> io::Result<u64> {
    let about = tokio::fs::metadata(path).await?;
    if about.is_file() {
        return Ok(about.len());
    }
    let what = if about.is_dir() {
        "it is a directory; pack it first"
    } else {
        "it is no regular file; pass it as a reader"
    };
    Err(io::Error::new(io::ErrorKind::InvalidInput, what))
}

#[cfg(not(target_family = "wasm"))]
/// Opens a file on disk.
pub(super) async fn open(path: PathBuf) -> io::Result<Reader> {
    let reader: Reader = Box::pin(tokio::fs::File::open(path).await?);
    Ok(reader)
}

#[cfg(target_family = "wasm")]
#[expect(clippy::unused_async, reason = "elsewhere it waits")]
pub(super) async fn length_of(_: &Path) -> io::Result<u64> {
    Err(none_here())
}

#[cfg(target_family = "wasm")]
#[expect(clippy::unused_async, reason = "elsewhere it waits")]
pub(super) async fn open(_: PathBuf) -> io::Result<Reader> {
    Err(none_here())
}

#[cfg(target_family = "wasm")]
fn none_here() -> io::Error {
    io::Error::new(
        io::ErrorKind::Unsupported,
        "there are no files on this target; pass bytes or a reader",
    )
}
