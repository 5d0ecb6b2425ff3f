//! The client.

use coze_models::{
    CreateConversation, ExecuteId, FileId, ListWorkflows, ListWorkspaces, Operation, RetrieveFile,
    WorkflowId, WorkspaceId,
};

use super::{Call, List, Resumed, Run, StreamCall, Upload, Workflow, driver::Driver};
use crate::{Answer, ClientBuilder, Dialect, Error, FileSource, HttpStack, Paged, Question};

/// A client of the Coze API whose calls return when they are done. The blocking form of
/// [`Client`](crate::Client).
///
/// Cloning it is cheap; clones share their connections and their runtime, and can be used from many threads at
/// once.
///
/// ```
/// # use coze_workflow::{HttpStack, json_reply};
/// use coze_workflow::blocking::Client;
///
/// # let stack = HttpStack::from_fn(|_| async { json_reply(r#"{"code":0,"data":"hello"}"#) });
/// let coze = Client::new(stack); // or Client::from_env()?
/// let texts: Vec<String> = std::thread::scope(|scope| {
///     let calls = ["Ada", "Bob"].map(|name| {
///         let workflow = coze.workflow("7366").parameter("name", name);
///         scope.spawn(|| workflow.run().map(|run| run.text()))
///     });
///     calls.into_iter().map(|call| call.join().unwrap()).collect::<Result<_, _>>()
/// })?;
/// assert_eq!(texts, ["hello", "hello"]);
/// # Ok::<(), coze_workflow::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    inner: crate::Client,
    driver: Driver,
}

impl Client {
    /// A client over any stack; see [`Client::new`](crate::Client::new).
    pub fn new(stack: HttpStack) -> Self {
        Self::from(crate::Client::new(stack))
    }

    /// A client with the settings of the environment: `COZE_API_TOKEN` and, unless it is
    /// `https://api.coze.com`, `COZE_API_BASE`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Auth`](crate::ErrorKind::Auth) without a token,
    /// [`ErrorKind::Build`](crate::ErrorKind::Build) when a variable cannot be used.
    #[cfg(feature = "hyper")]
    pub fn from_env() -> Result<Self, Error> {
        crate::Client::from_env().map(Self::from)
    }

    /// A client with settings of its own; [`ClientBuilder::build_blocking`] ends it.
    ///
    /// ```
    /// use coze_workflow::{Region, blocking::Client};
    ///
    /// let coze = Client::builder().region(Region::Cn).token("pat_123").build_blocking()?;
    /// # Ok::<(), coze_workflow::Error>(())
    /// ```
    pub fn builder() -> ClientBuilder {
        crate::Client::builder()
    }

    /// The same client for another kind of server.
    #[must_use]
    pub fn with_dialect(self, dialect: Dialect) -> Self {
        Self {
            inner: self.inner.with_dialect(dialect),
            ..self
        }
    }

    /// Which kind of server the client talks to.
    pub fn dialect(&self) -> Dialect {
        self.inner.dialect()
    }

    /// A workflow, to be run with parameters.
    pub fn workflow(&self, id: impl Into<WorkflowId>) -> Workflow {
        Workflow::new(self.inner.workflow(id), self.driver.clone())
    }

    /// A run that was started earlier, here or in another process.
    pub fn attach(
        &self,
        workflow_id: impl Into<WorkflowId>,
        execute_id: impl Into<ExecuteId>,
    ) -> Run {
        let run = self.inner.attach(workflow_id, execute_id);
        Run::new(run, self.driver.clone())
    }

    /// A run that was written down as text: the text of a [`DetachedRun`](crate::DetachedRun), or the run's debug URL.
    /// Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`](crate::ErrorKind::Build) when the text names no run, or one of another kind of server.
    pub fn attach_text(&self, text: &str) -> Result<Run, Error> {
        let run = self.inner.attach_text(text)?;
        Ok(Run::new(run, self.driver.clone()))
    }

    /// Calls one operation of the API as it is documented.
    ///
    /// ```
    /// # use coze_workflow::{HttpStack, blocking::Client, json_reply};
    /// use coze_workflow::models::GetRunHistory;
    /// # let coze = Client::new(HttpStack::from_fn(|_| async {
    /// #     json_reply(r#"{"data":[{"execute_status":"Success"}],"detail":{"logid":"2026"}}"#) }));
    /// let history = coze.call(GetRunHistory::new("7366", "7413")).block()?;
    /// assert_eq!(history.log_id(), Some("2026"));
    /// # Ok::<(), coze_workflow::Error>(())
    /// ```
    pub fn call<O: Operation>(&self, operation: O) -> Call<O> {
        Call::new(self.inner.call(operation), self.driver.clone())
    }

    /// Opens the stream of one operation that answers with events; see [`StreamCall`].
    pub fn stream<O: Operation>(&self, operation: O) -> StreamCall<O> {
        self.call(operation).stream()
    }

    /// The workflows of a workspace, published ones unless told otherwise.
    ///
    /// ```
    /// # use coze_workflow::{HttpStack, blocking::Client, json_reply};
    /// # let coze = Client::new(HttpStack::from_fn(|_| async {
    /// #     json_reply(r#"{"data":{"has_more":false,"items":[{"workflow_id":"7524","workflow_name":"weather"}]}}"#) }));
    /// for workflow in coze.workflows("7361").items() {
    ///     println!("{:?}", workflow?.workflow_name);
    /// }
    /// # Ok::<(), coze_workflow::Error>(())
    /// ```
    pub fn workflows(&self, workspace_id: impl Into<WorkspaceId>) -> List<ListWorkflows> {
        List::new(self.inner.workflows(workspace_id), self.driver.clone())
    }

    /// The workspaces that the token's account made or joined.
    pub fn workspaces(&self) -> List<ListWorkspaces> {
        List::new(self.inner.workspaces(), self.driver.clone())
    }

    /// Lists any operation that answers page by page, from the page it names on.
    pub fn list<O: Paged>(&self, operation: O) -> List<O> {
        List::new(self.inner.list(operation), self.driver.clone())
    }

    /// Makes a conversation for chatflows to write to; [`Call::block`] sends it.
    pub fn create_conversation(&self) -> Call<CreateConversation> {
        Call::new(self.inner.create_conversation(), self.driver.clone())
    }

    /// Stores a file of up to 512 MB for three months; [`Upload::block`] sends it.
    ///
    /// ```
    /// # use coze_workflow::{HttpStack, blocking::Client, json_reply};
    /// use std::path::Path;
    /// # let coze = Client::new(HttpStack::from_fn(|_| async { json_reply(r#"{"data":{"id":"7369"}}"#) }));
    /// let file = coze.upload(Path::new("Cargo.toml")).content_type("text/plain").block()?;
    /// println!("stored as {:?}", file.id);
    /// # Ok::<(), coze_workflow::Error>(())
    /// ```
    pub fn upload(&self, file: impl Into<FileSource>) -> Upload {
        Upload::new(self.inner.upload(file), self.driver.clone())
    }

    /// Name, size and date of an uploaded file; [`Call::block`] asks.
    pub fn file(&self, id: impl Into<FileId>) -> Call<RetrieveFile> {
        Call::new(self.inner.file(id), self.driver.clone())
    }

    /// Answers what a run waits for, by hand; see [`Client::resume`](crate::Client::resume).
    ///
    /// # Errors
    ///
    /// Those of [`Client::resume`](crate::Client::resume).
    pub fn resume(
        &self,
        workflow_id: impl Into<WorkflowId>,
        question: &Question,
        answer: impl Into<Answer>,
    ) -> Result<Resumed, Error> {
        let resumed = self.inner.resume(workflow_id, question, answer);
        Ok(Resumed::new(self.driver.block_on(resumed)?, &self.driver))
    }
}

/// The blocking form of a client. Its connections are its own, even where the asynchronous one stays in use.
impl From<crate::Client> for Client {
    fn from(inner: crate::Client) -> Self {
        Self {
            inner,
            driver: Driver::default(),
        }
    }
}

impl ClientBuilder {
    /// Builds the [blocking](crate::blocking) client. Nothing is sent; its runtime starts with its first call.
    ///
    /// # Errors
    ///
    /// Those of [`ClientBuilder::build`].
    pub fn build_blocking(self) -> Result<Client, Error> {
        self.build().map(Client::from)
    }
}
