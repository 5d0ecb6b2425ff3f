//! A serializer that writes nothing and stops at a number that JSON does not have.

use serde::ser::{self, Error as _, Serialize, Serializer};
use serde_json::Error;

/// Refuses a value that holds NaN or an infinity anywhere. `serde_json` would write it as null.
pub(super) fn check<T: Serialize + ?Sized>(value: &T) -> Result<(), Error> {
    value.serialize(Check)
}

struct Check;

macro_rules! passes {
    ($($method:ident($($of:ty),*)),*) => {
        $(fn $method(self, $(_: $of),*) -> Result<(), Error> { Ok(()) })*
    };
}

macro_rules! holds {
    ($($method:ident($($of:ty),*)),*) => {
        $(fn $method<T: Serialize + ?Sized>(self, $(_: $of,)* value: &T) -> Result<(), Error> { check(value) })*
    };
}

macro_rules! opens {
    ($($kind:ident: $method:ident($($of:ty),*)),*) => {
        $(type $kind = Self;
        fn $method(self, $(_: $of),*) -> Result<Self, Error> { Ok(self) })*
    };
}

impl Serializer for Check {
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

    passes!(
        serialize_bool(bool),
        serialize_char(char),
        serialize_str(&str),
        serialize_bytes(&[u8]),
        serialize_i8(i8),
        serialize_i16(i16),
        serialize_i32(i32),
        serialize_i64(i64),
        serialize_i128(i128),
        serialize_u8(u8),
        serialize_u16(u16),
        serialize_u32(u32),
        serialize_u64(u64),
        serialize_u128(u128),
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
        SerializeStruct: serialize_struct(&'static str, usize),
        SerializeStructVariant: serialize_struct_variant(&'static str, u32, &'static str, usize)
    );
}

macro_rules! members {
    ($($kind:ident: $($method:ident($($name:ty)?)),*;)*) => {
        $(impl ser::$kind for Check {
            type Ok = ();
            type Error = Error;

            $(fn $method<T: Serialize + ?Sized>(&mut self, $(_: $name,)? value: &T) -> Result<(), Error> {
                check(value)
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
