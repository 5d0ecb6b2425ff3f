//! Our page against the facts of a source.

use super::facts::{Facts, RowFacts};
use super::view::{FieldView, PageView, PresenceView, TableView};
use crate::capture::model::Role;
use crate::capture::types::{self, TypeExpr};

/// A statement of our page that the source does not make, or the other way round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Place in our words.
    pub at: String,
    /// What differs.
    pub what: String,
    /// Path of our page, or of the shared one the table stands on.
    pub file: String,
    /// Line on our page; 0 when the page has no line for it.
    pub line: usize,
    /// Whether a row of the Deviations table has this place.
    pub explained: bool,
}

const ENVELOPE: &[&str] = &["code", "msg", "detail"];

/// Compares a page with what a source says. Each difference that stands in the page's
/// Deviations is marked as explained.
#[expect(
    clippy::too_many_lines,
    reason = "both directions share what was told before"
)]
pub fn compare(page: &PageView, facts: &Facts) -> Vec<Difference> {
    let mut out = Vec::new();
    let mut tell = |at: String, what: String, (file, line): (&str, usize)| {
        let explained = page.explanations().any(|one| one.at == at);
        out.push(Difference {
            at,
            what,
            file: file.to_owned(),
            line,
            explained,
        });
    };
    let nowhere = (page.file.as_str(), 0);
    if page.method != facts.method {
        tell(
            "$.method".to_owned(),
            format!("`{}` here, `{}` there", page.method, facts.method),
            nowhere,
        );
    }
    if !facts.paths.contains(&page.path) {
        tell(
            "$.path".to_owned(),
            format!("`{}` here, `{}` there", page.path, facts.paths.join(" ")),
            nowhere,
        );
    }
    if let Some(scope) = facts.scope.as_ref().filter(|scope| **scope != page.scope) {
        tell(
            "$.scope".to_owned(),
            format!("`{}` here, `{scope}` there", page.scope),
            nowhere,
        );
    }
    let data = data_type(facts);
    for (key, table) in &facts.tables {
        let ours = page.table_for(key, data.as_deref());
        if ours.is_empty() {
            // The envelope is described once for all pages; events have tables of their own.
            let shared = matches!(key.as_str(), "header" | "ResponseDetail")
                || key.starts_with("response")
                    && (page.data_envelope
                        || page.stream
                        || table.rows.iter().all(|row| {
                            row.name == "data" || ENVELOPE.contains(&row.name.as_str())
                        }));
            if !shared && table.rows.iter().any(|row| row.ty.is_some()) {
                tell(key.clone(), "a table there, none here".to_owned(), nowhere);
            }
            continue;
        }
        let answer = ours.iter().any(|table| table.role == Role::Response);
        for (index, row) in table.rows.iter().enumerate() {
            let inside = inner(page, &ours, &table.rows[..index], row);
            let ours = if inside.is_empty() { &ours } else { &inside };
            if (answer && ENVELOPE.contains(&row.name.as_str())) || row.ty.is_none() {
                continue;
            }
            let name = row.name.rsplit('.').next().unwrap_or(&row.name);
            let found = ours.iter().find_map(|table| {
                table
                    .rows
                    .iter()
                    .find(|own| own.name == row.name || own.name == name)
                    .map(|own| (*table, own))
            });
            match found {
                None => tell(
                    format!("{}.{name}", ours[0].name),
                    "a row there, none here".to_owned(),
                    (&ours[0].file, 0),
                ),
                Some((table, own)) => {
                    let at = format!("{}.{}", table.name, own.name);
                    for what in field(own, row, &table.role) {
                        tell(at.clone(), what, (&table.file, own.line));
                    }
                }
            }
        }
    }
    for table in &page.tables {
        let theirs: Vec<&RowFacts> = facts
            .tables
            .iter()
            .filter(|(key, _)| {
                page.table_for(key, data.as_deref())
                    .iter()
                    .any(|one| std::ptr::eq(*one, table))
            })
            .flat_map(|(_, table)| &table.rows)
            .collect();
        if theirs.is_empty() && matches!(table.role, Role::Object(_)) {
            continue;
        }
        let same = |own: &FieldView| {
            theirs.iter().any(|row| {
                row.name.rsplit('.').next() == Some(own.name.as_str()) || row.name == own.name
            })
        };
        // A table of the same name that shares no row is another one.
        if matches!(table.role, Role::Object(_)) && !table.rows.iter().any(same) {
            continue;
        }
        for own in &table.rows {
            if !same(own) {
                tell(
                    format!("{}.{}", table.name, own.name),
                    "a row here, none there".to_owned(),
                    (&table.file, own.line),
                );
            }
        }
    }
    out
}

/// Our tables for a row below another: those of the type that our field for the upper row has.
fn inner<'a>(
    page: &'a PageView,
    ours: &[&'a TableView],
    before: &[RowFacts],
    row: &RowFacts,
) -> Vec<&'a TableView> {
    let upper = before.iter().rev().find(|one| one.depth < row.depth);
    let Some(upper) = upper.filter(|one| one.depth == 0) else {
        return Vec::new();
    };
    let field = ours
        .iter()
        .flat_map(|table| &table.rows)
        .find(|own| own.name == upper.name);
    let named = |table: &&TableView| {
        field.is_some_and(|own| own.ty.split(['<', '>']).any(|name| name == table.name))
    };
    page.tables.iter().filter(named).collect()
}

/// The table the answer's `data` names.
pub fn data_type(facts: &Facts) -> Option<String> {
    let row = facts
        .tables
        .get("response")?
        .rows
        .iter()
        .find(|row| row.name == "data")?;
    let ty = types::parse(row.ty.as_deref()?, true)?;
    ty.names().first().map(|name| (*name).to_owned())
}

fn field(own: &FieldView, row: &RowFacts, role: &Role) -> Vec<String> {
    let mut out = Vec::new();
    let written = row.ty.as_deref().unwrap_or("");
    if let Some(ty) = types::parse(written.split(" nullable").next().unwrap_or(written), true)
        && !fits(&ty, own)
    {
        out.push(format!("`{}` here, `{written}` there", own.ty));
    }
    if matches!(role, Role::Path | Role::Query | Role::Body) {
        let required = own.presence == PresenceView::Required;
        match row
            .required
            .as_deref()
            .map(|said| said.split(',').next().unwrap_or(said))
        {
            Some("yes") if !required => out.push("optional here, required there".to_owned()),
            Some("no") if required && *role != Role::Path => {
                out.push("required here, optional there".to_owned());
            }
            _ => {}
        }
    }
    if let (PresenceView::Default(value), Some(theirs)) = (&own.presence, row.hints.get("default"))
        && value.trim_matches('"') != theirs
    {
        out.push(format!("default `{value}` here, `{theirs}` there"));
    }
    if let (PresenceView::If(field, value), Some(theirs)) = (&own.presence, row.hints.get("if"))
        && *theirs != format!("{field}={value}")
    {
        out.push(format!(
            "only if `{field}` = `{value}` here, `{theirs}` there"
        ));
    }
    if let Some(values) = row.hints.get("values").filter(|_| !own.values.is_empty()) {
        let missing: Vec<&str> = values
            .split(' ')
            .filter(|value| !own.values.iter().any(|own| own == value))
            .collect();
        if !missing.is_empty() {
            out.push(format!("values only there: {}", missing.join(", ")));
        }
    }
    out
}

/// Whether a type of a page accepts what the vendor's type says.
fn fits(theirs: &TypeExpr, own: &FieldView) -> bool {
    let ours = own.ty.as_str();
    let inner = |name: &str| {
        ours.strip_prefix(name)
            .and_then(|rest| rest.strip_suffix('>'))
    };
    let is_name = ours.starts_with(|c: char| c.is_ascii_uppercase());
    let nested = |ty: &TypeExpr, text: &str| {
        let inside = FieldView {
            ty: text.to_owned(),
            ..own.clone()
        };
        fits(ty, &inside)
    };
    match theirs {
        _ if ours == "json" => true,
        TypeExpr::Any | TypeExpr::File | TypeExpr::OneOf(_) => true,
        TypeExpr::Str => {
            matches!(ours, "string" | "text" | "json_text" | "unix_seconds")
                || inner("id<").is_some()
                || is_name
        }
        TypeExpr::Int => matches!(ours, "int" | "unix_seconds" | "float") || is_name,
        TypeExpr::Number => matches!(ours, "float" | "int" | "unix_seconds"),
        TypeExpr::Bool => ours == "bool",
        TypeExpr::Object | TypeExpr::Map(None) => {
            is_name || inner("map<").is_some() || inner("box<").is_some()
        }
        TypeExpr::Named(_) => is_name || inner("box<").is_some() || inner("map<").is_some(),
        TypeExpr::Map(Some(value)) => inner("map<").map_or(is_name, |text| nested(value, text)),
        TypeExpr::List(value) => {
            inner("list<").is_some_and(|text| value.as_ref().is_none_or(|ty| nested(ty, text)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::TableFacts;
    use super::*;

    fn row(name: &str, ty: &str) -> RowFacts {
        RowFacts {
            name: name.to_owned(),
            ty: Some(ty.to_owned()),
            ..RowFacts::default()
        }
    }

    fn view(ty: &str) -> PageView {
        let field = FieldView {
            name: "at".to_owned(),
            ty: ty.to_owned(),
            presence: PresenceView::Optional,
            values: Vec::new(),
            line: 9,
        };
        PageView {
            method: "GET".to_owned(),
            path: "/v1/x".to_owned(),
            data_envelope: true,
            tables: vec![TableView {
                file: "x.md".to_owned(),
                role: Role::Response,
                name: "X".to_owned(),
                vendor_names: vec!["ApiX".to_owned()],
                rows: vec![field],
            }],
            ..PageView::default()
        }
    }

    fn facts() -> Facts {
        let mut facts = Facts {
            method: "GET".to_owned(),
            paths: vec!["/v1/x".to_owned()],
            ..Facts::default()
        };
        let table = |rows| TableFacts {
            rows,
            ..TableFacts::default()
        };
        facts.tables.insert(
            "response".to_owned(),
            table(vec![row("code", "Long"), row("data", "Object of ApiX")]),
        );
        facts
            .tables
            .insert("ApiX".to_owned(), table(vec![row("at", "String")]));
        facts.findings = vec![("T703".to_owned(), "ApiX.at".to_owned())];
        facts
    }

    #[test]
    fn equal_facts_have_no_difference() {
        assert_eq!(compare(&view("unix_seconds"), &facts()), []);
    }

    #[test]
    fn a_type_that_does_not_fit_is_told_with_its_line() {
        let found = compare(&view("bool"), &facts());
        assert_eq!(
            (found[0].at.as_str(), found[0].line, found[0].explained),
            ("X.at", 9, false)
        );
    }

    #[test]
    fn a_missing_and_a_surplus_row_are_told() {
        let mut facts = facts();
        facts.tables.get_mut("ApiX").expect("there").rows[0].name = "when".to_owned();
        let what: Vec<String> = compare(&view("string"), &facts)
            .into_iter()
            .map(|one| one.at)
            .collect();
        assert_eq!(what, ["X.when", "X.at"]);
    }
}
