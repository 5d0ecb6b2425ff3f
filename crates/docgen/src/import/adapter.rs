//! Our pages as the importer looks at them.

use super::view::{DeviationView, FieldView, PageView, PresenceView, TableView};
use crate::api::{Api, Kind};
use crate::capture::model::Role as Table;
use crate::page::ast::{Envelope, Field, Page, Presence, Role, Rows, Section, Type};
use crate::source::Sources;

/// The pages of a set that describe a call, each with the tables its types lead to. Objects of
/// pages without a call belong to all; events belong to the calls that answer with them.
pub fn views(api: &Api, sources: &Sources) -> Vec<PageView> {
    let calls = api
        .pages
        .iter()
        .filter_map(|module| Some((&module.page, module.page.endpoint.as_ref()?)));
    calls
        .map(|(page, endpoint)| {
            let reply = endpoint.reply.as_ref().map(|reply| reply.value.as_str());
            let mut tables = tables_of(page, api, sources);
            let mut shared = Vec::new();
            for other in api.pages.iter().map(|module| &module.page) {
                let mut events = other.sections.iter().filter(|one| one.role == Role::Events);
                let foreign = events.any(|one| reply != Some(one.name.value.as_str()));
                if other.endpoint.is_none() && !foreign {
                    tables.extend(tables_of(other, api, sources));
                    shared.extend(deviations(other, sources));
                }
            }
            borrow(page, reply, api, sources, &mut tables, &mut shared);
            PageView {
                file: sources.file(page.file).path.clone(),
                method: endpoint.method.value.word().to_owned(),
                path: endpoint.path.value.clone(),
                scope: endpoint
                    .scope
                    .as_ref()
                    .map_or(String::new(), |scope| scope.value.clone()),
                data_envelope: matches!(
                    endpoint.envelope.value,
                    Envelope::Data | Envelope::DataList
                ),
                stream: endpoint.envelope.value == Envelope::Events,
                tables,
                deviations: deviations(page, sources),
                shared,
            }
        })
        .collect()
}

/// Adds the tables of other calls' pages that the page's types lead to, with what those pages say
/// about them.
fn borrow(
    page: &Page,
    reply: Option<&str>,
    api: &Api,
    sources: &Sources,
    tables: &mut Vec<TableView>,
    shared: &mut Vec<DeviationView>,
) {
    let mut wanted: Vec<String> = reply.map(str::to_owned).into_iter().collect();
    let mut next = 0;
    loop {
        for table in &tables[next..] {
            for row in &table.rows {
                let names = row.ty.split(['<', '>']);
                wanted.extend(
                    names
                        .filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase()))
                        .map(str::to_owned),
                );
            }
        }
        next = tables.len();
        let others = api.pages.iter().map(|module| &module.page);
        for other in others.filter(|other| other.endpoint.is_some() && other.file != page.file) {
            for table in tables_of(other, api, sources) {
                let answers = matches!(table.role, Table::Response | Table::Object(_));
                if answers
                    && wanted.contains(&table.name)
                    && !tables
                        .iter()
                        .any(|one| one.name == table.name && one.file == table.file)
                {
                    let about =
                        |one: &DeviationView| one.at.split('.').next() == Some(table.name.as_str());
                    shared.extend(deviations(other, sources).into_iter().filter(about));
                    tables.push(table);
                }
            }
        }
        if tables.len() == next {
            return;
        }
    }
}

fn tables_of(page: &Page, api: &Api, sources: &Sources) -> Vec<TableView> {
    page.sections
        .iter()
        .filter_map(|section| table(page, section, api, sources))
        .collect()
}

fn deviations(page: &Page, sources: &Sources) -> Vec<DeviationView> {
    page.deviations
        .iter()
        .map(|one| DeviationView {
            at: one.at.value.clone(),
            rule: one.rule.value.clone(),
            file: sources.file(page.file).path.clone(),
            line: sources.line_column(one.at.span).0,
        })
        .collect()
}

fn table(page: &Page, section: &Section, api: &Api, sources: &Sources) -> Option<TableView> {
    let name = section.name.value.clone();
    let role = match section.role {
        Role::Path => Table::Path,
        Role::Query => Table::Query,
        Role::Body | Role::Parts => Table::Body,
        Role::Response => Table::Response,
        Role::Object => Table::Object(name.clone()),
        _ => return None,
    };
    let Rows::Fields(fields) = &section.rows else {
        return None;
    };
    Some(TableView {
        file: sources.file(page.file).path.clone(),
        role,
        vendor_names: section.vendor.iter().map(|one| one.value.clone()).collect(),
        rows: fields.iter().map(|one| field(one, api, sources)).collect(),
        name,
    })
}

fn field(field: &Field, api: &Api, sources: &Sources) -> FieldView {
    let values = match &field.ty.value {
        Type::Named(name) => match api.types.get(name).map(|def| &def.kind) {
            Some(Kind::Enum(values)) => values.iter().map(|one| one.value.value.clone()).collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    let presence = match &field.presence.value {
        Presence::Required | Presence::Always(_) | Presence::Fixed(_) => PresenceView::Required,
        Presence::Optional => PresenceView::Optional,
        Presence::Default(value) => PresenceView::Default(value.to_string()),
        Presence::If(name, value) => PresenceView::If(name.clone(), value.clone()),
        Presence::AbsentAs(value) => PresenceView::AbsentAs(value.to_string()),
    };
    FieldView {
        name: field.name.value.clone(),
        ty: written(&field.ty.value),
        presence,
        values,
        line: sources.line_column(field.name.span).0,
    }
}

/// A type as the page writes it.
fn written(ty: &Type) -> String {
    match ty {
        Type::Str => "string".to_owned(),
        Type::Text => "text".to_owned(),
        Type::Bool => "bool".to_owned(),
        Type::Int => "int".to_owned(),
        Type::Float => "float".to_owned(),
        Type::Json => "json".to_owned(),
        Type::JsonText => "json_text".to_owned(),
        Type::UnixSeconds => "unix_seconds".to_owned(),
        Type::File => "file".to_owned(),
        Type::Id(kind) => format!("id<{kind}>"),
        Type::Map(inner) => format!("map<{}>", written(inner)),
        Type::List(inner) => format!("list<{}>", written(inner)),
        Type::Boxed(inner) => format!("box<{}>", written(inner)),
        Type::Named(name) => name.clone(),
    }
}
