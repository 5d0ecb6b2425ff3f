//! What a reply type makes of a payload that is not there.

use core::iter::empty;

use serde::de::{
    DeserializeOwned, Deserializer, Visitor,
    value::{Error, MapDeserializer, SeqDeserializer, UnitDeserializer},
};

/// The reply for an absent payload, if its type has one: none, an empty list, a structure without fields.
pub(super) fn absent<T: DeserializeOwned>() -> Option<T> {
    T::deserialize(Absent).ok()
}

/// The reply for an absent response, where nothing is due.
pub(super) fn nothing<T: DeserializeOwned>() -> Option<T> {
    T::deserialize(UnitDeserializer::<Error>::new()).ok()
}

/// `null`, which is an empty list and an empty structure too. A structure with fields is refused, although all may
/// have defaults.
struct Absent;

impl<'de> Deserializer<'de> for Absent {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_none()
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(SeqDeserializer::new(empty::<()>()))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if fields.is_empty() {
            return visitor.visit_map(MapDeserializer::new(empty::<((), ())>()));
        }
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use alloc::{string::String, vec, vec::Vec};

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
    fn a_list_is_not_made_from_no_response_at_all() {
        assert!(nothing::<Vec<u8>>().is_none());
        assert_eq!(nothing::<()>(), Some(()));
        assert!(nothing::<coze_models::NoReply>().is_some());
    }
}
