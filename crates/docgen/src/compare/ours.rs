//! Our page against the facts of a source.

use super::facts::{Facts, RowFacts};
use super::field::{field, statement};
use super::view::{DeviationView, FieldView, PageView, TableView, name_in};
use crate::capture::model::Role;
use crate::capture::types::{self, TypeExpr};

/// The rule of all differences: two sources, our page one of them.
pub const DIFFERS: &str = "T603";

/// A statement of our page that the source does not make, or the other way round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Place in our words.
    pub at: String,
    /// What our page says: `` `int` ``, `required`, `a row`.
    pub ours: String,
    /// What the source says.
    pub theirs: String,
    /// Path of our page, or of the shared one the table stands on.
    pub file: String,
    /// Line on our page; 0 when the page has no line for it.
    pub line: usize,
    /// Whether a row of the Deviations table explains it.
    pub explained: bool,
}

impl Difference {
    /// Both statements in one clause.
    pub fn what(&self) -> String {
        format!("{} here, {} there", self.ours, self.theirs)
    }

    /// Whether a row of Deviations is about this difference: it has the place and the rule, and names
    /// what the source says and what was decided. What is not on our page is decided by its place.
    pub fn is_told_by(&self, row: &DeviationView) -> bool {
        let decided = self.theirs.starts_with("a ") || row.decision.contains(&self.ours);
        row.at == self.at && row.rule == DIFFERS && row.vendor.contains(&self.theirs) && decided
    }
}

const ENVELOPE: &[&str] = &["code", "msg", "detail"];

/// Compares a page with what a source says, both ways. Each difference that a row of the page's
/// Deviations tells is marked as explained.
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

/// The type of the response's `data`.
fn data_row(facts: &Facts) -> Option<TypeExpr> {
    let response = facts.tables.get("response")?;
    let row = response.rows.iter().find(|row| row.name == "data")?;
    types::parse(row.ty.as_deref()?, true)
}

/// The table the response's `data` names.
pub fn data_type(facts: &Facts) -> Option<String> {
    let ty = data_row(facts)?;
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
    fn tell(&mut self, at: &str, ours: String, theirs: String, file: &str, line: usize) {
        let mut one = Difference {
            at: at.to_owned(),
            ours,
            theirs,
            file: file.to_owned(),
            line,
            explained: false,
        };
        one.explained = self.page.explanations().any(|row| one.is_told_by(row));
        self.out.push(one);
    }

    /// Something that the source has and our page has not.
    fn lacks(&mut self, at: &str, what: &str, file: &str) {
        self.tell(at, format!("no {what}"), format!("a {what}"), file, 0);
    }

    fn endpoint(&mut self) {
        let (page, call) = (self.page, &self.facts.endpoint);
        let scope = call.scope.as_ref().unwrap_or(&page.scope);
        let paths = call.paths.join(" ");
        let list = data_row(self.facts).map(|ty| matches!(ty, TypeExpr::List(_)));
        let envelope = |list: bool| if list { "data list" } else { "data" }.to_owned();
        let ours = envelope(page.data_list);
        let theirs = envelope(list.unwrap_or(page.data_list));
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
            (
                "$.envelope",
                ours == theirs || !page.data_envelope,
                &ours,
                &theirs,
            ),
        ] {
            if !same {
                self.tell(
                    at,
                    format!("`{ours}`"),
                    format!("`{theirs}`"),
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
                self.lacks(key, "table", &self.page.file);
            }
            return;
        };
        let response = ours.iter().any(|table| table.role == Role::Response);
        for (index, row) in rows.iter().enumerate() {
            if row.ty.is_none() || (response && ENVELOPE.contains(&row.name.as_str())) {
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
                let at = format!("{}.{}", table.name, own.name);
                for (ours, theirs) in field(own, row, &table.role) {
                    self.tell(&at, ours, theirs, &table.file, own.line);
                }
            } else {
                let table = ours.first().unwrap_or(first);
                self.lacks(&format!("{}.{name}", table.name), "row", &table.file);
            }
        }
    }

    /// The envelope is described once for all pages; events have tables of their own.
    fn is_shared(&self, key: &str, rows: &[RowFacts]) -> bool {
        let envelope = |row: &RowFacts| row.name == "data" || ENVELOPE.contains(&row.name.as_str());
        let wrapped = self.page.data_envelope || self.page.stream || rows.iter().all(envelope);
        // Tables before the first call are steps on the way to it, such as the making of a JWT.
        let base = key.strip_prefix("before/").unwrap_or(key);
        let base = base.split('#').next().unwrap_or(base);
        matches!(base, "header" | "ResponseDetail") || key.starts_with("response") && wrapped
    }

    /// Our tables for a row below others: those of the types that our fields for the upper rows have.
    fn inside(
        &self,
        ours: &[&'a TableView],
        before: &[RowFacts],
        row: &RowFacts,
    ) -> Vec<&'a TableView> {
        let mut depth = row.depth;
        let mut above = Vec::new();
        for one in before.iter().rev().filter(|_| row.depth > 0) {
            if one.depth < depth {
                depth = one.depth;
                above.push(one);
            }
        }
        if above.is_empty() {
            return Vec::new();
        }
        let mut tables = ours.to_vec();
        for upper in above.into_iter().rev() {
            let mut fields = tables.iter().flat_map(|table| &table.rows);
            let field = fields.find(|own| own.name == last_part(&upper.name));
            let name = field.and_then(|own| name_in(&own.ty));
            let named = |table: &&TableView| name == Some(table.name.as_str());
            tables = self.page.tables.iter().filter(named).collect();
        }
        tables
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
            theirs.iter().any(same)
        };
        // A table of the same name that shares no row is another one.
        if matches!(table.role, Role::Object(_)) && !table.rows.iter().any(has) {
            return;
        }
        for own in table.rows.iter().filter(|own| !has(own)) {
            let at = format!("{}.{}", table.name, own.name);
            self.tell(
                &at,
                statement(own),
                "no row".to_owned(),
                &table.file,
                own.line,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::{CallFacts, TableFacts};
    use super::*;
    use crate::page::ast::{Presence, Type};

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
