//! Rust names for wire names.

use heck::{ToSnakeCase, ToUpperCamelCase};

/// Keywords that may be written as raw identifiers.
const RAW: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// Names of methods that every request has already.
pub const RESERVED: &[&str] = &[
    "new",
    "write_path",
    "write_query",
    "clone",
    "self",
    "super",
    "crate",
];

/// The Rust name of a field.
pub fn field(wire: &str) -> String {
    wire.to_snake_case()
}

/// A field's name as an identifier, raw where it must be.
pub fn ident(name: &str) -> proc_macro2::Ident {
    let span = proc_macro2::Span::call_site();
    if RAW.contains(&name) {
        proc_macro2::Ident::new_raw(name, span)
    } else {
        proc_macro2::Ident::new(name, span)
    }
}

/// The Rust name of an enum's value or of an event, if one follows from it.
pub fn variant(wire: &str) -> Option<String> {
    // An acronym such as PING reads as a word.
    let name = wire.to_upper_camel_case();
    name.starts_with(|c: char| c.is_ascii_uppercase())
        .then_some(name)
        .filter(|n| n.chars().all(|c| c.is_ascii_alphanumeric()))
}

/// The type of an id kind.
pub fn id(kind: &str) -> String {
    format!("{}Id", kind.to_upper_camel_case())
}
