//! Our pages as the importer looks at them.

use super::view::{DeviationView, FieldView, PageView, PresenceView, TableView};
use crate::api::{Api, Kind};
use crate::capture::model::Role as Table;
use crate::page::ast::{Envelope, Field, Page, Presence, Role, Rows, Section, Type};
use crate::source::Sources;

/// The pages of a set that describe a call. Objects of pages without one belong to all.
pub fn views(api: &Api, sources: &Sources) -> Vec<PageView> {
    let shared: Vec<TableView> = api
        .pages
        .iter()
        .filter(|module| module.page.endpoint.is_none())
        .flat_map(|module| {
            module
                .page
                .sections
                .iter()
                .filter_map(|section| table(&module.page, section, api, sources))
        })
        .collect();
    let explanations: Vec<DeviationView> = api
        .pages
        .iter()
        .filter(|module| module.page.endpoint.is_none())
        .flat_map(|module| deviations(&module.page, sources))
        .collect();
    api.pages
        .iter()
        .filter_map(|module| {
            let page = &module.page;
            let endpoint = page.endpoint.as_ref()?;
            let mut tables: Vec<TableView> = page
                .sections
                .iter()
                .filter_map(|section| table(&module.page, section, api, sources))
                .collect();
            tables.extend(shared.iter().cloned());
            Some(PageView {
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
                shared: explanations.clone(),
            })
        })
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
