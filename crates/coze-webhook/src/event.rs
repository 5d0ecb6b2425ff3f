//! One event.

use std::{fmt, ops::Range, time::SystemTime};

use bytes::Bytes;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::Refused;

/// An event of Coze.
///
/// `event` is a JSON object whose fields depend on [`kind`](Self::kind): of `bot.published` they are `user_id`, `bot_id`,
/// `bot_name` and `description`. The vendor's page:
/// <https://www.coze.cn/open/docs/guides/configure_callback_message>.
#[derive(Clone)]
pub struct Event {
    header: Header,
    payload: Range<usize>,
    body: Bytes,
    pub(crate) delivery: [u8; 20],
}

/// Ids are texts; older samples have numbers.
#[derive(Clone, Default, Deserialize)]
struct Header {
    #[serde(default)]
    event_type: Option<String>,
    #[serde(default, deserialize_with = "id")]
    event_id: Option<String>,
    #[serde(default)]
    created_at: Option<i64>,
    #[serde(default, deserialize_with = "id")]
    coze_account_id: Option<String>,
    #[serde(default, deserialize_with = "id")]
    api_app_id: Option<String>,
    #[serde(default, deserialize_with = "id")]
    connector_id: Option<String>,
}

#[derive(Deserialize)]
struct Document<'a> {
    header: Header,
    #[serde(borrow, default)]
    event: Option<&'a RawValue>,
}

/// A text, or an integer in its digits.
fn id<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Id {
        Text(String),
        Number(i64),
    }
    Ok(match Option::<Id>::deserialize(from)? {
        Some(Id::Text(text)) => Some(text),
        Some(Id::Number(number)) => Some(number.to_string()),
        None => None,
    })
}

impl Event {
    /// Reads exactly one JSON document.
    pub(crate) fn read(body: Bytes, delivery: [u8; 20]) -> Result<Self, Refused> {
        let text = std::str::from_utf8(&body).map_err(|_| Refused::NotUtf8)?;
        // serde_json takes a document that is followed by nothing but white space.
        let document: Document<'_> = serde_json::from_str(text).map_err(|_| Refused::NotJson)?;
        // A slice of the body, which is not copied.
        let payload = document.event.map_or(0..0, |payload| {
            let start = payload.get().as_ptr() as usize - text.as_ptr() as usize;
            start..start + payload.get().len()
        });
        Ok(Self {
            header: document.header,
            payload,
            body,
            delivery,
        })
    }

    /// What happened, such as `bot.published`, `bot.deleted`, `bot.unpublished` or `benefit.usage`; empty when it is not
    /// told. More kinds may come: respond to an unknown one as to any other, or it is sent again.
    pub fn kind(&self) -> &str {
        self.header.event_type.as_deref().unwrap_or_default()
    }

    /// The id of the event, which is the same each time it is sent.
    pub fn id(&self) -> Option<&str> {
        self.header.event_id.as_deref()
    }

    /// When it happened, to the millisecond.
    pub fn created_at(&self) -> Option<SystemTime> {
        let since = u64::try_from(self.header.created_at?).ok()?;
        SystemTime::UNIX_EPOCH.checked_add(std::time::Duration::from_millis(since))
    }

    /// The Coze account it belongs to.
    pub fn account_id(&self) -> Option<&str> {
        self.header.coze_account_id.as_deref()
    }

    /// The callback app that it was sent for.
    pub fn app_id(&self) -> Option<&str> {
        self.header.api_app_id.as_deref()
    }

    /// The channel of the bot, in events of a channel.
    pub fn connector_id(&self) -> Option<&str> {
        self.header.connector_id.as_deref()
    }

    /// The JSON text of `event`; empty when there is none.
    pub fn payload(&self) -> &str {
        std::str::from_utf8(&self.body[self.payload.clone()]).unwrap_or_default()
    }

    /// Decodes `event`.
    ///
    /// # Errors
    ///
    /// The error of the decoder when the payload does not fit, or is more than 128 deep.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.payload())
    }

    /// The body as it came.
    pub fn body(&self) -> &Bytes {
        &self.body
    }
}

/// Without the payload, which may be about persons.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("kind", &self.kind())
            .field("id", &self.id())
            .field("payload", &format_args!("{} bytes", self.payload.len()))
            .finish_non_exhaustive()
    }
}
