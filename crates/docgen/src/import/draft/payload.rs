//! Where the payload of a response stands, by the type of `data`.

use crate::capture::model::{Role, Table};
use crate::capture::types::TypeExpr;

/// Keys of the envelope, `data` included.
const ENVELOPE: [&str; 4] = ["code", "msg", "detail", "data"];

/// Where the payload of a response stands, and which table describes it.
pub(super) struct Payload<'p> {
    pub(super) envelope: &'static str,
    pub(super) table: Option<&'p Table>,
    /// Names of rows that are no part of it.
    pub(super) without: &'static [&'static str],
}

/// The payload by the type of `data`: an object or a list of one with nothing beside it, else all that
/// stands beside `code`.
pub(super) fn payload<'p>(tables: &[&'p Table]) -> Payload<'p> {
    let response = tables
        .iter()
        .copied()
        .find(|table| table.role == Role::Response);
    let Some(response) = response else {
        return Payload {
            envelope: "flat",
            table: None,
            without: &ENVELOPE,
        };
    };
    let beside = response.rows.iter().filter(|row| row.depth == 0);
    let alone = beside
        .clone()
        .all(|row| ENVELOPE.contains(&row.name.text.as_str()));
    let data = beside.clone().find(|row| row.name.text == "data");
    let (envelope, name) = match data.and_then(|row| row.kind()) {
        Some(TypeExpr::Named(name)) if alone => ("data", Some(name)),
        Some(TypeExpr::List(Some(of))) if alone => match &**of {
            TypeExpr::Named(name) => ("data list", Some(name)),
            _ => ("flat", None),
        },
        _ => ("flat", None),
    };
    let object = name.and_then(|name| {
        let named = |table: &&&Table| table.role == Role::Object(name.clone());
        tables.iter().find(named)
    });
    if let Some(table) = object {
        return Payload {
            envelope,
            table: Some(table),
            without: &[],
        };
    }
    let nothing = data.is_none() && alone;
    Payload {
        envelope: "flat",
        table: (!nothing).then_some(response),
        without: &["code", "msg", "detail"],
    }
}
