//! What an engine is asked for.

use std::{fmt, time::Duration};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A workflow with the values it is to be run with.
///
/// ```
/// use std::time::Duration;
/// use coze_engine::RunRequest;
///
/// let request = RunRequest::new("7366").parameter("city", "Lyon").deadline(Duration::from_secs(60));
/// assert_eq!(request.parameters["city"], "Lyon");
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct RunRequest {
    /// The workflow: its id or, for Dify, `-` for the app that the key belongs to.
    pub workflow: String,
    /// The inputs of the workflow, by name.
    pub parameters: Map<String, Value>,
    /// Whom the run is for, in the caller's word; engines that need one have a default.
    pub user: Option<String>,
    /// The version to run; the latest published one by default.
    pub version: Option<String>,
    /// How long the whole call may take; the engine's default otherwise.
    pub deadline: Option<Duration>,
}

impl RunRequest {
    /// A run of a workflow without inputs.
    pub fn new(workflow: impl Into<String>) -> Self {
        Self {
            workflow: workflow.into(),
            ..Self::default()
        }
    }

    /// Sets one input.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.parameters.insert(name.into(), value.into());
        self
    }

    /// Sets all inputs; those that were set before are gone.
    #[must_use]
    pub fn parameters(mut self, parameters: Map<String, Value>) -> Self {
        self.parameters = parameters;
        self
    }

    /// Says whom the run is for.
    #[must_use]
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// The version to run.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Bounds the whole call.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }
}

/// Names help; what they stand for may be personal.
impl fmt::Debug for RunRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.parameters.keys().collect();
        f.debug_struct("RunRequest")
            .field("workflow", &self.workflow)
            .field("parameters", &names)
            .field("version", &self.version)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// A run, by what its engine needs to find it again. It holds no secret, and can be kept as JSON.
///
/// ```
/// use coze_engine::RunId;
///
/// let id = RunId::new("7366", "7413");
/// let text = serde_json::to_string(&id)?;
/// assert_eq!(text, r#"{"workflow":"7366","run":"7413"}"#);
/// assert_eq!(serde_json::from_str::<RunId>(&text)?, id);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunId {
    /// The workflow, as it stood in the request.
    pub workflow: String,
    /// The run.
    pub run: String,
    /// The id by which it is cancelled, where that is another one (Dify).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// Whom it is for, where cancelling has to tell (Dify).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

impl RunId {
    /// A run of a workflow.
    pub fn new(workflow: impl Into<String>, run: impl Into<String>) -> Self {
        Self {
            workflow: workflow.into(),
            run: run.into(),
            task: None,
            user: None,
        }
    }
}

/// A file to be uploaded, in memory.
#[derive(Clone)]
#[non_exhaustive]
pub struct UploadFile {
    /// Its name, with the extension by which services tell what it is.
    pub name: String,
    /// Its media type, e.g. `text/plain`; the engine's default otherwise.
    pub content_type: Option<String>,
    /// What is in it.
    pub content: Bytes,
    /// Whom it is for, as [`RunRequest::user`].
    pub user: Option<String>,
}

impl UploadFile {
    /// A file with a name.
    pub fn new(name: impl Into<String>, content: impl Into<Bytes>) -> Self {
        Self {
            name: name.into(),
            content_type: None,
            content: content.into(),
            user: None,
        }
    }
}

impl fmt::Debug for UploadFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadFile")
            .field("name", &self.name)
            .field("content_type", &self.content_type)
            .field("bytes", &self.content.len())
            .finish_non_exhaustive()
    }
}

/// A file that was uploaded.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FileRef {
    /// The server's id of it; none where the server tells its URL instead.
    pub id: Option<String>,
    /// Where it can be read, where the server tells.
    pub url: Option<String>,
    /// What an input takes for it.
    pub value: Value,
}

impl FileRef {
    /// A file by its id and what an input takes for it.
    pub fn new(id: Option<String>, value: impl Into<Value>) -> Self {
        Self {
            id,
            url: None,
            value: value.into(),
        }
    }
}
