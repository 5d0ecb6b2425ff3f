//! What the app takes, and the check before a stream.

use std::sync::PoisonError;

use coze_engine::{
    EngineError, ErrorClass, ErrorKind, InputField, InputKind, InputProblem, InputSchema, Outcome,
};
use serde_json::{Map, Value};

use crate::{
    Dify, DifyInput, DifyInputType, DifyParameters, GetDifyParameters,
    error::NAME,
    exchange::{self, Limits},
};

impl Dify {
    /// What the app takes, asked anew.
    pub(crate) async fn schema(&self, limits: Limits) -> Result<InputSchema, EngineError> {
        let parameters = exchange::reply(&self.0, &GetDifyParameters::new(), limits).await?;
        let schema = schema(&parameters.value);
        let mut kept = self.0.schema.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some(schema.clone());
        Ok(schema)
    }

    /// Refuses a run that lacks an input, because the server would not: a streamed run is checked by the worker alone,
    /// and the stream of one that is refused there is silent for 300 s and says nothing.
    ///
    /// Anything else that is wrong with the inputs is told by nobody, or by the run. Where the server does not tell
    /// what the app takes, there is no check.
    pub(crate) async fn check_missing(
        &self,
        operation: &'static str,
        inputs: &Map<String, Value>,
        limits: Limits,
    ) -> Result<(), EngineError> {
        let kept = self
            .0
            .schema
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if kept.is_some_and(|schema| missing(&schema, inputs).is_empty()) {
            return Ok(());
        }
        // The app may have been published anew since.
        let schema = match self.schema(limits).await {
            Ok(schema) => schema,
            Err(error) if error.kind() == ErrorKind::Auth => return Err(error),
            Err(error) => {
                tracing::debug!(%error, "the inputs are not checked");
                return Ok(());
            }
        };
        let missing = missing(&schema, inputs);
        if missing.is_empty() {
            return Ok(());
        }
        let error = EngineError::new(NAME, ErrorKind::Build, operation, missing.join("; "));
        Err(error
            .with_class(ErrorClass::InvalidInput)
            .starting_run(Outcome::NotAccepted))
    }
}

fn missing(schema: &InputSchema, inputs: &Map<String, Value>) -> Vec<String> {
    let problems = schema.check(inputs).into_iter();
    problems
        .filter(|problem| matches!(problem, InputProblem::Missing { .. }))
        .map(|problem| problem.to_string())
        .collect()
}

fn schema(parameters: &DifyParameters) -> InputSchema {
    let inputs = parameters
        .user_input_form
        .iter()
        .flat_map(|one| one.values());
    InputSchema::new(inputs.filter_map(field).collect())
}

fn field(input: &DifyInput) -> Option<InputField> {
    let mut field = InputField::new(input.variable.clone()?, kind(input.r#type.as_ref()));
    field.type_name = input
        .r#type
        .as_ref()
        .map(|kind| kind.as_str().to_owned())
        .unwrap_or_default();
    field.required = input.required;
    field.description = input.label.clone().unwrap_or_default();
    field.default = input.default.clone().filter(|default| !default.is_null());
    field.options.clone_from(&input.options);
    if field.kind == InputKind::Text {
        field.max_chars = input.max_length.and_then(|most| usize::try_from(most).ok());
    }
    if field.kind == InputKind::Array {
        field.items = Some(Box::new(InputField::new("", InputKind::File)));
    }
    Some(field)
}

fn kind(kind: Option<&DifyInputType>) -> InputKind {
    match kind {
        Some(DifyInputType::TextInput | DifyInputType::Paragraph | DifyInputType::Select) => {
            InputKind::Text
        }
        Some(DifyInputType::Number) => InputKind::Number,
        Some(DifyInputType::Checkbox) => InputKind::Boolean,
        Some(DifyInputType::JsonObject) => InputKind::Object,
        Some(DifyInputType::File) => InputKind::File,
        Some(DifyInputType::FileList) => InputKind::Array,
        _ => InputKind::Any,
    }
}
