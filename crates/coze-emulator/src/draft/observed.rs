//! What recorded calls tell of a workflow.

use std::collections::BTreeMap;

use coze_wire::{Output, OutputOrigin, sse::EventDecoder};
use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::RecordedCall;

/// One workflow, as seen from outside.
#[derive(Debug, Default)]
pub(super) struct Observed {
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) chatflow: bool,
    pub(super) ran: bool,
    pub(super) inputs: IndexMap<String, Input>,
    /// What was sent in the run that the rest was taken from.
    pub(super) sent: Map<String, Value>,
    pub(super) steps: Vec<Step>,
    pub(super) end: End,
}

#[derive(Debug)]
pub(super) struct Input {
    pub(super) kind: String,
    pub(super) required: bool,
    pub(super) description: String,
}

/// What a run let see of a node.
#[derive(Debug)]
pub(super) enum Step {
    Said {
        title: String,
        text: String,
    },
    Asked {
        title: String,
        text: String,
        options: Vec<String>,
    },
    Form {
        title: String,
        fields: Vec<Value>,
    },
}

#[derive(Debug, Default)]
pub(super) enum End {
    #[default]
    Unknown,
    Variables(Map<String, Value>),
    Text {
        text: String,
        streaming: bool,
    },
    Failed {
        code: i64,
        message: String,
    },
}

/// Adds what a call tells.
pub(super) fn read(workflows: &mut BTreeMap<String, Observed>, call: RecordedCall<'_>) {
    let path = call.path.split('?').next().unwrap_or_default();
    match (call.method, path) {
        ("POST", "/v1/workflow/run") => run(workflows, call, whole),
        ("POST", "/v1/workflow/stream_run") => run(workflows, call, streamed),
        ("POST", "/v1/workflows/chat") => {
            run(workflows, call, |workflow, response| {
                workflow.chatflow = true;
                chatted(workflow, response);
            });
        }
        ("POST", "/v1/workflow/stream_resume") => {
            if let Some(workflow) = resumed(workflows, call.request) {
                streamed(workflow, call.response);
            }
        }
        ("POST", "/v1/workflows/resume") => {
            if let Some(workflow) = resumed(workflows, call.request) {
                whole(workflow, call.response);
            }
        }
        ("GET", path) => {
            let id = path.strip_prefix("/v1/workflows/");
            if let Some(id) = id.filter(|id| !id.contains('/')) {
                described(workflows.entry(id.to_owned()).or_default(), call.response);
            }
        }
        _ => {}
    }
}

fn run(
    workflows: &mut BTreeMap<String, Observed>,
    call: RecordedCall<'_>,
    outcome: impl Fn(&mut Observed, &str),
) {
    let Ok(request) = serde_json::from_str::<Value>(call.request) else {
        return;
    };
    let Some(id) = request["workflow_id"].as_str() else {
        return;
    };
    let workflow = workflows.entry(id.to_owned()).or_default();
    let succeeded = matches!(workflow.end, End::Variables(_) | End::Text { .. });
    let mut seen = Observed {
        sent: request["parameters"]
            .as_object()
            .cloned()
            .unwrap_or_default(),
        ..Observed::default()
    };
    for (name, value) in &seen.sent {
        workflow
            .inputs
            .entry(name.clone())
            .or_insert_with(|| Input {
                kind: type_of(value).to_owned(),
                required: !workflow.ran,
                description: String::new(),
            });
    }
    // An input that a run did without is not required.
    for (name, input) in &mut workflow.inputs {
        input.required &= seen.sent.contains_key(name);
    }
    workflow.ran = true;
    outcome(&mut seen, call.response);
    workflow.chatflow |= seen.chatflow;
    if succeeded && matches!(seen.end, End::Unknown | End::Failed { .. }) {
        return;
    }
    (workflow.sent, workflow.steps, workflow.end) = (seen.sent, seen.steps, seen.end);
}

/// The workflow whose run a request goes on with.
fn resumed<'a>(
    workflows: &'a mut BTreeMap<String, Observed>,
    request: &str,
) -> Option<&'a mut Observed> {
    let request: Value = serde_json::from_str(request).ok()?;
    workflows.get_mut(request["workflow_id"].as_str()?)
}

/// The response to a run that was waited for.
fn whole(workflow: &mut Observed, response: &str) {
    let Ok(response) = serde_json::from_str::<Value>(response) else {
        return;
    };
    if let Some(question) = response
        .get("interrupt_data")
        .filter(|data| data.is_object())
    {
        asked(workflow, question, "Question");
        return;
    }
    match (response["code"].as_i64(), response["data"].as_str()) {
        (Some(0), Some(data)) => workflow.end = end_of(data, false),
        (Some(code), _) if code != 0 => {
            let message = response["msg"].as_str().unwrap_or_default().to_owned();
            workflow.end = End::Failed { code, message };
        }
        _ => {}
    }
}

fn end_of(data: &str, streaming: bool) -> End {
    let output = Output::new(data, OutputOrigin::Run);
    match output.parse() {
        Ok(Value::Object(variables)) => End::Variables(variables),
        _ => End::Text {
            text: output.as_str().to_owned(),
            streaming,
        },
    }
}

/// The name and the data of each event of a stream.
fn events(response: &str) -> Vec<(String, Value)> {
    let mut decoder = EventDecoder::new();
    let mut input = response.as_bytes();
    let mut events = Vec::new();
    while let Some(Ok(event)) = decoder.next_event(&mut input) {
        let data = event.data().unwrap_or_default();
        let data = serde_json::from_str(&data).unwrap_or_default();
        events.push((event.name().unwrap_or_default().into_owned(), data));
    }
    events
}

fn streamed(workflow: &mut Observed, response: &str) {
    // A node may say something in several events, and the end does so under the type of its node.
    let mut end: Option<(String, usize)> = None;
    for (name, data) in events(response) {
        let title = data["node_title"].as_str().unwrap_or("Output");
        let content = data["content"].as_str().unwrap_or_default();
        match name.as_str() {
            "Message" if data["node_type"] == "End" || title == "End" => {
                let (text, pieces) = end.get_or_insert_default();
                text.push_str(content);
                *pieces += 1;
            }
            "Message" => said(workflow, title, content),
            "Interrupt" => asked(workflow, &data["interrupt_data"], title),
            "Error" => {
                workflow.end = End::Failed {
                    code: data["error_code"].as_i64().unwrap_or_default(),
                    message: data["error_message"]
                        .as_str()
                        .unwrap_or_default()
                        .to_owned(),
                };
            }
            _ => {}
        }
    }
    if let Some((text, pieces)) = end {
        workflow.end = end_of(&text, pieces > 1);
    }
}

fn said(workflow: &mut Observed, title: &str, content: &str) {
    if let Some(Step::Said { title: last, text }) = workflow.steps.last_mut()
        && last == title
    {
        text.push_str(content);
        return;
    }
    workflow.steps.push(Step::Said {
        title: title.to_owned(),
        text: content.to_owned(),
    });
}

/// A question. Its text came before it, as what its node said, or is in it; a form has a list of fields there.
fn asked(workflow: &mut Observed, interrupt: &Value, title: &str) {
    let data = interrupt["data"].as_str().unwrap_or_default();
    // Some calls wrap it once more.
    let wrapper = serde_json::from_str::<Value>(data).unwrap_or_default();
    let data = wrapper["content"].as_str().unwrap_or(data);
    let title = title.to_owned();
    if let Ok(Value::Array(fields)) = serde_json::from_str(data) {
        workflow.steps.push(Step::Form { title, fields });
        return;
    }
    let said = workflow
        .steps
        .pop_if(|step| matches!(step, Step::Said { title: said, .. } if *said == title));
    let text = match said {
        Some(Step::Said { text, .. }) => text,
        _ => data.to_owned(),
    };
    let (text, options) = options_of(&text);
    workflow.steps.push(Step::Asked {
        title,
        text,
        options,
    });
}

/// The question without the lines `A. …`, `B. …` behind it, and those.
fn options_of(text: &str) -> (String, Vec<String>) {
    let lines: Vec<_> = text.lines().collect();
    let is_option =
        |(letter, line): (u8, &&str)| line.starts_with(&format!("{}. ", char::from(letter)));
    // The list begins with the last line A.
    let first = lines.iter().rposition(|line| line.starts_with("A. "));
    match first {
        Some(first) if first > 0 && (b'A'..=b'Z').zip(&lines[first..]).all(is_option) => {
            let options = lines[first..].iter().map(|line| line[3..].to_owned());
            (lines[..first].join("\n"), options.collect())
        }
        _ => (text.to_owned(), Vec::new()),
    }
}

fn chatted(workflow: &mut Observed, response: &str) {
    let mut text = String::new();
    for (name, data) in events(response) {
        let content = data["content"].as_str().unwrap_or_default();
        match name.as_str() {
            "conversation.message.delta" if data["type"] == "answer" => text.push_str(content),
            "conversation.chat.failed" => {
                workflow.end = End::Failed {
                    code: data["last_error"]["code"].as_i64().unwrap_or_default(),
                    message: data["last_error"]["msg"]
                        .as_str()
                        .unwrap_or_default()
                        .to_owned(),
                };
                return;
            }
            _ => {}
        }
    }
    if !text.is_empty() {
        workflow.end = End::Text {
            text,
            streaming: true,
        };
    }
}

/// What the workflow's description tells.
fn described(workflow: &mut Observed, response: &str) {
    let response: Value = serde_json::from_str(response).unwrap_or_default();
    let detail = &response["data"]["workflow_detail"];
    let text = |value: &Value| {
        value
            .as_str()
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    workflow.name = text(&detail["workflow_name"]).or(workflow.name.take());
    workflow.description = text(&detail["description"]).or(workflow.description.take());
    let Some(inputs) = response["data"]["input"]["parameters"].as_object() else {
        return;
    };
    for (name, input) in inputs {
        let kind = text(&input["type"]).unwrap_or_else(|| "string".to_owned());
        workflow.inputs.insert(
            name.clone(),
            Input {
                kind,
                required: input["required"] == true,
                description: text(&input["description"]).unwrap_or_default(),
            },
        );
    }
}

/// The type of an input that was sent so.
fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        Value::String(_) | Value::Null => "string",
    }
}
