//! Open enums, events and error codes.

use super::{doc, ty, type_docs};
use crate::{
    api::{Api, TypeDef, is_int_enum},
    naming,
    page::ast::{CodeSection, EnumValue, EventRow, ExampleOf, Payload},
};
use heck::ToUpperCamelCase as _;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

fn variant(value: &EnumValue) -> Ident {
    let derived = || naming::variant(&value.value.value).unwrap_or_default();
    ty::name(
        &value
            .name
            .as_ref()
            .map_or_else(derived, |n| n.value.clone()),
    )
}

/// An open enum.
pub(super) fn emit(name: &str, def: &TypeDef, values: &[EnumValue]) -> TokenStream {
    let ident = ty::name(name);
    let mut docs = Vec::new();
    type_docs::prose(def, &mut docs);
    doc::push(
        &mut docs,
        "An open set: more values may come, and are kept as received.",
    );
    type_docs::vendor(def, &mut docs);
    let docs = doc::attrs(&docs);
    let variants: Vec<Ident> = values.iter().map(variant).collect();
    let value_docs = values.iter().map(|v| {
        let mut lines = doc::lines(&v.doc.value);
        doc::push(&mut lines, &format!("On the wire: `{}`", v.value.value));
        doc::attrs(&lines)
    });
    let ints = is_int_enum(values);
    let (wire, payload, derive) = if ints {
        let wire: Vec<TokenStream> = values
            .iter()
            .map(|v| {
                let n = Literal::i64_unsuffixed(v.value.value.parse().unwrap_or_default());
                quote!(#n)
            })
            .collect();
        (wire, quote!(support::Unrecognized<i64>), quote!(Copy,))
    } else {
        let wire = values.iter().map(|v| {
            let v = &v.value.value;
            quote!(#v)
        });
        (wire.collect(), quote!(support::Unrecognized), quote!())
    };
    let copy = if ints { quote!() } else { derive.clone() };
    let body = quote! {
        #docs
        #[derive(Clone, #copy Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum #ident {
            #(#value_docs #variants,)*
            /// A value this version does not know. Compare its wire form rather than this variant.
            Unrecognized(#payload),
        }
    };
    let rest = if ints {
        quote! {
            impl #ident {
                /// The values this version knows.
                pub const KNOWN: &'static [i64] = &[#(#wire),*];
                /// The value on the wire.
                pub const fn as_i64(&self) -> i64 {
                    match self {
                        #(Self::#variants => #wire,)*
                        Self::Unrecognized(value) => *value.get(),
                    }
                }
            }
            impl From<i64> for #ident {
                fn from(value: i64) -> Self {
                    match value {
                        #(#wire => Self::#variants,)*
                        other => Self::Unrecognized(support::Unrecognized::new(other)),
                    }
                }
            }
            support::open_int_enum!(#ident);
        }
    } else {
        quote! {
            impl #ident {
                /// The values this version knows.
                pub const KNOWN: &'static [&'static str] = &[#(#wire),*];
                /// The value on the wire.
                pub fn as_str(&self) -> &str {
                    match self {
                        #(Self::#variants => #wire,)*
                        Self::Unrecognized(value) => value.get(),
                    }
                }
            }
            impl From<&str> for #ident {
                fn from(value: &str) -> Self {
                    match value {
                        #(#wire => Self::#variants,)*
                        other => Self::Unrecognized(support::Unrecognized::new(String::from(other))),
                    }
                }
            }
            support::open_enum!(#ident);
        }
    };
    quote!(#body #rest)
}

/// The Rust name of an event: its last word, or its last two where those are needed.
pub fn event_variant(events: &[EventRow], event: &EventRow) -> String {
    let last = |e: &EventRow| {
        e.name
            .value
            .rsplit('.')
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let alone = events.iter().filter(|e| last(e) == last(event)).count() == 1;
    let words: Vec<&str> = event.name.value.split('.').collect();
    let dotted = words.len() > 1;
    let text = if alone && !dotted {
        words.join("_")
    } else {
        words[words.len().saturating_sub(2)..].join("_")
    };
    // Acronyms read as words.
    let text = if text.chars().all(|c| c.is_ascii_uppercase()) {
        text.to_lowercase()
    } else {
        text
    };
    naming::variant(&text).unwrap_or_default()
}

/// The events of a stream.
pub(super) fn events(api: &Api, name: &str, def: &TypeDef, rows: &[EventRow]) -> TokenStream {
    let ident = ty::name(name);
    let mut docs = Vec::new();
    type_docs::prose(def, &mut docs);
    doc::push(
        &mut docs,
        "It is serialized as `{\"event\": name, \"data\": …}`.",
    );
    let docs = doc::attrs(&docs);
    let mut variants = Vec::new();
    let mut decode = Vec::new();
    let mut names = Vec::new();
    let mut ends = Vec::new();
    let mut data = Vec::new();
    for row in rows {
        let variant = ty::name(&event_variant(rows, row));
        let mut lines = doc::lines(&row.doc.value);
        doc::push(&mut lines, &format!("On the wire: `{}`", row.name.value));
        type_docs::examples(
            &api.pages[def.page].page,
            &ExampleOf::Event(row.name.value.clone()),
            &mut lines,
        );
        let lines = doc::attrs(&lines);
        let wire = &row.name.value;
        let unnamed = row.unnamed.then(|| quote!(name.is_empty() ||));
        let read = match &row.payload {
            Payload::Ignored => {
                variants.push(quote!(#lines #variant,));
                decode.push(quote!(if #unnamed name.eq_ignore_ascii_case(#wire) { return Ok(Self::#variant); }));
                names.push(quote!(Self::#variant => #wire,));
                ends.push(row.ends.then(|| quote!(Self::#variant)));
                data.push(quote!(Self::#variant => Ok(String::from("{}")),));
                continue;
            }
            Payload::Object(_) => quote!(support::object(name, data)),
            Payload::OrNothing(_) => quote!(support::object_or_nothing(name, data)),
            Payload::OrText(object, field) => {
                let object = ty::name(&object.value);
                let field = naming::ident(&naming::field(&field.value));
                quote!(support::object_or_text(name, data, |object: &mut support::Box<#object>, text| object.#field = text.into()))
            }
        };
        let Some(object) = row.payload.object() else {
            continue;
        };
        let object = ty::name(&object.value);
        // An event is moved some ten times on its way to the caller.
        variants.push(quote!(#lines #variant(support::Box<#object>),));
        decode.push(if row.unnamed {
            quote! {
                if name.eq_ignore_ascii_case(#wire) { return #read.map(Self::#variant); }
                if name.is_empty() && let Ok(object) = #read { return Ok(Self::#variant(object)); }
            }
        } else {
            quote!(if name.eq_ignore_ascii_case(#wire) { return #read.map(Self::#variant); })
        });
        names.push(quote!(Self::#variant(_) => #wire,));
        ends.push(row.ends.then(|| quote!(Self::#variant(_))));
        data.push(if let Some(key) = &def.named_by {
            quote!(Self::#variant(object) => support::with_name(#key, #wire, object),)
        } else {
            quote!(Self::#variant(object) => support::serde_json::to_string(object),)
        });
    }
    let ends: Vec<_> = ends.into_iter().flatten().collect();
    let find_name = def.named_by.as_ref().map(|key| {
        quote! {
            let inner = support::named_in(#key, data);
            let name = if name.is_empty() { inner.as_str() } else { name };
        }
    });
    let terminal = if ends.is_empty() {
        quote!(false)
    } else {
        quote!(matches!(self, #(#ends)|*))
    };
    quote! {
        #docs
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum #ident {
            #(#variants)*
            /// An event this version does not know.
            Unknown(support::Box<support::UnknownEvent>),
        }
        impl support::StreamEvent for #ident {
            fn decode(name: &str, data: &str) -> Result<Self, support::EventError> {
                #find_name
                #(#decode)*
                Ok(Self::Unknown(support::Box::new(support::UnknownEvent::new(name, data))))
            }
            fn name(&self) -> &str {
                match self { #(#names)* Self::Unknown(event) => &event.name, }
            }
            fn is_terminal(&self) -> bool { #terminal }
            fn data(&self) -> Result<String, support::serde_json::Error> {
                match self { #(#data)* Self::Unknown(event) => Ok(event.data.clone()), }
            }
        }
        support::stream_event!(#ident);
    }
}

/// A table of error codes, sorted.
pub(super) fn codes(section: &CodeSection) -> TokenStream {
    let ident = code_table(section);
    let mut docs = Vec::new();
    for text in &section.prose {
        doc::push(&mut docs, &text.value);
    }
    if docs.is_empty() {
        docs.push(format!("Error codes, {}.", section.name.value));
    }
    doc::push(&mut docs, "Sorted by code.");
    let docs = doc::attrs(&docs);
    let mut rows: Vec<_> = section.rows.iter().collect();
    rows.sort_by_key(|r| r.code.value);
    let rows = rows.into_iter().map(|row| {
        let code = Literal::i64_unsuffixed(row.code.value);
        let class = word(&row.class.value);
        let outcome = word(&row.outcome.value);
        let retry = word(&row.retry.value);
        let (meaning, advice) = (&row.meaning.value, &row.advice.value);
        quote! {
            support::CodeInfo::new(
                #code, support::CodeClass::#class, support::CodeOutcome::#outcome, support::CodeRetry::#retry, #meaning, #advice,
            )
        }
    });
    quote! {
        #docs
        pub static #ident: &[support::CodeInfo] = &[#(#rows),*];
    }
}

/// The names of the codes of a page, as constants of a module.
pub(super) fn code_names(sections: &[CodeSection]) -> TokenStream {
    let rows = sections.iter().flat_map(|section| &section.rows);
    let names = rows.map(|row| {
        let name = ty::name(&row.name.value.to_uppercase());
        let code = Literal::i64_unsuffixed(row.code.value);
        let docs = doc::attrs(&doc::lines(&row.meaning.value));
        quote! {
            #docs
            pub const #name: i64 = #code;
        }
    });
    quote! {
        /// The codes by name.
        pub mod codes {
            #(#names)*
        }
    }
}

/// `not found` is the variant `NotFound`.
fn word(words: &str) -> Ident {
    ty::name(&words.to_upper_camel_case())
}

/// The constant of a table of error codes.
pub(super) fn code_table(section: &CodeSection) -> Ident {
    let name = naming::field(&section.name.value).to_uppercase();
    ty::name(&format!("{name}_CODES"))
}
