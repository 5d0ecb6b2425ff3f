//! Events of a stream.

use super::{Box, Budget, String, Value};
use serde::{
    Deserialize, Deserializer as _, Serialize,
    de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor},
};

/// The events of one kind of stream.
///
/// Decoding takes the name and data of a server-sent event, whose framing is another layer's task.
pub trait StreamEvent: Sized {
    /// Reads an event. Names compare without case; an unknown one is kept, never an error.
    ///
    /// # Errors
    ///
    /// [`EventError`] when the data does not fit the event; it keeps the data.
    fn decode(name: &str, data: &str) -> Result<Self, EventError>;

    /// The name on the wire.
    fn name(&self) -> &str;

    /// Whether the stream ends with this event.
    fn is_terminal(&self) -> bool;

    /// The data on the wire.
    ///
    /// # Errors
    ///
    /// When a value cannot be written as JSON, which no received one does.
    fn data(&self) -> Result<String, serde_json::Error>;
}

/// An event that this version does not know, as received.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct UnknownEvent {
    /// Its name; empty when it had none.
    pub name: String,
    /// Its data.
    pub data: String,
}

impl UnknownEvent {
    /// An event with this name and data.
    pub fn new(name: impl Into<String>, data: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            data: data.into(),
        }
    }
}

/// The data of an event does not fit it.
#[derive(Debug)]
pub struct EventError(Box<Misfit>);

/// In a box, since it is rare and every event takes the place of one.
#[derive(Debug)]
struct Misfit {
    name: String,
    data: String,
    source: serde_json::Error,
}

impl EventError {
    /// Name of the event.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Its data, whole.
    pub fn data(&self) -> &str {
        &self.0.data
    }

    /// The same, owned.
    pub fn into_data(self) -> String {
        self.0.data
    }
}

impl core::fmt::Display for EventError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "the data of event `{}` cannot be decoded", self.name())
    }
}

impl core::error::Error for EventError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.0.source)
    }
}

/// Data that must be an object.
#[doc(hidden)]
pub fn object<T: DeserializeOwned>(name: &str, data: &str) -> Result<T, EventError> {
    if let Some(value) = Budget::read_quickly(data) {
        return Ok(value);
    }
    let read = || -> Result<T, serde_json::Error> {
        // A derived reader also takes a list for an object; no server means that.
        if data.trim_start().starts_with('[') {
            return Err(serde::de::Error::invalid_type(
                serde::de::Unexpected::Seq,
                &"an object",
            ));
        }
        Budget::parse(data)
    };
    read().map_err(|source| {
        EventError(Box::new(Misfit {
            name: String::from(name),
            data: String::from(data),
            source,
        }))
    })
}

/// Data that is an object, or nothing of interest.
#[doc(hidden)]
pub fn object_or_nothing<T: DeserializeOwned + Default>(
    name: &str,
    data: &str,
) -> Result<T, EventError> {
    if data.trim_start().starts_with('{') {
        object(name, data)
    } else {
        Ok(T::default())
    }
}

/// Data that is an object, or plain text that stands for one of its fields.
#[doc(hidden)]
pub fn object_or_text<T: DeserializeOwned + Default>(
    name: &str,
    data: &str,
    set: fn(&mut T, String),
) -> Result<T, EventError> {
    if data.trim_start().starts_with('{')
        && let Ok(value) = object(name, data)
    {
        return Ok(value);
    }
    let mut value = T::default();
    set(&mut value, String::from(data));
    Ok(value)
}

/// The name of an event whose data holds it under `key`; empty when it holds none.
#[doc(hidden)]
pub fn named_in(key: &str, data: &str) -> String {
    let read = serde_json::Deserializer::from_str(data).deserialize_map(NameIn(key));
    read.unwrap_or_default()
}

/// Reads one key of an object and skips the others.
struct NameIn<'a>(&'a str);

impl<'de> Visitor<'de> for NameIn<'_> {
    type Value = String;

    fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<String, A::Error> {
        let mut name = String::new();
        while let Some(key) = map.next_key::<String>()? {
            if key == self.0 {
                name = map.next_value()?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(name)
    }
}

/// The data of an event that holds its name under `key`.
#[doc(hidden)]
pub fn with_name<T: Serialize>(
    key: &str,
    name: &str,
    object: &T,
) -> Result<String, serde_json::Error> {
    let mut data = serde_json::to_value(object)?;
    if let Value::Object(map) = &mut data {
        map.insert(String::from(key), Value::from(name));
    }
    Ok(alloc::string::ToString::to_string(&data))
}

/// An event with its name, the form in which events are serialized.
#[derive(Serialize, Deserialize)]
#[doc(hidden)]
pub struct Named {
    event: String,
    #[serde(default)]
    data: Value,
}

impl Named {
    #[doc(hidden)]
    pub fn of<E: StreamEvent>(event: &E) -> Result<Self, serde_json::Error> {
        let data = event.data()?;
        Ok(Self {
            event: String::from(event.name()),
            data: serde_json::from_str(&data).unwrap_or(Value::String(data)),
        })
    }

    #[doc(hidden)]
    pub fn decode<E: StreamEvent>(self) -> Result<E, EventError> {
        match self.data {
            Value::String(data) => E::decode(&self.event, &data),
            data => E::decode(&self.event, &alloc::string::ToString::to_string(&data)),
        }
    }
}

/// Gives an enum of events its serialized form: `{"event": name, "data": …}`.
#[doc(hidden)]
#[macro_export]
macro_rules! __stream_event {
    ($name:ident) => {
        impl $crate::support::serde::Serialize for $name {
            fn serialize<S: $crate::support::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                $crate::support::NamedEvent::of(self)
                    .map_err($crate::support::serde::ser::Error::custom)?
                    .serialize(serializer)
            }
        }

        impl<'de> $crate::support::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::support::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                let named =
                    <$crate::support::NamedEvent as $crate::support::serde::Deserialize>::deserialize(
                        deserializer,
                    )?;
                named.decode().map_err($crate::support::serde::de::Error::custom)
            }
        }
    };
}

pub use crate::__stream_event as stream_event;
