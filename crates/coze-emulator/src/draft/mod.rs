//! Drafts of definitions from recorded runs.

mod observed;
mod write;

use std::collections::BTreeMap;

use self::observed::{Observed, read};

/// A recorded exchange, as far as a draft needs it.
#[derive(Clone, Copy, Debug)]
pub struct RecordedCall<'a> {
    /// The method of the request.
    pub method: &'a str,
    /// The path of the request, with its query.
    pub path: &'a str,
    /// The body of the request.
    pub request: &'a str,
    /// The body of the response.
    pub response: &'a str,
}

/// A definition to begin with.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The workflow's name, or its id where no call told the name.
    pub name: String,
    /// The definition.
    pub yaml: String,
}

/// Drafts a definition for each workflow that was run in the recorded calls, in the order of their ids.
///
/// Inputs have the types of what was sent, or those that the workflow's description told. What nodes said in a stream
/// becomes output nodes, a question a question node, a failure a `fail` node, and the output of a run that succeeded the
/// end. Of several runs the last that succeeded is taken. A text that was sent as an input is drafted as that input
/// wherever it comes back. What a node computed cannot be seen from outside, so a draft is to be read and completed.
///
/// ```
/// let calls = [coze_emulator::RecordedCall {
///     method: "POST",
///     path: "/v1/workflow/run",
///     request: r#"{"workflow_id":"7393","parameters":{"name":"Ada"}}"#,
///     response: r#"{"code":0,"msg":"","data":"{\"greeting\":\"Hello, Ada!\"}"}"#,
/// }];
/// let drafts = coze_emulator::draft(calls);
/// assert!(drafts[0].yaml.contains("greeting: \"Hello, {{ name }}!\""));
/// coze_emulator::Definition::from_yaml(&drafts[0].yaml)?;
/// # Ok::<(), coze_emulator::DefinitionError>(())
/// ```
pub fn draft<'a>(calls: impl IntoIterator<Item = RecordedCall<'a>>) -> Vec<Draft> {
    let mut workflows = BTreeMap::<String, Observed>::new();
    for call in calls {
        read(&mut workflows, call);
    }
    workflows
        .into_iter()
        .filter(|(_, workflow)| workflow.ran)
        .map(|(id, workflow)| {
            let name = workflow.name.clone().unwrap_or_else(|| id.clone());
            let yaml = write::yaml(&id, &name, &workflow);
            Draft { name, yaml }
        })
        .collect()
}
