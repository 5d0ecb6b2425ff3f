//! A draft as YAML. Texts are written as JSON, which every reader of YAML takes.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::observed::{End, Observed, Step};

// Writing to a `String` cannot fail, so the results of `write!` are dropped here.

pub(super) fn yaml(id: &str, name: &str, workflow: &Observed) -> String {
    let mut out = String::from(
        "# Drafted from recorded calls: what a node computed cannot be seen from outside.\n",
    );
    let _ = writeln!(out, "name: {}", quoted(name));
    if id.bytes().all(|byte| byte.is_ascii_digit()) {
        let _ = writeln!(out, "id: {}", quoted(id));
    }
    if let Some(description) = &workflow.description {
        let _ = writeln!(out, "description: {}", quoted(description));
    }
    if workflow.chatflow {
        out.push_str("mode: chatflow\n");
    }
    // A chatflow has these two of its own.
    let inputs = workflow.inputs.iter().filter(|(name, _)| {
        !(workflow.chatflow && matches!(name.as_str(), "USER_INPUT" | "CONVERSATION_NAME"))
    });
    let mut inputs = inputs.peekable();
    if inputs.peek().is_some() {
        out.push_str("inputs:\n");
    }
    for (name, input) in inputs {
        let _ = write!(out, "  {}: {{ type: {}", key(name), input.kind);
        if input.required {
            out.push_str(", required: true");
        }
        if !input.description.is_empty() {
            let _ = write!(out, ", description: {}", quoted(&input.description));
        }
        out.push_str(" }\n");
    }
    nodes(&mut out, workflow);
    end(&mut out, workflow);
    out
}

fn nodes(out: &mut String, workflow: &Observed) {
    let failed = match &workflow.end {
        End::Failed { code, message } => Some((code, message)),
        _ => None,
    };
    if workflow.steps.is_empty() && failed.is_none() {
        return;
    }
    out.push_str("nodes:\n");
    for (index, step) in workflow.steps.iter().enumerate() {
        let number = index + 1;
        let _ = match step {
            Step::Said { title, text } => writeln!(
                out,
                "  - output: {{ id: output_{number}, title: {}, content: {} }}",
                quoted(title),
                quoted(&template(text, &workflow.sent))
            ),
            Step::Form { title, fields } => writeln!(
                out,
                "  - input_form: {{ id: form_{number}, title: {}, fields: {{ {} }} }}",
                quoted(title),
                fields.iter().map(field).collect::<Vec<_>>().join(", ")
            ),
            Step::Asked {
                title,
                text,
                options,
            } => {
                let options = if options.is_empty() {
                    String::new()
                } else {
                    format!(", options: {}", Value::from(options.clone()))
                };
                writeln!(
                    out,
                    "  - question: {{ id: question_{number}, title: {}, text: {}{options} }}",
                    quoted(title),
                    quoted(&template(text, &workflow.sent))
                )
            }
        };
    }
    if let Some((code, message)) = failed {
        let message = quoted(&template(message, &Map::new()));
        let _ = writeln!(
            out,
            "  - fail: {{ id: fail, code: {code}, message: {message} }}"
        );
    }
}

/// A field of a form as an input.
fn field(field: &Value) -> String {
    let text = |name: &str| field[name].as_str().unwrap_or_default();
    let kind = match text("type") {
        "" => "string",
        kind => kind,
    };
    let required = if field["required"] == true {
        ", required: true"
    } else {
        ""
    };
    format!("{}: {{ type: {kind}{required} }}", key(text("name")))
}

fn end(out: &mut String, workflow: &Observed) {
    out.push_str("end:\n");
    let _ = match &workflow.end {
        End::Variables(variables) if !variables.is_empty() => {
            out.push_str("  variables:\n");
            for (name, value) in variables {
                let value = templates(value, &workflow.sent);
                let _ = writeln!(out, "    {}: {value}", key(name));
            }
            Ok(())
        }
        End::Text { text, streaming } => {
            let text = quoted(&template(text, &workflow.sent));
            writeln!(out, "  text: {text}\n  streaming: {streaming}")
        }
        End::Unknown | End::Failed { .. } | End::Variables(_) => {
            writeln!(out, "  variables: {{}}")
        }
    };
}

/// The value with inputs in place of the texts that were sent.
fn templates(value: &Value, sent: &Map<String, Value>) -> Value {
    match value {
        Value::String(text) => template(text, sent).into(),
        Value::Array(values) => values.iter().map(|value| templates(value, sent)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), templates(value, sent)))
            .collect(),
        other => other.clone(),
    }
}

/// Texts of fewer characters come back by chance.
const SHORTEST: usize = 3;

/// A text as a template: what was sent stands as its input, and braces of its own stand for themselves.
fn template(text: &str, sent: &Map<String, Value>) -> String {
    let mut inputs: Vec<_> = sent
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
        .filter(|(name, value)| value.chars().count() >= SHORTEST && is_name(name))
        .collect();
    // The longest first, so that one that is part of another does not take its place.
    inputs.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some((name, value)) = inputs.iter().find(|(_, value)| rest.starts_with(value)) {
            let _ = write!(out, "{{{{ {name} }}}}");
            rest = &rest[value.len()..];
            continue;
        }
        if let Some(open) = ["{{", "{%", "{#"]
            .iter()
            .find(|open| rest.starts_with(**open))
        {
            let _ = write!(out, "{{{{ '{open}' }}}}");
            rest = &rest[open.len()..];
            continue;
        }
        out.push(first);
        rest = &rest[first.len_utf8()..];
    }
    out
}

fn is_name(text: &str) -> bool {
    let mut letters = text.chars();
    letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

fn key(name: &str) -> String {
    if is_name(name) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
