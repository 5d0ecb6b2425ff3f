//! A JSON object from the command line, a file or standard input.

use std::{
    fs,
    io::{self, Read as _},
};

use serde_json::{Map, Value};

use crate::failure::Failure;

/// Reads `JSON`, `@FILE` or `-`.
pub(crate) fn read(option: &str, source: &str) -> Result<Map<String, Value>, Failure> {
    let (text, origin) = match source {
        "-" => {
            let mut text = String::new();
            let read = io::stdin().read_to_string(&mut text);
            read.map_err(|error| {
                Failure::usage(format!("standard input cannot be read: {error}"))
            })?;
            (text, "standard input")
        }
        _ => match source.strip_prefix('@') {
            Some("") => {
                return Err(Failure::usage(format!(
                    "`{option} @` names no file: write for instance `{option} @inputs.json`"
                )));
            }
            Some(file) => {
                let text = fs::read_to_string(file)
                    .map_err(|error| Failure::usage(format!("{file} cannot be read: {error}")))?;
                (text, file)
            }
            None => (source.to_owned(), option),
        },
    };
    // Some editors begin a file with a byte order mark.
    match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
        Ok(Value::Object(values)) => Ok(values),
        Ok(_) => Err(Failure::usage(format!(
            "{origin} is JSON but not an object: write it as {{\"name\": value}}"
        ))),
        Err(error) => Err(Failure::usage(format!("{origin} is not JSON: {error}"))),
    }
}
