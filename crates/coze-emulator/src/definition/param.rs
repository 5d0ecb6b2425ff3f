//! Typed inputs: what a caller may send and what the workflow then sees.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The type of an input, in the words of the API.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ParamType {
    /// Text.
    String,
    /// A whole number; `3.0` counts as one.
    Integer,
    /// Any number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A point in time, as text.
    Time,
    /// A JSON object.
    Object,
    /// A JSON array.
    Array,
    /// A file of any kind: a URL, or the JSON text `{"file_id":"…"}` of an uploaded one.
    File,
    /// The file kind that the API calls `default`.
    Default,
    /// An image file.
    Image,
    /// An SVG file.
    Svg,
    /// An audio file.
    Audio,
    /// A video file.
    Video,
    /// A voice recording.
    Voice,
    /// A text document.
    Doc,
    /// Slides.
    Ppt,
    /// A spreadsheet.
    Excel,
    /// A plain text file.
    Txt,
    /// A source file.
    Code,
    /// An archive.
    Zip,
}

impl ParamType {
    /// The type's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Time => "time",
            Self::Object => "object",
            Self::Array => "array",
            Self::File => "file",
            Self::Default => "default",
            Self::Image => "image",
            Self::Svg => "svg",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Voice => "voice",
            Self::Doc => "doc",
            Self::Ppt => "ppt",
            Self::Excel => "excel",
            Self::Txt => "txt",
            Self::Code => "code",
            Self::Zip => "zip",
        }
    }
}

impl ParamType {
    /// The number that input nodes use for kinds of files and times; none for plain values.
    pub(crate) fn assist_type(self) -> Option<u32> {
        Some(match self {
            Self::File | Self::Default => 1,
            Self::Image => 2,
            Self::Doc => 3,
            Self::Code => 4,
            Self::Ppt => 5,
            Self::Txt => 6,
            Self::Excel => 7,
            Self::Audio => 8,
            Self::Zip => 9,
            Self::Video => 10,
            Self::Svg => 11,
            Self::Voice => 12,
            Self::Time => 10_000,
            _ => return None,
        })
    }
}

/// One input of a start node, or one field that a node asks for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Param {
    #[serde(rename = "type")]
    pub(crate) kind: ParamType,
    #[serde(default)]
    pub(crate) required: bool,
    #[serde(default)]
    pub(crate) description: String,
    pub(crate) default: Option<Value>,
    /// Element type of an array.
    pub(crate) items: Option<Box<Param>>,
    /// Members of an object.
    pub(crate) properties: Option<IndexMap<String, Param>>,
}

pub(crate) type Params = IndexMap<String, Param>;

/// Parameters as the API describes them, by name.
pub(crate) fn describe(params: &Params) -> Value {
    params
        .iter()
        .map(|(name, param)| (name.clone(), param.describe()))
        .collect::<Map<_, _>>()
        .into()
}

/// Checks what the caller sent and fills in the defaults. Inputs that are not declared are dropped, as the service does.
///
/// The error is a clause that names the input.
pub(crate) fn accept(
    params: &Params,
    sent: &Map<String, Value>,
) -> Result<Map<String, Value>, String> {
    let mut accepted = Map::new();
    for (name, param) in params {
        let value = match sent.get(name) {
            Some(value) if !value.is_null() => param.accept(name, value)?,
            _ => match &param.default {
                Some(default) => default.clone(),
                None if param.required => {
                    return Err(format!("Missing required parameter '{name}'"));
                }
                None => Value::Null,
            },
        };
        accepted.insert(name.clone(), value);
    }
    Ok(accepted)
}

impl Param {
    /// The parameter as the API describes it.
    pub(crate) fn describe(&self) -> Value {
        let mut described = Map::new();
        described.insert("type".into(), self.kind.as_str().into());
        described.insert("required".into(), self.required.into());
        described.insert("description".into(), self.description.as_str().into());
        let default = match &self.default {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        described.insert("default_value".into(), default.into());
        if let Some(items) = &self.items {
            described.insert("items".into(), items.describe());
        }
        if let Some(properties) = &self.properties {
            described.insert("properties".into(), describe(properties));
        }
        Value::Object(described)
    }

    /// Checks one value; `path` names it in the error.
    pub(crate) fn accept(&self, path: &str, value: &Value) -> Result<Value, String> {
        let fits = match self.kind {
            ParamType::Integer => value.is_i64() || value.is_u64() || is_whole(value),
            ParamType::Number => value.is_number(),
            ParamType::Boolean => value.is_boolean(),
            ParamType::Object => value.is_object(),
            ParamType::Array => value.is_array(),
            _ => value.is_string(),
        };
        if !fits {
            return Err(format!(
                "Parameter '{path}' must be of type {}, but is {}",
                self.kind.as_str(),
                kind_of(value)
            ));
        }
        match (value, &self.items, &self.properties) {
            (Value::Array(values), Some(items), _) => values
                .iter()
                .enumerate()
                .map(|(index, value)| items.accept(&format!("{path}[{index}]"), value))
                .collect::<Result<Vec<_>, _>>()
                .map(Value::Array),
            (Value::Object(members), _, Some(properties)) => {
                let mut members = members.clone();
                for (name, property) in properties {
                    let path = format!("{path}.{name}");
                    match members.get(name) {
                        Some(value) if !value.is_null() => {
                            let value = property.accept(&path, value)?;
                            members.insert(name.clone(), value);
                        }
                        _ if property.required && property.default.is_none() => {
                            return Err(format!("Missing required parameter '{path}'"));
                        }
                        _ => {
                            let value = property.default.clone().unwrap_or(Value::Null);
                            members.insert(name.clone(), value);
                        }
                    }
                }
                Ok(Value::Object(members))
            }
            _ => Ok(value.clone()),
        }
    }
}

fn is_whole(value: &Value) -> bool {
    value.as_f64().is_some_and(|number| number.fract() == 0.0)
}

/// A JSON type with its article.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn params(yaml: &str) -> Params {
        serde_saphyr::from_str(yaml).unwrap()
    }

    fn accepted(yaml: &str, sent: &Value) -> Result<Value, String> {
        accept(&params(yaml), sent.as_object().unwrap()).map(Value::Object)
    }

    #[test]
    fn fills_in_defaults_and_drops_what_is_not_declared() {
        let yaml = "a: { type: integer, default: 3 }\nb: { type: string }";
        assert_eq!(
            accepted(yaml, &json!({"c": 1})),
            Ok(json!({"a": 3, "b": null}))
        );
    }

    #[test]
    fn names_the_missing_input() {
        let yaml = "city: { type: string, required: true }";
        assert_eq!(
            accepted(yaml, &json!({"city": null})),
            Err("Missing required parameter 'city'".into())
        );
    }

    #[test]
    fn names_the_place_inside_arrays_and_objects() {
        let yaml = "rows: { type: array, items: { type: object, properties: { n: { type: integer, required: true } } } }";
        assert_eq!(
            accepted(yaml, &json!({"rows": [{"n": 1}, {"n": "two"}]})),
            Err("Parameter 'rows[1].n' must be of type integer, but is a string".into())
        );
        assert_eq!(
            accepted(yaml, &json!({"rows": [{}]})),
            Err("Missing required parameter 'rows[0].n'".into())
        );
    }

    #[test]
    fn a_large_integer_stays_exact() {
        let yaml = "n: { type: integer }";
        let sent = json!({"n": 9_007_199_254_740_993_i64});
        assert_eq!(accepted(yaml, &sent), Ok(sent));
    }
}
