//! What our pages have already: objects, enums and kinds of ids that a draft refers to.

use crate::capture::model::{Role, Table};
use crate::compare::{PageView, TableView};
use crate::page::ast::Type;
use std::collections::{BTreeMap, BTreeSet};

/// The types of our pages.
#[derive(Debug, Default)]
pub struct Known<'a> {
    tables: Vec<&'a TableView>,
    /// Values of enums, by name.
    pub(super) enums: BTreeMap<&'a str, &'a [String]>,
    ids: BTreeSet<&'a str>,
}

impl<'a> Known<'a> {
    /// The types of some pages.
    pub fn of(pages: impl Iterator<Item = &'a PageView>) -> Self {
        let mut known = Self::default();
        for table in pages.flat_map(|page| &page.tables) {
            if known.tables.iter().any(|one| one.name == table.name) {
                continue;
            }
            known.tables.push(table);
            for row in &table.rows {
                match inner(&row.ty) {
                    Type::Named(name) if !row.values.is_empty() => {
                        known.enums.insert(name, &row.values);
                    }
                    Type::Id(kind) => {
                        known.ids.insert(kind);
                    }
                    _ => {}
                }
            }
        }
        known
    }

    /// Whether a name is taken.
    pub(super) fn has(&self, name: &str) -> bool {
        self.enums.contains_key(name) || self.tables.iter().any(|table| table.name == name)
    }

    /// The type of a field of one of our objects.
    pub(super) fn field(&self, object: &str, name: &str) -> Option<String> {
        let table = self.tables.iter().find(|table| table.name == object)?;
        let row = table.rows.iter().find(|row| row.name == name)?;
        Some(row.ty.to_string())
    }

    /// Our object for a table of the source, by one of its names there. Of several, the one that shares
    /// most rows; one that shares fewer than half is another thing of the same name.
    pub(super) fn object(&self, name: &str, rows: &[&str]) -> Option<&'a TableView> {
        let named = |table: &&&TableView| {
            table.name == name || table.vendor_names.iter().any(|one| one == name)
        };
        let objects = self.tables.iter().filter(|table| is_object(table));
        let found = objects
            .filter(named)
            .map(|table| (shared(table, rows), *table))
            .max_by_key(|(count, _)| *count);
        found
            .filter(|(count, _)| count * 2 >= rows.len())
            .map(|(_, table)| table)
    }

    /// Our object of another name that has most rows of a table: one to reuse.
    pub(super) fn similar(&self, table: &Table) -> Option<(&'a TableView, usize)> {
        let rows: Vec<&str> = table
            .rows
            .iter()
            .map(|row| row.name.text.as_str())
            .collect();
        let objects = self.tables.iter().filter(|table| is_object(table));
        let found = objects
            .map(|table| (*table, shared(table, &rows)))
            .max_by_key(|(_, count)| *count);
        found.filter(|(_, count)| *count >= 5 && count * 4 >= rows.len() * 3)
    }

    /// The kind of an id, by the name of its field and of the object it stands in.
    pub(super) fn id(&self, field: &str, object: &str) -> Option<&'a str> {
        let words = if field == "id" {
            object.to_lowercase()
        } else {
            match field.strip_suffix("_id") {
                Some("space") => "workspace".to_owned(),
                Some("creator" | "owner") => "user".to_owned(),
                Some(kind) => kind.to_owned(),
                None if matches!(field, "owner_uid" | "creator_uid" | "user_uid") => {
                    "user".to_owned()
                }
                None => return None,
            }
        };
        let known = self.ids.iter().copied();
        // The longest name is the nearest one: `node_execute` before `node`.
        known
            .filter(|kind| match field {
                "id" => words.contains(&kind.replace('_', "")),
                _ => words.ends_with(kind),
            })
            .max_by_key(|kind| kind.len())
    }
}

fn is_object(table: &TableView) -> bool {
    matches!(table.role, Role::Response | Role::Object(_))
}

fn shared(table: &TableView, rows: &[&str]) -> usize {
    let has = |name: &&&str| table.rows.iter().any(|row| row.name == **name);
    rows.iter().filter(has).count()
}

fn inner(ty: &Type) -> &Type {
    match ty {
        Type::Map(of) | Type::List(of) | Type::Boxed(of) => inner(of),
        ty => ty,
    }
}
