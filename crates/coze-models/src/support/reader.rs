//! JSON, read at half of a parser's cost where it is as servers write it.
//!
//! Nearly all of it is texts without escapes, small integers and keys in between. What is odd, and what is wrong, is
//! left to the parser, so that there is one place that says what is wrong.

mod scan;
#[cfg(test)]
mod tests;

use self::scan::plain_length;
use super::escapes::unescaped;
use core::fmt;
use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
        value::BorrowedStrDeserializer,
    },
    forward_to_deserialize_any,
};

/// Bytes that are expected of a text after its first escape; it grows if there are more.
const MORE: usize = 16;

/// How deep lists and objects may be nested.
const DEPTH: u8 = 64;

/// Reads the values of a JSON text, as the parser would, or fails.
///
/// An error says nothing: the parser has to read the text then, which may be good all the same.
#[doc(hidden)]
#[derive(Debug)]
pub struct Reader<'de> {
    rest: &'de str,
    depth: u8,
}

/// What a JSON text is; `None` where the parser has to say it.
#[doc(hidden)]
pub fn read_quickly<'de, T: Deserialize<'de>>(text: &'de str) -> Option<T> {
    let mut reader = Reader::new(text);
    let value = T::deserialize(&mut reader).ok()?;
    reader.is_at_end().then_some(value)
}

/// The parts of a list or an object.
struct Parts<'r, 'de> {
    reader: &'r mut Reader<'de>,
    is_first: bool,
}

/// What is read may be wrong or just odd; the parser finds out.
#[doc(hidden)]
#[derive(Debug)]
pub struct Unusual;

impl Error for Unusual {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl fmt::Display for Unusual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON that the parser has to read")
    }
}

impl core::error::Error for Unusual {}

impl<'de> Reader<'de> {
    pub const fn new(text: &'de str) -> Self {
        Self {
            rest: text,
            depth: DEPTH,
        }
    }

    /// Whether nothing follows.
    pub fn is_at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    /// The next byte that is not blank.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        loop {
            let next = self.rest.as_bytes().first().copied();
            if !matches!(next, Some(b' ' | b'\n' | b'\r' | b'\t')) {
                return next;
            }
            self.rest = &self.rest[1..];
        }
    }

    /// Takes what must come next.
    #[inline]
    fn expect(&mut self, token: &str) -> Result<(), Unusual> {
        self.rest = self.rest.strip_prefix(token).ok_or(Unusual)?;
        Ok(())
    }

    /// The text up to the first special byte, which is left.
    #[inline]
    fn run(&mut self) -> Result<&'de str, Unusual> {
        let length = plain_length(self.rest.as_bytes()).ok_or(Unusual)?;
        let (run, rest) = self.rest.split_at_checked(length).ok_or(Unusual)?;
        self.rest = rest;
        Ok(run)
    }

    #[inline]
    fn string<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Unusual> {
        self.expect("\"")?;
        let content = self.rest;
        let run = self.run()?;
        if self.expect("\"").is_ok() {
            return visitor.visit_borrowed_str(run);
        }
        let (text, length) = unescaped(content, run.len() + MORE).ok_or(Unusual)?;
        self.rest = &content[length..];
        visitor.visit_string(text)
    }

    /// Comes to the next part of a list or an object; false after its end.
    fn next_part(&mut self, is_first: bool, end: u8) -> Result<bool, Unusual> {
        let next = self.peek();
        if next == Some(end) {
            self.rest = &self.rest[1..];
            return Ok(false);
        }
        if !is_first {
            self.expect(",")?;
            self.peek();
        }
        Ok(true)
    }

    /// An integer of at most 18 digits; the parser reads other numbers.
    #[inline]
    fn number<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Unusual> {
        let (negative, text) = match self.rest.strip_prefix('-') {
            Some(text) => (true, text),
            None => (false, self.rest),
        };
        let digits = text.as_bytes();
        let mut number = 0;
        let mut length = 0;
        while let Some(digit @ b'0'..=b'9') = digits.get(length) {
            if length == 18 {
                return self.parse(visitor);
            }
            number = 10 * number + i64::from(digit - b'0');
            length += 1;
        }
        let zero = digits.first() == Some(&b'0') && (negative || length > 1);
        if zero || length == 0 || matches!(digits.get(length), Some(b'.' | b'e' | b'E')) {
            return self.parse(visitor);
        }
        self.rest = &text[length..];
        if negative {
            visitor.visit_i64(-number)
        } else {
            visitor.visit_u64(number.unsigned_abs())
        }
    }

    /// Has the parser read the next value.
    fn parse<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Unusual> {
        self.parser()?
            .deserialize_any(visitor)
            .map_err(Unusual::custom)
    }

    /// A parser of the next value, which is passed over.
    #[cold]
    fn parser(&mut self) -> Result<Parser<'de>, Unusual> {
        let mut values = serde_json::Deserializer::from_str(self.rest).into_iter::<IgnoredAny>();
        values.next().ok_or(Unusual)?.map_err(Unusual::custom)?;
        let (value, rest) = self.rest.split_at(values.byte_offset());
        self.rest = rest;
        Ok(serde_json::Deserializer::from_str(value))
    }
}

type Parser<'de> = serde_json::Deserializer<serde_json::de::StrRead<'de>>;

impl<'de> Reader<'de> {
    /// Has `visit` read the parts of a list or an object up to its end.
    #[inline]
    fn nested<T>(
        &mut self,
        start: &str,
        visit: impl FnOnce(Parts<'_, 'de>) -> Result<T, Unusual>,
    ) -> Result<T, Unusual> {
        self.peek();
        self.expect(start)?;
        self.depth = self.depth.checked_sub(1).ok_or(Unusual)?;
        let value = visit(Parts {
            reader: self,
            is_first: true,
        })?;
        self.depth += 1;
        Ok(value)
    }
}

/// What is read by the parser, in the same way.
macro_rules! parsed {
    ($($method:ident($($argument:ident: $ty:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(self, $($argument: $ty,)* visitor: V) -> Result<V::Value, Unusual> {
            self.peek();
            self.parser()?.$method($($argument,)* visitor).map_err(Unusual::custom)
        }
    )*};
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Unusual;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unusual> {
        match self.peek().ok_or(Unusual)? {
            b'"' => self.string(visitor),
            b'{' => self.nested("{", |members| visitor.visit_map(members)),
            b'[' => self.nested("[", |elements| visitor.visit_seq(elements)),
            b't' => {
                self.expect("true")?;
                visitor.visit_bool(true)
            }
            b'f' => {
                self.expect("false")?;
                visitor.visit_bool(false)
            }
            b'n' => {
                self.expect("null")?;
                visitor.visit_unit()
            }
            _ => self.number(visitor),
        }
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unusual> {
        if self.peek() == Some(b'n') {
            self.expect("null")?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    #[inline]
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unusual> {
        self.nested("{", |members| visitor.visit_map(members))
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unusual> {
        self.deserialize_map(visitor)
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unusual> {
        self.nested("[", |elements| visitor.visit_seq(elements))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string unit unit_struct identifier
        ignored_any
    }

    /// The name of a raw value is the parser's own, and so is the way to read it.
    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unusual> {
        if !name.starts_with('$') {
            return visitor.visit_newtype_struct(self);
        }
        self.peek();
        self.parser()?
            .deserialize_newtype_struct(name, visitor)
            .map_err(Unusual::custom)
    }

    parsed! {
        deserialize_bytes() deserialize_byte_buf()
        deserialize_tuple(length: usize)
        deserialize_tuple_struct(name: &'static str, length: usize)
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
    }
}

impl<'de> MapAccess<'de> for Parts<'_, 'de> {
    type Error = Unusual;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Unusual> {
        let reader = &mut *self.reader;
        let is_first = core::mem::take(&mut self.is_first);
        let start = if is_first { "\"" } else { ",\"" };
        if let Some(rest) = reader.rest.strip_prefix(start) {
            reader.rest = rest;
        } else if reader.next_part(is_first, b'}')? {
            reader.expect("\"")?;
        } else {
            return Ok(None);
        }
        let key = reader.run()?;
        if let Some(rest) = reader.rest.strip_prefix("\":") {
            reader.rest = rest;
        } else {
            reader.expect("\"")?;
            reader.peek();
            reader.expect(":")?;
        }
        seed.deserialize(BorrowedStrDeserializer::new(key))
            .map(Some)
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Unusual> {
        seed.deserialize(&mut *self.reader)
    }
}

impl<'de> SeqAccess<'de> for Parts<'_, 'de> {
    type Error = Unusual;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Unusual> {
        let is_first = core::mem::take(&mut self.is_first);
        if !self.reader.next_part(is_first, b']')? {
            return Ok(None);
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }
}
