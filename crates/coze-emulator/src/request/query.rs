//! Query strings, with errors that name the parameter.

use std::collections::HashMap;

use axum::extract::Query;

use super::problem::Problem;

/// Any query.
pub(crate) type Pairs = Query<HashMap<String, String>>;

/// Most entries of one page; who asks for more gets this many.
const LARGEST_PAGE: usize = 30;
const DEFAULT_PAGE: usize = 10;

pub(crate) fn text<'q>(query: &'q Pairs, name: &str) -> Option<&'q str> {
    query
        .get(name)
        .map(String::as_str)
        .filter(|text| !text.is_empty())
}

pub(crate) fn required<'q>(query: &'q Pairs, name: &str) -> Result<&'q str, Problem> {
    text(query, name).ok_or_else(|| Problem::missing(name))
}

/// A whole number from 1.
pub(crate) fn count(query: &Pairs, name: &str) -> Result<Option<usize>, Problem> {
    text(query, name)
        .map(|text| {
            text.parse()
                .ok()
                .filter(|number| *number > 0)
                .ok_or_else(|| {
                    Problem::value(format!("'{name}' must be a number from 1, but is '{text}'"))
                })
        })
        .transpose()
}

pub(crate) fn flag(query: &Pairs, name: &str) -> Result<bool, Problem> {
    match text(query, name) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => Err(Problem::value(format!(
            "'{name}' must be true or false, but is '{other}'"
        ))),
    }
}

/// One of some words, with a default.
pub(crate) fn word<'q>(
    query: &'q Pairs,
    name: &str,
    words: &[&'q str],
) -> Result<&'q str, Problem> {
    let word = text(query, name).or(words.first().copied()).unwrap_or("");
    if words.contains(&word) {
        return Ok(word);
    }
    Err(Problem::value(format!(
        "'{name}' must be one of {}, but is '{word}'",
        words.join(", ")
    )))
}

pub(crate) fn page_size(query: &Pairs) -> Result<usize, Problem> {
    Ok(count(query, "page_size")?
        .unwrap_or(DEFAULT_PAGE)
        .min(LARGEST_PAGE))
}
