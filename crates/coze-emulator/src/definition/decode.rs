//! Values out of a tree, with errors that know their place.

use std::fmt;

use serde::{
    Deserializer, de,
    de::{
        DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess,
        Visitor, value::StrDeserializer,
    },
    forward_to_deserialize_any,
};

use super::{
    at::{AT, At, Place},
    tree::{Kind, Tree},
};

/// Why a value cannot be read.
#[derive(Debug)]
pub(super) struct Mismatch {
    pub(super) message: String,
    pub(super) place: Option<Place>,
    /// Positions from what was read to what is wrong, innermost first.
    pub(super) path: Vec<usize>,
    /// Whether it only follows from what was taken out of the tree.
    pub(super) follows: bool,
    missing: Option<&'static str>,
}

impl Mismatch {
    fn at(mut self, place: Option<Place>) -> Self {
        self.place = self.place.or(place);
        self
    }

    fn within(mut self, position: usize) -> Self {
        self.path.push(position);
        self
    }
}

fn unknown(name: &str, known: &[&str]) -> Mismatch {
    de::Error::custom(format!(
        "'{name}' is not known here; possible are {}",
        known.join(", ")
    ))
}

impl de::Error for Mismatch {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self {
            message: message.to_string(),
            place: None,
            path: Vec::new(),
            follows: false,
            missing: None,
        }
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        unknown(name, known)
    }

    fn unknown_variant(name: &str, known: &'static [&'static str]) -> Self {
        unknown(name, known)
    }

    fn missing_field(name: &'static str) -> Self {
        Self {
            missing: Some(name),
            ..Self::custom(format!("'{name}' is missing"))
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Mismatch {}

impl Tree {
    fn expected(&self, what: &str) -> Mismatch {
        let error: Mismatch =
            de::Error::custom(format!("{what} is expected, but this is {}", self.what()));
        error.at(self.place)
    }

    fn any<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, Mismatch> {
        match &self.kind {
            Kind::Null => visitor.visit_unit(),
            Kind::Bool(value) => visitor.visit_bool(*value),
            Kind::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => visitor.visit_u64(number),
                (_, Some(number)) => visitor.visit_i64(number),
                _ => visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN)),
            },
            Kind::Text(text) => visitor.visit_str(text),
            Kind::List(items) => visitor.visit_seq(Items(items.iter().enumerate())),
            Kind::Map(entries) => visitor.visit_map(Entries {
                rest: entries.iter().enumerate(),
                current: None,
            }),
        }
    }
}

impl<'de> Deserializer<'de> for &Tree {
    type Error = Mismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        self.any(visitor).map_err(|error| error.at(self.place))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.kind {
            Kind::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        let word = match &self.kind {
            Kind::Text(word) => word.to_ascii_lowercase(),
            _ => return self.deserialize_any(visitor),
        };
        match word.as_str() {
            "yes" | "on" => visitor.visit_bool(true),
            "no" | "off" => visitor.visit_bool(false),
            _ => Err(self.expected("true or false")),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.kind {
            Kind::Text(_) => self.deserialize_any(visitor),
            // A text that looks like something else needs no quotes where only a text fits.
            Kind::Number(_) | Kind::Bool(_) => visitor.visit_str(&self.written),
            _ => Err(self.expected("a text")),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.kind {
            Kind::List(_) => self.deserialize_any(visitor),
            _ => Err(self.expected("a list")),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.kind {
            Kind::Map(_) => self.deserialize_any(visitor),
            _ => Err(self.expected("a map")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        if name == AT {
            return visitor.visit_seq(Placed {
                tree: self,
                given: 0,
            });
        }
        self.deserialize_map(visitor).map_err(|mut error| {
            let here = error.path.is_empty();
            error.follows |= here && error.missing.is_some_and(|name| self.lacks(name));
            error
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        let (position, name, value) = match &self.kind {
            Kind::Text(word) => (0, word, None),
            Kind::Map(entries) => {
                let mut live = entries.iter().enumerate().filter(|(_, e)| !e.1.removed);
                match (live.next(), live.next()) {
                    (Some((position, (key, value))), None) => {
                        (position, &key.value, Some((key, value)))
                    }
                    (None, _) if !entries.is_empty() => {
                        let mut error = self.expected("one key");
                        error.follows = true;
                        return Err(error);
                    }
                    _ => return Err(self.expected("a map with one key")),
                }
            }
            _ => return Err(self.expected("a word or a map with one key")),
        };
        let place = value.map_or(self.place, |(key, _)| key.place);
        let chosen = Chosen {
            position,
            name,
            value: value.map(|(_, value)| value),
        };
        visitor.visit_enum(chosen).map_err(|error| error.at(place))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        self.deserialize_string(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit
        unit_struct tuple tuple_struct identifier ignored_any
    }
}

struct Items<'t>(std::iter::Enumerate<std::slice::Iter<'t, Tree>>);

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Mismatch;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Mismatch> {
        match self.0.find(|(_, item)| !item.removed) {
            None => Ok(None),
            Some((position, item)) => seed
                .deserialize(item)
                .map(Some)
                .map_err(|error| error.within(position)),
        }
    }
}

struct Entries<'t> {
    rest: std::iter::Enumerate<std::slice::Iter<'t, (At<String>, Tree)>>,
    current: Option<(usize, &'t Tree)>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Mismatch;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Mismatch> {
        let Some((position, (key, value))) = self.rest.find(|(_, entry)| !entry.1.removed) else {
            return Ok(None);
        };
        self.current = Some((position, value));
        let name: StrDeserializer<'_, Mismatch> = key.value.as_str().into_deserializer();
        seed.deserialize(name)
            .map(Some)
            .map_err(|error| error.at(key.place).within(position))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Mismatch> {
        let (position, value) = self
            .current
            .take()
            .ok_or_else(|| de::Error::custom("a value without its key"))?;
        seed.deserialize(value)
            .map_err(|error| error.within(position))
    }
}

/// A value with its place, as [`At`] reads it: line, column, value.
struct Placed<'t> {
    tree: &'t Tree,
    given: u8,
}

impl<'de> SeqAccess<'de> for Placed<'_> {
    type Error = Mismatch;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Mismatch> {
        self.given += 1;
        let place = self.tree.place;
        let number = match self.given {
            1 => place.map_or(0, |place| place.line),
            2 => place.map_or(0, |place| place.column),
            3 => return seed.deserialize(self.tree).map(Some),
            _ => return Ok(None),
        };
        seed.deserialize(IntoDeserializer::<Mismatch>::into_deserializer(number))
            .map(Some)
    }
}

/// One of several kinds: a word, or a key with a value.
struct Chosen<'t> {
    position: usize,
    name: &'t str,
    value: Option<&'t Tree>,
}

impl<'de> EnumAccess<'de> for Chosen<'_> {
    type Error = Mismatch;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Mismatch> {
        let name: StrDeserializer<'_, Mismatch> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Chosen<'_> {
    type Error = Mismatch;

    fn unit_variant(self) -> Result<(), Mismatch> {
        match self.value {
            None => Ok(()),
            Some(value) => Err(value.expected("nothing")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Mismatch> {
        match self.value {
            Some(value) => seed
                .deserialize(value)
                .map_err(|error| error.within(self.position)),
            None => Err(de::Error::custom(format!("'{}' needs keys", self.name))),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Mismatch> {
        Err(de::Error::custom("no definition has such a value"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Mismatch> {
        Err(de::Error::custom("no definition has such a value"))
    }
}
