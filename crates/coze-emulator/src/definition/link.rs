//! Mistakes that show only when all workflows are known.

use std::collections::{HashMap, HashSet};

use super::{
    Definition,
    check::Check,
    error::{DefinitionError, Mistake},
};

/// Checks workflows against each other: what subflows run, send and take, and that no two files describe the same one.
///
/// `files` are the definitions that were read from files, `all` those that take part in the end.
pub(crate) fn link(files: &[Definition], all: &[Definition]) -> Result<(), DefinitionError> {
    let mut mistakes = doubled(files);
    let find = |name: &str| {
        let by_id = all.iter().find(|workflow| workflow.id() == name);
        let found = by_id.or_else(|| all.iter().find(|workflow| workflow.name() == name));
        found.cloned()
    };
    for workflow in all {
        let excused = HashSet::new();
        let found = Check::new(&excused, Some(&find)).mistakes(&workflow.0.source);
        mistakes.extend(
            found
                .into_iter()
                .map(|mistake| mistake.in_file(workflow.file())),
        );
    }
    DefinitionError::of(mistakes)
}

/// The definitions of several files, or the mistakes of all of them.
pub(crate) fn all(
    read: Vec<Result<Definition, DefinitionError>>,
) -> Result<Vec<Definition>, DefinitionError> {
    let mut definitions = Vec::new();
    let mut mistakes = Vec::new();
    for read in read {
        match read {
            Ok(definition) => definitions.push(definition),
            Err(error) => mistakes.extend(error.into_mistakes()),
        }
    }
    DefinitionError::of(mistakes)?;
    Ok(definitions)
}

/// Names and ids that two files give to their workflows.
fn doubled(files: &[Definition]) -> Vec<Mistake> {
    let mut seen: HashMap<&str, &Definition> = HashMap::new();
    let mut mistakes = Vec::new();
    for workflow in files {
        let source = &workflow.0.source;
        let names = [("name", workflow.name()), ("id", workflow.id())];
        for (what, name) in names {
            let first = match seen.insert(name, workflow) {
                Some(first) if !std::ptr::eq(first, workflow) => first,
                _ => continue,
            };
            let place = match &source.id {
                Some(id) if what == "id" => id.place,
                _ => source.name.place,
            };
            let other = first.file().unwrap_or("another file");
            let message = format!("{other} has a workflow with the {what} '{name}' too");
            mistakes.push(Mistake::new(place, message).in_file(workflow.file()));
            break;
        }
    }
    mistakes
}
