//! Requests, replies and objects.

use super::{doc, operation, ty, type_docs};
use crate::{
    api::{Api, Kind, Place, TypeDef},
    naming,
    page::ast::{Field, Presence},
};
use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;

/// A struct with its constructor, setters and, for a request, its place in the API.
pub(super) fn emit(api: &Api, name: &str, def: &TypeDef) -> TokenStream {
    let module = &api.pages[def.page];
    let is_request = matches!(def.kind, Kind::Request(_));
    let docs = doc::attrs(&type_docs::of_type(&api.folder, module, name, def));
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
    derives.push(quote!(support::serde::Serialize));
    let readable = !(fixed || is_request && beside);
    if readable {
        derives.push(quote!(support::serde::Deserialize));
    }
    let methods = def.in_request.then(|| methods(api, &ident, def, &fields));
    let operation = is_request.then(|| operation::emit(module, &ident, &rows));
    quote! {
        #docs
        #[derive(#(#derives),*)]
        #[serde(crate = "support::serde")]
        #[non_exhaustive]
        pub struct #ident { #(#members)* }
        #methods
        #operation
    }
}

fn member(place: Place, field: &Field, request: bool) -> TokenStream {
    let docs = doc::attrs(&type_docs::of_field(field, request));
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
            Presence::Fixed(Value::Bool(v)) => values.push(quote!(#name: #v)),
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
