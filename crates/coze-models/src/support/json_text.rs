//! JSON documents that travel as strings.

use super::{String, transcode};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};

/// A string that as a rule holds a JSON document, and sometimes plain text.
///
/// Where a server sends the value itself instead of a string, this holds its JSON text.
///
/// ```
/// use coze_models::JsonText;
/// let data: JsonText = serde_json::from_str(r#""{\"n\":1}""#)?;
/// assert_eq!(data.as_str(), r#"{"n":1}"#);
/// assert_eq!(data.parse::<serde_json::Value>()?["n"], 1);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct JsonText(String);

impl JsonText {
    /// A text, taken as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The JSON text of a value.
    ///
    /// # Errors
    ///
    /// When the value cannot be written as JSON.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, serde_json::Error> {
        transcode::to_text(value).map(Self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The owned text.
    pub fn into_string(self) -> String {
        self.0
    }

    /// Reads the document.
    ///
    /// # Errors
    ///
    /// When the text is no JSON or does not fit `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.0)
    }
}

impl From<&str> for JsonText {
    fn from(text: &str) -> Self {
        Self(String::from(text))
    }
}

impl From<String> for JsonText {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl AsRef<str> for JsonText {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Display for JsonText {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(&self.0)
    }
}

impl<'de> Deserialize<'de> for JsonText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // As a value of its own, `null` is a document too.
        let text = transcode::text(deserializer)?;
        Ok(Self(text.unwrap_or_else(|| String::from("null"))))
    }
}
