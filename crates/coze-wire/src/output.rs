//! What a workflow returned, with the wrappers of the wire taken off.

use alloc::{
    borrow::Cow,
    string::{String, ToString},
};
use core::{error::Error, fmt};

use coze_models::support::read_quickly;
use memchr::memmem::Finder;
use serde::{
    Deserialize,
    de::{DeserializeOwned, IntoDeserializer, value::StrDeserializer},
};
use serde_json::value::RawValue;

use crate::reason::reason;

/// Which response an output text is from; the two are wrapped differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OutputOrigin {
    /// `data` of a run: the end node's result itself.
    Run,
    /// `output` of a run history of the cloud: the result is a text under the key `Output`, beside
    /// one key for each output node.
    History,
}

/// The output of an end node.
///
/// A workflow that returns variables gives a JSON object; one that returns text gives a text, which
/// may be anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output<'a> {
    text: Cow<'a, str>,
    /// It came out of the wrapper of a text end node, so it is text even if it reads as JSON.
    is_text: bool,
}

/// A text end node: `{"content_type":1,"data":"…","type_for_model":2}`.
#[derive(Deserialize)]
struct TextEnd<'a> {
    #[serde(rename = "content_type", borrow)]
    _content_type: &'a RawValue,
    #[serde(rename = "type_for_model", borrow)]
    _type_for_model: &'a RawValue,
    #[serde(borrow)]
    data: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Wrapped<'a> {
    #[serde(rename = "Output", borrow)]
    output: Cow<'a, str>,
}

impl<'a> Output<'a> {
    /// Takes the wrappers off `text`.
    pub fn new(text: &'a str, origin: OutputOrigin) -> Self {
        let inner = match origin {
            OutputOrigin::Run => None,
            OutputOrigin::History => {
                read_quickly::<Wrapped<'a>>(text).or_else(|| serde_json::from_str(text).ok())
            }
        };
        Self::of_end_node(inner.map_or(Cow::Borrowed(text), |wrapped| wrapped.output))
    }

    fn of_end_node(text: Cow<'a, str>) -> Self {
        let end = match &text {
            Cow::Borrowed(text) => text_end(text),
            Cow::Owned(text) => text_end(text).map(|end| Cow::Owned(end.into_owned())),
        };
        Self {
            is_text: end.is_some(),
            text: end.unwrap_or(text),
        }
    }

    /// The same, owning its text.
    pub fn into_owned(self) -> Output<'static> {
        Output {
            text: Cow::Owned(self.text.into_owned()),
            is_text: self.is_text,
        }
    }

    /// The output without its wrappers: JSON text or plain text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The output as a value of `T`.
    ///
    /// JSON is decoded; a text end node's text, and text that is not JSON, is also offered to `T` as
    /// a string, so `String` and string enums work. JSON that holds JSON in a string is opened once.
    ///
    /// # Errors
    ///
    /// [`OutputError`] with the JSON path of the value that does not fit.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, OutputError> {
        let text = self.text.trim();
        if self.is_text
            && let Ok(value) = from_text(&self.text)
        {
            return Ok(value);
        }
        if let Some(value) = read_quickly(text).or_else(|| serde_json::from_str(text).ok()) {
            return Ok(value);
        }
        // Once more, to learn where it does not fit.
        let error = match from_json(text) {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        if error.inner().is_syntax() || error.inner().is_eof() {
            return from_text(&self.text).map_err(|()| OutputError::new(&error, true));
        }
        if let Ok(inner) = serde_json::from_str::<String>(text)
            && let Ok(value) = from_json(&inner)
        {
            return Ok(value);
        }
        Err(OutputError::new(&error, false))
    }
}

/// The text of a text end node.
fn text_end(text: &str) -> Option<Cow<'_, str>> {
    if !may_be_text_end(text) {
        return None;
    }
    let end: TextEnd<'_> = serde_json::from_str(text).ok()?;
    Some(end.data)
}

/// Whether a text may be that of a text end node. Most are not, which a search tells for less than a parser that fails.
fn may_be_text_end(text: &str) -> bool {
    let text = text.trim_ascii_start().as_bytes();
    text.starts_with(b"{") && finders().iter().any(|finder| finder.find(text).is_some())
}

/// For a key of a text end node as it is written, and with an escape, which for an ASCII letter begins so.
fn new_finders() -> [Finder<'static>; 2] {
    [Finder::new("type_for_model"), Finder::new(r"\u00")]
}

#[cfg(feature = "std")]
fn finders() -> &'static [Finder<'static>; 2] {
    static FINDERS: std::sync::LazyLock<[Finder<'static>; 2]> =
        std::sync::LazyLock::new(new_finders);
    &FINDERS
}

#[cfg(not(feature = "std"))]
fn finders() -> [Finder<'static>; 2] {
    new_finders()
}

fn from_json<T: DeserializeOwned>(
    text: &str,
) -> Result<T, serde_path_to_error::Error<serde_json::Error>> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut json)?;
    json.end().map_err(|error| {
        let nowhere = serde_path_to_error::Track::new().path();
        serde_path_to_error::Error::new(nowhere, error)
    })?;
    Ok(value)
}

fn from_text<T: DeserializeOwned>(text: &str) -> Result<T, ()> {
    let text: StrDeserializer<'_, serde::de::value::Error> = text.into_deserializer();
    T::deserialize(text).map_err(drop)
}

/// An output that is not a value of the wanted type. It says what was found and expected, and does not repeat
/// values of the output, unless the wanted type itself tells them in an error of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputError {
    path: String,
    reason: String,
    is_text: bool,
}

impl OutputError {
    fn new(error: &serde_path_to_error::Error<serde_json::Error>, is_text: bool) -> Self {
        let path = error.path().to_string();
        Self {
            path: if path == "." { String::new() } else { path },
            reason: reason(error.inner()),
            is_text,
        }
    }

    /// The JSON path of the value that does not fit; empty for the whole output.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for OutputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            _ if self.is_text => f.write_str("the output is text, not JSON"),
            "" => write!(f, "the output has another type: {}", self.reason),
            path => write!(
                f,
                "`{path}` of the output has another type: {}",
                self.reason
            ),
        }
    }
}

impl Error for OutputError {}

#[cfg(test)]
mod tests {
    use alloc::{collections::BTreeMap, vec::Vec};

    use serde_json::{Value, json};

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Weather {
        city: String,
        degrees: i64,
    }

    fn run(text: &str) -> Output<'_> {
        Output::new(text, OutputOrigin::Run)
    }

    #[test]
    fn variables_decode_into_a_struct() {
        let weather: Weather = run(r#"{"city":"Lyon","degrees":21}"#).parse().unwrap();
        assert_eq!(weather.degrees, 21);
    }

    #[test]
    fn both_wrappers_come_off() {
        let end = json!({"content_type": 1, "data": "sunny \"today\"", "original_result": null, "type_for_model": 2});
        assert_eq!(
            run(&end.to_string()).parse::<String>().unwrap(),
            "sunny \"today\""
        );
        let history = json!({"Output": end.to_string(), "Report": "part one"}).to_string();
        let output = Output::new(&history, OutputOrigin::History);
        assert_eq!(output.as_str(), "sunny \"today\"");
        let variables = json!({"Output": r#"{"city":"Lyon","degrees":21}"#}).to_string();
        let weather: Weather = Output::new(&variables, OutputOrigin::History)
            .parse()
            .unwrap();
        assert_eq!(weather.city, "Lyon");
        // A self-hosted history has no such key.
        let plain = Output::new(r#"{"city":"Lyon","degrees":21}"#, OutputOrigin::History);
        assert_eq!(plain.parse::<Weather>().unwrap().degrees, 21);
    }

    #[test]
    fn a_wrapper_may_have_escapes_in_its_keys() {
        let end = r#"{"content_type":1,"data":"sunny","type_for_\u006dodel":2}"#;
        assert_eq!(run(end).as_str(), "sunny");
    }

    #[test]
    fn a_variable_of_the_same_name_is_no_wrapper() {
        let text = r#"{"Output":"mine","data":"x","content_type":"y"}"#;
        let map: BTreeMap<String, String> = run(text).parse().unwrap();
        assert_eq!(map["Output"], "mine");
    }

    #[test]
    fn text_stays_text_and_numbers_in_text_can_be_read() {
        assert_eq!(run("free text").parse::<String>().unwrap(), "free text");
        assert_eq!(run("").parse::<String>().unwrap(), "");
        let end =
            |data: &str| json!({"content_type": 1, "data": data, "type_for_model": 2}).to_string();
        assert_eq!(
            run(&end("\"quoted\"")).parse::<String>().unwrap(),
            "\"quoted\""
        );
        assert_eq!(
            run(&end(" {\"a\":1}")).parse::<Value>().unwrap(),
            json!(" {\"a\":1}")
        );
        assert_eq!(run(&end("42")).parse::<i64>().unwrap(), 42);
        assert_eq!(
            run(&end(r#"{"city":"L","degrees":1}"#))
                .parse::<Weather>()
                .unwrap()
                .city,
            "L"
        );
    }

    #[test]
    fn json_in_a_json_string_is_opened_once() {
        let text = serde_json::to_string(r#"{"city":"Lyon","degrees":21}"#).unwrap();
        assert_eq!(run(&text).parse::<Weather>().unwrap().degrees, 21);
    }

    #[test]
    fn big_integers_are_exact() {
        let map: BTreeMap<String, u64> = run(r#"{"id":18446744073709551615}"#).parse().unwrap();
        assert_eq!(map["id"], u64::MAX);
    }

    #[test]
    fn a_misfit_names_its_path() {
        let error = run(r#"{"days":[{"city":"a","degrees":1},{"city":"b","degrees":"hot"}]}"#)
            .parse::<BTreeMap<String, Vec<Weather>>>()
            .unwrap_err();
        assert_eq!(error.path(), "days[1].degrees");
        assert!(
            error
                .to_string()
                .starts_with("`days[1].degrees` of the output has another type")
        );
        let error = run("free text").parse::<Weather>().unwrap_err();
        assert_eq!(error.to_string(), "the output is text, not JSON");
        let error = run(r#"{"city":"a","degrees":1} x"#)
            .parse::<Weather>()
            .unwrap_err();
        assert_eq!(error.to_string(), "the output is text, not JSON");
    }
}
