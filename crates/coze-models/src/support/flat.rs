//! Flat JSON objects, read at less than half of a parser's cost.
//!
//! The data of nearly every event is a short object of texts, numbers and truth values. A parser pays for being
//! ready for everything else; here, what else there is goes to the parser.

use super::escapes::unescaped;
use core::fmt;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, Visitor, value::BorrowedStrDeserializer},
    forward_to_deserialize_any,
};

/// The struct that a JSON object is; `None` where the parser has to say what it is, or what is wrong with it.
pub(super) fn read<'de, T: Deserialize<'de>>(text: &'de str) -> Option<T> {
    let mut reader = Reader { rest: text };
    let value = T::deserialize(&mut reader).ok()?;
    reader.peek().is_none().then_some(value)
}

/// Bytes that are expected of a text after its first escape; it grows if there are more.
const MORE: usize = 16;

/// What is left of a document.
struct Reader<'de> {
    rest: &'de str,
}

/// The value of a member.
struct Member<'r, 'de>(&'r mut Reader<'de>);

/// The members of the object.
struct Members<'r, 'de> {
    reader: &'r mut Reader<'de>,
    is_first: bool,
}

/// What is read here may be wrong or just not flat; the parser finds out.
#[derive(Debug)]
struct Unusual;

impl Error for Unusual {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl fmt::Display for Unusual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a flat object")
    }
}

impl core::error::Error for Unusual {}

impl<'de> Reader<'de> {
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

    /// Comes to a key that is not where it is expected; false at the end of the object.
    fn next_key(&mut self, is_first: bool) -> Result<bool, Unusual> {
        if self.peek() == Some(b'}') {
            self.expect("}")?;
            return Ok(false);
        }
        if !is_first {
            self.expect(",")?;
            self.peek();
        }
        self.expect("\"")?;
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

/// How many bytes come before the first quotation mark, backslash or control character.
#[inline]
fn plain_length(bytes: &[u8]) -> Option<usize> {
    let (words, rest) = bytes.as_chunks();
    for (index, word) in words.iter().enumerate() {
        let special = special(u64::from_le_bytes(*word));
        if special != 0 {
            return Some(8 * index + special.trailing_zeros() as usize / 8);
        }
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..b' ');
    Some(8 * words.len() + rest.iter().position(is_special)?)
}

/// The high bit of each special byte; above the lowest, other bits may be set as well.
#[inline]
const fn special(word: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    const BLANK: u64 = u64::from_le_bytes([b' '; 8]);
    let quote = word ^ u64::from_le_bytes([b'"'; 8]);
    let backslash = word ^ u64::from_le_bytes([b'\\'; 8]);
    let found = (quote.wrapping_sub(ONES) & !quote)
        | (backslash.wrapping_sub(ONES) & !backslash)
        | (word.wrapping_sub(BLANK) & !word);
    found & HIGH
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Unusual;

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unusual> {
        self.peek();
        self.expect("{")?;
        visitor.visit_map(Members {
            reader: self,
            is_first: true,
        })
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Unusual> {
        Err(Unusual)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

impl<'de> MapAccess<'de> for Members<'_, 'de> {
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
        } else if !reader.next_key(is_first)? {
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
        seed.deserialize(Member(self.reader))
    }
}

/// What is neither a text nor a number of its own is read by the parser, in the same way.
macro_rules! parsed {
    ($($method:ident($($argument:ident: $ty:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(self, $($argument: $ty,)* visitor: V) -> Result<V::Value, Unusual> {
            self.0.parser()?.$method($($argument,)* visitor).map_err(Unusual::custom)
        }
    )*};
}

impl<'de> Deserializer<'de> for Member<'_, 'de> {
    type Error = Unusual;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unusual> {
        match self.0.peek().ok_or(Unusual)? {
            b'"' => self.0.string(visitor),
            b'-' | b'0'..=b'9' => self.0.number(visitor),
            b't' => {
                self.0.expect("true")?;
                visitor.visit_bool(true)
            }
            b'f' => {
                self.0.expect("false")?;
                visitor.visit_bool(false)
            }
            b'n' => {
                self.0.expect("null")?;
                visitor.visit_unit()
            }
            _ => self.0.parse(visitor),
        }
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unusual> {
        if self.0.peek() == Some(b'n') {
            self.0.expect("null")?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string unit unit_struct identifier
        ignored_any
    }

    parsed! {
        deserialize_bytes() deserialize_byte_buf() deserialize_seq() deserialize_map()
        deserialize_newtype_struct(name: &'static str)
        deserialize_tuple(length: usize)
        deserialize_tuple_struct(name: &'static str, length: usize)
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
    }
}

#[cfg(test)]
mod tests;
