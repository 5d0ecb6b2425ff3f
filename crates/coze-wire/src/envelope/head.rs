//! The fields of the envelope.

use alloc::{
    borrow::{Cow, ToOwned},
    string::String,
};
use core::fmt;

use coze_models::support::read::{id_text, int_or_zero};
use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// What the envelope of a success says beside the payload.
#[derive(Default)]
pub(super) struct Head {
    pub(super) log_id: Option<String>,
    /// `detail` names the log id; `error.logid` is the older place.
    detail_seen: bool,
    code_seen: bool,
    /// A `detail` that is no object is an error, and not one without a log id.
    strict: bool,
}

/// A code: a number, an integral float, or a numeric string; `null` and `""` are 0.
#[derive(Deserialize)]
#[serde(transparent)]
struct Code(#[serde(deserialize_with = "int_or_zero")] i64);

#[derive(Deserialize)]
struct Detail {
    #[serde(default, deserialize_with = "id_text")]
    logid: String,
}

impl Head {
    /// For a response as servers write it: an error says that it has to be read again.
    pub(super) fn strict() -> Self {
        Self {
            strict: true,
            ..Self::default()
        }
    }

    /// Reads the value of one of the envelope's own keys. What tells a failure is an error, so that nothing after
    /// it is read in vain.
    pub(super) fn read<'de, A: MapAccess<'de>>(
        &mut self,
        key: &Key<'de>,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match key {
            Key::Code => {
                if core::mem::replace(&mut self.code_seen, true) {
                    return Err(A::Error::duplicate_field("code"));
                }
                success(map.next_value::<Code>()?.0 == 0)?;
            }
            Key::Detail => {
                let id = if self.strict {
                    Some(map.next_value::<Detail>()?.logid).filter(|id| !id.is_empty())
                } else {
                    log_id(map.next_value()?)
                };
                self.detail_seen = id.is_some();
                self.log_id = id.or(self.log_id.take());
            }
            Key::Error => self.error(map.next_value()?),
            Key::ErrorCode => success(map.next_value::<Code>()?.0 == 0)?,
            Key::ErrorMessage => success(!is_text(map.next_value::<&RawValue>()?.get()))?,
            Key::Message | Key::Data | Key::Other(_) => {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    /// Reads the value of `error`, the older place of the log id.
    pub(super) fn error(&mut self, value: &RawValue) {
        let id = log_id(value);
        if !self.detail_seen {
            self.log_id = id.or(self.log_id.take());
        }
    }
}

fn success<E: Error>(yes: bool) -> Result<(), E> {
    if yes {
        Ok(())
    } else {
        Err(E::custom("a failure"))
    }
}

/// The member `logid`; anything that is no object has none.
fn log_id(detail: &RawValue) -> Option<String> {
    let detail = serde_json::from_str::<Detail>(detail.get()).ok()?;
    Some(detail.logid).filter(|id| !id.is_empty())
}

/// Whether a value is a text that is not empty, or an integer, which stands for one.
fn is_text(value: &str) -> bool {
    let is_integer = value.parse::<i64>().is_ok() || value.parse::<u64>().is_ok();
    is_integer || (value.starts_with('"') && value.len() > 2)
}

/// A key of the outermost object.
pub(super) enum Key<'de> {
    Code,
    Message,
    Detail,
    Error,
    ErrorCode,
    ErrorMessage,
    Data,
    Other(Cow<'de, str>),
}

/// Reads a [`Key`].
pub(super) struct KeySeed;

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Key<'de>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Key<'de>, D::Error> {
        from.deserialize_str(self)
    }
}

impl KeySeed {
    fn known<'de>(name: &str) -> Option<Key<'de>> {
        Some(match name {
            "code" => Key::Code,
            "msg" => Key::Message,
            "detail" => Key::Detail,
            "error" => Key::Error,
            "error_code" => Key::ErrorCode,
            "error_message" => Key::ErrorMessage,
            "data" => Key::Data,
            _ => return None,
        })
    }
}

impl<'de> Visitor<'de> for KeySeed {
    type Value = Key<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Key<'de>, E> {
        Ok(Self::known(name).unwrap_or(Key::Other(Cow::Borrowed(name))))
    }

    fn visit_str<E>(self, name: &str) -> Result<Key<'de>, E> {
        Ok(Self::known(name).unwrap_or_else(|| Key::Other(Cow::Owned(name.to_owned()))))
    }
}
