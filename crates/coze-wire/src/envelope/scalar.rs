//! Values of the envelope that come in more than one JSON type.

use std::{borrow::Cow, fmt};

use serde::de::{
    DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor,
};

/// How `serde_json` hands over a number when any crate of a program turns its feature
/// `arbitrary_precision` on: as an object with this member, which holds the digits as text.
const NUMBER: &str = "$serde_json::private::Number";

/// A code: a number, an integral float, or a numeric string; `null` and `""` are 0.
pub(super) struct Code;

impl<'de> DeserializeSeed<'de> for Code {
    type Value = i64;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<i64, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Code {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`code` as a whole number")
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<i64, E> {
        Ok(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<i64, E> {
        i64::try_from(value).map_err(|_| E::custom("`code` is larger than 64 bits"))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<i64, E> {
        /// Beyond it not every integer has a float of its own.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if value.fract() == 0.0 && value.abs() <= EXACT {
            #[expect(clippy::cast_possible_truncation, reason = "integral and within 2^53")]
            return Ok(value as i64);
        }
        Err(E::custom("`code` is not a whole number"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<i64, E> {
        match value.trim() {
            "" => Ok(0),
            digits => digits
                .parse()
                .map_err(|_| E::custom("`code` is a text that is not a number")),
        }
    }

    fn visit_unit<E: Error>(self) -> Result<i64, E> {
        Ok(0)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<i64, A::Error> {
        if map.next_key::<Cow<'_, str>>()?.as_deref() != Some(NUMBER) {
            return Err(A::Error::invalid_type(Unexpected::Map, &self));
        }
        let digits = map.next_value::<String>()?;
        match (digits.parse(), digits.parse()) {
            (Ok(code), _) => Ok(code),
            (_, Ok(float)) => self.visit_f64(float),
            _ => Err(A::Error::custom("`code` is not a whole number")),
        }
    }
}

/// A text; a number is written out, and anything else counts as absent.
pub(super) struct Text;

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Option<String>, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Text {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E>(self, value: &str) -> Result<Option<String>, E> {
        Ok(Some(value.to_owned()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Option<String>, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Option<String>, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Option<String>, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<String>, A::Error> {
        let mut text = None;
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            if key == NUMBER {
                let digits = map.next_value_seed(Text)?;
                text = digits.filter(|digits| {
                    digits.parse::<i64>().is_ok() || digits.parse::<u64>().is_ok()
                });
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(text)
    }
}

/// The member `logid` of an object; anything that is no object has none.
pub(super) struct LogIdMember;

impl<'de> DeserializeSeed<'de> for LogIdMember {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Option<String>, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for LogIdMember {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<String>, A::Error> {
        let mut id = None;
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            if key == "logid" {
                id = map.next_value_seed(Text)?.filter(|id| !id.is_empty());
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(id)
    }

    fn visit_str<E>(self, _: &str) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Option<String>, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}
