//! Fields out of an answer, without a model: JSON, `name: value` pairs, or the whole text for a single field.

use serde_json::{Map, Number, Value};

use crate::definition::{Param, ParamType, Params};

/// Adds the fields that `answer` gives.
pub(super) fn into(found: &mut Map<String, Value>, fields: &Params, answer: &str) {
    if let Ok(sent) = serde_json::from_str::<Map<String, Value>>(answer) {
        for (name, value) in sent {
            let fits = fields
                .get(&name)
                .and_then(|field| field.accept(&name, &value).ok());
            if let Some(value) = fits {
                found.insert(name, value);
            }
        }
        return;
    }
    let before = found.len();
    for pair in answer.split(['\n', ',', ';']) {
        let Some((name, text)) = pair.split_once([':', '=']) else {
            continue;
        };
        let named = fields.get_key_value(name.trim());
        if let Some((name, value)) =
            named.and_then(|(name, field)| Some((name, typed(field, text)?)))
        {
            found.insert(name.clone(), value);
        }
    }
    let mut required = fields.iter().filter(|(_, field)| field.required);
    if found.len() == before
        && let (Some((name, field)), None) = (required.next(), required.next())
        && let Some(value) = typed(field, answer)
    {
        found.insert(name.clone(), value);
    }
}

/// A text as the type of a field.
fn typed(field: &Param, text: &str) -> Option<Value> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    match field.kind {
        ParamType::Integer => text.parse::<i64>().ok().map(Value::from),
        ParamType::Number => text
            .parse::<f64>()
            .ok()
            .and_then(Number::from_f64)
            .map(Value::Number),
        ParamType::Boolean => text.to_lowercase().parse::<bool>().ok().map(Value::Bool),
        ParamType::Object | ParamType::Array => serde_json::from_str(text).ok(),
        _ => Some(text.into()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(answer: &str, yaml: &str) -> Value {
        let mut found = Map::new();
        into(&mut found, &serde_saphyr::from_str(yaml).unwrap(), answer);
        found.into()
    }

    #[test]
    fn fields_come_from_json_pairs_or_a_plain_text() {
        let two = "city: { type: string, required: true }\nn: { type: integer, required: true }";
        assert_eq!(
            found(r#"{"city":"Lyon","n":"x"}"#, two),
            json!({"city": "Lyon"})
        );
        assert_eq!(
            found("city: Lyon, n = 3", two),
            json!({"city": "Lyon", "n": 3})
        );
        assert_eq!(found("Lyon", two), json!({}));
        assert_eq!(
            found(" Lyon ", "city: { type: string, required: true }"),
            json!({"city": "Lyon"})
        );
    }
}
