//! A value that remembers its place.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{self, SeqAccess},
};

/// Name under which the tree's deserializer gives a value with its place.
pub(super) const AT: &str = "\0at";

/// Where something is in a file; both count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) line: u64,
    /// Characters, not bytes.
    pub(crate) column: u64,
}

/// A value of a definition with the place it came from; definitions built in Rust have none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    pub(crate) place: Option<Place>,
}

impl<T> From<T> for At<T> {
    fn from(value: T) -> Self {
        Self { value, place: None }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> de::Visitor<'de> for Visitor<T> {
            type Value = At<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value with its place")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<At<T>, A::Error> {
                let mut next = || parts.next_element::<u64>();
                let place = match (next()?, next()?) {
                    (Some(line), Some(column)) if line > 0 => Some(Place { line, column }),
                    _ => None,
                };
                let value = parts.next_element()?;
                let value = value.ok_or_else(|| de::Error::invalid_length(2, &self))?;
                Ok(At { value, place })
            }
        }

        deserializer.deserialize_struct(
            AT,
            &["line", "column", "value"],
            Visitor(std::marker::PhantomData),
        )
    }
}
