//! Text of a server that is looked through when it is shown.

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::OnceLock,
};

use crate::scrub::{MAX_EXCERPT, scrubbed};

/// An id or an address from a server: as it came if it is fit to be shown, else [scrubbed](crate::scrub).
///
/// It is looked through when it is first asked for: nearly every response carries some, of which most are never looked
/// at.
///
/// ```
/// use coze_transport::ServerText;
///
/// assert_eq!(ServerText::new("2026112117".to_owned()).get(), "2026112117");
/// assert_eq!(ServerText::new("1\nhint: pat_abc123".to_owned()).get(), "1 hint: ***");
/// ```
#[derive(Clone)]
pub struct ServerText<T = String> {
    raw: T,
    /// What is shown in its place, once that is known.
    shown: OnceLock<Option<T>>,
}

impl<T: AsRef<str> + From<String>> ServerText<T> {
    /// Keeps a text. Of one over 512 bytes, only what is shown of it.
    pub fn new(mut raw: T) -> Self {
        if raw.as_ref().len() > MAX_EXCERPT {
            raw = scrubbed(raw.as_ref()).map_or(raw, T::from);
        }
        Self {
            raw,
            shown: OnceLock::new(),
        }
    }

    /// The text as it may be shown.
    pub fn get(&self) -> &T {
        let shown = || scrubbed(self.raw.as_ref()).map(T::from);
        self.shown.get_or_init(shown).as_ref().unwrap_or(&self.raw)
    }

    /// Whether it came as `text`.
    pub fn came_as(&self, text: &str) -> bool {
        self.raw.as_ref() == text
    }
}

impl<T: PartialEq> PartialEq for ServerText<T> {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}

impl<T: Eq> Eq for ServerText<T> {}

impl<T: Hash> Hash for ServerText<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.raw.hash(state);
    }
}

impl<T: AsRef<str> + From<String>> fmt::Debug for ServerText<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.get().as_ref(), f)
    }
}
