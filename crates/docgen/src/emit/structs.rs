//! Requests, replies and objects.

use super::{doc, ty};
use crate::{
    api::{Api, Kind, Module, Place, TypeDef},
    naming,
    page::ast::{Envelope, ExampleOf, Field, Method, Page, Presence, Retry, Type},
};
use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;

/// A struct with its constructor, setters and, for a request, its place in the API.
pub(super) fn emit(api: &Api, name: &str, def: &TypeDef) -> TokenStream {
    let module = &api.pages[def.page];
    let is_request = matches!(def.kind, Kind::Request(_));
    let docs = doc::attrs(&struct_docs(module, name, def));
    let ident = ty::name(name);
    // Parts of a multipart body are supplied by the caller and named by constants.
    let rows = def.fields();
    let fields: Vec<_> = rows
        .iter()
        .filter(|(place, _)| *place != Place::Part)
        .collect();
    let only_request = !def.in_reply;
    let members = fields
        .iter()
        .map(|(place, f)| member(*place, f, only_request));
    let fixed = fields
        .iter()
        .any(|(_, f)| matches!(f.presence.value, Presence::Fixed(_)));
    let beside = fields.iter().any(|(place, _)| *place != Place::Body);
    let required = fields
        .iter()
        .any(|(_, f)| matches!(f.presence.value, Presence::Required));
    let mut derives = vec![quote!(Clone), quote!(Debug)];
    if !required && !fixed {
        derives.push(quote!(Default));
    }
    derives.push(quote!(PartialEq));
    derives.push(quote!(rt::serde::Serialize));
    let readable = !(fixed || is_request && beside);
    if readable {
        derives.push(quote!(rt::serde::Deserialize));
    }
    let methods = def.in_request.then(|| methods(api, &ident, def, &fields));
    let operation = is_request.then(|| operation(module, &ident, &rows));
    quote! {
        #docs
        #[derive(#(#derives),*)]
        #[serde(crate = "rt::serde")]
        #[non_exhaustive]
        pub struct #ident { #(#members)* }
        #methods
        #operation
    }
}

fn member(place: Place, field: &Field, request: bool) -> TokenStream {
    let docs = doc::attrs(&field_docs(field, request));
    let rust = naming::field(&field.name.value);
    let ident = naming::ident(&rust);
    let held = ty::held(&field.ty.value, &field.presence.value, request);
    let holder = held.ty;
    let mut serde = held.serde;
    if place == Place::Body {
        if rust != field.name.value {
            let wire = &field.name.value;
            serde.insert(0, quote!(rename = #wire));
        }
        for alias in &field.aliases {
            let alias = &alias.value;
            serde.push(quote!(alias = #alias));
        }
    } else {
        serde = vec![quote!(skip)];
    }
    let attr = (!serde.is_empty()).then(|| quote!(#[serde(#(#serde),*)]));
    if matches!(field.presence.value, Presence::Fixed(_)) {
        return quote!(#docs #attr #ident: #holder,);
    }
    quote!(#docs #attr pub #ident: #holder,)
}

fn methods(
    api: &Api,
    ident: &proc_macro2::Ident,
    def: &TypeDef,
    fields: &[&(Place, &Field)],
) -> TokenStream {
    let mut arguments = Vec::new();
    let mut values = Vec::new();
    let mut setters = Vec::new();
    for (_, field) in fields {
        let name = naming::ident(&naming::field(&field.name.value));
        let (argument, value) = ty::argument(api, &field.ty.value);
        match &field.presence.value {
            Presence::Required => {
                arguments.push(quote!(#name: #argument));
                let value = replace_value(&value, &name);
                values.push(if name == value.to_string() {
                    quote!(#name)
                } else {
                    quote!(#name: #value)
                });
            }
            Presence::Fixed(Value::String(v)) => values.push(quote!(#name: #v)),
            presence => {
                let held = ty::held(&field.ty.value, presence, !def.in_reply);
                let unset = if held.optional {
                    quote!(None)
                } else {
                    ty::zero(&field.ty.value)
                };
                values.push(quote!(#name: #unset));
                let value = if held.optional {
                    quote!(Some(#value))
                } else {
                    value
                };
                let summary = doc::lines(&field.doc.value);
                let docs = doc::attrs(&summary);
                setters.push(quote! {
                    #docs
                    #[must_use]
                    pub fn #name(mut self, value: #argument) -> Self {
                        self.#name = #value;
                        self
                    }
                });
            }
        }
    }
    let parts = def
        .fields()
        .into_iter()
        .filter(|(place, _)| *place == Place::Part)
        .map(|(_, f)| {
            let docs = doc::attrs(
                &[
                    &["Name of a part of the body.".to_owned(), String::new()][..],
                    &doc::lines(&f.doc.value),
                ]
                .concat(),
            );
            let constant = ty::name(&format!(
                "PART_{}",
                naming::field(&f.name.value).to_uppercase()
            ));
            let wire = &f.name.value;
            quote!(#docs pub const #constant: &'static str = #wire;)
        });
    let fixed = fields
        .iter()
        .any(|(_, f)| matches!(f.presence.value, Presence::Fixed(_)));
    let default = (fixed && arguments.is_empty()).then(|| {
        quote! {
            impl Default for #ident {
                fn default() -> Self { Self::new() }
            }
        }
    });
    let new_doc = if arguments.is_empty() {
        " One with nothing set."
    } else {
        " One with its required fields."
    };
    quote! {
        impl #ident {
            #(#parts)*
            #[doc = #new_doc]
            pub fn new(#(#arguments),*) -> Self {
                Self { #(#values),* }
            }
            #(#setters)*
        }
        #default
    }
}

/// The conversion of an argument that is not called `value`.
fn replace_value(value: &TokenStream, name: &proc_macro2::Ident) -> TokenStream {
    value
        .clone()
        .into_iter()
        .map(|tree| match tree {
            proc_macro2::TokenTree::Ident(i) if i == "value" => {
                proc_macro2::TokenTree::Ident(name.clone())
            }
            tree => tree,
        })
        .collect()
}

fn operation(module: &Module, ident: &proc_macro2::Ident, rows: &[(Place, &Field)]) -> TokenStream {
    let Some(endpoint) = &module.page.endpoint else {
        return TokenStream::new();
    };
    let reply = if let Some(reply) = &module.reply {
        let reply = ty::name(reply);
        if endpoint.envelope.value == Envelope::DataList {
            quote!(rt::Vec<#reply>)
        } else {
            quote!(#reply)
        }
    } else {
        quote!(rt::NoReply)
    };
    let id = &endpoint.operation.value;
    let title = &module.page.title.value;
    let path = &endpoint.path.value;
    let scope = endpoint.scope.as_ref().map_or("", |s| s.as_str());
    let source = &endpoint.source.value;
    let method = ty::name(match endpoint.method.value {
        Method::Get => "Get",
        Method::Post => "Post",
        Method::Put => "Put",
        Method::Delete => "Delete",
    });
    let body = if rows.iter().any(|(p, _)| *p == Place::Part) {
        quote!(Multipart)
    } else if rows.iter().any(|(p, _)| *p == Place::Body) {
        quote!(Json)
    } else {
        quote!(None)
    };
    let shape = ty::name(match endpoint.envelope.value {
        Envelope::Flat => "Flat",
        Envelope::Data | Envelope::DataList => "Data",
        Envelope::Bare => "Bare",
        Envelope::Events => "Events",
    });
    let again = ty::name(match endpoint.retry.value {
        Retry::Safe => "Always",
        Retry::NotSent => "IfNotSent",
        Retry::Never => "Never",
    });
    let write_path = write_path(path);
    let write_query = write_query(rows);
    quote! {
        impl rt::Operation for #ident {
            type Reply = #reply;
            const META: &'static rt::OperationMeta = &rt::OperationMeta::new(#id, rt::Method::#method, #path)
                .title(#title)
                .scope(#scope)
                .body(rt::BodyKind::#body)
                .reply(rt::ReplyShape::#shape)
                .replay(rt::Replay::#again)
                .docs(#source);
            #write_path
            #write_query
        }
    }
}

fn write_path(path: &str) -> Option<TokenStream> {
    if !path.contains('{') {
        return None;
    }
    let mut steps = Vec::new();
    let mut rest = path;
    while let Some(open) = rest.find('{') {
        let literal = &rest[..open];
        let close = rest[open..].find('}').map_or(rest.len(), |n| n + open);
        let wire = &rest[open + 1..close];
        let field = naming::ident(&naming::field(wire));
        steps.push(quote!(out.push_str(#literal);));
        steps.push(quote!(rt::push_segment(out, #wire, self.#field.as_str())?;));
        rest = rest.get(close + 1..).unwrap_or_default();
    }
    if !rest.is_empty() {
        steps.push(quote!(out.push_str(#rest);));
    }
    Some(quote! {
        fn write_path(&self, out: &mut String) -> Result<(), rt::InvalidSegment> {
            #(#steps)*
            Ok(())
        }
    })
}

fn write_query(rows: &[(Place, &Field)]) -> Option<TokenStream> {
    let steps: Vec<_> = rows
        .iter()
        .filter(|(place, _)| *place == Place::Query)
        .map(|(_, f)| {
            let wire = &f.name.value;
            let field = naming::ident(&naming::field(wire));
            if ty::held(&f.ty.value, &f.presence.value, true).optional {
                quote!(if let Some(value) = &self.#field { rt::query(pair, #wire, value); })
            } else {
                quote!(rt::query(pair, #wire, &self.#field);)
            }
        })
        .collect();
    (!steps.is_empty()).then(|| {
        quote! {
            fn write_query(&self, pair: &mut dyn FnMut(&str, &str)) {
                #(#steps)*
            }
        }
    })
}

fn field_docs(field: &Field, request: bool) -> Vec<String> {
    let mut out = doc::lines(&field.doc.value);
    let note = match &field.presence.value {
        Presence::Default(v) if request => {
            Some(format!("The service takes `{v}` when it is absent."))
        }
        Presence::If(field, value) => Some(format!("Only when `{field}` is `{value}`.")),
        Presence::AbsentAs(v) => {
            let text = field.ty.value == Type::Str;
            let what = if text {
                "an empty text".to_owned()
            } else {
                format!("`{v}`")
            };
            Some(format!(
                "The service sends {what} for none; that is read as `None`."
            ))
        }
        Presence::Always(_) => Some("Always sent.".to_owned()),
        Presence::Fixed(v) => Some(format!("Always `{v}`.")),
        _ => None,
    };
    if let Some(note) = note {
        doc::push(&mut out, &note);
    }
    if !field.aliases.is_empty() {
        let names: Vec<_> = field
            .aliases
            .iter()
            .map(|a| format!("`{}`", a.value))
            .collect();
        doc::push(&mut out, &format!("Also read from {}.", names.join(", ")));
    }
    if let Some(example) = &field.example {
        doc::push(&mut out, &format!("Example: `{}`", example.value));
    }
    out
}

fn struct_docs(module: &Module, name: &str, def: &TypeDef) -> Vec<String> {
    let page = &module.page;
    let mut out = Vec::new();
    match &def.kind {
        Kind::Request(_) => request_docs(module, def, &mut out),
        Kind::Response(_) => {
            let request = module.request.as_deref().unwrap_or_default();
            out.push(format!("Reply of [`{request}`]."));
            prose(def, &mut out);
            examples(page, &ExampleOf::Response, &mut out);
            vendor(def, &mut out);
        }
        _ => {
            prose(def, &mut out);
            examples(page, &ExampleOf::Object(name.to_owned()), &mut out);
            vendor(def, &mut out);
        }
    }
    if out.is_empty() {
        out.push(format!("Part of \"{}\".", page.title.value));
    }
    out
}

pub(super) fn prose(def: &TypeDef, out: &mut Vec<String>) {
    for text in &def.prose {
        doc::push(out, &text.value);
    }
}

pub(super) fn vendor(def: &TypeDef, out: &mut Vec<String>) {
    if !def.vendor.is_empty() {
        let names: Vec<_> = def.vendor.iter().map(|v| format!("`{v}`")).collect();
        doc::push(
            out,
            &format!("Named {} in the service's own pages.", names.join(" and ")),
        );
    }
}

pub(super) fn examples(page: &Page, of: &ExampleOf, out: &mut Vec<String>) {
    for example in page.examples.iter().filter(|e| e.of.value == *of) {
        let tag = if example.json.is_some() {
            "json"
        } else {
            "text"
        };
        doc::push_fence(out, &example.label.value, tag, &example.text.value);
    }
}

fn request_docs(module: &Module, def: &TypeDef, out: &mut Vec<String>) {
    let page = &module.page;
    doc::push(out, &format!("{}.", page.title.value));
    for text in &page.intro {
        doc::push(out, &text.value);
    }
    prose(def, out);
    if let Some(endpoint) = &page.endpoint {
        let scope = endpoint
            .scope
            .as_ref()
            .map_or_else(String::new, |s| format!(", permission `{}`", s.value));
        let again = match endpoint.retry.value {
            Retry::Safe => "may be sent again",
            Retry::NotSent => "may be sent again only if it certainly was not accepted",
            Retry::Never => "is never sent again",
        };
        doc::push(
            out,
            &format!(
                "`{} {}`{scope}; {again}. Source: <{}>",
                endpoint.method.value.word(),
                endpoint.path.value,
                endpoint.source.value
            ),
        );
    }
    examples(page, &ExampleOf::Request, out);
    if !page.deviations.is_empty() {
        doc::push(out, "# Where sources disagree");
        out.push(String::new());
        for d in &page.deviations {
            let line = format!(
                "- `{}` ({}): {}. Here: {}.",
                d.at.value,
                d.rule.value,
                d.vendor.value.trim_end_matches('.'),
                d.decision.value.trim_end_matches('.')
            );
            out.extend(doc::lines(&line));
        }
    }
}
