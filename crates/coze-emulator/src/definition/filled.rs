//! A value with templates in it.

use std::{collections::HashSet, fmt};

use indexmap::IndexMap;
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess},
};
use serde_json::{Map, Value};

use super::{
    at::{At, Place},
    error::Mistake,
    template::{self, Names},
};

/// Any YAML whose texts are templates.
#[derive(Clone, Debug)]
pub(crate) enum Filled {
    Text(At<String>),
    List(Vec<Filled>),
    Map(IndexMap<String, Filled>),
    /// A number, a boolean or null.
    Plain(Value),
}

impl Default for Filled {
    fn default() -> Self {
        Self::Plain(Value::Null)
    }
}

impl Filled {
    /// The value with every text rendered.
    pub(crate) fn render(&self, scope: &minijinja::Value) -> Result<Value, Mistake> {
        match self {
            Self::Text(text) => template::render(text, scope),
            Self::List(items) => items.iter().map(|item| item.render(scope)).collect(),
            Self::Map(members) => members
                .iter()
                .map(|(name, member)| Ok((name.clone(), member.render(scope)?)))
                .collect::<Result<Map<_, _>, _>>()
                .map(Value::Object),
            Self::Plain(value) => Ok(value.clone()),
        }
    }

    /// All texts in it.
    pub(crate) fn texts(&self) -> Vec<&At<String>> {
        match self {
            Self::Text(text) => vec![text],
            Self::List(items) => items.iter().flat_map(Self::texts).collect(),
            Self::Map(members) => members.values().flat_map(Self::texts).collect(),
            Self::Plain(_) => Vec::new(),
        }
    }

    /// Where it is, as far as one of its texts tells.
    pub(crate) fn place(&self) -> Option<Place> {
        self.texts().first()?.place
    }

    /// The outer names that its texts use; they were checked before, so they parse.
    pub(crate) fn names(&self) -> HashSet<String> {
        let texts = self.texts().into_iter();
        texts
            .flat_map(|text| Names::in_text(&text.value).unwrap_or_default().outer())
            .collect()
    }
}

impl From<Value> for Filled {
    fn from(value: Value) -> Self {
        match value {
            Value::String(text) => Self::Text(text.into()),
            Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Value::Object(members) => Self::Map(
                members
                    .into_iter()
                    .map(|(name, value)| (name, value.into()))
                    .collect(),
            ),
            plain => Self::Plain(plain),
        }
    }
}

impl<'de> Deserialize<'de> for Filled {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let At { value, place } = At::<Unplaced>::deserialize(deserializer)?;
        Ok(match value.0 {
            Self::Text(text) => Self::Text(At { place, ..text }),
            other => other,
        })
    }
}

/// A value that does not know its own place yet.
struct Unplaced(Filled);

impl<'de> Deserialize<'de> for Unplaced {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor)
    }
}

struct Visitor;

impl<'de> de::Visitor<'de> for Visitor {
    type Value = Unplaced;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Unplaced, E> {
        Ok(Unplaced(Filled::default()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Unplaced, E> {
        Ok(Unplaced(Filled::Plain(value.into())))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Unplaced, E> {
        Ok(Unplaced(Filled::Plain(value.into())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Unplaced, E> {
        Ok(Unplaced(Filled::Plain(value.into())))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Unplaced, E> {
        Ok(Unplaced(Filled::Plain(value.into())))
    }

    fn visit_str<E>(self, text: &str) -> Result<Unplaced, E> {
        Ok(Unplaced(Filled::Text(text.to_owned().into())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Unplaced, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Unplaced(Filled::List(list)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Unplaced, A::Error> {
        let mut map = IndexMap::new();
        while let Some((name, value)) = members.next_entry()? {
            map.insert(name, value);
        }
        Ok(Unplaced(Filled::Map(map)))
    }
}
