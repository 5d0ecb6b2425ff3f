//! The draft of a page: tables and deviations; the words are left to a person.

use crate::capture::Page;
use crate::capture::hints::{self, Time};
use crate::capture::model::{Role, Row, Table};
use crate::capture::types::TypeExpr;
use crate::capture::words::Presence;
use crate::compare::{Facts, RowFacts};
use crate::rules;
use std::fmt::Write as _;

fn page_type(row: &Row) -> String {
    let time = hints::time(&row.text.text);
    match row.kind() {
        Some(TypeExpr::Str | TypeExpr::Int) if matches!(time, Some(Time::Seconds | Time::Unix)) => {
            "unix_seconds".to_owned()
        }
        Some(TypeExpr::Str) => match row.name.text.strip_suffix("_id") {
            Some(kind) => format!("id<{}>", kind.replace('_', "")),
            None => "string".to_owned(),
        },
        Some(ty) => grammar(ty),
        None => "string".to_owned(),
    }
}

fn grammar(ty: &TypeExpr) -> String {
    let inner =
        |ty: &Option<Box<TypeExpr>>| ty.as_ref().map_or("json".to_owned(), |ty| grammar(ty));
    match ty {
        TypeExpr::Str => "string".to_owned(),
        TypeExpr::Int => "int".to_owned(),
        TypeExpr::Number => "float".to_owned(),
        TypeExpr::Bool => "bool".to_owned(),
        TypeExpr::File | TypeExpr::Any | TypeExpr::OneOf(_) => "json".to_owned(),
        TypeExpr::Object => "map<json>".to_owned(),
        TypeExpr::Map(ty) => format!("map<{}>", inner(ty)),
        TypeExpr::List(ty) => format!("list<{}>", inner(ty)),
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
        .filter(|part| !part.starts_with('{') && *part != "v1");
    let words = parts
        .flat_map(|part| part.split(['_', '-']))
        .map(str::chars);
    let word = |mut word: std::str::Chars<'_>| {
        let first = word.next().into_iter().flat_map(char::to_uppercase);
        first.chain(word).collect::<String>()
    };
    words.map(word).collect()
}

/// Writes the draft of an operation's page. Texts say `TODO`, so that it is refused until a person
/// has written them.
pub fn draft(page: &Page, op: usize, facts: &Facts) -> String {
    let name = type_name(page, op);
    let mut out = String::from("# TODO\n\nTODO\n\n| Endpoint | |\n| :-- | :-- |\n");
    let call = &facts.endpoint;
    let is_data = |row: &RowFacts| {
        let ty = row.ty.as_deref().unwrap_or("").to_lowercase();
        row.name == "data" && ty.contains(" of ")
    };
    let answer = facts.tables.get("response");
    let data = answer.is_some_and(|table| table.rows.iter().any(is_data));
    let safe = call.method == "GET";
    for (key, value) in [
        ("Method", call.method.as_str()),
        ("Path", facts.path()),
        ("Operation", "TODO"),
        ("Scope", call.scope.as_deref().unwrap_or("none")),
        ("Envelope", if data { "data" } else { "flat" }),
        ("Retry", if safe { "safe" } else { "never" }),
    ] {
        let _ = writeln!(out, "| {key} | `{value}` |");
    }
    let source = facts.source.as_deref().unwrap_or("TODO");
    let _ = writeln!(out, "| Source | <{source}> |");
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
            let (at, rule, message) = (&one.at, one.rule, escape(&one.message));
            let _ = writeln!(out, "| `{at}` | `{rule}` | {message} | TODO |");
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
