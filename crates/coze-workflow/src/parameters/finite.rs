//! A serializer that writes nothing and stops at a number that would not arrive as it is.

use std::fmt;

use serde::ser::{self, Serialize, Serializer};

/// Refuses a value that holds NaN, an infinity or an integer of more than 64 bits anywhere.
pub(super) fn check<T: Serialize + ?Sized>(value: &T) -> Result<(), Refused> {
    value.serialize(Check)
}

#[derive(Debug)]
pub(super) struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

impl ser::Error for Refused {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

struct Check;

impl Check {
    fn float(value: f64) -> Result<(), Refused> {
        if value.is_finite() {
            Ok(())
        } else {
            Err(Refused(format!("JSON has no number {value}")))
        }
    }
}

/// What `serde_json` calls a text that is JSON already, and its only member.
const RAW: &str = "$serde_json::private::RawValue";

fn too_large(integer: impl fmt::Display) -> Refused {
    Refused(format!(
        "the integer {integer} has more than 64 bits; pass it as text"
    ))
}

/// Refuses JSON text with an integer that its reader would round.
fn check_raw(text: &str) -> Result<(), Refused> {
    let mut rest = text;
    while let Some(start) = rest.find(|sign: char| matches!(sign, '"' | '-' | '0'..='9')) {
        rest = &rest[start..];
        if let Some(mut string) = rest.strip_prefix('"') {
            // To the quote that no backslash escapes.
            while let Some(at) = string.find(['"', '\\']) {
                let width = if string[at..].starts_with('"') { 1 } else { 2 };
                string = string.get(at + width..).unwrap_or_default();
                if width == 1 {
                    break;
                }
            }
            rest = string;
            continue;
        }
        let end = rest.find(|sign: char| !matches!(sign, '-' | '+' | '.' | 'e' | 'E' | '0'..='9'));
        let (number, after) = rest.split_at(end.unwrap_or(rest.len()));
        let is_integer = !number.contains(['.', 'e', 'E']);
        if is_integer && number.parse::<i64>().is_err() && number.parse::<u64>().is_err() {
            return Err(too_large(number));
        }
        rest = after;
    }
    Ok(())
}

macro_rules! passes {
    ($($method:ident: $type:ty),*) => {
        $(fn $method(self, _: $type) -> Result<(), Refused> { Ok(()) })*
    };
}

impl Serializer for Check {
    type Ok = ();
    type Error = Refused;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    passes!(
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32,
        serialize_i64: i64, serialize_u8: u8, serialize_u16: u16,
        serialize_u32: u32, serialize_u64: u64, serialize_char: char,
        serialize_str: &str, serialize_bytes: &[u8], serialize_unit_struct: &'static str
    );

    fn serialize_i128(self, value: i128) -> Result<(), Refused> {
        let fits = i64::try_from(value).is_ok() || u64::try_from(value).is_ok();
        if fits { Ok(()) } else { Err(too_large(value)) }
    }

    fn serialize_u128(self, value: u128) -> Result<(), Refused> {
        u64::try_from(value).map(drop).map_err(|_| too_large(value))
    }

    fn serialize_f32(self, value: f32) -> Result<(), Refused> {
        Self::float(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Refused> {
        Self::float(value)
    }

    fn serialize_none(self) -> Result<(), Refused> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Refused> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Refused> {
        Ok(())
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
    ) -> Result<(), Refused> {
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Refused> {
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Refused> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Refused> {
        Ok(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Refused> {
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, Refused> {
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Refused> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Refused> {
        Ok(self)
    }
}

macro_rules! members {
    ($($trait:ident::$method:ident($($key:ty)?)),*) => {
        $(impl ser::$trait for Check {
            type Ok = ();
            type Error = Refused;

            fn $method<T: Serialize + ?Sized>(&mut self, $(_: $key,)? value: &T) -> Result<(), Refused> {
                value.serialize(Check)
            }

            fn end(self) -> Result<(), Refused> {
                Ok(())
            }
        })*
    };
}

members!(
    SerializeSeq::serialize_element(),
    SerializeTuple::serialize_element(),
    SerializeTupleStruct::serialize_field(),
    SerializeTupleVariant::serialize_field(),
    SerializeStructVariant::serialize_field(&'static str)
);

impl ser::SerializeStruct for Check {
    type Ok = ();
    type Error = Refused;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        if name == RAW {
            // A text that is written as it is: so far it is only text.
            let raw = serde_json::to_value(value).map_err(ser::Error::custom)?;
            return raw.as_str().map_or(Ok(()), check_raw);
        }
        value.serialize(Self)
    }

    fn end(self) -> Result<(), Refused> {
        Ok(())
    }
}

impl ser::SerializeMap for Check {
    type Ok = ();
    type Error = Refused;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refused> {
        key.serialize(Self)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        value.serialize(Self)
    }

    fn end(self) -> Result<(), Refused> {
        Ok(())
    }
}
