//! Tests that decode each example, write it again and compare.

use super::ty;
use crate::{
    api::{Api, Module},
    page::ast::{Envelope, Example, ExampleOf, Rows},
};
use heck::ToSnakeCase;
use proc_macro2::TokenStream;
use quote::quote;
use std::collections::BTreeMap;

/// The tests by the folder of their page; the pages at the top come with the list of folders.
pub(super) fn emit(api: &Api, krate: &str) -> BTreeMap<String, TokenStream> {
    let krate = ty::name(krate);
    let mut folders = BTreeMap::from([(String::new(), Vec::new())]);
    for module in &api.pages {
        let folder = match &module.path()[..] {
            [folder, _, ..] => folder.clone(),
            _ => String::new(),
        };
        let examples = module.page.examples.iter();
        let tests = examples.filter_map(|example| test(api, module, example));
        folders.entry(folder).or_insert_with(Vec::new).extend(tests);
    }
    folders.retain(|folder, tests| folder.is_empty() || !tests.is_empty());
    let modules: Vec<_> = folders
        .keys()
        .filter(|name| !name.is_empty())
        .cloned()
        .collect();
    folders
        .into_iter()
        .map(|(folder, tests)| {
            let modules = modules
                .iter()
                .filter(|_| folder.is_empty())
                .map(|name| ty::name(name));
            let uses = (!tests.is_empty()).then(|| {
                quote! {
                    use crate::check;
                    use #krate as models;
                }
            });
            let file = quote!(#(mod #modules;)* #uses #(#tests)*);
            (folder, file)
        })
        .collect()
}

fn test(api: &Api, module: &Module, example: &Example) -> Option<TokenStream> {
    let what = match &example.of.value {
        ExampleOf::Request => "request".to_owned(),
        ExampleOf::Response => "response".to_owned(),
        ExampleOf::Event(name) | ExampleOf::Object(name) => name.to_snake_case(),
    };
    let name =
        format!("{} {what} {}", module.path().join(" "), example.label.value).to_snake_case();
    let name = ty::name(&name);
    let text = &example.text.value;
    let call = match &example.of.value {
        ExampleOf::Request => {
            let request = api.types.get(module.request.as_ref()?)?;
            let body_only = request
                .fields()
                .iter()
                .all(|(place, _)| *place == crate::api::Place::Body);
            let fixed = request
                .fields()
                .iter()
                .any(|(_, f)| matches!(f.presence.value, crate::page::ast::Presence::Fixed(_)));
            if !body_only || fixed {
                return None;
            }
            let ty = ty::name(module.request.as_ref()?);
            quote!(check::whole::<models::#ty>(#text))
        }
        ExampleOf::Response => {
            let envelope = module.page.endpoint.as_ref()?.envelope.value;
            let reply = ty::name(module.reply.as_ref()?);
            match envelope {
                Envelope::Flat => quote!(check::flat::<models::#reply>(#text)),
                Envelope::Data => quote!(check::data::<models::#reply>(#text)),
                Envelope::DataList => quote!(check::data::<Vec<models::#reply>>(#text)),
                Envelope::Bare => quote!(check::whole::<models::#reply>(#text)),
                Envelope::Events => return None,
            }
        }
        ExampleOf::Object(name) => {
            let object = ty::name(name);
            quote!(check::whole::<models::#object>(#text))
        }
        ExampleOf::Event(event) => {
            let events = module.page.sections.iter().find(|s| {
                matches!(&s.rows, Rows::Events(rows) if rows.iter().any(|r| r.name.value == *event))
            })?;
            let events = ty::name(&events.name.value);
            quote!(check::event::<models::#events>(#event, #text))
        }
    };
    Some(quote! {
        #[test]
        fn #name() { #call; }
    })
}
