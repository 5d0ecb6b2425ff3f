//! Query strings, with errors that name the parameter.

use std::collections::HashMap;

use axum::extract::Query;
use serde_json::{Map, Value};

use super::{context::Members, failure::Failure};

/// Any query.
pub(super) type Pairs = Query<HashMap<String, String>>;

/// Most entries of one page; a larger wish gets this many.
const LARGEST_PAGE: usize = 30;
const DEFAULT_PAGE: usize = 10;

pub(super) fn text<'q>(query: &'q Pairs, name: &str) -> Option<&'q str> {
    query
        .get(name)
        .map(String::as_str)
        .filter(|text| !text.is_empty())
}

pub(super) fn required<'q>(query: &'q Pairs, name: &str) -> Result<&'q str, Failure> {
    super::start::required(name, text(query, name))
}

/// A whole number from 1.
pub(super) fn count(query: &Pairs, name: &str) -> Result<Option<usize>, Failure> {
    text(query, name)
        .map(|text| {
            text.parse()
                .ok()
                .filter(|number| *number > 0)
                .ok_or_else(|| {
                    Failure::bad_request(format!(
                        "'{name}' must be a number from 1, but is '{text}'"
                    ))
                })
        })
        .transpose()
}

pub(super) fn flag(query: &Pairs, name: &str) -> Result<bool, Failure> {
    match text(query, name) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => Err(Failure::bad_request(format!(
            "'{name}' must be true or false, but is '{other}'"
        ))),
    }
}

/// One of some words, with a default.
pub(super) fn word<'q>(
    query: &'q Pairs,
    name: &str,
    words: &[&'q str],
) -> Result<&'q str, Failure> {
    let word = text(query, name).or(words.first().copied()).unwrap_or("");
    if words.contains(&word) {
        return Ok(word);
    }
    Err(Failure::bad_request(format!(
        "'{name}' must be one of {}, but is '{word}'",
        words.join(", ")
    )))
}

pub(super) fn page_size(query: &Pairs) -> Result<usize, Failure> {
    Ok(count(query, "page_size")?
        .unwrap_or(DEFAULT_PAGE)
        .min(LARGEST_PAGE))
}

/// A reply whose payload is below `data`.
pub(super) fn data(data: Map<String, Value>) -> Members {
    let mut members = Members::new();
    members.insert("data".into(), data.into());
    members
}
