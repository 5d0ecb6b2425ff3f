//! Any JSON value to its text, in the order it came in.

use super::{Box, String, Vec, read::NUMBER};
use core::fmt;
use serde::{
    Deserializer, Serialize,
    de::{Error as _, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

/// A string as it is, or the JSON text of any other value.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    deserializer.deserialize_any(Json)
}

/// Writes what it visits. A string stays without quotes; what stands inside of a list or an object is taken
/// over as it is, so that no number is rounded.
struct Json;

fn scalar<E: serde::de::Error>(value: impl Serialize) -> Result<String, E> {
    serde_json::to_string(&value).map_err(E::custom)
}

impl<'de> Visitor<'de> for Json {
    type Value = String;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_bool<E: serde::de::Error>(self, v: bool) -> Result<String, E> {
        scalar(v)
    }
    fn visit_i64<E: serde::de::Error>(self, v: i64) -> Result<String, E> {
        scalar(v)
    }
    fn visit_u64<E: serde::de::Error>(self, v: u64) -> Result<String, E> {
        scalar(v)
    }
    fn visit_f64<E: serde::de::Error>(self, v: f64) -> Result<String, E> {
        scalar(v)
    }
    fn visit_str<E: serde::de::Error>(self, v: &str) -> Result<String, E> {
        Ok(String::from(v))
    }
    fn visit_string<E: serde::de::Error>(self, v: String) -> Result<String, E> {
        Ok(v)
    }
    fn visit_unit<E: serde::de::Error>(self) -> Result<String, E> {
        Ok(String::from("null"))
    }
    fn visit_none<E: serde::de::Error>(self) -> Result<String, E> {
        self.visit_unit()
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_any(self)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<String, A::Error> {
        let mut parts = Vec::new();
        while let Some(part) = seq.next_element::<Box<RawValue>>()? {
            parts.push(part);
        }
        let parts: Vec<_> = parts.iter().map(|part| part.get()).collect();
        Ok(alloc::format!("[{}]", parts.join(",")))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<String, A::Error> {
        let mut parts = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            if key == NUMBER {
                return map.next_value();
            }
            let value = map.next_value::<Box<RawValue>>()?;
            let key = serde_json::to_string(&key).map_err(A::Error::custom)?;
            parts.push(alloc::format!("{key}:{}", value.get()));
        }
        Ok(alloc::format!("{{{}}}", parts.join(",")))
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
