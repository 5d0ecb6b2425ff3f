//! Page types as Rust types, with the readers that their leniency needs.

use crate::{
    api::{Api, Kind},
    naming,
    page::ast::{Presence, Type},
};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

pub(super) fn name(text: &str) -> Ident {
    Ident::new(text, Span::call_site())
}

/// The Rust type itself.
pub(super) fn rust(ty: &Type) -> TokenStream {
    match ty {
        Type::Str | Type::Text | Type::File => quote!(String),
        Type::Bool => quote!(bool),
        Type::Int => quote!(i64),
        Type::Float => quote!(f64),
        Type::Json => quote!(support::Value),
        Type::JsonText => quote!(support::JsonText),
        Type::UnixSeconds => quote!(support::UnixSeconds),
        Type::Id(kind) => {
            let id = name(&naming::id(kind));
            quote!(#id)
        }
        Type::Map(of) => {
            let of = rust(of);
            quote!(support::BTreeMap<String, #of>)
        }
        Type::List(of) => {
            let of = rust(of);
            quote!(support::Vec<#of>)
        }
        Type::Boxed(of) => {
            let of = rust(of);
            quote!(support::Box<#of>)
        }
        Type::Named(named) => {
            let named = name(named);
            quote!(#named)
        }
    }
}

/// The value of a field that nobody set and that is no `Option`.
pub(super) fn zero(ty: &Type) -> TokenStream {
    match ty {
        Type::Bool => quote!(false),
        Type::Int => quote!(0),
        Type::Str | Type::Text => quote!(String::new()),
        Type::Map(_) => quote!(support::BTreeMap::new()),
        Type::List(_) => quote!(support::Vec::new()),
        _ => {
            let ty = rust(ty);
            quote!(#ty::default())
        }
    }
}

/// What a setter takes and how it becomes the field's value.
pub(super) fn argument(api: &Api, ty: &Type) -> (TokenStream, TokenStream) {
    match ty {
        Type::Bool | Type::Int | Type::Float => (rust(ty), quote!(value)),
        Type::List(of) => {
            let of = rust(of);
            (
                quote!(impl IntoIterator<Item = impl Into<#of>>),
                quote!(value.into_iter().map(Into::into).collect()),
            )
        }
        Type::Map(of) => {
            let of = rust(of);
            (
                quote!(impl IntoIterator<Item = (impl Into<String>, impl Into<#of>)>),
                quote!(
                    value
                        .into_iter()
                        .map(|(k, v)| (k.into(), v.into()))
                        .collect()
                ),
            )
        }
        Type::Named(named)
            if !matches!(api.types.get(named).map(|t| &t.kind), Some(Kind::Enum(_))) =>
        {
            (rust(ty), quote!(value))
        }
        _ => {
            let ty = rust(ty);
            (quote!(impl Into<#ty>), quote!(value.into()))
        }
    }
}

/// How a field is held and read.
pub(super) struct Held {
    /// Type of the Rust field.
    pub ty: TokenStream,
    /// Arguments of its `serde` attribute.
    pub serde: Vec<TokenStream>,
    /// Whether it is an `Option`.
    pub optional: bool,
}

/// A field by its type and presence. `request` is whether only requests hold it.
pub(super) fn held(ty: &Type, presence: &Presence, request: bool) -> Held {
    let plain = rust(ty);
    let with = |path: &str| {
        let path = format!("support::read::{path}");
        quote!(deserialize_with = #path)
    };
    let zero = match presence {
        Presence::Required => {
            return Held {
                ty: plain,
                serde: Vec::new(),
                optional: false,
            };
        }
        Presence::Fixed(value) => {
            return Held {
                ty: if value.is_boolean() {
                    quote!(bool)
                } else {
                    quote!(&'static str)
                },
                serde: Vec::new(),
                optional: false,
            };
        }
        Presence::Always(_) => true,
        Presence::Default(_) => !request,
        _ => false,
    };
    let mut serde = vec![quote!(default)];
    if let Type::List(_) | Type::Map(_) = ty {
        let (reader, empty) = match ty {
            Type::Map(of) if **of == Type::Text => ("text_map", "support::BTreeMap::is_empty"),
            // A `null` in a map of JSON is a value of its own.
            Type::Map(of) if **of == Type::Json => ("null_default", "support::BTreeMap::is_empty"),
            Type::Map(_) => ("map", "support::BTreeMap::is_empty"),
            _ => ("list", "support::Vec::is_empty"),
        };
        serde.push(with(reader));
        if !zero {
            serde.push(quote!(skip_serializing_if = #empty));
        }
        return Held {
            ty: plain,
            serde,
            optional: false,
        };
    }
    if zero {
        serde.push(with(match ty {
            Type::Int => "int_or_zero",
            Type::Text => "text",
            _ => "null_default",
        }));
        return Held {
            ty: plain,
            serde,
            optional: false,
        };
    }
    let absent = matches!(presence, Presence::AbsentAs(_));
    let reader = match (ty, absent) {
        (Type::Int, true) => Some("nonzero_int"),
        (Type::Id(_), true) => Some("nonzero_id"),
        (_, true) => Some("nonempty"),
        (Type::Int, false) => Some("opt_int"),
        (Type::Id(_), false) => Some("opt_id"),
        (Type::UnixSeconds, false) => Some("opt_seconds"),
        (Type::Text, false) => Some("opt_text"),
        _ => None,
    };
    serde.extend(reader.map(with));
    serde.push(quote!(skip_serializing_if = "Option::is_none"));
    Held {
        ty: quote!(Option<#plain>),
        serde,
        optional: true,
    }
}
