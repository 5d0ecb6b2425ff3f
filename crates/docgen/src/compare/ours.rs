//! Our page against the facts of a source.

use super::drift::Change;
use super::facts::{Facts, RowFacts};
use super::view::{FieldView, PageView, TableView, name_in};
use crate::capture::model::Role;
use crate::capture::types::{self, TypeExpr};
use crate::page::ast::{Presence, Type};

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
pub fn compare(page: &PageView, facts: &Facts) -> Vec<Difference> {
    let mut both = Both {
        page,
        facts,
        data: data_type(facts),
        out: Vec::new(),
    };
    both.endpoint();
    for (key, table) in &facts.tables {
        both.theirs(key, &table.rows);
    }
    for table in &page.tables {
        both.ours(table);
    }
    both.out
}

/// Marks the changes since the lock that our page explains.
pub fn explain(page: &PageView, facts: &Facts, changes: &mut [Change]) {
    let data = data_type(facts);
    for change in changes {
        let at = page.place(&change.at, data.as_deref());
        let mut rows = page.explanations();
        let row = rows.find(|one| one.at == at && one.rule == "T603");
        change.explained = row.map(|one| format!("{} at {at}", one.rule));
    }
}

/// The table the answer's `data` names.
pub fn data_type(facts: &Facts) -> Option<String> {
    let answer = facts.tables.get("response")?;
    let row = answer.rows.iter().find(|row| row.name == "data")?;
    let ty = types::parse(row.ty.as_deref()?, true)?;
    ty.names().first().map(|name| (*name).to_owned())
}

/// The last part of a name such as `data.list`.
fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

struct Both<'a> {
    page: &'a PageView,
    facts: &'a Facts,
    data: Option<String>,
    out: Vec<Difference>,
}

impl<'a> Both<'a> {
    fn tell(&mut self, at: &str, what: String, file: &str, line: usize) {
        self.out.push(Difference {
            explained: self.page.explanations().any(|one| one.at == at),
            at: at.to_owned(),
            what,
            file: file.to_owned(),
            line,
        });
    }

    fn endpoint(&mut self) {
        let (page, call) = (self.page, &self.facts.endpoint);
        let scope = call.scope.as_ref().unwrap_or(&page.scope);
        let paths = call.paths.join(" ");
        for (at, same, ours, theirs) in [
            (
                "$.method",
                page.method == call.method,
                &page.method,
                &call.method,
            ),
            (
                "$.path",
                call.paths.contains(&page.path),
                &page.path,
                &paths,
            ),
            ("$.scope", page.scope == *scope, &page.scope, scope),
        ] {
            if !same {
                self.tell(
                    at,
                    format!("`{ours}` here, `{theirs}` there"),
                    &page.file,
                    0,
                );
            }
        }
    }

    /// Our tables for a table of the source.
    fn tables(&self, key: &str) -> Vec<&'a TableView> {
        self.page.table_for(key, self.data.as_deref())
    }

    /// What the source says and our page does not.
    fn theirs(&mut self, key: &str, rows: &[RowFacts]) {
        let ours = self.tables(key);
        let Some(first) = ours.first() else {
            if rows.iter().any(|row| row.ty.is_some()) && !self.is_shared(key, rows) {
                self.tell(
                    key,
                    "a table there, none here".to_owned(),
                    &self.page.file,
                    0,
                );
            }
            return;
        };
        let answer = ours.iter().any(|table| table.role == Role::Response);
        for (index, row) in rows.iter().enumerate() {
            if row.ty.is_none() || (answer && ENVELOPE.contains(&row.name.as_str())) {
                continue;
            }
            let inside = self.inside(&ours, &rows[..index], row);
            let ours = if inside.is_empty() { &ours } else { &inside };
            let name = last_part(&row.name);
            let own = |own: &&FieldView| own.name == row.name || own.name == name;
            let mut found = ours
                .iter()
                .filter_map(|one| Some((one, one.rows.iter().find(own)?)));
            if let Some((table, own)) = found.next() {
                for what in field(own, row, &table.role) {
                    self.tell(
                        &format!("{}.{}", table.name, own.name),
                        what,
                        &table.file,
                        own.line,
                    );
                }
            } else {
                let table = ours.first().unwrap_or(first);
                let what = "a row there, none here".to_owned();
                self.tell(&format!("{}.{name}", table.name), what, &table.file, 0);
            }
        }
    }

    /// The envelope is described once for all pages; events have tables of their own.
    fn is_shared(&self, key: &str, rows: &[RowFacts]) -> bool {
        let envelope = |row: &RowFacts| row.name == "data" || ENVELOPE.contains(&row.name.as_str());
        let wrapped = self.page.data_envelope || self.page.stream || rows.iter().all(envelope);
        matches!(key, "header" | "ResponseDetail") || key.starts_with("response") && wrapped
    }

    /// Our tables for a row below another: those of the type that our field for the upper row has.
    fn inside(
        &self,
        ours: &[&'a TableView],
        before: &[RowFacts],
        row: &RowFacts,
    ) -> Vec<&'a TableView> {
        let upper = before.iter().rev().find(|one| one.depth < row.depth);
        let Some(upper) = upper.filter(|one| one.depth == 0) else {
            return Vec::new();
        };
        let mut fields = ours.iter().flat_map(|table| &table.rows);
        let field = fields.find(|own| own.name == upper.name);
        let name = field.and_then(|own| name_in(&own.ty));
        let named = |table: &&TableView| name == Some(table.name.as_str());
        self.page.tables.iter().filter(named).collect()
    }

    /// What our page says and the source does not.
    fn ours(&mut self, table: &TableView) {
        let facts = self.facts.tables.iter();
        let matching = facts.filter(|(key, _)| {
            let ours = self.tables(key);
            ours.iter().any(|one| std::ptr::eq(*one, table))
        });
        let theirs: Vec<&RowFacts> = matching.flat_map(|(_, table)| &table.rows).collect();
        let has = |own: &FieldView| {
            let same = |row: &&RowFacts| row.name == own.name || last_part(&row.name) == own.name;
            theirs.iter().any(|row| same(&row))
        };
        // A table of the same name that shares no row is another one.
        if matches!(table.role, Role::Object(_)) && !table.rows.iter().any(has) {
            return;
        }
        for own in table.rows.iter().filter(|own| !has(own)) {
            let what = "a row here, none there".to_owned();
            self.tell(
                &format!("{}.{}", table.name, own.name),
                what,
                &table.file,
                own.line,
            );
        }
    }
}

fn field(own: &FieldView, row: &RowFacts, role: &Role) -> Vec<String> {
    let mut out = Vec::new();
    let written = row.ty.as_deref().unwrap_or("");
    let ty = types::parse(written.split(" nullable").next().unwrap_or(written), true);
    if ty.is_some_and(|ty| !fits(&ty, &own.ty)) {
        out.push(format!("`{}` here, `{written}` there", own.ty));
    }
    let required = matches!(
        own.presence,
        Presence::Required | Presence::Always(_) | Presence::Fixed(_)
    );
    let said = row
        .required
        .as_deref()
        .and_then(|said| said.split(',').next());
    match (role, said) {
        (Role::Path | Role::Query | Role::Body, Some("yes")) if !required => {
            out.push("optional here, required there".to_owned());
        }
        (Role::Query | Role::Body, Some("no")) if required => {
            out.push("required here, optional there".to_owned());
        }
        _ => {}
    }
    if let (Presence::Default(value), Some(theirs)) = (&own.presence, row.hints.get("default"))
        && value.to_string().trim_matches('"') != theirs
    {
        out.push(format!("default `{value}` here, `{theirs}` there"));
    }
    if let (Presence::If(field, value), Some(theirs)) = (&own.presence, row.hints.get("if"))
        && *theirs != format!("{field}={value}")
    {
        out.push(format!(
            "only if `{field}` = `{value}` here, `{theirs}` there"
        ));
    }
    if let Some(values) = row.hints.get("values").filter(|_| !own.values.is_empty()) {
        let known = |value: &&str| own.values.iter().any(|own| own == value);
        let missing: Vec<&str> = values.split(' ').filter(|value| !known(value)).collect();
        if !missing.is_empty() {
            out.push(format!("values only there: {}", missing.join(", ")));
        }
    }
    out
}

/// Whether a type of a page accepts what the service's type says.
fn fits(theirs: &TypeExpr, ours: &Type) -> bool {
    match (theirs, ours) {
        (TypeExpr::Any | TypeExpr::File | TypeExpr::OneOf(_), _) | (_, Type::Json) => true,
        (TypeExpr::Str, ours) => matches!(
            ours,
            Type::Str
                | Type::Text
                | Type::JsonText
                | Type::UnixSeconds
                | Type::Id(_)
                | Type::Named(_)
        ),
        (TypeExpr::Int, ours) => {
            matches!(
                ours,
                Type::Int | Type::UnixSeconds | Type::Float | Type::Named(_)
            )
        }
        (TypeExpr::Number, ours) => matches!(ours, Type::Float | Type::Int | Type::UnixSeconds),
        (TypeExpr::Bool, ours) => *ours == Type::Bool,
        (TypeExpr::Object | TypeExpr::Map(None) | TypeExpr::Named(_), ours) => {
            matches!(ours, Type::Named(_) | Type::Map(_) | Type::Boxed(_))
        }
        (TypeExpr::Map(Some(value)), Type::Map(inner)) => fits(value, inner),
        (TypeExpr::Map(_), ours) => matches!(ours, Type::Named(_)),
        (TypeExpr::List(value), Type::List(inner)) => {
            value.as_ref().is_none_or(|value| fits(value, inner))
        }
        (TypeExpr::List(_), _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::{CallFacts, TableFacts};
    use super::*;

    fn row(name: &str, ty: &str) -> RowFacts {
        RowFacts {
            name: name.to_owned(),
            ty: Some(ty.to_owned()),
            ..RowFacts::default()
        }
    }

    fn view(ty: Type) -> PageView {
        let field = FieldView {
            name: "at".to_owned(),
            ty,
            presence: Presence::Optional,
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
            endpoint: CallFacts {
                method: "GET".to_owned(),
                paths: vec!["/v1/x".to_owned()],
                ..CallFacts::default()
            },
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
        facts
    }

    #[test]
    fn equal_facts_have_no_difference() {
        assert_eq!(compare(&view(Type::UnixSeconds), &facts()), []);
    }

    #[test]
    fn a_type_that_does_not_fit_is_told_with_its_line() {
        let found = compare(&view(Type::Bool), &facts());
        assert_eq!(
            (found[0].at.as_str(), found[0].line, found[0].explained),
            ("X.at", 9, false)
        );
    }

    #[test]
    fn a_missing_and_a_surplus_row_are_told() {
        let mut facts = facts();
        facts.tables.get_mut("ApiX").expect("there").rows[0].name = "when".to_owned();
        let what: Vec<String> = compare(&view(Type::Str), &facts)
            .into_iter()
            .map(|one| one.at)
            .collect();
        assert_eq!(what, ["X.when", "X.at"]);
    }
}
