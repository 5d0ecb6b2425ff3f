//! Inputs of a workflow from the command line.

use std::{
    fs,
    io::{self, Read as _},
};

use serde_json::{Map, Value};

use crate::{args::Run, failure::Failure};

/// The inputs that `--params` and `-p` give together; `-p` wins over `--params`.
pub(crate) fn read(args: &Run) -> Result<Map<String, Value>, Failure> {
    let mut values = match args.all_params.as_deref() {
        Some(source) => object(source)?,
        None => Map::new(),
    };
    for pair in &args.params {
        let Some((name, value)) = pair.split_once('=').filter(|(name, _)| !name.is_empty()) else {
            return Err(Failure::usage(format!(
                "`-p {pair}` is not NAME=VALUE: write for instance `-p city=Lyon`"
            )));
        };
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        values.insert(name.to_owned(), value);
    }
    Ok(values)
}

fn object(source: &str) -> Result<Map<String, Value>, Failure> {
    let (text, origin) = match source {
        "-" => {
            let mut text = String::new();
            let read = io::stdin().read_to_string(&mut text);
            read.map_err(|error| {
                Failure::usage(format!("standard input cannot be read: {error}"))
            })?;
            (text, "standard input".to_owned())
        }
        _ => match source.strip_prefix('@') {
            Some(file) => {
                let text = fs::read_to_string(file)
                    .map_err(|error| Failure::usage(format!("{file} cannot be read: {error}")))?;
                (text, file.to_owned())
            }
            None => (source.to_owned(), "--params".to_owned()),
        },
    };
    match serde_json::from_str(&text) {
        Ok(Value::Object(values)) => Ok(values),
        Ok(_) => Err(Failure::usage(format!(
            "{origin} is JSON but not an object: write the inputs as {{\"name\": value}}"
        ))),
        Err(error) => Err(Failure::usage(format!("{origin} is not JSON: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run(params: &[&str], all: Option<&str>) -> Result<Value, Failure> {
        read(&Run {
            workflow: "x".into(),
            params: params.iter().map(|&pair| pair.into()).collect(),
            all_params: all.map(Into::into),
            background: false,
            wait: false,
        })
        .map(Value::Object)
    }

    #[test]
    fn values_are_json_where_they_are_json() {
        let values = run(
            &[
                "a=1",
                "b=Ada",
                "c=\"1\"",
                "d={\"x\":[1]}",
                "e=",
                "f=x=y",
                "g=12345678901234567890",
            ],
            None,
        );
        assert_eq!(
            values.unwrap(),
            json!({"a": 1, "b": "Ada", "c": "1", "d": {"x": [1]}, "e": "", "f": "x=y",
                   "g": 12_345_678_901_234_567_890_u64})
        );
    }

    #[test]
    fn single_values_win_over_the_object() {
        let values = run(&["a=2"], Some(r#"{"a":1,"b":1}"#));
        assert_eq!(values.unwrap(), json!({"a": 2, "b": 1}));
    }

    #[test]
    fn bad_input_is_told_with_its_place() {
        for (params, all, say) in [
            (&["city"][..], None, "NAME=VALUE"),
            (&["=x"], None, "NAME=VALUE"),
            (&[], Some("[1]"), "--params is JSON but not an object"),
            (&[], Some("{"), "--params is not JSON"),
            (
                &[],
                Some("@/nonexistent/x.json"),
                "/nonexistent/x.json cannot be read",
            ),
        ] {
            let message = run(params, all).unwrap_err().to_string();
            assert!(message.contains(say), "{message}");
        }
    }
}
