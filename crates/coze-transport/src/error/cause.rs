//! Causes that may be shown.

use std::{borrow::Cow, error::Error, fmt};

use crate::{is_obeyed, redact, scrub};

/// The error type inside the stack, where any layer may fail in its own way.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// An error and its causes.
pub(crate) fn chain<'e>(
    error: &'e (dyn Error + 'static),
) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&cause| cause.source())
}

/// Longest text of an error that is kept as it is, in bytes.
const LONG: usize = 4096;

/// A cause that may be shown: the error as it is, or, if it or one of its causes would show a secret, a control
/// character or more than 4 KiB, its [scrubbed](scrub) words alone.
///
/// ```
/// use coze_transport::presentable;
///
/// let kept = presentable(std::io::Error::other("refused").into());
/// assert!(kept.is::<std::io::Error>());
/// let told = presentable(std::io::Error::other("pat_abc123 refused").into());
/// assert_eq!(told.to_string(), "*** refused");
/// ```
pub fn presentable(error: BoxError) -> BoxError {
    let mut plain = true;
    for cause in chain(&*error) {
        let (said, seen) = (cause.to_string(), format!("{cause:?}"));
        let shows = |text: &str| matches!(redact(text), Cow::Owned(_));
        let long = said.len().max(seen.len()) > LONG;
        plain &= !long && !said.contains(is_obeyed) && !shows(&said) && !shows(&seen);
    }
    if plain {
        error
    } else {
        Told::new(&*error).into()
    }
}

/// An error in words, with its causes.
#[derive(thiserror::Error)]
#[error("{text}")]
struct Told {
    text: String,
    source: Option<Box<Self>>,
}

impl Told {
    fn new(error: &dyn Error) -> Self {
        Self {
            text: scrub(&error.to_string()),
            source: error.source().map(|source| Box::new(Self::new(source))),
        }
    }
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Told").field(&self.text).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] std::io::Error);

    /// Shows in `Debug` what it does not say.
    #[derive(Debug, thiserror::Error)]
    #[error("silent")]
    struct Silent(&'static str);

    #[test]
    fn an_error_is_kept_unless_it_shows_what_it_should_not() {
        let outer = |text: &str| presentable(Outer(std::io::Error::other(text)).into());
        assert!(outer("refused").is::<Outer>());
        assert!(!outer(&"x".repeat(LONG + 1)).is::<Outer>());
        for text in ["Bearer abcdef123", "a\n  hint: b", "\u{1b}[2J", "\u{202e}"] {
            let told = outer(text);
            assert_eq!(told.to_string(), "outer");
            let cause = told.source().unwrap().to_string();
            assert_eq!(cause, scrub(text));
            assert!(!format!("{told:?}{cause:?}").contains("abcdef"));
        }
        assert!(presentable(Silent("x").into()).is::<Silent>());
        let told = presentable(Silent("pat_x").into());
        assert_eq!(format!("{told} {told:?}"), "silent Told(\"silent\")");
    }
}
