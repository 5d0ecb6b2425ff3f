//! A serializer that writes nothing, stops at a number that JSON does not have, and notes what may be an integer of
//! more than 64 bits.

use std::cell::Cell;

use serde::ser::{self, Error as _, Serialize, Serializer};
use serde_json::Error;

/// What `serde_json` calls its own types whose JSON is already written.
const WRITTEN: &str = "$serde_json::private";

/// Whether a value may hold an integer of more than 64 bits: one of 128 bits, or JSON that is already written.
///
/// Refuses one that holds NaN or an infinity anywhere: `serde_json` would write it as null.
pub(super) fn may_be_wide<T: Serialize + ?Sized>(value: &T) -> Result<bool, Error> {
    let wide = Cell::new(false);
    value.serialize(Check { wide: &wide })?;
    Ok(wide.get())
}

#[derive(Clone, Copy)]
struct Check<'a> {
    wide: &'a Cell<bool>,
}

macro_rules! passes {
    ($($method:ident($($of:ty),*)),*) => {
        $(fn $method(self, $(_: $of),*) -> Result<(), Error> { Ok(()) })*
    };
}

macro_rules! holds {
    ($($method:ident($($of:ty),*)),*) => {
        $(fn $method<T: Serialize + ?Sized>(self, $(_: $of,)* value: &T) -> Result<(), Error> { value.serialize(self) })*
    };
}

macro_rules! opens {
    ($($kind:ident: $method:ident($($of:ty),*)),*) => {
        $(type $kind = Self;
        fn $method(self, $(_: $of),*) -> Result<Self, Error> { Ok(self) })*
    };
}

impl Serializer for Check<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        if value.is_finite() {
            return Ok(());
        }
        Err(Error::custom(format_args!("JSON has no number {value}")))
    }

    fn serialize_i128(self, _: i128) -> Result<(), Error> {
        self.wide.set(true);
        Ok(())
    }

    fn serialize_u128(self, _: u128) -> Result<(), Error> {
        self.wide.set(true);
        Ok(())
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Self, Error> {
        if name.starts_with(WRITTEN) {
            self.wide.set(true);
        }
        Ok(self)
    }

    type SerializeStruct = Self;

    passes!(
        serialize_bool(bool),
        serialize_char(char),
        serialize_str(&str),
        serialize_bytes(&[u8]),
        serialize_i8(i8),
        serialize_i16(i16),
        serialize_i32(i32),
        serialize_i64(i64),
        serialize_u8(u8),
        serialize_u16(u16),
        serialize_u32(u32),
        serialize_u64(u64),
        serialize_none(),
        serialize_unit(),
        serialize_unit_struct(&'static str),
        serialize_unit_variant(&'static str, u32, &'static str)
    );

    holds!(
        serialize_some(),
        serialize_newtype_struct(&'static str),
        serialize_newtype_variant(&'static str, u32, &'static str)
    );

    opens!(
        SerializeSeq: serialize_seq(Option<usize>),
        SerializeTuple: serialize_tuple(usize),
        SerializeTupleStruct: serialize_tuple_struct(&'static str, usize),
        SerializeTupleVariant: serialize_tuple_variant(&'static str, u32, &'static str, usize),
        SerializeMap: serialize_map(Option<usize>),
        SerializeStructVariant: serialize_struct_variant(&'static str, u32, &'static str, usize)
    );
}

macro_rules! members {
    ($($kind:ident: $($method:ident($($name:ty)?)),*;)*) => {
        $(impl ser::$kind for Check<'_> {
            type Ok = ();
            type Error = Error;

            $(fn $method<T: Serialize + ?Sized>(&mut self, $(_: $name,)? value: &T) -> Result<(), Error> {
                value.serialize(*self)
            })*

            fn end(self) -> Result<(), Error> {
                Ok(())
            }
        })*
    };
}

members!(
    SerializeSeq: serialize_element();
    SerializeTuple: serialize_element();
    SerializeTupleStruct: serialize_field();
    SerializeTupleVariant: serialize_field();
    SerializeMap: serialize_key(), serialize_value();
    SerializeStruct: serialize_field(&'static str);
    SerializeStructVariant: serialize_field(&'static str);
);
