//! Fields and kinds of an example against those of an response.

use serde_json::Value;

/// Paths at which an response lacks what an example has, each with what is wrong.
pub(crate) fn missing(example: &Value, response: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    walk("$", example, response, &mut found);
    found
}

fn walk(path: &str, example: &Value, response: &Value, found: &mut Vec<(String, String)>) {
    if kind(example) != kind(response) {
        let problem = format!("is {}, not {}", kind(response), kind(example));
        found.push((path.to_owned(), problem));
        return;
    }
    match (example, response) {
        (Value::Object(example), Value::Object(response)) => {
            for (name, value) in example {
                let path = format!("{path}.{name}");
                match response.get(name) {
                    Some(inner) => walk(&path, value, inner, found),
                    None => found.push((path, "is missing".into())),
                }
            }
        }
        // Each element of the response is like the first of the example.
        (Value::Array(example), Value::Array(response)) => {
            let Some(first) = example.first() else {
                return;
            };
            if response.is_empty() {
                found.push((path.to_owned(), "is empty".into()));
            }
            for (index, element) in response.iter().enumerate() {
                walk(&format!("{path}[{index}]"), first, element, found);
            }
        }
        // Documents inside texts, such as the output of a run, count too.
        (Value::String(example), Value::String(response)) => {
            let document = |text: &str| {
                serde_json::from_str::<Value>(text)
                    .ok()
                    .filter(Value::is_object)
            };
            if let Some(example) = document(example) {
                let response = document(response).unwrap_or_default();
                walk(&format!("{path}(text)"), &example, &response, found);
            }
        }
        _ => {}
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[test]
fn differences_are_found() {
    let example = serde_json::json!({ "a": 1, "b": [{ "c": "x" }], "d": "{\"e\":1}" });
    assert_eq!(missing(&example, &example), []);
    for (response, path) in [
        (
            serde_json::json!({ "a": "1", "b": [{ "c": "" }], "d": "{\"e\":2}" }),
            "$.a",
        ),
        (
            serde_json::json!({ "a": 1, "b": [{ "c": "" }, {}], "d": "{\"e\":2}" }),
            "$.b[1].c",
        ),
        (
            serde_json::json!({ "a": 1, "b": [], "d": "{\"e\":2}" }),
            "$.b",
        ),
        (
            serde_json::json!({ "a": 1, "b": [{ "c": "" }], "d": "{}" }),
            "$.d(text).e",
        ),
        (serde_json::json!({ "a": 1, "b": [{ "c": "" }] }), "$.d"),
    ] {
        let found: Vec<_> = missing(&example, &response)
            .into_iter()
            .map(|(path, _)| path)
            .collect();
        assert_eq!(found, [path]);
    }
}
