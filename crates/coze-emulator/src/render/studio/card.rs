//! What the web pages of this server draw for a choice or a form.

use serde_json::{Value, json};

use crate::runs::Interrupt;

/// The card as JSON text; a plain question has none.
pub(super) fn of(interrupt: &Interrupt) -> Option<String> {
    let (data, info) = if interrupt.kind == Interrupt::INPUT {
        let fields: Value = serde_json::from_str(&interrupt.content).unwrap_or_default();
        let info = json!({ "card_type": "INPUT", "input_card_data": fields });
        (fields, info)
    } else if interrupt.options.is_empty() {
        return None;
    } else {
        let named = |key: &str| -> Vec<Value> {
            let options = interrupt.options.iter();
            options.map(|option| json!({ key: option })).collect()
        };
        let question = interrupt.content.split('\n').next().unwrap_or_default();
        let data = json!({ "description": question, "list": named("key") });
        let shown = json!({ "Title": question, "Options": named("name") });
        let info = json!({ "card_type": "QUESTION", "question_card_data": shown });
        (data, info)
    };
    let card = json!({
        "card_type": 3,
        "content_type": 50,
        "response_type": "card",
        "template_id": 7_383_997_384_420_262_000_i64,
        "template_url": "",
        // The real one holds a layout around this too.
        "data": json!({ "variables": { "list": data } }).to_string(),
        "x_properties": { "workflow_card_info": info.to_string() },
    });
    Some(card.to_string())
}
