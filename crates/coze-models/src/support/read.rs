//! Lenient readers for fields whose kind differs between servers.
//!
//! `null` equals absent everywhere. Nothing here goes through a float: an integer that does not fit
//! is an error rather than another number.

use super::{BTreeMap, NUMBER, String, UnixSeconds, transcode};
use alloc::string::ToString;
use core::{fmt, marker::PhantomData};
use serde::{
    Deserialize, Deserializer,
    de::{self, Error, MapAccess, SeqAccess, Unexpected, Visitor},
};

/// The digits of a [`NUMBER`]; another object is refused.
fn wide<'de, A: MapAccess<'de>>(
    mut map: A,
    expected: &dyn de::Expected,
) -> Result<String, A::Error> {
    if map.next_key::<String>()?.as_deref() == Some(NUMBER) {
        return map.next_value();
    }
    Err(A::Error::invalid_type(Unexpected::Map, expected))
}

/// An integer as text.
#[doc(hidden)]
pub fn digits(id: u64) -> String {
    id.to_string()
}

/// An id: a string or an integer.
///
/// # Errors
///
/// Anything else, and integers beyond 64 bits, which a parser has already rounded.
pub fn id_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    struct Id;
    impl<'de> Visitor<'de> for Id {
        type Value = String;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an id: a string or an integer of up to 64 bits")
        }
        fn visit_str<E: Error>(self, v: &str) -> Result<String, E> {
            Ok(String::from(v))
        }
        fn visit_string<E: Error>(self, v: String) -> Result<String, E> {
            Ok(v)
        }
        fn visit_u64<E: Error>(self, v: u64) -> Result<String, E> {
            Ok(v.to_string())
        }
        fn visit_i64<E: Error>(self, v: i64) -> Result<String, E> {
            Ok(v.to_string())
        }
        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<String, A::Error> {
            let digits = wide(map, &self)?;
            if digits.parse::<u64>().is_ok() || digits.parse::<i64>().is_ok() {
                return Ok(digits);
            }
            Err(A::Error::invalid_value(
                Unexpected::Other("another number"),
                &self,
            ))
        }
    }
    deserializer.deserialize_any(Id)
}

/// Reads an integer; `None` for `null` and `""`.
struct Int;

impl<'de> Visitor<'de> for Int {
    type Value = Option<i64>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an integer, as a number or as digits in a string")
    }
    fn visit_i64<E: Error>(self, v: i64) -> Result<Self::Value, E> {
        Ok(Some(v))
    }
    fn visit_u64<E: Error>(self, v: u64) -> Result<Self::Value, E> {
        i64::try_from(v)
            .map(Some)
            .map_err(|_| E::invalid_value(Unexpected::Unsigned(v), &self))
    }
    fn visit_f64<E: Error>(self, v: f64) -> Result<Self::Value, E> {
        // Beyond 2^53 a float no longer tells its neighbours apart.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if v.abs() <= EXACT && v % 1.0 == 0.0 {
            #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
            return Ok(Some(v as i64));
        }
        Err(E::invalid_value(Unexpected::Float(v), &self))
    }
    fn visit_str<E: Error>(self, v: &str) -> Result<Self::Value, E> {
        let text = v.trim();
        if text.is_empty() {
            return Ok(None);
        }
        text.parse()
            .map(Some)
            .map_err(|_| E::invalid_value(Unexpected::Str(v), &self))
    }
    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let digits = wide(map, &self)?;
        match (digits.parse(), digits.parse()) {
            (Ok(integer), _) => Ok(Some(integer)),
            (_, Ok(float)) => self.visit_f64(float),
            _ => Err(A::Error::invalid_value(
                Unexpected::Other("another number"),
                &self,
            )),
        }
    }
}

/// An integer: a number, or digits in a string; `null` and `""` are `None`.
///
/// # Errors
///
/// Anything else.
pub fn opt_int<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    deserializer.deserialize_any(Int)
}

/// As [`opt_int`], but there must be one.
///
/// # Errors
///
/// Anything else, `null` and `""` included.
pub fn int<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    opt_int(deserializer)?.ok_or_else(|| D::Error::invalid_type(Unexpected::Unit, &Int))
}

/// As [`opt_int`], with 0 for none.
///
/// # Errors
///
/// As [`opt_int`].
pub fn int_or_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    Ok(opt_int(deserializer)?.unwrap_or_default())
}

/// As [`opt_int`], with `None` for 0.
///
/// # Errors
///
/// As [`opt_int`].
pub fn nonzero_int<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Ok(opt_int(deserializer)?.filter(|n| *n != 0))
}

/// A time: as [`opt_int`].
///
/// # Errors
///
/// As [`opt_int`].
pub fn opt_seconds<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<UnixSeconds>, D::Error> {
    Ok(opt_int(deserializer)?.map(UnixSeconds::new))
}

/// An id; `null` and `""` are `None`.
///
/// # Errors
///
/// As the id's own reader.
pub fn opt_id<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + AsRef<str>,
{
    Ok(Option::<T>::deserialize(deserializer)?.filter(|id| !id.as_ref().is_empty()))
}

/// As [`opt_id`], with `None` for `0`.
///
/// # Errors
///
/// As [`opt_id`].
pub fn nonzero_id<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + AsRef<str>,
{
    Ok(opt_id::<D, T>(deserializer)?.filter(|id| id.as_ref() != "0"))
}

/// A string; `null` and `""` are `None`.
///
/// # Errors
///
/// Anything else.
pub fn nonempty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|s| !s.is_empty()))
}

/// A value that is its default when it is `null`.
///
/// # Errors
///
/// As the value's own reader.
pub fn null_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// A string, or the JSON text of any other value.
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer).map(Self)
    }
}

/// A string, or the JSON text of any other value; `null` is `None`.
///
/// # Errors
///
/// Those of the source.
pub fn opt_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    transcode::text(deserializer)
}

/// As [`opt_text`], with an empty text for `null`.
///
/// # Errors
///
/// As [`opt_text`].
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(opt_text(deserializer)?.unwrap_or_default())
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.0
    }
}

/// A map of such texts; `null` is empty, and members that are `null` are left out.
///
/// # Errors
///
/// Anything but an object.
pub fn text_map<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    deserializer.deserialize_option(Map::<Text, String>(PhantomData))
}

/// A map; `null` is empty, and members that are `null` are left out.
///
/// # Errors
///
/// Anything but an object, and those of the values.
pub fn map<'de, D, T>(deserializer: D) -> Result<BTreeMap<String, T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_option(Map::<T, T>(PhantomData))
}

/// Reads a map of `V` into one of `T`, member by member, so that there is one map at a time.
struct Map<V, T>(PhantomData<(V, T)>);

impl<'de, V: Deserialize<'de>, T: From<V>> Visitor<'de> for Map<V, T> {
    type Value = BTreeMap<String, T>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }
    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(BTreeMap::new())
    }
    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(BTreeMap::new())
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut map = BTreeMap::new();
        while let Some((key, value)) = members.next_entry::<String, Option<V>>()? {
            match value {
                Some(value) => drop(map.insert(key, T::from(value))),
                None => drop(map.remove(&key)),
            }
        }
        Ok(map)
    }
}

/// A list; `null` is empty, and elements that are `null` are left out.
///
/// # Errors
///
/// Anything but a list, and those of the elements.
pub fn list<'de, D, T>(deserializer: D) -> Result<super::Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_option(List(PhantomData))
}

/// Reads a list element by element, so that there is one list at a time.
struct List<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
    type Value = super::Vec<T>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }
    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(super::Vec::new())
    }
    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(super::Vec::new())
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut list = super::Vec::new();
        while let Some(element) = elements.next_element::<Option<T>>()? {
            list.extend(element);
        }
        Ok(list)
    }
}

/// An integer for an open enum of integers.
#[doc(hidden)]
pub fn enum_int<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    int(deserializer)
}

/// A string for an open enum, without a copy where the source lends it.
#[doc(hidden)]
pub fn enum_text<'de, D, T>(deserializer: D, expected: &'static str) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: for<'a> From<&'a str>,
{
    struct Word<T>(&'static str, PhantomData<T>);
    impl<T: for<'a> From<&'a str>> de::Visitor<'_> for Word<T> {
        type Value = T;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a string for {}", self.0)
        }
        fn visit_str<E: Error>(self, v: &str) -> Result<T, E> {
            Ok(T::from(v))
        }
    }
    deserializer.deserialize_str(Word(expected, PhantomData))
}
