//! What a reply type makes of a payload that is not there.

use serde::de::{
    self, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor,
    value::Error as Refused,
};

/// Deserializes from nothing: options are none, structures without fields are themselves, lists are empty
/// where that was allowed, and everything else refuses.
struct Absent {
    lists: bool,
}

struct Nothing;

impl<'de> SeqAccess<'de> for Nothing {
    type Error = Refused;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        _: T,
    ) -> Result<Option<T::Value>, Refused> {
        Ok(None)
    }
}

impl<'de> MapAccess<'de> for Nothing {
    type Error = Refused;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        _: K,
    ) -> Result<Option<K::Value>, Refused> {
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, _: V) -> Result<V::Value, Refused> {
        Err(Refused::custom("no value"))
    }
}

impl<'de> Deserializer<'de> for Absent {
    type Error = Refused;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Refused> {
        Err(Refused::custom("no data"))
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_none()
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        if self.lists {
            visitor.visit_seq(Nothing)
        } else {
            self.deserialize_any(visitor)
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        // What reads anything wants nothing.
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        if fields.is_empty() {
            visitor.visit_map(Nothing)
        } else {
            self.deserialize_any(visitor)
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit_struct tuple tuple_struct map enum identifier
    }
}

/// The reply for an absent payload, if its type has one.
pub(crate) fn absent<T: de::DeserializeOwned>() -> Option<T> {
    T::deserialize(Absent { lists: true }).ok()
}

/// The reply for an absent answer, where nothing is due.
pub(crate) fn nothing<T: de::DeserializeOwned>() -> Option<T> {
    T::deserialize(Absent { lists: false }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Empty {}

    #[derive(serde::Deserialize)]
    struct Full {
        #[serde(default)]
        #[expect(dead_code, reason = "only its presence in the type matters")]
        field: u8,
    }

    #[test]
    fn only_types_that_can_be_nothing_are_made_from_nothing() {
        assert_eq!(absent::<Vec<u8>>(), Some(vec![]));
        assert_eq!(absent::<Option<u8>>(), Some(None));
        assert_eq!(absent::<()>(), Some(()));
        assert!(absent::<Empty>().is_some());
        assert!(absent::<Full>().is_none());
        assert!(absent::<String>().is_none());
        assert!(absent::<coze_models::NoReply>().is_some());
    }

    #[test]
    fn a_list_is_not_made_from_no_answer_at_all() {
        assert!(nothing::<Vec<u8>>().is_none());
        assert_eq!(nothing::<()>(), Some(()));
        assert!(nothing::<coze_models::NoReply>().is_some());
    }
}
