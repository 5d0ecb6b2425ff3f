//! Our pages as they are held against sources.

use crate::api::{Api, Kind, Module};
use crate::capture::model::Role;
use crate::page::ast::{self, Envelope, Field, Page, Presence, Rows, Section, Type};
use crate::source::Sources;

/// One of our pages that describe a call, with the tables its types lead to.
#[derive(Clone, Debug, Default)]
pub struct PageView {
    /// Path of the file.
    pub file: String,
    /// HTTP method.
    pub method: String,
    /// Path, placeholders as `{name}`.
    pub path: String,
    /// Scope.
    pub scope: String,
    /// Whether the fields of the response stand inside `data`.
    pub data_envelope: bool,
    /// Whether `data` is a list of what is described.
    pub data_list: bool,
    /// Whether the response is a stream of events.
    pub stream: bool,
    /// The object of another page that the response is.
    pub reply: Option<String>,
    /// Tables.
    pub tables: Vec<TableView>,
    /// Rows of the Deviations table.
    pub deviations: Vec<DeviationView>,
    /// Rows of the Deviations tables of other pages that speak for this one.
    pub shared: Vec<DeviationView>,
}

/// A table of fields.
#[derive(Clone, Debug)]
pub struct TableView {
    /// Path of the page it stands on.
    pub file: String,
    /// Path, Query, Body, Response or Object.
    pub role: Role,
    /// Our name of the type.
    pub name: String,
    /// The service's names of it.
    pub vendor_names: Vec<String>,
    /// Rows.
    pub rows: Vec<FieldView>,
}

/// A field.
#[derive(Clone, Debug)]
pub struct FieldView {
    /// Name on the wire.
    pub name: String,
    /// Type.
    pub ty: Type,
    /// When it is there.
    pub presence: Presence,
    /// Values, when the type is one of the page's enums.
    pub values: Vec<String>,
    /// Line on the page.
    pub line: usize,
}

/// A row of the Deviations table.
#[derive(Clone, Debug)]
pub struct DeviationView {
    /// Place: our type and field, or `$.…`.
    pub at: String,
    /// Rule.
    pub rule: String,
    /// What the source says.
    pub vendor: String,
    /// What our page says.
    pub decision: String,
    /// Path of the file.
    pub file: String,
    /// Line on the page.
    pub line: usize,
}

/// The pages of a set that describe a call. Objects of pages without a call belong to all; events
/// belong to the calls that respond with them.
pub fn views(api: &Api, sources: &Sources) -> Vec<PageView> {
    let read = |module: &Module| Read {
        tables: tables_of(&module.page, api, sources),
        deviations: deviations(&module.page, sources),
    };
    let all: Vec<(&Page, Read)> = api.pages.iter().map(|one| (&one.page, read(one))).collect();
    let calls = all
        .iter()
        .filter_map(|(page, read)| Some((*page, read, page.endpoint.as_ref()?)));
    let view = |(page, read, endpoint): (&Page, &Read, &ast::Endpoint)| {
        let reply = endpoint.reply.as_ref().map(|reply| reply.value.as_str());
        let scope = endpoint.scope.as_ref().map(|scope| scope.value.clone());
        let envelope = endpoint.envelope.value;
        let mut view = PageView {
            file: sources.file(page.file).path.clone(),
            method: endpoint.method.value.word().to_owned(),
            path: endpoint.path.value.clone(),
            scope: scope.unwrap_or_default(),
            data_envelope: matches!(envelope, Envelope::Data | Envelope::DataList),
            data_list: envelope == Envelope::DataList,
            stream: envelope == Envelope::Events,
            reply: reply.map(str::to_owned),
            tables: read.tables.clone(),
            deviations: read.deviations.clone(),
            shared: Vec::new(),
        };
        for (other, read) in all.iter().filter(|(other, _)| other.endpoint.is_none()) {
            let events = other
                .sections
                .iter()
                .filter(|one| one.role == ast::Role::Events);
            if events
                .clone()
                .all(|one| reply == Some(one.name.value.as_str()))
            {
                view.tables.extend(read.tables.iter().cloned());
                view.shared.extend(read.deviations.iter().cloned());
            }
        }
        view.borrow(page, reply, &all);
        view
    };
    calls.map(view).collect()
}

/// What a page gives to those that refer to it.
struct Read {
    tables: Vec<TableView>,
    deviations: Vec<DeviationView>,
}

/// The name a type refers to.
pub(super) fn name_in(ty: &Type) -> Option<&str> {
    match ty {
        Type::Map(inner) | Type::List(inner) | Type::Boxed(inner) => name_in(inner),
        Type::Named(name) => Some(name),
        _ => None,
    }
}

impl PageView {
    /// Adds the tables of other pages that the page's types lead to, with what those pages say about
    /// them.
    fn borrow(&mut self, page: &Page, reply: Option<&str>, all: &[(&Page, Read)]) {
        let mut wanted: Vec<String> = reply.map(str::to_owned).into_iter().collect();
        let mut next = 0;
        loop {
            let rows = self.tables[next..].iter().flat_map(|table| &table.rows);
            wanted.extend(rows.filter_map(|row| name_in(&row.ty)).map(str::to_owned));
            next = self.tables.len();
            for (_, read) in all.iter().filter(|(other, _)| other.file != page.file) {
                for table in &read.tables {
                    let responses = matches!(table.role, Role::Response | Role::Object(_));
                    let same = |one: &TableView| one.name == table.name && one.file == table.file;
                    if !responses || !wanted.contains(&table.name) || self.tables.iter().any(same) {
                        continue;
                    }
                    let about =
                        |one: &&DeviationView| one.at.split('.').next() == Some(&table.name);
                    self.shared
                        .extend(read.deviations.iter().filter(about).cloned());
                    self.tables.push(table.clone());
                }
            }
            if self.tables.len() == next {
                return;
            }
        }
    }

    /// The rows of Deviations that speak for this page.
    pub fn explanations(&self) -> impl Iterator<Item = &DeviationView> {
        self.deviations.iter().chain(&self.shared)
    }

    /// Our tables for a table of a source.
    pub fn table_for(&self, key: &str, data_type: Option<&str>) -> Vec<&TableView> {
        let base = key.split('#').next().unwrap_or(key);
        let same = |name: &str| name.eq_ignore_ascii_case(base);
        let inside = self.data_envelope && data_type.is_some_and(same);
        let fits = |table: &&TableView| match (base, &table.role) {
            ("path", role) => *role == Role::Path,
            ("query", role) => *role == Role::Query,
            ("body", role) => *role == Role::Body,
            ("response", role) => self.is_response(role) && !self.data_envelope,
            (_, Role::Response) if inside => true,
            (_, Role::Response | Role::Object(_)) => {
                same(&table.name) || table.vendor_names.iter().any(|name| same(name))
            }
            _ => false,
        };
        self.tables.iter().filter(fits).collect()
    }

    /// Whether a table is that of the response.
    fn is_response(&self, role: &Role) -> bool {
        match role {
            Role::Response => true,
            Role::Object(name) => self.reply.as_ref() == Some(name),
            _ => false,
        }
    }

    /// A place of a source in our words: `OpenAPIX.field` is `X.field`, `response.code` is `$.code`.
    pub fn place(&self, at: &str, data_type: Option<&str>) -> String {
        let (table, field) = match at.split_once('.') {
            Some(("$", _)) => return at.to_owned(),
            Some((table, field)) => (table, Some(field)),
            None => (at, None),
        };
        let ours = self.table_for(table, data_type);
        let top = field.and_then(|field| field.split('.').next());
        let has = |one: &&&TableView| one.rows.iter().any(|row| Some(row.name.as_str()) == top);
        let having = ours.iter().find(has);
        let response = table.split('#').next() == Some("response");
        match (having.or(ours.first()), field) {
            (Some(ours), None) => ours.name.clone(),
            (Some(ours), Some(field)) if !response || having.is_some() => {
                format!("{}.{field}", ours.name)
            }
            (_, Some(field)) if response => format!("$.{field}"),
            _ => at.to_owned(),
        }
    }
}

fn tables_of(page: &Page, api: &Api, sources: &Sources) -> Vec<TableView> {
    let tables = page.sections.iter();
    tables
        .filter_map(|section| table(page, section, api, sources))
        .collect()
}

fn deviations(page: &Page, sources: &Sources) -> Vec<DeviationView> {
    let view = |one: &ast::Deviation| DeviationView {
        at: one.at.value.clone(),
        rule: one.rule.value.clone(),
        vendor: one.vendor.value.clone(),
        decision: one.decision.value.clone(),
        file: sources.file(page.file).path.clone(),
        line: sources.line_column(one.at.span).0,
    };
    page.deviations.iter().map(view).collect()
}

fn table(page: &Page, section: &Section, api: &Api, sources: &Sources) -> Option<TableView> {
    let name = section.name.value.clone();
    let role = match section.role {
        ast::Role::Path => Role::Path,
        ast::Role::Query => Role::Query,
        ast::Role::Body | ast::Role::Parts => Role::Body,
        ast::Role::Response => Role::Response,
        ast::Role::Object => Role::Object(name.clone()),
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
    FieldView {
        name: field.name.value.clone(),
        ty: field.ty.value.clone(),
        presence: field.presence.value.clone(),
        values,
        line: sources.line_column(field.name.span).0,
    }
}
