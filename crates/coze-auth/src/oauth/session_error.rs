//! Sessions that cannot be used.

use std::{error::Error, fmt};

use coze_transport::BoxError;

/// A session that cannot be read or written. What is stored is not repeated.
#[derive(Debug)]
pub struct SessionFileError {
    /// The file or the keychain's entry.
    place: String,
    cause: Cause,
}

#[derive(Debug)]
pub(super) enum Cause {
    Missing,
    Read(BoxError),
    Write(BoxError),
    Shared,
    Damaged,
    Locked,
}

impl SessionFileError {
    pub(super) const fn new(place: String, cause: Cause) -> Self {
        Self { place, cause }
    }
}

impl fmt::Display for SessionFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = &self.place;
        match self.cause {
            Cause::Missing => write!(f, "nobody is signed in: {place} does not exist; sign in"),
            Cause::Read(_) => write!(f, "{place} cannot be read"),
            Cause::Write(_) => write!(f, "{place} cannot be written"),
            Cause::Shared => write!(
                f,
                "others can read {place}: take their permission away (chmod 600) and sign in again"
            ),
            Cause::Damaged => write!(f, "{place} is damaged: sign in again"),
            Cause::Locked => write!(f, "another process has held the lock of {place} for 10 s"),
        }
    }
}

impl Error for SessionFileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.cause {
            Cause::Read(error) | Cause::Write(error) => Some(&**error),
            _ => None,
        }
    }
}
