//! Inputs of a workflow from the command line.

mod object;
mod schema;

pub(crate) use self::{object::read as object, schema::value};

use std::{collections::BTreeMap, path::PathBuf};

use coze_workflow::{Client, Workflow};
use serde_json::{Map, Value};

use crate::{args::Inputs, failure::Failure, session::Session, upload};

/// The workflow with all that the command line gives for it. Files are uploaded here, and where the type of
/// a value matters the service is asked for the workflow's inputs.
pub(crate) async fn workflow(
    session: &Session,
    client: &Client,
    id: &str,
    args: &Inputs,
) -> Result<Workflow, Failure> {
    let given = Given::read(args)?;
    let asks =
        !given.files.is_empty() || given.singles.iter().any(|(_, text)| schema::matters(text));
    let schema = if asks {
        schema::ask(session, client, id).await
    } else {
        None
    };
    let shape = |name: &str| schema.as_ref().and_then(|schema| schema.get(name));
    let mut workflow = client.workflow(id).parameters(&given.object)?;
    for (name, text) in given.singles {
        workflow = workflow.parameter(name, schema::value(text, shape(name)));
    }
    for (name, paths) in given.files {
        let files = upload::each(session, client, &paths).await?;
        workflow = match files.as_slice() {
            [file] if !schema::is_list(shape(name)) => workflow.file_parameter(name, file),
            files => workflow.file_parameters(name, files),
        };
    }
    for pair in &args.ext {
        let (name, value) = pair_of("--ext", pair, "user_id=42")?;
        workflow = workflow.ext(name, value);
    }
    if let Some(version) = &args.workflow_version {
        workflow = workflow.version(version);
    }
    if let Some(bot) = &args.bot_id {
        workflow = workflow.bot_id(bot.as_str());
    }
    if let Some(app) = &args.app_id {
        workflow = workflow.app_id(app.as_str());
    }
    if let Some(connector) = &args.connector_id {
        workflow = workflow.connector_id(connector.as_str());
    }
    Ok(session.bounded(workflow, Workflow::deadline))
}

/// The command line, taken apart before anything is sent.
struct Given<'a> {
    object: Map<String, Value>,
    singles: Vec<(&'a str, &'a str)>,
    /// The paths of the files for each input.
    files: BTreeMap<&'a str, Vec<PathBuf>>,
}

impl<'a> Given<'a> {
    fn read(args: &'a Inputs) -> Result<Self, Failure> {
        let object = match args.all_params.as_deref() {
            Some(source) => object::read("--params", source)?,
            None => Map::new(),
        };
        let pairs = args.params.iter();
        let singles = pairs.map(|pair| pair_of("-p", pair, "city=Lyon"));
        let singles = singles.collect::<Result<_, _>>()?;
        let mut files = BTreeMap::<_, Vec<_>>::new();
        for pair in &args.files {
            let (name, path) = pair_of("--file", pair, "photo=@cat.png")?;
            // Without the `@` too: a file is all it can be.
            let path = PathBuf::from(path.strip_prefix('@').unwrap_or(path));
            if !path.is_file() {
                let path = path.display();
                return Err(Failure::usage(format!(
                    "`--file {pair}`: {path} is not a file"
                )));
            }
            files.entry(name).or_default().push(path);
        }
        Ok(Self {
            object,
            singles,
            files,
        })
    }
}

/// `NAME=VALUE`, taken apart.
fn pair_of<'p>(option: &str, pair: &'p str, example: &str) -> Result<(&'p str, &'p str), Failure> {
    pair.split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .ok_or_else(|| {
            Failure::usage(format!(
                "`{option} {pair}` is not NAME=VALUE: write for instance `{option} {example}`"
            ))
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn given(params: &[&str], all: Option<&str>) -> Result<Value, Failure> {
        let args = Inputs {
            params: params.iter().map(|&pair| pair.into()).collect(),
            all_params: all.map(Into::into),
            ..Inputs::default()
        };
        let given = Given::read(&args)?;
        let mut values = given.object;
        for (name, text) in given.singles {
            values.insert(name.into(), schema::value(text, None));
        }
        Ok(Value::Object(values))
    }

    #[test]
    fn without_a_schema_values_are_json_where_they_are_json() {
        let values = given(
            &[
                "a=1",
                "b=Ada",
                "c=\"1\"",
                "d={\"x\":[1]}",
                "e=",
                "f=x=y",
                "g=12345678901234567890",
            ],
            None,
        );
        assert_eq!(
            values.unwrap(),
            json!({"a": 1, "b": "Ada", "c": "1", "d": {"x": [1]}, "e": "", "f": "x=y",
                   "g": 12_345_678_901_234_567_890_u64})
        );
    }

    #[test]
    fn single_values_win_over_the_object() {
        let values = given(&["a=2"], Some(r#"{"a":1,"b":1}"#));
        assert_eq!(values.unwrap(), json!({"a": 2, "b": 1}));
    }

    #[test]
    fn bad_input_is_told_with_its_place() {
        for (params, all, say) in [
            (&["city"][..], None, "`-p city` is not NAME=VALUE"),
            (&["=x"], None, "NAME=VALUE"),
            (&[], Some("[1]"), "--params is JSON but not an object"),
            (&[], Some("{"), "--params is not JSON"),
            (
                &[],
                Some("@/nonexistent/x.json"),
                "/nonexistent/x.json cannot be read",
            ),
        ] {
            let message = given(params, all).unwrap_err().message();
            assert!(message.contains(say), "{message}");
        }
    }
}
