//! One pass over the envelope with the payload decoded in place.

use alloc::borrow::Cow;
use core::{fmt, marker::PhantomData};

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, IntoDeserializer, MapAccess,
    Visitor,
    value::{BorrowedStrDeserializer, MapAccessDeserializer, StringDeserializer},
};

use super::head::{Head, Key, KeySeed};

/// Reads the whole response as an envelope whose `data` is the payload; `None` if that is not there.
pub(super) fn read_data<'de, R: Deserialize<'de>, D: Deserializer<'de>>(
    json: D,
    head: &mut Head,
) -> Result<Option<R>, D::Error> {
    json.deserialize_map(Around {
        head,
        payload: PhantomData,
    })
}

/// Reads the envelope and passes over the payload, of whatever shape.
pub(super) fn read_head<'de, D: Deserializer<'de>>(
    json: D,
    head: &mut Head,
) -> Result<(), D::Error> {
    read_data::<IgnoredAny, D>(json, head).map(drop)
}

struct Around<'h, R> {
    head: &'h mut Head,
    payload: PhantomData<R>,
}

impl<'de, R: Deserialize<'de>> Visitor<'de> for Around<'_, R> {
    type Value = Option<R>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<R>, A::Error> {
        let mut payload = None;
        while let Some(key) = map.next_key_seed(KeySeed)? {
            if matches!(key, Key::Data) {
                if payload.is_some() {
                    return Err(A::Error::duplicate_field("data"));
                }
                payload = map.next_value()?;
            } else {
                self.head.read(&key, &mut map)?;
            }
        }
        Ok(payload)
    }
}

/// The outermost object without the envelope's keys, for a payload that stands beside `code`.
pub(super) struct Opened<'a, D> {
    pub(super) json: D,
    pub(super) head: &'a mut Head,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Opened<'_, D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        let Self { json, head } = self;
        json.deserialize_map(Beside { head, visitor })
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        read_head(self.json, self.head)?;
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Beside<'h, V> {
    head: &'h mut Head,
    visitor: V,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Beside<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        let members = Members {
            map,
            head: self.head,
        };
        // Reads to the end whatever the visitor wants, so that no key of the envelope is missed.
        MapAccessDeserializer::new(members).deserialize_map(self.visitor)
    }
}

struct Members<'h, A> {
    map: A,
    head: &'h mut Head,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Members<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        while let Some(key) = self.map.next_key_seed(KeySeed)? {
            match key {
                // `data` belongs to a payload that stands beside `code`.
                Key::Data => {
                    return seed
                        .deserialize(BorrowedStrDeserializer::new("data"))
                        .map(Some);
                }
                Key::Other(Cow::Borrowed(name)) => {
                    return seed
                        .deserialize(BorrowedStrDeserializer::new(name))
                        .map(Some);
                }
                Key::Other(Cow::Owned(name)) => {
                    let name: StringDeserializer<A::Error> = name.into_deserializer();
                    return seed.deserialize(name).map(Some);
                }
                own => self.head.read(&own, &mut self.map)?,
            }
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}
