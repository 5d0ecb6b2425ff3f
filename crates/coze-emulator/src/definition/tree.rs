//! YAML as a tree whose parts know their places.

use std::{collections::HashSet, fmt, ops::Range};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::Number;
use serde_saphyr::{DuplicateKeyPolicy, Location, Spanned};

use super::{
    at::{At, Place},
    error::Mistake,
};

/// One node of a YAML document.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) place: Option<Place>,
    pub(super) kind: Kind,
    /// Bytes of the document.
    span: Range<usize>,
    /// A number or a boolean as it is written, for where a text is wanted.
    pub(super) written: String,
    /// Taken out, because a mistake in it was told; whoever reads the tree does not see it.
    pub(super) removed: bool,
}

#[derive(Debug)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Tree>),
    Map(Vec<(At<String>, Tree)>),
}

impl Tree {
    /// Parses a document. A key that is there twice is a mistake; its first value counts.
    pub(super) fn parse(yaml: &str) -> (Option<Self>, Vec<Mistake>) {
        let mut options = serde_saphyr::Options::default();
        // 'yes' is a text, as in YAML 1.2, unless only a boolean fits.
        options.strict_booleans = true;
        let read = serde_saphyr::from_str_with_options::<Self>(yaml, options.clone());
        let (mut tree, mistakes) = match read {
            Ok(tree) => (Some(tree), Vec::new()),
            Err(error) => {
                options.duplicate_keys = DuplicateKeyPolicy::FirstWins;
                let tree = serde_saphyr::from_str_with_options(yaml, options).ok();
                (tree, vec![mistake(&error)])
            }
        };
        if let Some(tree) = &mut tree {
            tree.write(yaml);
        }
        (tree, mistakes)
    }

    /// Notes how numbers and booleans are written.
    fn write(&mut self, yaml: &str) {
        match &mut self.kind {
            Kind::Number(_) | Kind::Bool(_) => {
                let written = yaml.get(self.span.clone()).unwrap_or_default();
                written.trim().clone_into(&mut self.written);
            }
            Kind::List(items) => items.iter_mut().for_each(|item| item.write(yaml)),
            Kind::Map(entries) => entries.iter_mut().for_each(|entry| entry.1.write(yaml)),
            Kind::Null | Kind::Text(_) => {}
        }
    }

    /// What this is, with its article.
    pub(super) fn what(&self) -> &'static str {
        match self.kind {
            Kind::Null => "empty",
            Kind::Bool(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "a text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a map",
        }
    }

    /// Takes out what is at a path of positions; false for the whole tree.
    pub(super) fn remove(&mut self, path: &[usize]) -> bool {
        let Some((first, rest)) = path.split_first() else {
            return false;
        };
        let inner = match &mut self.kind {
            Kind::List(items) => items.get_mut(*first),
            Kind::Map(entries) => entries.get_mut(*first).map(|(_, value)| value),
            _ => None,
        };
        let Some(inner) = inner else { return false };
        if !inner.remove(rest) {
            inner.removed = true;
        }
        true
    }

    /// Whether a member was taken out.
    pub(super) fn lacks(&self, key: &str) -> bool {
        matches!(&self.kind, Kind::Map(entries)
            if entries.iter().any(|(name, value)| name.value == key && value.removed))
    }

    /// Names that what was taken out may have defined, so that their absence is no second mistake.
    pub(super) fn removed_names(&self, within: bool, names: &mut HashSet<String>) {
        match &self.kind {
            Kind::List(items) => items
                .iter()
                .for_each(|item| item.removed_names(within || item.removed, names)),
            Kind::Map(entries) => {
                for (key, value) in entries {
                    let within = within || value.removed;
                    if within {
                        names.insert(key.value.clone());
                    }
                    match &value.kind {
                        Kind::Text(id) if within && key.value == "id" => {
                            names.insert(id.clone());
                        }
                        _ => value.removed_names(within, names),
                    }
                }
            }
            _ => {}
        }
    }
}

fn place(at: Location) -> Option<Place> {
    // Line 0 is the parser's word for "not known".
    (at.line() > 0).then(|| Place {
        line: at.line(),
        column: at.column(),
    })
}

fn bytes(at: Location) -> Range<usize> {
    let span = at.span();
    let number = |bytes: Option<u64>| usize::try_from(bytes.unwrap_or(0)).unwrap_or(0);
    let start = number(span.byte_offset());
    start..start + number(span.byte_len())
}

fn mistake(error: &serde_saphyr::Error) -> Mistake {
    // The snippet is several lines long and repeats the place.
    let error = error.without_snippet();
    let place = error.location().and_then(place);
    let message = error.to_string();
    // The parser ends its message with the place, which is told before it.
    let message = match (place, message.rfind(" at line ")) {
        (Some(_), Some(end)) => &message[..end],
        _ => &message,
    };
    Mistake::new(place, message.replace('\n', " "))
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Kind>::deserialize(deserializer)?;
        Ok(Self {
            place: place(spanned.referenced),
            kind: spanned.value,
            span: bytes(spanned.defined),
            written: String::new(),
            removed: false,
        })
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KindVisitor)
    }
}

struct KindVisitor;

impl<'de> Visitor<'de> for KindVisitor {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("YAML")
    }

    fn visit_unit<E>(self) -> Result<Kind, E> {
        Ok(Kind::Null)
    }

    fn visit_none<E>(self) -> Result<Kind, E> {
        Ok(Kind::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Kind, D::Error> {
        Kind::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Kind, E> {
        Ok(Kind::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Kind, E> {
        Ok(Kind::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Kind, E> {
        Ok(Kind::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Kind, E> {
        Ok(Number::from_f64(value).map_or(Kind::Null, Kind::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Kind, E> {
        Ok(Kind::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Kind, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Kind::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Kind, A::Error> {
        let mut map = Vec::new();
        while let Some((key, value)) = members.next_entry::<Spanned<String>, Tree>()? {
            let key = At {
                place: place(key.referenced),
                value: key.value,
            };
            map.push((key, value));
        }
        Ok(Kind::Map(map))
    }
}
