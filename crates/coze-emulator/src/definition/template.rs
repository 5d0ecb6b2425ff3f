//! Templates and expressions over minijinja.
//!
//! A text that is one `{{ expression }}` and nothing else keeps the type of the expression; any other text renders to a
//! string. Texts inside objects and arrays are treated alike.

use std::{collections::HashSet, sync::LazyLock};

use minijinja::{Environment, Error, Output, State, UndefinedBehavior, value::ValueKind};
use serde_json::{Map, Value};

/// Bounds what one template may cost, so that a loop in it cannot hold a thread for long.
const FUEL: u64 = 5_000_000;

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_formatter(format_value);
    environment
});

/// What is not set renders as nothing, and objects and arrays render as JSON.
fn format_value(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &minijinja::Value,
) -> Result<(), Error> {
    match value.kind() {
        ValueKind::None => Ok(()),
        ValueKind::Map | ValueKind::Seq => {
            let json = to_json(value).to_string();
            out.write_str(&json).map_err(Error::from)
        }
        _ => minijinja::escape_formatter(out, state, value),
    }
}

/// Renders a text.
pub(crate) fn render_text(text: &str, scope: &minijinja::Value) -> Result<String, String> {
    ENVIRONMENT
        .render_str(text, scope.clone())
        .map_err(|error| clause(&error))
}

/// Renders every text inside a value.
pub(crate) fn render_value(value: &Value, scope: &minijinja::Value) -> Result<Value, String> {
    match value {
        Value::String(text) => match sole_expression(text) {
            Some(expression) => evaluate(expression, scope),
            None if text.contains('{') => render_text(text, scope).map(Value::String),
            None => Ok(value.clone()),
        },
        Value::Array(values) => values
            .iter()
            .map(|value| render_value(value, scope))
            .collect::<Result<Vec<_>, _>>()
            .map(Value::Array),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| Ok((name.clone(), render_value(value, scope)?)))
            .collect::<Result<Map<_, _>, _>>()
            .map(Value::Object),
        _ => Ok(value.clone()),
    }
}

/// Evaluates an expression.
pub(crate) fn evaluate(expression: &str, scope: &minijinja::Value) -> Result<Value, String> {
    let compiled = ENVIRONMENT
        .compile_expression(expression)
        .map_err(|error| clause(&error))?;
    let value = compiled
        .eval(scope.clone())
        .map_err(|error| clause(&error))?;
    if value.is_undefined() {
        return Err(format!("'{expression}' is not defined"));
    }
    Ok(to_json(&value))
}

/// The outer names that a text uses, or what is wrong with it.
pub(crate) fn names_in_text(text: &str) -> Result<HashSet<String>, String> {
    let template = ENVIRONMENT
        .template_from_str(text)
        .map_err(|error| clause(&error))?;
    Ok(without_builtins(template.undeclared_variables(false)))
}

/// The outer names that an expression uses, or what is wrong with it.
pub(crate) fn names_in_expression(expression: &str) -> Result<HashSet<String>, String> {
    let compiled = ENVIRONMENT
        .compile_expression(expression)
        .map_err(|error| clause(&error))?;
    Ok(without_builtins(compiled.undeclared_variables(false)))
}

/// The outer names that the texts inside a value use.
pub(crate) fn names_in_value(value: &Value) -> Result<HashSet<String>, String> {
    match value {
        Value::String(text) => names_in_text(text),
        Value::Array(values) => union(values.iter()),
        Value::Object(members) => union(members.values()),
        _ => Ok(HashSet::new()),
    }
}

fn union<'a>(values: impl Iterator<Item = &'a Value>) -> Result<HashSet<String>, String> {
    let mut names = HashSet::new();
    for value in values {
        names.extend(names_in_value(value)?);
    }
    Ok(names)
}

fn without_builtins(mut names: HashSet<String>) -> HashSet<String> {
    for (builtin, _) in ENVIRONMENT.globals() {
        names.remove(builtin);
    }
    names
}

/// The inside of a text that is exactly one `{{ … }}`.
fn sole_expression(text: &str) -> Option<&str> {
    let inside = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    let plain = !inside.contains("{{") && !inside.contains("}}") && !inside.contains("{%");
    plain.then(|| inside.trim_matches('-').trim())
}

/// A minijinja value as JSON. What JSON cannot hold (NaN, a function) becomes null.
pub(crate) fn to_json(value: &minijinja::Value) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

/// A JSON value for templates.
pub(crate) fn from_json(value: &Value) -> minijinja::Value {
    minijinja::Value::from(minijinja::value::Serde(value))
}

/// An error in one line.
fn clause(error: &Error) -> String {
    match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scope() -> minijinja::Value {
        from_json(
            &json!({"n": 3, "list": [1, "a"], "text": "x<y", "none": null, "big": 9_007_199_254_740_993_i64}),
        )
    }

    #[test]
    fn one_expression_keeps_its_type() {
        let value = json!({"n": "{{ n + 1 }}", "list": "{{ list }}", "big": "{{big}}", "text": "n is {{ n }}", "plain": "a"});
        assert_eq!(
            render_value(&value, &scope()),
            Ok(
                json!({"n": 4, "list": [1, "a"], "big": 9_007_199_254_740_993_i64, "text": "n is 3", "plain": "a"})
            )
        );
    }

    #[test]
    fn text_is_not_escaped_null_is_empty_and_lists_are_json() {
        assert_eq!(
            render_text("{{ text }}|{{ none }}|{{ list }}", &scope()),
            Ok("x<y||[1,\"a\"]".into())
        );
    }

    #[test]
    fn an_endless_template_stops() {
        let text = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}";
        assert!(render_text(text, &scope()).unwrap_err().contains("fuel"));
    }

    #[test]
    fn names_and_syntax_are_known_before_running() {
        assert_eq!(
            names_in_text("{{ a.b }} {% for x in range(3) %}{{ x }}{% endfor %}"),
            Ok(HashSet::from(["a".to_owned()]))
        );
        assert!(names_in_text("{{ a").is_err());
    }
}
