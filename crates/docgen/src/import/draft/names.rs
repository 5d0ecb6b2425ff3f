//! Names of the types of a draft: ours where we have the type, else the source's in our style.

use super::{Known, payload::Payload};
use crate::capture::model::{Role, Table};
use crate::capture::types::TypeExpr;
use crate::page::cell::is_type_name;
use heck::ToUpperCamelCase as _;
use std::collections::{BTreeMap, BTreeSet};

/// The types of a draft.
pub(super) struct Names<'a> {
    pub(super) known: &'a Known<'a>,
    /// Name of the request.
    pub(super) request: String,
    /// Our names of the source's objects.
    pub(super) objects: BTreeMap<String, String>,
    /// Keys of the tables of objects that requests hold.
    pub(super) sent: BTreeSet<String>,
    /// New enums: name and values.
    pub(super) enums: Vec<(String, Vec<String>)>,
}

/// Names of the rows of a table.
pub(super) fn rows(table: &Table) -> Vec<&str> {
    table
        .rows
        .iter()
        .map(|row| row.name.text.as_str())
        .collect()
}

impl<'a> Names<'a> {
    pub(super) fn new(known: &'a Known<'a>, request: String) -> Self {
        Self {
            known,
            request,
            objects: BTreeMap::new(),
            sent: BTreeSet::new(),
            enums: Vec::new(),
        }
    }

    /// Names the objects; gives the one of ours that the response is, if there is one.
    pub(super) fn find(&mut self, tables: &[&Table], payload: &Payload<'_>) -> Option<String> {
        let mut reply = None;
        for table in tables {
            let Role::Object(vendor) = &table.role else {
                continue;
            };
            let known = self.known.object(vendor, &rows(table));
            let name = known.map_or_else(|| self.free_name(vendor), |ours| ours.name.clone());
            if known.is_some() && payload.table.is_some_and(|one| std::ptr::eq(one, *table)) {
                reply = Some(name.clone());
            }
            self.objects.insert(vendor.clone(), name);
        }
        let sent = |role: &Role| matches!(role, Role::Path | Role::Query | Role::Body);
        let mut work: Vec<&&Table> = tables.iter().filter(|table| sent(&table.role)).collect();
        while let Some(table) = work.pop() {
            for name in table
                .rows
                .iter()
                .filter_map(|row| row.kind())
                .flat_map(TypeExpr::names)
            {
                let inner = |one: &&&Table| one.role == Role::Object(name.to_owned());
                if let Some(table) = tables.iter().find(inner)
                    && self.sent.insert(table.key.clone())
                {
                    work.push(table);
                }
            }
        }
        reply
    }

    /// The source's name in our style, or another one where that is taken.
    fn free_name(&self, vendor: &str) -> String {
        let bare = ["OpenAPI", "OpenApi", "Open"]
            .iter()
            .find_map(|start| vendor.strip_prefix(start))
            .filter(|rest| is_type_name(rest))
            .unwrap_or(vendor);
        let name = bare.to_upper_camel_case();
        if self.known.has(&name) || self.objects.values().any(|one| *one == name) {
            format!("{}{name}", self.request)
        } else {
            name
        }
    }

    /// The enum with these values.
    pub(super) fn an_enum(&mut self, field: &str, object: &str, values: Vec<String>) -> String {
        // Numbers are the same in many enums.
        let number = values.iter().any(|value| value.parse::<i64>().is_ok());
        let same = |own: &[String]| {
            let fits = own.len() == values.len() || !number && own.len() > values.len();
            fits && values.iter().all(|value| own.contains(value))
        };
        let mut known = self.known.enums.iter();
        if let Some((name, _)) = known.find(|(_, own)| same(own)) {
            return (*name).to_owned();
        }
        if let Some((name, _)) = self.enums.iter().find(|(_, own)| same(own)) {
            return name.clone();
        }
        let short = field.to_upper_camel_case();
        let taken = |name: &str| {
            self.known.has(name)
                || self.objects.values().any(|one| one == name)
                || self.enums.iter().any(|(one, _)| one == name)
        };
        // Words that mean something beside their object only.
        let vague = ["Type", "Status", "Mode", "Order", "Kind"].contains(&short.as_str());
        let name = if vague || taken(&short) {
            format!("{object}{short}")
        } else {
            short
        };
        self.enums.push((name.clone(), values));
        name
    }
}
