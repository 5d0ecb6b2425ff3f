//! The Markdown of a draft.

use super::{field::Field, payload::Payload};
use crate::compare::Facts;
use std::fmt::Write as _;

pub(super) fn escape(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

pub(super) fn head(
    facts: &Facts,
    operation: &str,
    payload: &Payload<'_>,
    reply: Option<&str>,
    file: &str,
) -> String {
    let call = &facts.endpoint;
    let retry = match call.method.as_str() {
        "GET" | "PUT" | "DELETE" => "safe",
        _ => "not-sent",
    };
    let attempts = (call.method == "DELETE").then_some("3");
    let mut out = String::from("# TODO\n\nTODO\n\n| Endpoint | |\n| :-- | :-- |\n");
    for (key, value) in [
        ("Method", Some(call.method.as_str())),
        ("Path", Some(facts.path())),
        ("Operation", Some(operation)),
        ("Scope", call.scope.as_deref()),
        ("Envelope", Some(payload.envelope)),
        ("Retry", Some(retry)),
        ("Attempts", attempts),
        ("Reply", reply),
    ] {
        match value {
            Some(value) => drop(writeln!(out, "| {key} | `{value}` |")),
            None if key == "Scope" => out.push_str("| Scope | none |\n"),
            None => {}
        }
    }
    let stem = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let stem = stem.split('.').next().unwrap_or(stem);
    let guess = format!("https://www.coze.cn/open/docs/developer_guides/{stem}");
    let source = facts.source.as_deref().unwrap_or(&guess);
    let _ = writeln!(out, "| Source | <{source}> |");
    out
}

pub(super) fn section(
    out: &mut String,
    role: &str,
    name: &str,
    vendor: Option<&String>,
    fields: &[Field],
) {
    let vendor = vendor.filter(|vendor| *vendor != name);
    let vendor = vendor.map_or(String::new(), |vendor| format!(" = `{vendor}`"));
    let _ = write!(
        out,
        "\n## {role} `{name}`{vendor}\n\n| Field | Type | Presence | Example | Description |\n| :-- | :-- | :-- | :-- | :-- |\n"
    );
    for field in fields {
        let example = field.example.as_ref();
        let example = example.map_or(String::new(), |value| {
            format!("`{}`", escape(&value.to_string()))
        });
        let Field {
            name, ty, presence, ..
        } = field;
        let _ = writeln!(out, "| `{name}` | `{ty}` | {presence} | {example} | TODO |");
    }
}

pub(super) fn an_enum(out: &mut String, name: &str, values: &[String]) {
    let ints = values.iter().all(|value| value.parse::<i64>().is_ok());
    let columns = if ints {
        "| Value | Name | Description |\n| :-- | :-- | :-- |\n"
    } else {
        "| Value | Description |\n| :-- | :-- |\n"
    };
    let _ = write!(out, "\n## Enum `{name}`\n\n{columns}");
    for value in values {
        let rust = if ints { " |" } else { "" };
        let _ = writeln!(out, "| `{value}` |{rust} TODO |");
    }
}
