//! The objects of runs on other engines, with the members that those of Coze have.

use coze_workflow::engine::{InputField, Node, Question, RunEvent, RunSnapshot, RunStatus};
use serde_json::{Value, json};

/// A run. `run` and `wait` print it without what only `status` tells.
pub(crate) fn snapshot(run: &RunSnapshot) -> Value {
    json!({
        "execute_id": run.id.as_ref().map(|id| &id.run),
        "status": snapshot_status(&run.status),
        "output": run.status.is_success().then_some(&run.output),
        "raw": run.status.is_success().then_some(&run.output_text),
        "log_id": run.log_id,
        "debug_url": run.debug_url,
        "usage": usage(run),
    })
}

fn usage(run: &RunSnapshot) -> Option<Value> {
    let usage = run.usage;
    usage.tokens?;
    Some(json!({
        "token_count": usage.tokens,
        "input_count": usage.input_tokens,
        "output_count": usage.output_tokens,
    }))
}

/// The contract's word for a status.
pub(crate) fn snapshot_status(status: &RunStatus) -> &'static str {
    match status {
        RunStatus::Pending | RunStatus::Running => "running",
        RunStatus::Succeeded => "success",
        RunStatus::PartlySucceeded => "partial",
        RunStatus::Failed => "failed",
        RunStatus::Stopped => "cancelled",
        RunStatus::Interrupted => "interrupted",
        _ => "unknown",
    }
}

/// An event of a run, as one line.
pub(crate) fn engine_event(event: &RunEvent) -> Value {
    match event {
        RunEvent::Started(id) => json!({"event": "started", "id": null, "execute_id": id.run}),
        RunEvent::NodeStarted(node) => of_node("node_started", node),
        RunEvent::NodeFinished(node) => of_node("node_finished", node),
        RunEvent::Text { node, text } => json!({
            "event": "message",
            "id": null,
            "content": text,
            "node_id": node.as_ref().map(|node| &node.id),
            "node_title": node.as_ref().map(|node| &node.title),
        }),
        RunEvent::Interrupted(question) => json!({
            "event": "interrupt",
            "id": null,
            "interrupt_data": question.raw,
            "question": asked(question),
        }),
        RunEvent::Finished(run) => {
            let mut object = snapshot(run);
            object["event"] = json!("done");
            object["id"] = Value::Null;
            object
        }
        RunEvent::Other { name, data } => {
            json!({"event": "unknown", "id": null, "name": name, "raw": data.to_string()})
        }
        _ => Value::Null,
    }
}

fn of_node(event: &str, node: &Node) -> Value {
    json!({
        "event": event,
        "id": null,
        "node_id": node.id,
        "node_title": node.title,
        "node_status": node.status,
    })
}

/// What is asked, and what an answer has to give.
pub(crate) fn asked(question: &Question) -> Value {
    let kind = match question {
        Question { is_form: true, .. } => "form",
        Question { options, .. } if !options.is_empty() => "options",
        _ => "text",
    };
    let field = |field: &InputField| {
        json!({
            "name": field.name,
            "type": field.type_name,
            "required": field.required,
            "description": field.description,
            "default": field.default,
        })
    };
    json!({
        "kind": kind,
        "text": question.text,
        "options": question.options,
        "fields": question.fields.iter().map(field).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_its_word() {
        for (status, word) in [
            (RunStatus::Pending, "running"),
            (RunStatus::Running, "running"),
            (RunStatus::Succeeded, "success"),
            (RunStatus::PartlySucceeded, "partial"),
            (RunStatus::Failed, "failed"),
            (RunStatus::Stopped, "cancelled"),
            (RunStatus::Interrupted, "interrupted"),
            (RunStatus::Unknown("dreaming".into()), "unknown"),
        ] {
            let object = snapshot(&RunSnapshot::new(status));
            assert_eq!(object["status"], word);
            let has_output = ["success", "partial"].contains(&word);
            assert_eq!(object["raw"].is_string(), has_output, "{word}");
        }
    }
}
