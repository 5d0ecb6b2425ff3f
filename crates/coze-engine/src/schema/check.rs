//! Whether inputs fit a workflow.

use serde_json::{Map, Value};

use super::{InputField, InputKind, InputProblem, InputSchema};

/// Longer names are not compared: that takes the product of their lengths.
const LONGEST_COMPARED: usize = 64;

impl InputSchema {
    /// All that is wrong with these inputs: first the names that the workflow does not have, then its inputs in their
    /// order. To services, null is the same as absent.
    pub fn check(&self, inputs: &Map<String, Value>) -> Vec<InputProblem> {
        let mut problems = Vec::new();
        for name in inputs.keys() {
            if !self.fields.iter().any(|field| field.name == *name) {
                let nearest = self.nearest(name, inputs).map(str::to_owned);
                problems.push(InputProblem::Unknown {
                    name: name.clone(),
                    nearest,
                });
            }
        }
        members(&self.fields, inputs, "", &mut problems);
        problems
    }

    /// The input that was most likely meant: one of a similar name that was not given.
    fn nearest(&self, name: &str, given: &Map<String, Value>) -> Option<&str> {
        if name.len() > LONGEST_COMPARED {
            return None;
        }
        let folded = name.to_lowercase();
        let near = self
            .fields
            .iter()
            .map(|field| field.name.as_str())
            .filter(|known| known.len() <= LONGEST_COMPARED && !given.contains_key(*known))
            .map(|known| {
                let distance = strsim::damerau_levenshtein(&folded, &known.to_lowercase());
                (distance, known)
            });
        // A third of the name may be wrong, and one letter of a short one.
        let limit = (name.chars().count() / 3).max(1);
        near.filter(|(distance, _)| *distance <= limit)
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, known)| known)
    }
}

fn members(
    fields: &[InputField],
    values: &Map<String, Value>,
    path: &str,
    problems: &mut Vec<InputProblem>,
) {
    for field in fields {
        let path = match path {
            "" => field.name.clone(),
            path => format!("{path}.{}", field.name),
        };
        match values.get(&field.name) {
            Some(value) if !value.is_null() => fit(field, value, &path, problems),
            _ if field.required && field.default.is_none() => {
                problems.push(InputProblem::Missing { path });
            }
            _ => {}
        }
    }
}

fn fit(field: &InputField, value: &Value, path: &str, problems: &mut Vec<InputProblem>) {
    if let Err(wanted) = field.takes(value) {
        let got = match value {
            Value::String(text) if field.kind == InputKind::Text => excess(text),
            other => kind(other).to_owned(),
        };
        let path = path.to_owned();
        problems.push(InputProblem::Misfit { path, wanted, got });
        return;
    }
    match value {
        Value::Array(elements) => {
            if let Some(items) = &field.items {
                for (at, element) in elements.iter().enumerate() {
                    fit(items, element, &format!("{path}[{at}]"), problems);
                }
            }
        }
        Value::Object(values) => members(&field.properties, values, path, problems),
        _ => {}
    }
}

impl InputField {
    /// Whether a value fits, apart from what is in it; the error is what the field takes.
    fn takes(&self, value: &Value) -> Result<(), String> {
        let (fits, wanted) = match self.kind {
            InputKind::Any => (true, ""),
            InputKind::Text => (value.is_string(), "a text"),
            InputKind::Integer => (is_integer(value), "an integer"),
            InputKind::Number => (value.is_number(), "a number"),
            InputKind::Boolean => (value.is_boolean(), "true or false"),
            InputKind::Array => (value.is_array(), "a list"),
            InputKind::Object => (value.is_object(), "an object"),
            InputKind::File => {
                let fits = value.as_str().is_some_and(|text| !text.is_empty()) || value.is_object();
                (fits, "a file")
            }
        };
        if !fits {
            return Err(wanted.to_owned());
        }
        let Some(text) = value.as_str() else {
            return Ok(());
        };
        if !self.options.is_empty() && !self.options.iter().any(|option| option == text) {
            let options: Vec<_> = self.options.iter().map(|one| format!("`{one}`")).collect();
            return Err(format!("one of {}", options.join(", ")));
        }
        match self.max_chars {
            Some(max) if text.chars().count() > max => Err(format!("at most {max} characters")),
            _ => Ok(()),
        }
    }
}

fn is_integer(value: &Value) -> bool {
    value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
}

/// A text that is too long or not among the options, without saying it whole.
fn excess(text: &str) -> String {
    let count = text.chars().count();
    if count <= LONGEST_COMPARED {
        format!("`{text}`")
    } else {
        format!("{count}")
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> InputSchema {
        let city = InputField::new("city", InputKind::Text).required();
        let mut days = InputField::new("days", InputKind::Integer).required();
        days.default = Some(json!(3));
        let mut tags = InputField::new("tags", InputKind::Array);
        tags.items = Some(Box::new(InputField::new("", InputKind::Text)));
        let mut place = InputField::new("place", InputKind::Object);
        place.properties = vec![InputField::new("zip", InputKind::Text).required()];
        let mut size = InputField::new("size", InputKind::Text);
        size.options = vec!["S".to_owned(), "M".to_owned()];
        let mut note = InputField::new("note", InputKind::Text);
        note.max_chars = Some(3);
        let photo = InputField::new("photo", InputKind::File);
        InputSchema::new(vec![city, days, tags, place, size, note, photo])
    }

    fn said(inputs: &Value) -> Vec<String> {
        let problems = schema().check(inputs.as_object().unwrap());
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_fits_is_let_through() {
        for inputs in [
            json!({"city": "Lyon"}),
            json!({"city": "Lyon", "days": 3.0, "tags": ["a"], "place": {"zip": "69001", "x": 1}}),
            json!({"city": "", "size": "M", "note": "éèà", "photo": {"file_id": "1"}, "days": null}),
        ] {
            assert_eq!(said(&inputs), [""; 0], "{inputs}");
        }
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let inputs = json!({"ctiy": "Lyon", "days": "3", "tags": ["a", 7], "place": {}, "size": "XL",
            "note": "long", "photo": "", "zzz": 1});
        assert_eq!(
            said(&inputs),
            [
                "there is no input `ctiy`; did you mean `city`?",
                "there is no input `zzz`",
                "the input `city` is required",
                "the input `days` takes an integer, not a text",
                "the input `tags[1]` takes a text, not a number",
                "the input `place.zip` is required",
                "the input `size` takes one of `S`, `M`, not `XL`",
                "the input `note` takes at most 3 characters, not `long`",
                "the input `photo` takes a file, not a text",
            ]
        );
    }

    #[test]
    fn a_name_that_was_given_is_not_the_one_that_was_meant() {
        assert_eq!(
            said(&json!({"city": "Lyon", "citi": "Oslo"})),
            ["there is no input `citi`"]
        );
        assert_eq!(
            said(&json!({"CITY": "Lyon"}))[0],
            "there is no input `CITY`; did you mean `city`?"
        );
        let long = "city".repeat(40_000);
        assert_eq!(said(&json!({"city": "x", long: 1})).len(), 1);
    }
}
