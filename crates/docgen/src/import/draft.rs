//! The draft of a page: tables and deviations; the words are left to a person.

use crate::capture::Page;
use crate::capture::hints::{self, Time};
use crate::capture::model::{Role, Row, Table};
use crate::capture::types::TypeExpr;
use crate::capture::words::Presence;
use crate::compare::Facts;
use crate::rules;
use std::fmt::Write as _;

fn page_type(row: &Row) -> String {
    let name = row.name.text.as_str();
    match row.kind() {
        Some(TypeExpr::Str | TypeExpr::Int)
            if matches!(
                hints::time(&row.text.text),
                Some(Time::Seconds | Time::Unix)
            ) =>
        {
            "unix_seconds".to_owned()
        }
        Some(TypeExpr::Str) if name.ends_with("_id") => {
            format!("id<{}>", name.trim_end_matches("_id").replace('_', ""))
        }
        Some(ty) => grammar(ty),
        None => "string".to_owned(),
    }
}

fn grammar(ty: &TypeExpr) -> String {
    match ty {
        TypeExpr::Str => "string".to_owned(),
        TypeExpr::Int => "int".to_owned(),
        TypeExpr::Number => "float".to_owned(),
        TypeExpr::Bool => "bool".to_owned(),
        TypeExpr::File | TypeExpr::Any | TypeExpr::OneOf(_) => "json".to_owned(),
        TypeExpr::Object | TypeExpr::Map(None) => "map<json>".to_owned(),
        TypeExpr::Map(Some(inner)) => format!("map<{}>", grammar(inner)),
        TypeExpr::List(inner) => format!(
            "list<{}>",
            inner
                .as_ref()
                .map_or("json".to_owned(), |inner| grammar(inner))
        ),
        TypeExpr::Named(name) => name.clone(),
    }
}

fn presence(row: &Row) -> String {
    if let Some(value) = hints::default(&row.text.text) {
        return format!("default `{value}`");
    }
    if let Some((field, value)) = hints::condition(&row.text.text) {
        return format!("if `{field}` = `{value}`");
    }
    match row.presence {
        Some((_, Presence::Required)) => "required".to_owned(),
        _ => "optional".to_owned(),
    }
}

/// Pascal case of a path, for the names of a draft.
fn type_name(page: &Page, op: usize) -> String {
    let path = page.operations.get(op).map_or("", |op| op.path());
    let parts = path
        .split('/')
        .filter(|part| !part.is_empty() && !part.starts_with('{') && *part != "v1");
    let words: Vec<String> = parts
        .flat_map(|part| part.split(['_', '-']))
        .map(|word| word[..1].to_uppercase() + &word[1..])
        .collect();
    words.concat()
}

/// Writes the draft of an operation's page. Texts say `TODO`, so that it is refused until a person
/// has written them.
pub fn draft(page: &Page, op: usize, facts: &Facts) -> String {
    let name = type_name(page, op);
    let mut out = String::from("# TODO\n\nTODO\n\n| Endpoint | |\n| :-- | :-- |\n");
    let data = facts.tables.get("response").is_some_and(|table| {
        table.rows.iter().any(|row| {
            row.name == "data"
                && row
                    .ty
                    .as_deref()
                    .is_some_and(|ty| ty.to_lowercase().contains(" of "))
        })
    });
    for (key, value) in [
        ("Method", facts.endpoint.method.as_str()),
        ("Path", facts.path()),
        ("Operation", "TODO"),
        ("Scope", facts.endpoint.scope.as_deref().unwrap_or("none")),
        ("Envelope", if data { "data" } else { "flat" }),
        (
            "Retry",
            if facts.endpoint.method == "GET" {
                "safe"
            } else {
                "never"
            },
        ),
    ] {
        let _ = writeln!(out, "| {key} | `{value}` |");
    }
    let _ = writeln!(
        out,
        "| Source | <{}> |",
        facts.source.as_deref().unwrap_or("TODO")
    );
    for table in page.tables_of(op).filter(|table| table.has_types()) {
        section(&mut out, table, &name);
    }
    let findings: Vec<_> = rules::run(page)
        .into_iter()
        .filter(|one| one.op.is_none_or(|own| own == op))
        .collect();
    if !findings.is_empty() {
        out.push_str("\n## Deviations\n\n| At | Rule | Vendor page | Decision |\n| :-- | :-- | :-- | :-- |\n");
        for one in findings {
            let _ = writeln!(
                out,
                "| `{}` | `{}` | {} | TODO |",
                one.at,
                one.rule,
                escape(&one.message)
            );
        }
    }
    out
}

fn escape(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn section(out: &mut String, table: &Table, name: &str) {
    let heading = match &table.role {
        Role::Path => format!("Path `{name}`"),
        Role::Query => format!("Query `{name}`"),
        Role::Body => format!("Body `{name}`"),
        Role::Response => format!("Response `{name}Output`"),
        Role::Object(own) => format!("Object `{own}`"),
        _ => return,
    };
    let _ = write!(
        out,
        "\n## {heading}\n\n| Field | Type | Presence | Example | Description |\n| :-- | :-- | :-- | :-- | :-- |\n"
    );
    for row in &table.rows {
        let example = row.example.as_ref().map_or(String::new(), |cell| {
            let text = escape(&cell.flat());
            let quoted = row.kind() == Some(&TypeExpr::Str) && !text.starts_with('"');
            // Text in another language than ours is the vendor's, not a value.
            if !text.is_ascii() {
                String::new()
            } else if quoted {
                format!("`\"{}\"`", text.replace('\\', "\\\\").replace('"', "\\\""))
            } else {
                format!("`{text}`")
            }
        });
        let _ = writeln!(
            out,
            "| `{}` | `{}` | {} | {example} | TODO |",
            row.name.text,
            page_type(row),
            presence(row)
        );
    }
}
