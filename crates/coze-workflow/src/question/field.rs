//! A field that an answer is to give.

use std::collections::BTreeMap;

use coze_models::{Parameter, ParameterType};
use serde_json::Value;

/// A field of a form, or one that a question in words wants to be told.
///
/// ```
/// use coze_workflow::{Question, models::Interrupt};
///
/// let interrupt: Interrupt = serde_json::from_str(
///     r#"{"type":5,"required_parameters":{"img":{"type":"image","required":true,"description":"a cat"}}}"#,
/// )?;
/// let question = Question::from(interrupt);
/// let img = &question.fields()[0];
/// assert_eq!((img.name(), img.kind().unwrap().as_str()), ("img", "image"));
/// assert!(img.is_required() && img.is_file());
/// assert_eq!(img.description(), "a cat");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct FormField {
    name: String,
    shape: Parameter,
}

impl FormField {
    pub(super) fn new(name: impl Into<String>, shape: Parameter) -> Self {
        Self {
            name: name.into(),
            shape,
        }
    }

    /// The name under which a form gives it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The kind of value it takes; none where the service does not tell.
    pub fn kind(&self) -> Option<&ParameterType> {
        self.shape.r#type.as_ref()
    }

    /// Whether an answer without it is asked for again.
    pub fn is_required(&self) -> bool {
        self.shape.required.unwrap_or(false)
    }

    /// Whether it takes a file of some kind: a URL, or the id of an uploaded file.
    pub fn is_file(&self) -> bool {
        self.kind().is_some_and(is_file)
    }

    /// The author's words; empty where there are none.
    pub fn description(&self) -> &str {
        self.shape.description.as_deref().unwrap_or_default()
    }

    /// What is taken when the answer does not give it.
    pub fn default_value(&self) -> Option<&str> {
        let text = self.shape.default_value.as_deref();
        text.filter(|text| !text.is_empty())
    }

    /// The whole shape, with the elements of lists and the members of objects.
    pub fn shape(&self) -> &Parameter {
        &self.shape
    }

    /// Adds what `other` knows of the same field.
    fn complete(&mut self, other: &Parameter) {
        let shape = &mut self.shape;
        // The list of an input node calls files and times texts unless it says more; the map is exact.
        if matches!(shape.r#type, None | Some(ParameterType::String)) && other.r#type.is_some() {
            shape.r#type.clone_from(&other.r#type);
        }
        shape.required = shape.required.or(other.required);
        let text = |own: &mut Option<String>, other: &Option<String>| {
            if own.as_deref().is_none_or(str::is_empty) {
                own.clone_from(other);
            }
        };
        text(&mut shape.description, &other.description);
        text(&mut shape.default_value, &other.default_value);
        if shape.items.is_none() {
            shape.items.clone_from(&other.items);
        }
        if shape.properties.is_empty() {
            shape.properties.clone_from(&other.properties);
        }
    }
}

/// Adds `required_parameters` to the fields of a list.
pub(super) fn merge(
    mut fields: Vec<FormField>,
    map: &BTreeMap<String, Parameter>,
) -> Vec<FormField> {
    for (name, shape) in map {
        match fields.iter_mut().find(|field| field.name == *name) {
            Some(field) => field.complete(shape),
            None => fields.push(FormField::new(name, shape.clone())),
        }
    }
    fields
}

/// The field list of an input node; `None` when it is no such list.
pub(super) fn list(value: &Value) -> Option<Vec<FormField>> {
    value.as_array()?.iter().map(entry).collect()
}

/// `{"type":"string","name":"img","required":true,"assistType":2}`, where lists and objects carry a `schema`.
fn entry(value: &Value) -> Option<FormField> {
    Some(FormField::new(value.get("name")?.as_str()?, shape(value)))
}

fn shape(value: &Value) -> Parameter {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut shape = Parameter::default();
    shape.r#type = assisted(value).or_else(|| {
        Some(match value.get("type")?.as_str()? {
            "float" => ParameterType::Number,
            "list" => ParameterType::Array,
            other => ParameterType::from(other),
        })
    });
    shape.required = value.get("required").and_then(Value::as_bool);
    shape.description = text("description");
    shape.default_value = value
        .get("defaultValue")
        .or_else(|| value.get("default_value"))
        .filter(|value| !value.is_null())
        .map(|value| {
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned)
        });
    match value.get("schema") {
        Some(element @ Value::Object(_)) => shape.items = Some(Box::new(self::shape(element))),
        Some(members) => {
            let members = list(members).unwrap_or_default();
            shape.properties = members
                .into_iter()
                .map(|field| (field.name, field.shape))
                .collect();
        }
        None => {}
    }
    shape
}

/// The kinds of files, and times, that an input node numbers.
fn assisted(value: &Value) -> Option<ParameterType> {
    Some(match value.get("assistType")?.as_u64()? {
        1 => ParameterType::File,
        2 => ParameterType::Image,
        3 => ParameterType::Doc,
        4 => ParameterType::Code,
        5 => ParameterType::Ppt,
        6 => ParameterType::Txt,
        7 => ParameterType::Excel,
        8 => ParameterType::Audio,
        9 => ParameterType::Zip,
        10 => ParameterType::Video,
        11 => ParameterType::Svg,
        12 => ParameterType::Voice,
        10_000 => ParameterType::Time,
        _ => return None,
    })
}

pub(crate) const fn is_file(kind: &ParameterType) -> bool {
    use ParameterType as T;
    matches!(
        kind,
        T::File
            | T::Image
            | T::Svg
            | T::Audio
            | T::Video
            | T::Voice
            | T::Doc
            | T::Ppt
            | T::Excel
            | T::Txt
            | T::Code
            | T::Zip
    )
}
