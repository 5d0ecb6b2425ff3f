//! What an engine can do.

use std::{fmt, ops::BitOr};

/// What an engine can do; a call that is not among it fails with
/// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) before anything is sent.
///
/// ```
/// use coze_engine::Capabilities;
///
/// let can = Capabilities::START | Capabilities::STREAM;
/// assert!(can.contains(Capabilities::START));
/// assert!(!can.contains(Capabilities::START | Capabilities::CANCEL));
/// assert_eq!(can.to_string(), "start, stream");
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Capabilities(u16);

impl Capabilities {
    /// Nothing but [`Engine::run`](crate::Engine::run).
    pub const NONE: Self = Self(0);
    /// Runs in the background: `start`, `status` and `wait`.
    pub const START: Self = Self(1);
    /// `stream`.
    pub const STREAM: Self = Self(1 << 1);
    /// Runs that ask, and `resume`.
    pub const RESUME: Self = Self(1 << 2);
    /// `cancel`.
    pub const CANCEL: Self = Self(1 << 3);
    /// `upload`.
    pub const UPLOAD: Self = Self(1 << 4);
    /// `inputs` tells what a workflow takes.
    pub const SCHEMA: Self = Self(1 << 5);
    /// A version of the workflow can be chosen.
    pub const VERSION: Self = Self(1 << 6);

    const NAMES: [(Self, &'static str); 7] = [
        (Self::START, "start"),
        (Self::STREAM, "stream"),
        (Self::RESUME, "resume"),
        (Self::CANCEL, "cancel"),
        (Self::UPLOAD, "upload"),
        (Self::SCHEMA, "schema"),
        (Self::VERSION, "version"),
    ];

    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` are among these.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Capabilities {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.and(other)
    }
}

impl fmt::Display for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Self::NAMES.iter().filter(|(one, _)| self.contains(*one));
        for (at, (_, name)) in names.enumerate() {
            write!(f, "{}{name}", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Capabilities({self})")
    }
}
