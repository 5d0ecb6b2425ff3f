//! The page of one run.

use std::fmt::Write as _;

use serde_json::Value;

use super::html::{escape, page};
use crate::runs::{NodeRecord, Run};

/// How much of one value is shown, in bytes.
const SHOWN: usize = 20_000;

pub(super) fn page_of(run: &Run) -> String {
    let record = run.record();
    let mut body = format!(
        "<p>Workflow <b>{}</b> ({})<br>Execution {}<br>Status <b id=\"status\">{}</b><br>Log id {}</p>",
        escape(run.workflow.name()),
        escape(run.workflow.id()),
        escape(&run.execute_id),
        run.status().as_str(),
        escape(&run.origin.log_id),
    );
    if let Some(Err(failure)) = &record.result {
        let _ = write!(
            body,
            "<p id=\"error\">Error {}: {}</p>",
            failure.code,
            escape(&failure.message)
        );
    }
    if let Some(interrupt) = &record.interrupt {
        let _ = write!(
            body,
            "<p id=\"interrupt\">Waits for an answer to {}: {} (event {}, type {})</p>",
            escape(&interrupt.node_title),
            escape(&interrupt.content),
            escape(&interrupt.event_id),
            interrupt.kind
        );
    }
    if let Some(Ok(output)) = &record.result {
        let _ = write!(
            body,
            "<p>Output</p><pre id=\"output\">{}</pre>",
            escape(shown(output))
        );
    }
    body.push_str("<table id=\"nodes\"><tr><th>Node<th>Kind<th>Input<th>Output<th>Time</tr>");
    for node in &record.nodes {
        body.push_str(&row(node));
    }
    body.push_str("</table>");
    if record.nodes_left_out > 0 {
        let _ = write!(body, "<p>and {} more</p>", record.nodes_left_out);
    }
    if !record.events.is_empty() {
        body.push_str(
            "<p>Events</p><table id=\"events\"><tr><th>#<th>Event<th>Node<th>Text (beginning)</tr>",
        );
        for (index, (name, node, text)) in record.events.iter().enumerate() {
            let (node, text) = (escape(node), escape(text));
            let _ = write!(body, "<tr><td>{index}<td>{name}<td>{node}<td>{text}</tr>");
        }
        body.push_str("</table>");
    }
    body.push_str("<p><a href=\"/\">All runs</a></p>");
    page(&format!("Run of {}", run.workflow.name()), &body)
}

fn row(node: &NodeRecord) -> String {
    let (output, time) = match &node.finish {
        Some(finish) => {
            let output = match &finish.result {
                Ok(value) => value_cell(value),
                Err(failure) => escape(&format!("Error {}: {}", failure.code, failure.message)),
            };
            (output, format!("{} ms", finish.at - node.started))
        }
        None => (String::new(), "running".to_owned()),
    };
    format!(
        "<tr><td>{}<br><small>{}</small><td>{}<td>{}<td>{output}<td>{time}</tr>",
        escape(&node.title),
        escape(&node.node_id),
        node.kind,
        value_cell(&node.input),
    )
}

fn value_cell(value: &Value) -> String {
    if value.is_null() {
        return String::new();
    }
    // `{:#}` is the pretty form.
    format!("<pre>{}</pre>", escape(shown(&format!("{value:#}"))))
}

/// The beginning of a text, whole characters.
fn shown(text: &str) -> &str {
    let end = (0..=SHOWN.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}
