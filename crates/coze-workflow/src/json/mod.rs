//! Values of the caller as JSON, with every digit or not at all.

mod check;

use serde::Serialize;
use serde_json::Value;

/// The value as JSON.
///
/// # Errors
///
/// What JSON cannot carry exactly, and what to do.
pub(crate) fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value, String> {
    let refused = |error: serde_json::Error| error.to_string();
    // A `Value` would round what a `RawValue` or an integer of 128 bits writes digit by digit.
    if check::may_be_wide(value).map_err(refused)? {
        let text = serde_json::to_string(value).map_err(refused)?;
        if let Some(integer) = wide_integer(&text) {
            return Err(format!(
                "the integer {integer} has more than 64 bits; pass it as text"
            ));
        }
    }
    serde_json::to_value(value).map_err(refused)
}

/// The first integer of more than 64 bits in a JSON text.
fn wide_integer(json: &str) -> Option<&str> {
    let (mut in_string, mut escaped) = (false, false);
    json.split(|sign| {
        let is_quote = sign == '"' && !escaped;
        escaped = in_string && sign == '\\' && !escaped;
        in_string ^= is_quote;
        in_string || !matches!(sign, '0'..='9' | '-' | '+' | '.' | 'e' | 'E')
    })
    .find(|number| {
        let is_integer = number.ends_with(|last: char| last.is_ascii_digit())
            && !number.contains(['.', 'e', 'E']);
        is_integer && number.parse::<i64>().is_err() && number.parse::<u64>().is_err()
    })
}

pub(crate) const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
