//! Whether the values of a form fit its fields.

use coze_models::{Parameter, ParameterType};
use serde_json::{Map, Value};

use super::{
    field::{FormField, is_file},
    question::Question,
};

/// Checks `values` and gives them as they are sent; the error is a clause that names the field.
pub(super) fn form(question: &Question, mut values: Map<String, Value>) -> Result<Value, String> {
    let fields = question.fields();
    // To the service, null is the same as absent.
    values.retain(|_, value| !value.is_null());
    if question.knows_all_fields()
        && let Some(name) = values.keys().find(|name| find(fields, name).is_none())
    {
        return Err(format!("the form has no field `{name}`; {}", names(fields)));
    }
    for field in fields {
        match values.get_mut(field.name()) {
            Some(value) => fit(field.name(), field.shape(), value)?,
            None if field.is_required() && field.default_value().is_none() => {
                return Err(format!("field `{}` is required", field.name()));
            }
            None => {}
        }
    }
    Ok(Value::Object(values))
}

fn find<'f>(fields: &'f [FormField], name: &str) -> Option<&'f FormField> {
    fields.iter().find(|field| field.name() == name)
}

pub(super) fn names(fields: &[FormField]) -> String {
    if fields.is_empty() {
        return "it has none".to_owned();
    }
    let names: Vec<_> = fields.iter().map(FormField::name).collect();
    format!("it has {}", names.join(", "))
}

fn fit(path: &str, shape: &Parameter, value: &mut Value) -> Result<(), String> {
    use ParameterType as T;
    let Some(kind) = &shape.r#type else {
        return Ok(());
    };
    let (fits, wanted) = match kind {
        T::String => (value.is_string(), "a text"),
        T::Time => (value.is_string(), "a time as text"),
        T::Integer => (is_integer(value), "an integer"),
        T::Number => (value.is_number(), "a number"),
        T::Boolean => (value.is_boolean(), "true or false"),
        T::Object => (value.is_object(), "an object"),
        T::Array => (value.is_array(), "a list"),
        kind if is_file(kind) => return file(path, value),
        _ => (true, ""),
    };
    if !fits {
        let got = crate::json::kind(value);
        return Err(format!("field `{path}` takes {wanted}, not {got}"));
    }
    match value {
        Value::Array(elements) => {
            let Some(shape) = &shape.items else {
                return Ok(());
            };
            for (index, element) in elements.iter_mut().enumerate() {
                fit(&format!("{path}[{index}]"), shape, element)?;
            }
        }
        Value::Object(members) => {
            for (name, shape) in &shape.properties {
                let path = format!("{path}.{name}");
                match members.get_mut(name) {
                    Some(value) if !value.is_null() => fit(&path, shape, value)?,
                    _ if shape.required == Some(true) => {
                        return Err(format!("field `{path}` is required"));
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
    Ok(())
}

fn is_integer(value: &Value) -> bool {
    value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
}

/// A file is a URL, or JSON text with the id of an uploaded one, which may be given as an object.
fn file(path: &str, value: &mut Value) -> Result<(), String> {
    let refused = |got: &str| {
        Err(format!(
            "field `{path}` takes a file, as a URL or as {{\"file_id\":\"…\"}}, not {got}"
        ))
    };
    match value {
        Value::Object(members) if members.get("file_id").is_some_and(Value::is_string) => {
            *value = Value::String(value.to_string());
            Ok(())
        }
        // An id alone would be taken for a URL and fail late.
        Value::String(text)
            if text.is_empty() || text.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            refused("a bare id or nothing")
        }
        Value::String(_) => Ok(()),
        other => refused(crate::json::kind(other)),
    }
}
