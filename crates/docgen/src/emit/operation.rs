//! The `Operation` of a request.

use super::ty;
use crate::{
    api::{Module, Place},
    naming,
    page::ast::{Envelope, Field, Method, Retry},
};
use proc_macro2::TokenStream;
use quote::quote;

/// The implementation; nothing for a page without an endpoint, which has no request either.
pub(super) fn emit(
    module: &Module,
    ident: &proc_macro2::Ident,
    rows: &[(Place, &Field)],
) -> TokenStream {
    let Some(endpoint) = &module.page.endpoint else {
        return TokenStream::new();
    };
    let reply = if let Some(reply) = &module.reply {
        let reply = ty::name(reply);
        if endpoint.envelope.value == Envelope::DataList {
            quote!(support::Vec<#reply>)
        } else {
            quote!(#reply)
        }
    } else {
        quote!(support::NoReply)
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
    let effect = endpoint.effect.as_ref().map(|_| quote!(.starts_run()));
    let attempts = endpoint.attempts.as_ref().map(|n| {
        let n = proc_macro2::Literal::u32_unsuffixed(n.value);
        quote!(.max_attempts(#n))
    });
    let write_path = write_path(path);
    let write_query = write_query(rows);
    quote! {
        impl support::Operation for #ident {
            type Reply = #reply;
            const META: &'static support::OperationMeta = &support::OperationMeta::new(#id, support::Method::#method, #path)
                .title(#title)
                .scope(#scope)
                .body(support::BodyKind::#body)
                .reply(support::ReplyShape::#shape)
                .replay(support::ReplaySafety::#again)
                #effect
                #attempts
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
        steps.push(quote!(support::push_segment(out, #wire, self.#field.as_str())?;));
        rest = rest.get(close + 1..).unwrap_or_default();
    }
    if !rest.is_empty() {
        steps.push(quote!(out.push_str(#rest);));
    }
    Some(quote! {
        fn write_path(&self, out: &mut String) -> Result<(), support::InvalidSegment> {
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
                quote!(if let Some(value) = &self.#field { support::query(pair, #wire, value); })
            } else {
                quote!(support::query(pair, #wire, &self.#field);)
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
