//! The fields of the envelope.

use std::{borrow::Cow, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::scalar::{Code, LogIdMember, Text};

/// What the envelope says beside the payload.
#[derive(Debug, Default)]
pub(crate) struct Head {
    pub(crate) code: i64,
    pub(crate) message: Option<String>,
    pub(crate) log_id: Option<String>,
    /// `error_code` and `error_message`, the failure form of the token endpoints.
    error_code: i64,
    error_message: Option<String>,
    /// `detail` names the log id; `error.logid` is the older place.
    detail_seen: bool,
    code_seen: bool,
    /// Keep the texts of a failure, which a success has no use for.
    texts: bool,
}

impl Head {
    /// To be filled from an answer that is expected to be a success.
    pub(super) fn for_success() -> Self {
        Self::default()
    }

    /// To be filled with all that a failure tells.
    pub(super) fn for_failure() -> Self {
        Self {
            texts: true,
            ..Self::default()
        }
    }

    pub(super) const fn is_success(&self) -> bool {
        !self.is_failure()
    }

    pub(super) const fn is_failure(&self) -> bool {
        self.code != 0 || self.error_code != 0 || self.error_message.is_some()
    }

    /// The code that tells the failure.
    pub(crate) const fn failure_code(&self) -> i64 {
        if self.code != 0 {
            self.code
        } else {
            self.error_code
        }
    }

    /// The text that tells the failure.
    pub(crate) fn failure_message(&mut self) -> String {
        let message = self.message.take().filter(|message| !message.is_empty());
        message.or(self.error_message.take()).unwrap_or_default()
    }

    /// Reads the value of one of the envelope's own keys.
    pub(super) fn read<'de, A: MapAccess<'de>>(
        &mut self,
        key: &Key<'de>,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match key {
            Key::Code => {
                if std::mem::replace(&mut self.code_seen, true) {
                    return Err(A::Error::duplicate_field("code"));
                }
                self.code = map.next_value::<Code>()?.0;
            }
            Key::Message if self.texts => self.message = map.next_value_seed(Text)?,
            Key::Detail => {
                let id = map.next_value_seed(LogIdMember)?;
                self.detail_seen = id.is_some();
                self.log_id = id.or(self.log_id.take());
            }
            Key::Error => {
                let id = map.next_value_seed(LogIdMember)?;
                if !self.detail_seen {
                    self.log_id = id.or(self.log_id.take());
                }
            }
            Key::ErrorCode => self.error_code = map.next_value::<Code>()?.0,
            Key::ErrorMessage => {
                self.error_message = map.next_value_seed(Text)?.filter(|text| !text.is_empty());
            }
            Key::Message | Key::Data | Key::Other(_) => {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
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
