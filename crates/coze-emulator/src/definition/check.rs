//! Mistakes that can be told before anything runs.

use std::collections::HashSet;

use serde_json::Value;

use super::{
    at::At,
    error::DefinitionError,
    nodes::{Node, Step},
    param::Params,
    source::Source,
    template,
};

type Checked = Result<(), DefinitionError>;

/// Names that templates can use at one point of the workflow.
type Names = HashSet<String>;

pub(super) fn check(source: &Source) -> Checked {
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
    check_params(source.inputs.line, &source.inputs.value)?;
    let mut names: Names = source.inputs.value.keys().cloned().collect();
    if source.mode == super::WorkflowMode::Chatflow {
        names.extend(["USER_INPUT".to_owned(), "CONVERSATION_NAME".to_owned()]);
    }
    check_steps(&source.nodes, &mut names)?;
    match (&source.end.variables, &source.end.text) {
        (Some(variables), None) => variables
            .values()
            .try_for_each(|value| check_value(value, &names)),
        (None, Some(text)) => check_text(text, &names),
        _ => Err(DefinitionError::new(
            source.nodes.last().and_then(|step| step.line),
            "end needs exactly one of 'variables' and 'text'",
        )),
    }
}

/// Checks nodes in order; each adds its id to the names.
fn check_steps(steps: &[Step], names: &mut Names) -> Checked {
    for step in steps {
        check_node(step, names)?;
        let id = step.node.id();
        if !is_identifier(id) {
            return Err(DefinitionError::new(
                step.line,
                format!("node id '{id}' must be letters, digits and '_' only"),
            ));
        }
        if !names.insert(id.to_owned()) {
            return Err(DefinitionError::new(
                step.line,
                format!("'{id}' is already the name of an input or of another node"),
            ));
        }
    }
    Ok(())
}

fn check_node(step: &Step, names: &Names) -> Checked {
    match &step.node {
        Node::Text(node) => check_text(&node.template, names),
        Node::Output(node) if node.piece == 0 => {
            Err(DefinitionError::new(step.line, "piece must be at least 1"))
        }
        Node::Output(node) => check_text(&node.content, names),
        Node::Expression(node) => check_value(&node.value, names),
        Node::Delay(node) => check_value(&node.milliseconds, names),
        Node::Fail(node) => check_text(&node.message, names),
        Node::Question(node) => {
            if !node.options.is_empty() && !node.extract.is_empty() {
                return Err(DefinitionError::new(
                    step.line,
                    "a question has 'options' or 'extract', not both",
                ));
            }
            check_params(step.line, &node.extract)?;
            check_text(&node.text, names)
        }
        Node::InputForm(node) => check_params(step.line, &node.fields),
        Node::Condition(node) => {
            for branch in &node.branches {
                let used = template::names_in_expression(&branch.when.value)
                    .map_err(|error| DefinitionError::new(branch.when.line, error))?;
                check_used(branch.when.line, used, names)?;
                check_block(&branch.nodes, &branch.output, names.clone())?;
            }
            match &node.otherwise {
                Some(block) => check_block(&block.nodes, &block.output, names.clone()),
                None => Ok(()),
            }
        }
        Node::Loop(node) => {
            check_value(&node.over, names)?;
            check_block(&node.nodes, &node.output, in_round(names))
        }
        Node::Batch(node) => {
            check_value(&node.over, names)?;
            if node.parallel == 0 {
                return Err(DefinitionError::new(
                    step.line,
                    "parallel must be at least 1",
                ));
            }
            check_block(&node.nodes, &node.output, in_round(names))
        }
        Node::Subflow(node) => node
            .inputs
            .values()
            .try_for_each(|value| check_value(value, names)),
    }
}

fn in_round(names: &Names) -> Names {
    let mut names = names.clone();
    names.extend(["item".to_owned(), "index".to_owned()]);
    names
}

fn check_block(nodes: &[Step], output: &At<Value>, mut names: Names) -> Checked {
    check_steps(nodes, &mut names)?;
    check_value(output, &names)
}

fn check_params(line: Option<u64>, params: &Params) -> Checked {
    match params.keys().find(|name| !is_identifier(name)) {
        None => Ok(()),
        Some(name) => Err(DefinitionError::new(
            line,
            format!("input name '{name}' must be letters, digits and '_' only"),
        )),
    }
}

fn check_text(text: &At<String>, names: &Names) -> Checked {
    let used = template::names_in_text(&text.value)
        .map_err(|error| DefinitionError::new(text.line, error))?;
    check_used(text.line, used, names)
}

fn check_value(value: &At<Value>, names: &Names) -> Checked {
    let used = template::names_in_value(&value.value)
        .map_err(|error| DefinitionError::new(value.line, error))?;
    check_used(value.line, used, names)
}

fn check_used(line: Option<u64>, used: Names, names: &Names) -> Checked {
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
