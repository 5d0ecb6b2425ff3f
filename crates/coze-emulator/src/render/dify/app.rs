//! The app: what it takes, and its files.

use serde_json::{Map, Value, json};

use crate::{
    definition::{Param, ParamType, Params},
    request::Context,
    store::File,
};

/// The inputs of a workflow, as `parameters` tells them.
pub(crate) fn inputs(params: &Params) -> Vec<Value> {
    params
        .iter()
        .map(|(name, param)| {
            let kind = kind(param);
            let mut input = json!({
                "label": if param.description.is_empty() { name } else { &param.description },
                "variable": name,
                "type": kind,
                "required": param.required && param.default.is_none(),
                "options": [],
            });
            if let Some(default) = &param.default {
                input["default"] = default.clone();
            }
            Value::from(Map::from_iter([(kind.to_owned(), input)]))
        })
        .collect()
}

/// A list of something else has no kind there; it goes by its own name.
fn kind(param: &Param) -> &'static str {
    match param.kind {
        ParamType::Integer | ParamType::Number => "number",
        ParamType::Boolean => "checkbox",
        ParamType::Object => "json_object",
        ParamType::Array
            if param
                .items
                .as_ref()
                .is_some_and(|items| is_file(items.kind)) =>
        {
            "file-list"
        }
        ParamType::Array => "array",
        kind if is_file(kind) => "file",
        _ => "text-input",
    }
}

pub(crate) fn is_file(kind: ParamType) -> bool {
    kind != ParamType::Time && kind.assist_type().is_some()
}

/// An uploaded file.
pub(super) fn file(context: &Context, id: &str, file: &File) -> Value {
    let extension = file.name.rsplit_once('.').map_or("", |(_, ending)| ending);
    json!({
        "id": id,
        "name": file.name,
        "size": file.size,
        "extension": extension,
        "mime_type": null,
        "created_by": crate::ids::USER_ID,
        "created_at": file.created,
        "preview_url": null,
        "source_url": context.file_url(id),
        "original_url": null,
        "user_id": null,
        "tenant_id": crate::ids::SPACE_ID,
        "conversation_id": null,
        "file_key": null,
    })
}
