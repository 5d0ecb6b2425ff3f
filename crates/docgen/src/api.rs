//! All pages of a set joined: types by name, with the side of the wire they stand on.

use crate::{
    diagnostic::{Diagnostic, Diagnostics},
    page::ast::{EnumValue, Envelope, EventRow, Field, Page, Role, Rows, Type},
    source::{Span, Spanned},
};
use std::collections::BTreeMap;

/// The pages of a set and what they define.
#[derive(Debug)]
pub struct Api {
    /// Folder of the pages, e.g. `docs/api`.
    pub folder: String,
    /// The pages, by path.
    pub pages: Vec<Module>,
    /// Types by name.
    pub types: BTreeMap<String, TypeDef>,
    /// Kinds of ids with the page that introduces each.
    pub ids: BTreeMap<String, Id>,
}

/// A page and the module it becomes.
#[derive(Debug)]
pub struct Module {
    /// The page.
    pub page: Page,
    /// Path of the page below the set's folder, without `.md`, e.g. `workflow/run-history`.
    pub name: String,
    /// Name of the request type, on pages of operations.
    pub request: Option<String>,
    /// Name of the reply type, where there is one.
    pub reply: Option<String>,
}

impl Module {
    /// Parts of the Rust module path, e.g. `workflow`, `run_history`.
    pub fn path(&self) -> Vec<String> {
        let part = |p: &str| p.replace('-', "_");
        self.name.split('/').map(part).collect()
    }
}

/// A kind of id.
#[derive(Debug)]
pub struct Id {
    /// Index of its page.
    pub page: usize,
    /// Description.
    pub doc: Spanned<String>,
    /// Place of its row.
    pub span: Span,
}

/// A named type.
#[derive(Debug)]
pub struct TypeDef {
    /// Index of its page.
    pub page: usize,
    /// Place of its name.
    pub span: Span,
    /// Names the vendor's pages use.
    pub vendor: Vec<String>,
    /// Paragraphs that describe it.
    pub prose: Vec<Spanned<String>>,
    /// The key of an event's data that names the event.
    pub named_by: Option<String>,
    /// What it is.
    pub kind: Kind,
    /// Whether a request holds it.
    pub in_request: bool,
    /// Whether a response holds it.
    pub in_reply: bool,
}

/// What a type is.
#[derive(Debug)]
pub enum Kind {
    /// An operation's request.
    Request(Vec<(Place, Field)>),
    /// The payload of an operation's response.
    Response(Vec<Field>),
    /// An object.
    Object(Vec<Field>),
    /// An open set of values.
    Enum(Vec<EnumValue>),
    /// The events of a stream.
    Events(Vec<EventRow>),
}

impl TypeDef {
    /// The fields with their places; none for enums and events.
    pub fn fields(&self) -> Vec<(Place, &Field)> {
        match &self.kind {
            Kind::Request(fields) => fields.iter().map(|(place, f)| (*place, f)).collect(),
            Kind::Response(fields) | Kind::Object(fields) => {
                fields.iter().map(|f| (Place::Body, f)).collect()
            }
            Kind::Enum(_) | Kind::Events(_) => Vec::new(),
        }
    }
}

/// Where a field of a request travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// In the JSON body.
    Body,
    /// As a part of a multipart body.
    Part,
}

/// Whether all values of an enum are integers, so that it stands for one on the wire.
pub fn is_int_enum(values: &[EnumValue]) -> bool {
    !values.is_empty() && values.iter().all(|v| v.value.value.parse::<i64>().is_ok())
}

/// Joins the pages of a folder; `pages` holds each with its path below the set's folder, without `.md`.
pub fn join(folder: &str, pages: Vec<(String, Page)>, diagnostics: &mut Diagnostics) -> Api {
    let mut api = Api {
        folder: folder.to_owned(),
        pages: Vec::new(),
        types: BTreeMap::new(),
        ids: BTreeMap::new(),
    };
    for (index, (name, page)) in pages.into_iter().enumerate() {
        for row in &page.ids {
            let id = Id {
                page: index,
                doc: row.doc.clone(),
                span: row.kind.span,
            };
            if let Some(first) = api.ids.get(&row.kind.value) {
                twice(diagnostics, "D035", "kind of id", &row.kind, first.span);
            } else {
                api.ids.insert(row.kind.value.clone(), id);
            }
        }
        let (request, reply) = define(&mut api, index, &page, diagnostics);
        api.pages.push(Module {
            page,
            name,
            request,
            reply,
        });
    }
    resolve_replies(&mut api, diagnostics);
    mark_sides(&mut api);
    api
}

fn twice(
    diagnostics: &mut Diagnostics,
    code: &'static str,
    what: &str,
    name: &Spanned<String>,
    first: Span,
) {
    diagnostics.push(
        Diagnostic::new(
            code,
            name.span,
            format!("{what} `{}` stands twice", name.value),
        )
        .label("second time")
        .other(first, "first here"),
    );
}

/// Adds the types of a page; gives the names of its request and reply.
fn define(
    api: &mut Api,
    index: usize,
    page: &Page,
    diagnostics: &mut Diagnostics,
) -> (Option<String>, Option<String>) {
    let mut request: Option<Spanned<String>> = None;
    let mut reply: Option<Spanned<String>> = None;
    for section in &page.sections {
        let place = match section.role {
            Role::Path => Some(Place::Path),
            Role::Query => Some(Place::Query),
            Role::Body => Some(Place::Body),
            Role::Parts => Some(Place::Part),
            _ => None,
        };
        if (place.is_some() || section.role == Role::Response) && page.endpoint.is_none() {
            diagnostics.push(
                Diagnostic::new("D022", section.name.span, "section without an endpoint")
                    .label("only a page with an endpoint table has requests and responses"),
            );
            continue;
        }
        let mut def = TypeDef {
            page: index,
            span: section.name.span,
            vendor: section.vendor.iter().map(|v| v.value.clone()).collect(),
            prose: section.prose.clone(),
            named_by: section.named_by.as_ref().map(|key| key.value.clone()),
            kind: Kind::Object(Vec::new()),
            in_request: false,
            in_reply: false,
        };
        let fields = |rows: &Rows| match rows {
            Rows::Fields(fields) => fields.clone(),
            _ => Vec::new(),
        };
        def.kind = match (place, &section.rows) {
            (Some(place), rows) => {
                let rows = fields(rows).into_iter().map(|f| (place, f));
                if let Some(first) = &request {
                    if first.value != section.name.value {
                        diagnostics.push(
                            Diagnostic::new("D022", section.name.span, "a page has one request")
                                .label(format!("expected `{}`", first.value))
                                .other(first.span, "the request"),
                        );
                        continue;
                    }
                    if let Some(TypeDef {
                        kind: Kind::Request(all),
                        prose,
                        ..
                    }) = api.types.get_mut(&first.value)
                    {
                        all.extend(rows);
                        prose.extend(section.prose.iter().cloned());
                        continue;
                    }
                }
                request = Some(section.name.clone());
                Kind::Request(rows.collect())
            }
            (None, Rows::Values(values)) => Kind::Enum(values.clone()),
            (None, Rows::Events(events)) => Kind::Events(events.clone()),
            (None, rows) if section.role == Role::Response => {
                if let Some(first) = &reply {
                    twice(
                        diagnostics,
                        "D022",
                        "the response",
                        &section.name,
                        first.span,
                    );
                }
                reply = Some(section.name.clone());
                Kind::Response(fields(rows))
            }
            (None, rows) => Kind::Object(fields(rows)),
        };
        if let Some(first) = api.types.get(&section.name.value) {
            twice(diagnostics, "D051", "type", &section.name, first.span);
        } else {
            api.types.insert(section.name.value.clone(), def);
        }
    }
    endpoint_types(page, request.as_ref(), &mut reply, diagnostics);
    (request.map(|r| r.value), reply.map(|r| r.value))
}

/// An operation has a request, and a reply here or elsewhere.
fn endpoint_types(
    page: &Page,
    request: Option<&Spanned<String>>,
    reply: &mut Option<Spanned<String>>,
    diagnostics: &mut Diagnostics,
) {
    if let Some(endpoint) = &page.endpoint {
        if request.is_none() {
            diagnostics.push(
                Diagnostic::new("D022", endpoint.span, "the request is missing")
                    .label("expected a section Path, Query, Body or Parts"),
            );
        }
        match (&endpoint.reply, &*reply) {
            (Some(named), Some(here)) => {
                twice(diagnostics, "D022", "the response", named, here.span);
            }
            (Some(named), None) => *reply = Some(named.clone()),
            (None, None) if !matches!(endpoint.envelope.value, Envelope::Flat) => {
                diagnostics.push(
                    Diagnostic::new("D022", endpoint.envelope.span, "the response is missing")
                        .label("only a flat envelope may hold nothing else")
                        .help("add a section Response, or a row `Reply` that names a section"),
                );
            }
            _ => {}
        }
    }
}

fn resolve_replies(api: &mut Api, diagnostics: &mut Diagnostics) {
    for module in &api.pages {
        let Some(endpoint) = &module.page.endpoint else {
            continue;
        };
        if let Some(failure) = &endpoint.failure
            && !matches!(
                api.types.get(&failure.value).map(|def| &def.kind),
                Some(Kind::Object(_))
            )
        {
            let message = format!("object `{}` is defined on no page", failure.value);
            let label = "not an Object section of any page";
            diagnostics.push(Diagnostic::new("D050", failure.span, message).label(label));
        }
        let Some(reply) = &module.reply else { continue };
        let at = endpoint.reply.as_ref().map_or(endpoint.span, |r| r.span);
        let events = endpoint.envelope.value == Envelope::Events;
        match api.types.get(reply).map(|def| &def.kind) {
            None => diagnostics.push(
                Diagnostic::new("D050", at, format!("`{reply}` is defined on no page"))
                    .label("not a section of any page"),
            ),
            Some(Kind::Events(_)) if events => {}
            Some(Kind::Response(_) | Kind::Object(_)) if !events => {}
            Some(_) => diagnostics.push(
                Diagnostic::new(
                    "D050",
                    at,
                    format!(
                        "`{reply}` does not fit the envelope `{}`",
                        endpoint.envelope.value.word()
                    ),
                )
                .label("an event stream needs an Events section, anything else an object")
                .other(endpoint.envelope.span, "the envelope"),
            ),
        }
    }
}

/// Marks each type with the sides that reach it. A type that nothing reaches counts as part of responses.
fn mark_sides(api: &mut Api) {
    let mut work: Vec<(String, bool)> = Vec::new();
    for (name, def) in &api.types {
        match def.kind {
            Kind::Request(_) => work.push((name.clone(), true)),
            Kind::Response(_) | Kind::Events(_) => work.push((name.clone(), false)),
            _ => {}
        }
    }
    work.extend(
        api.pages
            .iter()
            .filter_map(|m| m.reply.clone())
            .map(|r| (r, false)),
    );
    while let Some((name, request)) = work.pop() {
        let Some(def) = api.types.get_mut(&name) else {
            continue;
        };
        let seen = if request {
            &mut def.in_request
        } else {
            &mut def.in_reply
        };
        if std::mem::replace(seen, true) {
            continue;
        }
        if let Kind::Events(events) = &def.kind {
            let objects = events.iter().filter_map(|e| e.payload.object());
            work.extend(objects.map(|name| (name.value.clone(), false)));
        }
        for (_, field) in def.fields() {
            names(&field.ty.value, &mut |name| {
                work.push((name.to_owned(), request));
            });
        }
    }
    for def in api.types.values_mut() {
        def.in_reply |= !def.in_request;
    }
}

/// The names a type refers to.
pub fn names(ty: &Type, found: &mut dyn FnMut(&str)) {
    match ty {
        Type::Named(name) => found(name),
        Type::Map(of) | Type::List(of) | Type::Boxed(of) => names(of, found),
        _ => {}
    }
}

/// The kinds of ids a type refers to.
pub fn id_kinds(ty: &Type, found: &mut dyn FnMut(&str)) {
    match ty {
        Type::Id(kind) => found(kind),
        Type::Map(of) | Type::List(of) | Type::Boxed(of) => id_kinds(of, found),
        _ => {}
    }
}
