//! Which server is talked to, and all that differs between the two.
//!
//! A self-hosted server reads and writes the same documents as the cloud service, by the same paths but
//! one. Its responses are read by the one tolerant decoder: ids as numbers, other names of fields, its
//! log id header, and a refused token as HTTP 200 with a code. What it has to be *asked*
//! differently, or cannot be asked, is here.

use std::{borrow::Cow, collections::BTreeMap, fmt, str::FromStr};

use bytes::Bytes;
use coze_models::{FileId, OperationMeta};
use coze_wire::OutputOrigin;
use http::{Request, Uri, uri::PathAndQuery};
use serde_json::value::RawValue;

use crate::{Error, ErrorKind};

/// Which server is talked to. It is a choice, never a guess.
///
/// | | `Cloud` | `Studio` |
/// |---|---|---|
/// | history of a run | `/v1/workflows/{workflow_id}/run_histories/{execute_id}` | `/v1/workflow/get_run_history` |
/// | parameters | an object | a text that holds the object, as the server rounds numbers in an object |
/// | ids | texts | texts of digits |
/// | lists, descriptions, versions, node outputs, collaborators, resuming without a stream, facts about files, conversations | yes | [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported), before anything is sent |
/// | a version to run | yes | the same error: the latest published one is what runs |
/// | a file as an input | its id | its URL |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// The cloud service, in either region.
    #[default]
    Cloud,
    /// The self-hosted open-source server, Coze Studio.
    Studio,
}

impl Dialect {
    /// Its name in settings: `cloud` or `studio`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cloud => "cloud",
            Self::Studio => "studio",
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Dialect {
    type Err = Error;

    /// Reads the name, in any case.
    fn from_str(name: &str) -> Result<Self, Error> {
        [Self::Cloud, Self::Studio]
            .into_iter()
            .find(|known| name.trim().eq_ignore_ascii_case(known.name()))
            .ok_or_else(|| Error::build("the kind of server is cloud or studio"))
    }
}

/// What the self-hosted server does not have, and what to do instead.
const MISSING: [(&str, &str); 11] = [
    (
        "list_workflows",
        "take the workflow's id from the address of its page",
    ),
    (
        "get_workflow",
        "the server describes chatflow roles at this path; look at the workflow's page",
    ),
    (
        "list_workflow_versions",
        "runs always take the latest published version",
    ),
    (
        "get_node_output",
        "the whole output stands in the history of the run",
    ),
    (
        "resume_workflow",
        "run the workflow with stream(), whose interrupts can be answered",
    ),
    ("set_collaboration_mode", "set it in the web pages"),
    ("add_collaborators", "add them in the web pages"),
    ("remove_collaborator", "remove them in the web pages"),
    ("list_workspaces", "take ids from the web pages"),
    ("retrieve_file", "keep what upload() returned"),
    (
        "create_conversation",
        "name the conversation in the parameter CONVERSATION_NAME of the chat",
    ),
];

/// What to do in place of an operation that the self-hosted server does not have.
fn instead_of(operation: &str) -> Option<&'static str> {
    let missing = MISSING.iter().find(|(id, _)| *id == operation)?;
    Some(missing.1)
}

/// Paths whose ids the self-hosted server wants as query parameters.
const HISTORY: &str = "get_run_history";

/// Operations whose `parameters` the self-hosted server wants as text.
const RUNS: [&str; 3] = ["run_workflow", "stream_workflow", "run_chatflow"];

impl Dialect {
    /// The request as this server wants it.
    pub(crate) fn adapt(
        self,
        meta: &OperationMeta,
        mut request: Request<Bytes>,
    ) -> Result<Request<Bytes>, Error> {
        if self == Self::Cloud {
            return Ok(request);
        }
        let adapted = if let Some(instead) = instead_of(meta.id) {
            let message = "a self-hosted server does not have the operation";
            Err(Error::new(ErrorKind::Unsupported, message).with_hint(instead))
        } else if meta.id == HISTORY {
            history(request.uri()).map(|target| *request.uri_mut() = target)
        } else if RUNS.contains(&meta.id) {
            run_body(request.body()).map(|body| *request.body_mut() = body)
        } else {
            Ok(())
        };
        adapted.map(|()| request)
    }

    /// How the output in a history is wrapped.
    pub(crate) fn history_origin(self) -> OutputOrigin {
        match self {
            Self::Cloud => OutputOrigin::History,
            // The end node's result itself, as in the response to a run.
            Self::Studio => OutputOrigin::Run,
        }
    }

    /// A file as the value of an input.
    pub(crate) fn file_value(
        self,
        id: Option<FileId>,
        url: Option<String>,
    ) -> Result<String, &'static str> {
        match (self, id, url) {
            (Self::Studio, Some(_), None) => {
                Err("a self-hosted server does not know files by id here: pass the file's url")
            }
            // JSON within a text, which is how the service tells a file from a text.
            (Self::Cloud, Some(id), _) => Ok(serde_json::json!({ "file_id": id }).to_string()),
            (_, _, Some(url)) => Ok(url),
            (_, None, None) => Err("the upload brought neither a file id nor a url"),
        }
    }
}

/// The history's address: the ids leave the path and become a query.
fn history(from: &Uri) -> Result<Uri, Error> {
    let mut path = from.path().split('/').skip(3);
    let (workflow, _, run) = (path.next(), path.next(), path.next());
    let (workflow, run) = (workflow.unwrap_or_default(), run.unwrap_or_default());
    number("workflow_id", workflow)?;
    number("execute_id", run)?;
    let target = format!("/v1/workflow/get_run_history?workflow_id={workflow}&execute_id={run}");
    match PathAndQuery::try_from(target) {
        Ok(target) => Ok(target.into()),
        Err(error) => Err(Error::build("the request cannot be written").with_source(error)),
    }
}

fn number(name: &str, id: &str) -> Result<(), Error> {
    match id.parse::<i64>() {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::build(format!(
            "`{name}` is not a number: a self-hosted server takes nothing else, so take it from the address of its page"
        ))
        .with_source(error)),
    }
}

type Members<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

/// A body that starts a run, with `parameters` as text: that server reads numbers of an object as
/// floating point, and would round ids.
fn run_body(body: &Bytes) -> Result<Bytes, Error> {
    let unreadable = |error| Error::build("the request cannot be written").with_source(error);
    let mut members: Members<'_> = serde_json::from_slice(body).map_err(unreadable)?;
    if members.contains_key("workflow_version") {
        let message = "a self-hosted server runs the latest published version and no other: leave version() out";
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    let id = members.get("workflow_id").map_or("", |id| id.get());
    number("workflow_id", id.trim_matches('"'))?;
    let parameters = members.get("parameters").map_or("", |value| value.get());
    let text;
    if parameters.starts_with('{') {
        text = serde_json::value::to_raw_value(parameters).map_err(unreadable)?;
        members.insert("parameters".into(), &text);
    }
    let body = serde_json::to_vec(&members).map_err(unreadable)?;
    Ok(body.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_that_is_named_exists() {
        use coze_models::{
            AddCollaborators, CreateConversation, GetNodeOutput, GetRunHistory, GetWorkflow,
            ListWorkflowVersions, ListWorkflows, ListWorkspaces, Operation, RemoveCollaborator,
            ResumeWorkflow, RetrieveFile, RunChatflow, RunWorkflow, SetCollaborationMode,
            StreamWorkflow,
        };
        let ids = [
            ListWorkflows::META.id,
            GetWorkflow::META.id,
            ListWorkflowVersions::META.id,
            GetNodeOutput::META.id,
            ResumeWorkflow::META.id,
            SetCollaborationMode::META.id,
            AddCollaborators::META.id,
            RemoveCollaborator::META.id,
            ListWorkspaces::META.id,
            RetrieveFile::META.id,
            CreateConversation::META.id,
        ];
        assert_eq!(MISSING.map(|(id, _)| id), ids);
        assert_eq!(HISTORY, GetRunHistory::META.id);
        let runs = [
            RunWorkflow::META.id,
            StreamWorkflow::META.id,
            RunChatflow::META.id,
        ];
        assert_eq!(RUNS, runs);
    }

    #[test]
    fn names_are_read_in_any_case_and_others_are_refused() {
        for dialect in [Dialect::Cloud, Dialect::Studio] {
            let name = dialect.to_string();
            assert_eq!(name.parse::<Dialect>().unwrap(), dialect);
            assert_eq!(name.to_uppercase().parse::<Dialect>().unwrap(), dialect);
        }
        let error = "clown".parse::<Dialect>().unwrap_err();
        assert!(error.to_string().contains("cloud or studio"), "{error}");
    }

    #[test]
    fn parameters_become_text_digit_by_digit_and_the_rest_stays() {
        let body = r#"{"workflow_id":"73","parameters":{"n":9007199254740993,"x":1e400,"s":"\"\u00e9"},"ext":{"user_id":"u"}}"#;
        let body = run_body(&body.into()).unwrap();
        assert_eq!(
            body,
            r#"{"ext":{"user_id":"u"},"parameters":"{\"n\":9007199254740993,\"x\":1e400,\"s\":\"\\\"\\u00e9\"}","workflow_id":"73"}"#
        );
        let body = run_body(&r#"{"workflow_id":"73"}"#.into()).unwrap();
        assert_eq!(body, r#"{"workflow_id":"73"}"#);
    }
}
