//! Any JSON value to its text, in the order it came in.

use super::{Box, NUMBER, String};
use core::fmt;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeSeed, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

/// A string as it is, or the JSON text of any other value; `None` for `null`.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    deserializer.deserialize_any(Json)
}

/// Writes what it visits, unless it is nothing. A string stays without quotes; what stands inside of a list or an object is taken
/// over as it is, so that no number is rounded.
struct Json;

fn scalar<E: serde::de::Error>(value: impl Serialize) -> Result<Option<String>, E> {
    serde_json::to_string(&value).map(Some).map_err(E::custom)
}

impl<'de> Visitor<'de> for Json {
    type Value = Option<String>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_bool<E: serde::de::Error>(self, v: bool) -> Result<Self::Value, E> {
        scalar(v)
    }
    fn visit_i64<E: serde::de::Error>(self, v: i64) -> Result<Self::Value, E> {
        scalar(v)
    }
    fn visit_u64<E: serde::de::Error>(self, v: u64) -> Result<Self::Value, E> {
        scalar(v)
    }
    fn visit_f64<E: serde::de::Error>(self, v: f64) -> Result<Self::Value, E> {
        scalar(v)
    }
    fn visit_str<E: serde::de::Error>(self, v: &str) -> Result<Self::Value, E> {
        Ok(Some(String::from(v)))
    }
    fn visit_string<E: serde::de::Error>(self, v: String) -> Result<Self::Value, E> {
        Ok(Some(v))
    }
    fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_none<E: serde::de::Error>(self) -> Result<Self::Value, E> {
        self.visit_unit()
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut text = String::from("[");
        while seq.next_element_seed(Append(&mut text))?.is_some() {
            text.push(',');
        }
        Ok(Some(closed(text, ']')))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut text = String::from("{");
        while let Some(key) = map.next_key_seed(Key(&mut text))? {
            if key == Found::Number {
                return map.next_value().map(Some);
            }
            text.push(':');
            map.next_value_seed(Append(&mut text))?;
            text.push(',');
        }
        Ok(Some(closed(text, '}')))
    }
}

/// The text of a list or an object, of which each part was followed by a comma.
fn closed(mut text: String, end: char) -> String {
    if text.ends_with(',') {
        text.pop();
    }
    text.push(end);
    text
}

/// Adds a value as it is to a text, so that the parts of a large one are never held beside it.
struct Append<'t>(&'t mut String);

impl<'de> DeserializeSeed<'de> for Append<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0
            .push_str(Box::<RawValue>::deserialize(deserializer)?.get());
        Ok(())
    }
}

/// Adds a key to a text, unless it says that what follows is a number.
struct Key<'t>(&'t mut String);

#[derive(PartialEq)]
enum Found {
    Key,
    Number,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Found;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Found, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Found;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Found, E> {
        if key == NUMBER {
            return Ok(Found::Number);
        }
        self.0
            .push_str(&serde_json::to_string(key).map_err(E::custom)?);
        Ok(Found::Key)
    }
}

/// The JSON text of a value that serializes.
///
/// # Errors
///
/// Those of the value.
pub(super) fn to_text<T: Serialize + ?Sized>(value: &T) -> Result<String, serde_json::Error> {
    serde_json::to_string(value)
}
