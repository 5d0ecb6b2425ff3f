//! Inputs that are kept: samples to begin with, and what once failed.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The folder of a target.
pub fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target)
}

/// The inputs of a target by file, in the order of their names.
///
/// # Errors
///
/// When the folder cannot be read.
pub fn read(target: &str) -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut files = fs::read_dir(folder(target))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    files.sort();
    files
        .into_iter()
        .map(|file| Ok((file.clone(), fs::read(file)?)))
        .collect()
}
