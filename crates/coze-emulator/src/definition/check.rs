//! Mistakes that can be told before anything runs.

use std::collections::HashSet;

use serde_json::Value;

use super::{
    at::At,
    error::DefinitionError,
    source::{Node, Source},
};
use crate::engine::template;

/// Names that templates can use at one point of the workflow.
type Names = HashSet<String>;

pub(super) fn check(source: &Source) -> Result<(), DefinitionError> {
    if let Some(id) = &source.id
        && (id.value.parse::<i64>().is_err() || id.value.starts_with(['-', '+']))
    {
        return Err(DefinitionError::new(
            id.line,
            format!("id '{}' must be a decimal number below 2^63", id.value),
        ));
    }
    if source.name.value.is_empty() || source.name.value.contains(['/', '?', '#']) {
        return Err(DefinitionError::new(
            source.name.line,
            "name must not be empty and must not contain '/', '?' or '#'",
        ));
    }
    let mut names = Names::new();
    for name in source.inputs.value.keys() {
        if !is_identifier(name) {
            return Err(DefinitionError::new(
                source.inputs.line,
                format!("input name '{name}' must be letters, digits and '_' only"),
            ));
        }
        names.insert(name.clone());
    }
    for node in &source.nodes {
        check_node(node, &mut names)?;
    }
    match (&source.end.variables, &source.end.text) {
        (Some(variables), None) => variables
            .values()
            .try_for_each(|value| check_value(value, &names)),
        (None, Some(text)) => check_text(text, &names),
        _ => Err(DefinitionError::new(
            source.nodes.last().and_then(|node| node.line),
            "end needs exactly one of 'variables' and 'text'",
        )),
    }
}

fn check_node(node: &At<Node>, names: &mut Names) -> Result<(), DefinitionError> {
    match &node.value {
        Node::Text(text) => check_text(&text.template, names)?,
        Node::Delay(delay) => check_value(&delay.milliseconds, names)?,
        Node::Fail(fail) => check_text(&fail.message, names)?,
    }
    let id = node.value.id();
    if !is_identifier(id) {
        return Err(DefinitionError::new(
            node.line,
            format!("node id '{id}' must be letters, digits and '_' only"),
        ));
    }
    if !names.insert(id.to_owned()) {
        return Err(DefinitionError::new(
            node.line,
            format!("'{id}' is already the name of an input or of another node"),
        ));
    }
    Ok(())
}

fn check_text(text: &At<String>, names: &Names) -> Result<(), DefinitionError> {
    let used = template::names_in_text(&text.value)
        .map_err(|error| DefinitionError::new(text.line, error))?;
    check_used(text.line, used, names)
}

fn check_value(value: &At<Value>, names: &Names) -> Result<(), DefinitionError> {
    let used = template::names_in_value(&value.value)
        .map_err(|error| DefinitionError::new(value.line, error))?;
    check_used(value.line, used, names)
}

fn check_used(line: Option<u64>, used: Names, names: &Names) -> Result<(), DefinitionError> {
    let mut unknown: Vec<_> = used
        .into_iter()
        .filter(|name| !names.contains(name))
        .collect();
    unknown.sort_unstable();
    match unknown.first() {
        None => Ok(()),
        Some(name) => Err(DefinitionError::new(
            line,
            format!("'{name}' is neither an input nor the id of an earlier node"),
        )),
    }
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
