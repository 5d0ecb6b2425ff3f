//! A value that remembers its line.

use serde::{Deserialize, Deserializer};

/// A value of a definition with the line it came from; definitions built in Rust have none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    pub(crate) line: Option<u64>,
}

impl<T> From<T> for At<T> {
    fn from(value: T) -> Self {
        Self { value, line: None }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = serde_saphyr::Spanned::<T>::deserialize(deserializer)?;
        // Line 0 is the parser's word for "not known".
        let line = Some(spanned.referenced.line()).filter(|line| *line > 0);
        Ok(Self {
            value: spanned.value,
            line,
        })
    }
}
