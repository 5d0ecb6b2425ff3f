//! What a run waits for, as a form.

use serde_json::{Map, Value, json};

use crate::runs::Interrupt;

/// The token of the form of an event, `<run>/<number>`.
pub(crate) fn token(event_id: &str) -> String {
    event_id.replace('/', "_")
}

/// Text, fields and buttons of a form.
struct Form {
    text: String,
    inputs: Vec<Value>,
    actions: Vec<Value>,
}

impl Form {
    fn of(interrupt: &Interrupt) -> Self {
        let lines: Vec<&str> = interrupt.content.split('\n').collect();
        // The options stand in the last lines.
        let text = lines[..lines.len().saturating_sub(interrupt.options.len())].join("\n");
        let field = |name: &str| json!({ "type": "paragraph", "output_variable_name": name, "default": null });
        let named: Vec<_> = interrupt
            .required
            .as_object()
            .into_iter()
            .flatten()
            .collect();
        let inputs = match (&named[..], &interrupt.options[..]) {
            ([], []) => vec![field("answer")],
            (named, _) => named.iter().map(|(name, _)| field(name)).collect(),
        };
        let button = |(at, title): (usize, &String)| {
            let style = if at == 0 { "primary" } else { "default" };
            json!({ "id": format!("option_{}", at + 1), "title": title, "button_style": style })
        };
        let actions: Vec<_> = interrupt.options.iter().enumerate().map(button).collect();
        Self {
            text: if interrupt.kind == Interrupt::INPUT {
                interrupt.node_title.clone()
            } else {
                text
            },
            inputs,
            actions: if actions.is_empty() {
                vec![json!({ "id": "submit", "title": "Submit", "button_style": "primary" })]
            } else {
                actions
            },
        }
    }
}

/// The form as the stream tells it.
pub(super) fn asked(interrupt: &Interrupt) -> Value {
    let Form {
        text,
        inputs,
        actions,
    } = Form::of(interrupt);
    json!({
        "form_id": token(&interrupt.event_id),
        "node_id": interrupt.node_id,
        "node_title": interrupt.node_title,
        "form_content": text,
        "inputs": inputs,
        "actions": actions,
        "display_in_ui": true,
        "form_token": token(&interrupt.event_id),
        "resolved_default_values": {},
    })
}

/// The form as its page tells it.
pub(crate) fn form(interrupt: &Interrupt) -> Map<String, Value> {
    let Form {
        text,
        inputs,
        actions,
    } = Form::of(interrupt);
    let members = json!({
        "form_content": text,
        "inputs": inputs,
        "resolved_default_values": {},
        "user_actions": actions,
    });
    members.as_object().cloned().unwrap_or_default()
}

/// What a form that was sent says to the run; the error is what is wrong with it.
pub(crate) fn answer(
    interrupt: &Interrupt,
    inputs: &Map<String, Value>,
    action: &str,
) -> Result<String, String> {
    let form = Form::of(interrupt);
    let button = form.actions.iter().find(|button| button["id"] == action);
    let button = button.ok_or_else(|| format!("Invalid action: {action}"))?;
    let names = form
        .inputs
        .iter()
        .filter_map(|input| input["output_variable_name"].as_str());
    let missing: Vec<_> = names.filter(|name| !inputs.contains_key(*name)).collect();
    if !missing.is_empty() {
        return Err(format!("Missing required inputs: {}", missing.join(", ")));
    }
    let is_plain = interrupt.required.as_object().is_none_or(Map::is_empty);
    Ok(if !is_plain {
        Value::from(inputs.clone()).to_string()
    } else if interrupt.options.is_empty() {
        let answer = &inputs["answer"];
        answer
            .as_str()
            .map_or_else(|| answer.to_string(), str::to_owned)
    } else {
        button["title"].as_str().unwrap_or_default().to_owned()
    })
}
