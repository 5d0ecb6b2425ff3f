//! Decode, encode, compare.

use coze_models::StreamEvent;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use std::fmt::Debug;

/// An example that is the value itself.
pub(crate) fn whole<T: Serialize + DeserializeOwned + PartialEq + Debug>(text: &str) {
    let json: Value = serde_json::from_str(text).unwrap();
    let value: T = serde_json::from_str(text).unwrap();
    let written = serde_json::to_value(&value).unwrap();
    assert_survives("$", &json, &written);
    let again: T = serde_json::from_value(written).unwrap();
    assert_eq!(value, again, "writing and reading again changes the value");
}

/// A response whose payload stands beside `code`.
pub(crate) fn flat<T: Serialize + DeserializeOwned + PartialEq + Debug>(text: &str) {
    let mut map: Map<String, Value> = serde_json::from_str(text).unwrap();
    for key in ["code", "msg", "detail"] {
        map.remove(key);
    }
    whole::<T>(&Value::Object(map).to_string());
}

/// A response whose payload stands under `data`.
pub(crate) fn data<T: Serialize + DeserializeOwned + PartialEq + Debug>(text: &str) {
    let map: Map<String, Value> = serde_json::from_str(text).unwrap();
    match map.get("data") {
        None | Some(Value::Null) => {}
        Some(data) => whole::<T>(&data.to_string()),
    }
}

/// The data of an event, by the event's name.
#[allow(dead_code, reason = "a set of pages may have no events")]
pub(crate) fn event<E: StreamEvent + Serialize + DeserializeOwned + PartialEq + Debug>(
    name: &str,
    text: &str,
) {
    let event = E::decode(name, text).unwrap();
    assert_eq!(event.name(), name, "read as another event");
    if let (Ok(json @ Value::Object(_)), Ok(written)) = (
        serde_json::from_str::<Value>(text),
        serde_json::from_str::<Value>(&event.data().unwrap()),
    ) && written != Value::Object(Map::new())
    {
        assert_survives("$", &json, &written);
    }
    let named = serde_json::to_string(&event).unwrap();
    let again: E = serde_json::from_str(&named).unwrap();
    assert_eq!(event, again);
}

/// Everything in `read` is in `written`, in canonical form.
fn assert_survives(path: &str, read: &Value, written: &Value) {
    match (read, written) {
        (Value::Object(read), Value::Object(written)) => {
            for (key, value) in read {
                let path = format!("{path}.{key}");
                match written.get(key) {
                    Some(written) => assert_survives(&path, value, written),
                    None => assert!(
                        means_absent(value) || written.values().any(|w| w == value),
                        "{path} is lost: {value}"
                    ),
                }
            }
        }
        (Value::Array(read), Value::Array(written)) => {
            assert_eq!(read.len(), written.len(), "{path}");
            for (at, (read, written)) in read.iter().zip(written).enumerate() {
                assert_survives(&format!("{path}[{at}]"), read, written);
            }
        }
        (Value::String(read), Value::Number(written)) => {
            assert_eq!(*read, written.to_string(), "{path}");
        }
        (read, Value::String(written)) if !read.is_string() => {
            assert_eq!(read.to_string(), *written, "{path}");
        }
        _ => assert_eq!(read, written, "{path}"),
    }
}

fn means_absent(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(s) => s.is_empty() || s == "0",
        Value::Number(n) => n.as_i64() == Some(0),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.values().all(means_absent),
        Value::Bool(_) => false,
    }
}
