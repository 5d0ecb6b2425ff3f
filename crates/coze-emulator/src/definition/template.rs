//! Templates and expressions over minijinja.
//!
//! A text that is one `{{ expression }}` and nothing else keeps the type of the expression; any other text renders to a
//! string. Texts inside objects and arrays are treated alike.

use std::{collections::HashSet, sync::LazyLock};

use minijinja::{Environment, Error, Output, State, UndefinedBehavior, value::ValueKind};
use serde_json::Value;

use super::{at::At, error::Mistake, words::known_words};

/// Bounds what one template may cost, so that a loop in it cannot hold a thread for long.
const FUEL: u64 = 5_000_000;

/// Characters of a template that a mistake shows.
const SHOWN: usize = 100;

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

/// Renders a text to a string.
pub(crate) fn render_text(text: &At<String>, scope: &minijinja::Value) -> Result<String, Mistake> {
    ENVIRONMENT
        .render_str(&text.value, scope.clone())
        .map_err(|error| wrong(text, &text.value, &clause(&error)))
}

/// Renders a text; one that is a sole expression keeps its type.
pub(crate) fn render(text: &At<String>, scope: &minijinja::Value) -> Result<Value, Mistake> {
    match sole_expression(&text.value) {
        Some(expression) => {
            value_of(expression, scope).map_err(|clause| wrong(text, text.value.trim(), &clause))
        }
        None if text.value.contains('{') => render_text(text, scope).map(Value::String),
        None => Ok(text.value.as_str().into()),
    }
}

/// Evaluates an expression that has no braces.
pub(crate) fn evaluate(
    expression: &At<String>,
    scope: &minijinja::Value,
) -> Result<Value, Mistake> {
    value_of(&expression.value, scope)
        .map_err(|clause| wrong(expression, &expression.value, &clause))
}

fn value_of(expression: &str, scope: &minijinja::Value) -> Result<Value, String> {
    let compiled = ENVIRONMENT
        .compile_expression(expression)
        .map_err(|error| clause(&error))?;
    let value = compiled
        .eval(scope.clone())
        .map_err(|error| clause(&error))?;
    if value.is_undefined() {
        return Err("undefined value".into());
    }
    Ok(to_json(&value))
}

/// A mistake that shows the template which has it, in one line.
fn wrong(text: &At<String>, shown: &str, clause: &str) -> Mistake {
    let mut shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = shown.char_indices().nth(SHOWN) {
        shown.truncate(end);
        shown.push('…');
    }
    Mistake::new(text.place, format!("in `{shown}`: {clause}"))
}

/// The outer names that a template uses, with the fields that are taken of them: `a`, `a.b`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Names(HashSet<String>);

impl Names {
    /// Those of a text, or what is wrong with it.
    pub(crate) fn in_text(text: &str) -> Result<Self, String> {
        let template = ENVIRONMENT
            .template_from_str(text)
            .map_err(|error| clause(&error))?;
        known_words(&ENVIRONMENT, text, false)?;
        Ok(Self::without_builtins(template.undeclared_variables(true)))
    }

    /// Those of an expression, or what is wrong with it.
    pub(crate) fn in_expression(expression: &str) -> Result<Self, String> {
        let compiled = ENVIRONMENT
            .compile_expression(expression)
            .map_err(|error| clause(&error))?;
        known_words(&ENVIRONMENT, expression, true)?;
        Ok(Self::without_builtins(compiled.undeclared_variables(true)))
    }

    fn without_builtins(mut names: HashSet<String>) -> Self {
        for (builtin, _) in ENVIRONMENT.globals() {
            names.remove(builtin);
        }
        Self(names)
    }

    /// Each name with the first field that is taken of it, in the order of the alphabet.
    pub(crate) fn with_field(&self) -> Vec<(&str, Option<&str>)> {
        let mut names: Vec<_> = self
            .0
            .iter()
            .map(|dotted| {
                let mut parts = dotted.split('.');
                (parts.next().unwrap_or_default(), parts.next())
            })
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The names without their fields.
    pub(crate) fn outer(&self) -> HashSet<String> {
        let names = self.with_field().into_iter();
        names.map(|(name, _)| name.to_owned()).collect()
    }
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
    use crate::definition::filled::Filled;

    fn text(text: &str) -> At<String> {
        text.to_owned().into()
    }

    fn scope() -> minijinja::Value {
        from_json(
            &json!({"n": 3, "list": [1, "a"], "text": "x<y", "none": null, "big": 9_007_199_254_740_993_i64}),
        )
    }

    #[test]
    fn one_expression_keeps_its_type() {
        let value = json!({"n": "{{ n + 1 }}", "list": "{{ list }}", "big": "{{big}}", "text": "n is {{ n }}", "plain": "a"});
        assert_eq!(
            Filled::from(value).render(&scope()),
            Ok(
                json!({"n": 4, "list": [1, "a"], "big": 9_007_199_254_740_993_i64, "text": "n is 3", "plain": "a"})
            )
        );
    }

    #[test]
    fn text_is_not_escaped_null_is_empty_and_lists_are_json() {
        assert_eq!(
            render_text(&text("{{ text }}|{{ none }}|{{ list }}"), &scope()),
            Ok("x<y||[1,\"a\"]".into())
        );
    }

    #[test]
    fn an_endless_template_stops() {
        let endless =
            text("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}");
        let mistake = render_text(&endless, &scope()).unwrap_err();
        assert!(mistake.message().contains("fuel"), "{mistake}");
    }

    #[test]
    fn names_and_syntax_are_known_before_running() {
        assert_eq!(
            Names::in_text("{{ a.b.c }} {% for x in range(3) %}{{ x }}{% endfor %}")
                .unwrap()
                .with_field(),
            [("a", Some("b"))]
        );
        assert!(Names::in_text("{{ a").is_err());
    }
}
