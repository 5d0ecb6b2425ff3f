//! Values of the envelope that come in more than one JSON type.

use std::{borrow::Cow, fmt};

use coze_models::support::read::{NUMBER, int_or_zero};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A code: a number, an integral float, or a numeric string; `null` and `""` are 0.
#[derive(serde::Deserialize)]
#[serde(transparent)]
pub(super) struct Code(#[serde(deserialize_with = "int_or_zero")] pub(super) i64);

/// A text; a number is written out, and anything else counts as absent.
pub(super) struct Text;

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Option<String>, D::Error> {
        let (text, digits) = from.deserialize_any(Scalar { member: NUMBER })?;
        let is_integer =
            |digits: &String| digits.parse::<i64>().is_ok() || digits.parse::<u64>().is_ok();
        Ok(text.or(digits.filter(is_integer)))
    }
}

/// The member `logid` of an object; anything that is no object has none.
pub(super) struct LogIdMember;

impl<'de> DeserializeSeed<'de> for LogIdMember {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Option<String>, D::Error> {
        let (_, id) = from.deserialize_any(Scalar { member: "logid" })?;
        Ok(id.filter(|id| !id.is_empty()))
    }
}

/// Reads a text or an integer as text, and of an object one member likewise; passes over everything else.
struct Scalar {
    member: &'static str,
}

impl<'de> Visitor<'de> for Scalar {
    type Value = (Option<String>, Option<String>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok((Some(value.to_owned()), None))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok((Some(value.to_string()), None))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok((Some(value.to_string()), None))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok((None, None))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok((None, None))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok((None, None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok((None, None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut text = None;
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            if key == self.member {
                text = map.next_value_seed(Text)?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok((None, text))
    }
}
