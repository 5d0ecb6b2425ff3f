//! Whether a JSON value fits a type, by what the models accept on the wire.

use crate::{
    api::{Api, Kind, is_int_enum},
    page::ast::{Presence, Type},
};
use serde_json::Value;

/// Judges values against the types of a set.
#[derive(Clone, Copy, Debug)]
pub struct Fit<'a> {
    /// The set.
    pub api: &'a Api,
}

/// A value that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// Where in the value, e.g. `$.data.creator.id`.
    pub path: String,
    /// Why.
    pub why: String,
    /// Whether the value is a key without a row.
    pub unknown_key: bool,
}

impl Fit<'_> {
    /// Lists what does not fit `ty` in `value`.
    pub fn check(self, ty: &Type, value: &Value, path: &str, out: &mut Vec<Misfit>) {
        let fits = match ty {
            Type::Str | Type::File => value.is_string(),
            Type::Text | Type::Json | Type::JsonText => true,
            Type::Bool => value.is_boolean(),
            Type::Int | Type::UnixSeconds => integral(value),
            Type::Float => value.is_number(),
            Type::Id(_) => value.is_string() || value.is_u64() || value.is_i64(),
            Type::Boxed(of) => return self.check(of, value, path, out),
            Type::List(of) => match value {
                Value::Array(list) => {
                    for (at, value) in list.iter().enumerate() {
                        self.check(of, value, &format!("{path}[{at}]"), out);
                    }
                    return;
                }
                _ => value.is_null(),
            },
            Type::Map(of) => match value {
                Value::Object(map) => {
                    for (key, value) in map {
                        self.check(of, value, &format!("{path}.{key}"), out);
                    }
                    return;
                }
                _ => value.is_null(),
            },
            Type::Named(name) => return self.named(name, value, path, out),
        };
        if !fits {
            out.push(Misfit {
                path: path.to_owned(),
                why: format!("{} is no `{ty}`", kind(value)),
                unknown_key: false,
            });
        }
    }

    fn named(self, name: &str, value: &Value, path: &str, out: &mut Vec<Misfit>) {
        let Some(def) = self.api.types.get(name) else {
            return;
        };
        let mut misfit = |why: String| {
            out.push(Misfit {
                path: path.to_owned(),
                why,
                unknown_key: false,
            });
        };
        match &def.kind {
            Kind::Enum(values) => {
                let word = match value {
                    Value::String(word) => word.clone(),
                    Value::Number(n) if is_int_enum(values) => n.to_string(),
                    _ => return misfit(format!("{} is no `{name}`", kind(value))),
                };
                if !values.iter().any(|v| v.value.value == word) {
                    misfit(format!("`{word}` is not listed in `{name}`"));
                }
            }
            Kind::Events(_) => misfit(format!("`{name}` is a stream of events")),
            _ => self.object(name, value, path, out),
        }
    }

    /// Judges the members of an object. `null` equals absent.
    pub fn object(self, name: &str, value: &Value, path: &str, out: &mut Vec<Misfit>) {
        let Some(def) = self.api.types.get(name) else {
            return;
        };
        let Value::Object(map) = value else {
            out.push(Misfit {
                path: path.to_owned(),
                why: format!("{} is no `{name}`", kind(value)),
                unknown_key: false,
            });
            return;
        };
        let fields = def.fields();
        for (key, value) in map {
            let at = format!("{path}.{key}");
            let row = fields
                .iter()
                .find(|(_, f)| f.name.value == *key || f.aliases.iter().any(|a| a.value == *key));
            match row {
                Some((_, field)) => {
                    let empty_is_none =
                        matches!(field.ty.value, Type::Int | Type::UnixSeconds | Type::Id(_))
                            && value == "";
                    let absent = matches!(
                        &field.presence.value, Presence::AbsentAs(v) if v == value
                    );
                    if !value.is_null() && !empty_is_none && !absent {
                        self.check(&field.ty.value, value, &at, out);
                    }
                }
                None => out.push(Misfit {
                    path: at,
                    why: format!("`{name}` has no row `{key}`"),
                    unknown_key: true,
                }),
            }
        }
    }
}

fn integral(value: &Value) -> bool {
    match value {
        Value::Number(n) => {
            n.is_i64() || n.is_u64() || n.as_f64().is_some_and(|f| f.fract() == 0.0)
        }
        Value::String(s) => s.parse::<i64>().is_ok(),
        _ => false,
    }
}

/// What a value is, for messages.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a bool",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
