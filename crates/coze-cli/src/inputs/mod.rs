//! Inputs of a workflow from the command line.

mod kept;
mod object;
mod schema;

pub(crate) use self::{kept::KeptSchema, object::read as object, schema::value};

use std::{collections::BTreeMap, path::PathBuf};

use coze_workflow::{
    Client, Workflow,
    engine::{Engine, InputField, InputKind, InputSchema, RunRequest},
};
use serde_json::{Map, Value};

use crate::{
    args::{Check, Format, Inputs},
    failure::Failure,
    output,
    session::Session,
    upload,
};

/// The workflow with all that the command line gives for it. Files are uploaded here, and the service is asked for
/// what the workflow takes, unless that is kept.
pub(crate) async fn workflow(
    session: &Session,
    client: &Client,
    id: &str,
    args: &Inputs,
    kept: Option<&KeptSchema>,
) -> Result<Workflow, Failure> {
    let given = Given::read(args)?;
    let pairs = args.ext.iter();
    let pairs = pairs.map(|pair| pair_of("--ext", pair, "user_id=42"));
    let ext = pairs.collect::<Result<Vec<_>, _>>()?;
    let schema = given.schema(session, client, id, args, kept).await;
    let values = given.values(schema.as_ref());
    given.check(session, schema.as_ref(), &values, args)?;
    let mut workflow = client.workflow(id).parameters(&values)?;
    for (name, paths) in &given.files {
        let files = upload::each(session, client, paths).await?;
        workflow = match files.as_slice() {
            [file] if !is_list(schema.as_ref(), name) => workflow.file_parameter(*name, file),
            files => workflow.file_parameters(*name, files),
        };
    }
    for (name, value) in ext {
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

/// The same for an engine that is not Coze.
pub(crate) async fn request(
    session: &Session,
    engine: &dyn Engine,
    id: &str,
    args: &Inputs,
) -> Result<RunRequest, Failure> {
    let given = Given::read(args)?;
    let mut request = RunRequest::new(id);
    for pair in &args.ext {
        match pair_of("--ext", pair, "user_id=42")? {
            ("user_id", user) => request = request.user(user),
            (name, _) => {
                return Err(Failure::usage(format!(
                    "`--ext {name}` is for Coze: other engines know user_id alone"
                )));
            }
        }
    }
    if args.bot_id.is_some() || args.app_id.is_some() || args.connector_id.is_some() {
        let message = "--bot-id, --app-id and --connector-id are for Coze: leave them out";
        return Err(Failure::usage(message));
    }
    request.version.clone_from(&args.workflow_version);
    request.deadline = session.deadline;
    let schema = given.schema(session, engine, id, args, None).await;
    let mut values = given.values(schema.as_ref());
    given.check(session, schema.as_ref(), &values, args)?;
    for (name, paths) in &given.files {
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            files.push(upload::to(engine, path, request.user.as_deref()).await?);
        }
        let value = match files.len() {
            1 if !is_list(schema.as_ref(), name) => files.remove(0),
            _ => Value::from(files),
        };
        values.insert((*name).to_owned(), value);
    }
    Ok(request.parameters(values))
}

/// Whether an input takes a list.
fn is_list(schema: Option<&InputSchema>, name: &str) -> bool {
    field(schema, name).is_some_and(|field| field.kind == InputKind::Array)
}

fn field<'s>(schema: Option<&'s InputSchema>, name: &str) -> Option<&'s InputField> {
    let mut fields = schema?.fields.iter();
    fields.find(|field| field.name == name)
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
            if path.as_os_str().is_empty() {
                let message = format!("`--file {pair}` names no file: write `--file {name}=@PATH`");
                return Err(Failure::usage(message));
            }
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

    /// What the workflow takes, where the command line needs to know it and it can be had.
    async fn schema(
        &self,
        session: &Session,
        engine: &dyn Engine,
        id: &str,
        args: &Inputs,
        kept: Option<&KeptSchema>,
    ) -> Option<InputSchema> {
        // Where nothing is given, the service tells what is missing.
        let is_given = !self.object.is_empty() || !self.singles.is_empty();
        let is_checked = match args.check {
            Check::Off => false,
            Check::Warn => is_given && args.workflow_version.is_none(),
            Check::Enforce => args.workflow_version.is_none(),
        };
        let matters = !self.files.is_empty() || self.singles.iter().any(|(_, text)| is_open(text));
        if !is_checked && !matters {
            return None;
        }
        let fits = |schema: &InputSchema| schema.check(&self.values(Some(schema))).is_empty();
        if !matters && let Some(schema) = kept.and_then(KeptSchema::read).filter(fits) {
            return Some(schema);
        }
        let schema = schema::ask(session, engine, id).await?;
        if let Some(kept) = kept {
            kept.write(&schema);
        }
        Some(schema)
    }

    /// The inputs, files apart.
    fn values(&self, schema: Option<&InputSchema>) -> Map<String, Value> {
        let mut values = self.object.clone();
        for (name, text) in &self.singles {
            let wants_text = field(schema, name).is_some_and(schema::is_text);
            values.insert((*name).to_owned(), schema::value(text, wants_text));
        }
        values
    }

    /// Tells what does not fit the workflow, or refuses it.
    fn check(
        &self,
        session: &Session,
        schema: Option<&InputSchema>,
        values: &Map<String, Value>,
        args: &Inputs,
    ) -> Result<(), Failure> {
        let (Some(schema), None) = (schema, &args.workflow_version) else {
            return Ok(());
        };
        let mut values = values.clone();
        for name in self.files.keys() {
            // What stands here after the upload fits.
            let file = Value::from("file");
            let is_list = is_list(Some(schema), name);
            let file = if is_list {
                Value::from(vec![file])
            } else {
                file
            };
            values.insert((*name).to_owned(), file);
        }
        let problems = schema.check(&values);
        let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
        match args.check {
            Check::Enforce if !problems.is_empty() => Err(Failure::usage(format!(
                "the inputs do not fit the workflow: {}",
                problems.join("; ")
            ))),
            // Programs read JSON alone, unless they ask for more.
            Check::Warn if session.output == Format::Text || session.verbose > 0 => {
                for problem in problems {
                    output::warning(&problem);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// Whether the type of an input decides how this text is read.
fn is_open(text: &str) -> bool {
    !matches!(serde_json::from_str(text), Err(_) | Ok(Value::String(_)))
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
        Ok(Value::Object(Given::read(&args)?.values(None)))
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
    fn the_type_matters_only_where_json_leaves_it_open() {
        for text in ["1234", "true", "null", "[1]", "{}"] {
            assert!(is_open(text), "{text}");
        }
        for text in ["Ada", "01234", "\"1\"", "", "x=y"] {
            assert!(!is_open(text), "{text}");
        }
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
