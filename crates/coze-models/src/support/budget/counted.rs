//! A deserializer around another one, which counts.

use alloc::string::String;
use core::fmt;
use serde::{
    Deserializer,
    de::{DeserializeSeed, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor},
};

use super::{super::NUMBER, Budget};

/// A deserializer or a part of one, whose values are counted.
pub(super) struct Counted<'b, T> {
    inner: T,
    budget: &'b Budget,
    /// Bytes that were counted for the value by what it is part of.
    room: usize,
}

/// A visitor whose values are counted.
struct Visit<'b, V> {
    inner: V,
    budget: &'b Budget,
    /// What is visited may be a list or a map, which grows.
    grows: bool,
    room: usize,
}

/// The elements of a list or the members of a map.
struct Members<'b, A> {
    inner: A,
    budget: &'b Budget,
    grows: bool,
    count: usize,
}

impl<'b, T> Counted<'b, T> {
    pub(super) const fn new(inner: T, budget: &'b Budget) -> Self {
        let room = 0;
        Self {
            inner,
            budget,
            room,
        }
    }
}

impl<'b, V> Visit<'b, V> {
    /// Of what has as many parts as its type says.
    const fn fixed(inner: V, budget: &'b Budget) -> Self {
        Self {
            inner,
            budget,
            grows: false,
            room: 0,
        }
    }

    fn members<A>(&self, inner: A) -> Members<'b, A> {
        Members {
            inner,
            budget: self.budget,
            grows: self.grows,
            count: 0,
        }
    }

    /// A text is part of a value that has room for one.
    fn text<'de, E: Error>(&self, length: usize) -> Result<(), E>
    where
        V: Visitor<'de>,
    {
        if size_of::<V::Value>() < size_of::<String>() {
            return Ok(());
        }
        self.budget.block(length)
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Counted<'_, S> {
    type Value = S::Value;
    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<S::Value, D::Error> {
        self.inner.deserialize(Counted {
            inner,
            budget: self.budget,
            room: size_of::<S::Value>(),
        })
    }
}

macro_rules! deserialize {
    ($($grows:literal: $($method:ident($($argument:ident: $ty:ty),*))*;)*) => {$($(
        fn $method<V: Visitor<'de>>(self, $($argument: $ty,)* inner: V) -> Result<V::Value, D::Error> {
            let (budget, room) = (self.budget, self.room);
            self.inner.$method($($argument,)* Visit { inner, budget, grows: $grows, room })
        }
    )*)*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Counted<'_, D> {
    type Error = D::Error;

    deserialize! {
        true: deserialize_any() deserialize_seq() deserialize_map();
        false: deserialize_bool() deserialize_char() deserialize_str() deserialize_string()
            deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64() deserialize_i128()
            deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128()
            deserialize_f32() deserialize_f64() deserialize_bytes() deserialize_byte_buf()
            deserialize_option() deserialize_unit() deserialize_identifier() deserialize_ignored_any()
            deserialize_unit_struct(name: &'static str) deserialize_newtype_struct(name: &'static str)
            deserialize_tuple(length: usize) deserialize_tuple_struct(name: &'static str, length: usize)
            deserialize_enum(name: &'static str, variants: &'static [&'static str]);
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        inner: V,
    ) -> Result<V::Value, D::Error> {
        let size = size_of::<V::Value>();
        if size > self.room {
            // It is in a box of its own.
            self.budget.block(size)?;
        }
        let visitor = Visit::fixed(inner, self.budget);
        self.inner.deserialize_struct(name, fields, visitor)
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

macro_rules! visit {
    ($($method:ident: $ty:ty,)*) => {$(
        fn $method<E: Error>(self, value: $ty) -> Result<V::Value, E> {
            self.inner.$method(value)
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Visit<'_, V> {
    type Value = V::Value;

    visit! {
        visit_bool: bool, visit_char: char,
        visit_i8: i8, visit_i16: i16, visit_i32: i32, visit_i64: i64, visit_i128: i128,
        visit_u8: u8, visit_u16: u16, visit_u32: u32, visit_u64: u64, visit_u128: u128,
        visit_f32: f32, visit_f64: f64,
        visit_bytes: &[u8], visit_borrowed_bytes: &'de [u8], visit_byte_buf: alloc::vec::Vec<u8>,
    }

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<V::Value, E> {
        self.text(value.len())?;
        self.inner.visit_str(value)
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<V::Value, E> {
        if value == NUMBER {
            self.budget.number.set(true);
        } else {
            self.text(value.len())?;
        }
        self.inner.visit_borrowed_str(value)
    }

    fn visit_string<E: Error>(self, value: String) -> Result<V::Value, E> {
        self.text(value.len())?;
        self.inner.visit_string(value)
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        let (budget, room) = (self.budget, self.room);
        self.inner.visit_some(Counted {
            inner,
            budget,
            room,
        })
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        let (budget, room) = (self.budget, self.room);
        self.inner.visit_newtype_struct(Counted {
            inner,
            budget,
            room,
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<V::Value, A::Error> {
        let members = self.members(elements);
        self.inner.visit_seq(members)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<V::Value, A::Error> {
        let members = self.members(members);
        self.inner.visit_map(members)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let budget = self.budget;
        self.inner.visit_enum(Counted::new(inner, budget))
    }
}

impl<A> Members<'_, A> {
    /// For how many members room is made before the next one: a node of a `BTreeMap` has room for 11, and
    /// splits leave five in each at least.
    fn nodes(&self) -> usize {
        let splits = self.count >= 11 && (self.count - 11).is_multiple_of(5);
        if self.grows && (self.count == 0 || splits) {
            11
        } else {
            0
        }
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Members<'_, A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        inner: S,
    ) -> Result<Option<S::Value>, A::Error> {
        let budget = self.budget;
        let element = self.inner.next_element_seed(Counted::new(inner, budget))?;
        if self.grows && element.is_some() {
            // As a `Vec` does: from 4, by doubling.
            let room = match self.count {
                0 => 4,
                count if count >= 4 && count.is_power_of_two() => count,
                _ => 0,
            };
            budget.block(room * size_of::<S::Value>())?;
            self.count += 1;
        }
        Ok(element)
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Members<'_, A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        inner: S,
    ) -> Result<Option<S::Value>, A::Error> {
        let budget = self.budget;
        let key = self.inner.next_key_seed(Counted::new(inner, budget))?;
        // A number in the guise of a map takes no map.
        self.grows &= !budget.number.take();
        if key.is_some() {
            budget.block(self.nodes() * size_of::<S::Value>())?;
        }
        Ok(key)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, inner: S) -> Result<S::Value, A::Error> {
        let budget = self.budget;
        let value = self.inner.next_value_seed(Counted::new(inner, budget))?;
        budget.block(self.nodes() * size_of::<S::Value>())?;
        self.count += 1;
        Ok(value)
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

impl<'de, 'b, A: EnumAccess<'de>> EnumAccess<'de> for Counted<'b, A> {
    type Error = A::Error;
    type Variant = Counted<'b, A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        inner: S,
    ) -> Result<(S::Value, Self::Variant), A::Error> {
        let budget = self.budget;
        let (value, inner) = self.inner.variant_seed(Counted::new(inner, budget))?;
        Ok((value, Counted::new(inner, budget)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Counted<'_, A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, inner: S) -> Result<S::Value, A::Error> {
        let budget = self.budget;
        self.inner.newtype_variant_seed(Counted::new(inner, budget))
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, inner: V) -> Result<V::Value, A::Error> {
        let visitor = Visit::fixed(inner, self.budget);
        self.inner.tuple_variant(length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        inner: V,
    ) -> Result<V::Value, A::Error> {
        let visitor = Visit::fixed(inner, self.budget);
        self.inner.struct_variant(fields, visitor)
    }
}
