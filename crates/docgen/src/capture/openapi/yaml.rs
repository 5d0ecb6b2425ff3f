//! YAML as values with places.

use crate::capture::fault::Fault;
use crate::capture::json::{Node, Value};
use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};

/// Reads a document whose first line is line `offset + 1` of the capture.
pub(super) fn parse(text: &str, offset: usize) -> Result<Node, Fault> {
    let documents = MarkedYaml::load_from_str(text).map_err(|error| {
        let (line, column) = (offset + error.marker().line(), error.marker().col() + 1);
        Fault::new(line, column, format!("not YAML: {error}"))
    })?;
    let root = documents.first();
    root.map(|root| node(root, offset))
        .ok_or_else(|| Fault::new(offset, 1, "an empty document"))
}

fn node(yaml: &MarkedYaml<'_>, offset: usize) -> Node {
    let value = match &yaml.data {
        YamlData::Mapping(map) => {
            let member = |(key, value)| (scalar(key), node(value, offset));
            Value::Object(map.iter().map(member).collect())
        }
        YamlData::Sequence(list) => {
            Value::Array(list.iter().map(|item| node(item, offset)).collect())
        }
        YamlData::Value(Scalar::Null) => Value::Null,
        YamlData::Value(Scalar::Boolean(flag)) => Value::Bool(*flag),
        YamlData::Value(Scalar::Integer(_) | Scalar::FloatingPoint(_)) => {
            Value::Number(scalar(yaml))
        }
        _ => Value::Text(scalar(yaml)),
    };
    Node {
        line: yaml.span.start.line() + offset,
        column: yaml.span.start.col() + 1,
        value,
    }
}

fn scalar(yaml: &MarkedYaml<'_>) -> String {
    match &yaml.data {
        YamlData::Value(Scalar::String(text)) | YamlData::Representation(text, ..) => {
            text.to_string()
        }
        YamlData::Value(Scalar::Integer(number)) => number.to_string(),
        YamlData::Value(Scalar::FloatingPoint(number)) => number.to_string(),
        YamlData::Value(Scalar::Boolean(flag)) => flag.to_string(),
        YamlData::Value(Scalar::Null) => "null".to_owned(),
        _ => String::new(),
    }
}

/// The places of all values that hold no others.
pub(super) fn leaves(node: &Node, found: &mut Vec<(usize, usize)>) {
    let (members, items) = (node.members(), node.items());
    if members.is_empty() && items.is_empty() {
        found.push((node.line, node.column));
    }
    for (_, member) in members {
        leaves(member, found);
    }
    for item in items {
        leaves(item, found);
    }
}

/// A scalar as text; empty for lists and objects.
pub(super) fn text(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(text) | Value::Text(text) => text.clone(),
        Value::Array(_) | Value::Object(_) => String::new(),
    }
}
