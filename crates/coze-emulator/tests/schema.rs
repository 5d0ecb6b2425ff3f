//! The published JSON Schema fits what the emulator reads, and nothing else.

use std::{fs, path::Path};

use coze_emulator::Definition;
use serde_json::{Value, json};

/// What of JSON Schema the file uses; any other keyword fails the test.
fn check(root: &Value, schema: &Value, value: &Value, path: &str) -> Result<(), String> {
    for (keyword, rule) in schema.as_object().unwrap() {
        let fits = match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" => true,
            "$ref" => {
                let pointer = rule.as_str().unwrap().trim_start_matches('#');
                check(root, root.pointer(pointer).unwrap(), value, path)?;
                true
            }
            "type" => match rule {
                Value::Array(kinds) => kinds.iter().any(|kind| is(kind, value)),
                kind => is(kind, value),
            },
            "enum" => rule.as_array().unwrap().contains(value),
            "minimum" => value.as_i64() >= rule.as_i64(),
            "required" => {
                let mut names = rule.as_array().unwrap().iter();
                names.all(|name| value.get(name.as_str().unwrap()).is_some())
            }
            "minProperties" => {
                value.as_object().map_or(0, serde_json::Map::len) as u64 >= rule.as_u64().unwrap()
            }
            "maxProperties" => {
                value.as_object().map_or(0, serde_json::Map::len) as u64 <= rule.as_u64().unwrap()
            }
            "items" => {
                for element in value.as_array().into_iter().flatten() {
                    check(root, rule, element, &format!("{path}[]"))?;
                }
                true
            }
            "properties" => {
                for (name, inner) in value.as_object().into_iter().flatten() {
                    if let Some(rule) = rule.get(name) {
                        check(root, rule, inner, &format!("{path}.{name}"))?;
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = |name: &String| {
                    schema
                        .get("properties")
                        .is_some_and(|all| all.get(name).is_some())
                };
                let others = value
                    .as_object()
                    .into_iter()
                    .flatten()
                    .filter(|(name, _)| !known(name));
                for (name, inner) in others {
                    if rule.is_object() {
                        check(root, rule, inner, &format!("{path}.{name}"))?;
                    } else {
                        return Err(format!("{path}.{name} is not known"));
                    }
                }
                true
            }
            // Only ids have one; both forms are made of these characters.
            "pattern" => value
                .as_str()
                .unwrap()
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_'),
            other => panic!("the test does not know {other}"),
        };
        if !fits {
            return Err(format!("{path}: {keyword} {rule} does not fit {value}"));
        }
    }
    Ok(())
}

fn is(kind: &Value, value: &Value) -> bool {
    match kind.as_str().unwrap() {
        "string" => value.is_string(),
        "integer" => value.is_i64(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        other => panic!("the test does not know {other}"),
    }
}

#[test]
fn definitions_fit_and_unknown_keys_do_not() {
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = crate_root.join("../../docs/guide");
    let Ok(schema) = fs::read_to_string(guide.join("workflow-definition.schema.json")) else {
        println!("skipped: the guide is not here");
        return;
    };
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let text = fs::read_to_string(guide.join("workflow-definitions.md")).unwrap();
    let mut texts: Vec<String> = text
        .split("```yaml\n")
        .skip(1)
        .map(|block| block.split("```").next().unwrap().to_owned())
        .collect();
    assert!(!texts.is_empty());
    for file in fs::read_dir(crate_root.join("src/builtin")).unwrap() {
        let path = file.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            texts.push(fs::read_to_string(path).unwrap());
        }
    }
    texts.push(include_str!("every-node.yaml").to_owned());
    assert!(texts.len() >= 5);
    for text in texts {
        Definition::from_yaml(&text).unwrap();
        let value: Value = serde_saphyr::from_str(&text).unwrap();
        check(&schema, &schema, &value, "$").unwrap();
    }
    for wrong in [
        json!({"name": "a", "end": {"text": ""}, "colour": 1}),
        json!({"name": "a", "end": {"text": "", "colour": 1}}),
        json!({"name": "a", "end": {"text": ""}, "nodes": [{"text": {"id": "t", "template": "", "colour": 1}}]}),
        json!({"name": "a", "end": {"text": ""}, "nodes": [{"colour": {"id": "t"}}]}),
        json!({"name": "a", "end": {"text": ""}, "inputs": {"n": {"type": "colour"}}}),
        json!({"name": "a"}),
    ] {
        assert!(check(&schema, &schema, &wrong, "$").is_err(), "{wrong}");
        assert!(
            Definition::from_yaml(&wrong.to_string()).is_err(),
            "{wrong}"
        );
    }
}
