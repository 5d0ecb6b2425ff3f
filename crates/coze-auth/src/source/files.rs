//! Small files: read whole, replaced whole, for their owner alone.

use std::{
    fs,
    io::{self, Read, Write},
    path::Path,
};

use serde::de::DeserializeOwned;

/// The most that is read of a file; tokens and keys have a few thousand bytes.
const LONGEST: u64 = 64 * 1024;

/// Whether users other than its owner can read or change a file; never on systems without such permissions.
pub(crate) fn is_shared(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

/// The text of a small regular file.
pub(crate) fn read_text(path: &Path) -> io::Result<String> {
    // Before it is opened: to open a pipe waits for its writer.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is not a regular file",
        ));
    }
    let mut text = String::new();
    fs::File::open(path)?
        .take(LONGEST + 1)
        .read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "it is larger than 64 KiB",
        ));
    }
    Ok(text)
}

/// Reads a JSON object, after a byte order mark or not. A derived type alone would take a list of its fields too.
pub(crate) fn read_object<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_start();
    if !text.starts_with('{') {
        return Err(serde::de::Error::custom("it is not a JSON object"));
    }
    serde_json::from_str(text)
}

/// Replaces a file as a whole, and makes its folder. One writer at a time: two would take each other's new file.
pub(crate) fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        create_folder(folder)?;
    }
    let mut new = path.to_owned().into_os_string();
    new.push(".new");
    // Left behind by a process that was killed.
    let _ = fs::remove_file(&new);
    let mut file = private().create_new(true).open(&new)?;
    file.write_all(text)?;
    file.sync_all()?;
    fs::rename(&new, path)
}

/// Opens files that their owner alone can read.
pub(crate) fn private() -> fs::OpenOptions {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Creates a folder that its owner alone can enter. One that exists is left as it is.
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
