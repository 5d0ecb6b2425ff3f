//! What a workflow takes.

use coze_engine::{InputField, InputKind, InputSchema};
use coze_models::{Parameter, ParameterType, WorkflowInfo};

/// The inputs of a workflow, where the service tells them.
pub(super) fn of(info: &WorkflowInfo) -> Option<InputSchema> {
    let inputs = info.input.as_ref()?;
    let fields = inputs.parameters.iter();
    Some(InputSchema::new(
        fields.map(|(name, shape)| field(name, shape)).collect(),
    ))
}

/// An input, or a field of a form.
pub(super) fn field(name: &str, shape: &Parameter) -> InputField {
    let mut field = InputField::new(name, shape.r#type.as_ref().map_or(InputKind::Any, kind));
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    if let Some(kind) = &shape.r#type {
        kind.as_str().clone_into(&mut field.type_name);
    }
    field.required = shape.required.unwrap_or(false);
    field.description = text(&shape.description);
    let default = shape.default_value.as_deref();
    field.default = default.filter(|text| !text.is_empty()).map(Into::into);
    let items = shape.items.as_deref();
    field.items = items.map(|shape| Box::new(self::field("", shape)));
    let members = shape.properties.iter();
    field.properties = members
        .map(|(name, shape)| self::field(name, shape))
        .collect();
    field
}

fn kind(kind: &ParameterType) -> InputKind {
    use ParameterType as T;
    match kind {
        T::String | T::Time => InputKind::Text,
        T::Integer => InputKind::Integer,
        T::Number => InputKind::Number,
        T::Boolean => InputKind::Boolean,
        T::Object => InputKind::Object,
        T::Array => InputKind::Array,
        kind if crate::question::is_file(kind) => InputKind::File,
        _ => InputKind::Any,
    }
}
