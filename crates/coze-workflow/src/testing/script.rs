//! A server that follows a script.

use std::time::Duration;

use coze_transport::testing::{RecordedRequest, Reply, Scripted};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Client, HttpStack};

/// A server in the same process that responds by a script, and keeps the requests. Clones share both.
///
/// ```
/// use coze_workflow::testing::{self, Event, Script};
/// use serde_json::json;
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
/// let script = Script::new([
///     testing::started("7413"),
///     testing::running("7413"),
///     testing::succeeded("7413", json!({ "report": "all about cinema" })),
///     testing::events([Event::message("Output", "Hello"), Event::done()]),
/// ]);
/// let coze = script.client();
/// let run = coze.workflow("7366").start().await?;
/// assert_eq!(run.wait().await?.output_value()["report"], "all about cinema");
/// assert_eq!(coze.workflow("7367").stream().await?.text().await?, "Hello");
/// assert_eq!(script.left(), 0);
/// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Script(Scripted);

impl Script {
    /// Sends `responses` in order. A request beyond them fails with
    /// [`ErrorKind::Transport`](crate::ErrorKind::Transport).
    pub fn new(responses: impl IntoIterator<Item = Reply>) -> Self {
        Self(Scripted::new(responses))
    }

    /// Responds as `respond` says, for as long as there are requests.
    ///
    /// ```
    /// use coze_workflow::testing::{self, Script};
    ///
    /// let script = Script::from_fn(|request| match request.operation() {
    ///     "run_workflow" => testing::output(request.parameters()),
    ///     _ => testing::failure(4000, "not in this test"),
    /// });
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let echo = script.client().workflow("7366").parameter("city", "Lyon").run().await?;
    /// assert_eq!(echo.output_value()["city"], "Lyon");
    /// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_fn(respond: impl Fn(&SentRequest) -> Reply + Send + Sync + 'static) -> Self {
        Self(Scripted::from_fn(move |request| {
            respond(&SentRequest(request.clone()))
        }))
    }

    /// Adds a response at the end.
    pub fn push(&self, response: Reply) {
        self.0.push(response);
    }

    /// A client of this server, with retries and time limits as in production.
    ///
    /// # Panics
    ///
    /// If the client cannot be built, which is a defect of this library.
    pub fn client(&self) -> Client {
        let client = Client::builder().transport(self.transport());
        match client.token("scripted").build() {
            Ok(client) => client,
            Err(error) => panic!("the client of a script: {error}"),
        }
    }

    /// The server as a transport: for [`ClientBuilder::transport`](crate::ClientBuilder::transport) where a client
    /// needs settings of its own, or for [`Client::new`] where nothing is to be sent again.
    pub fn transport(&self) -> HttpStack {
        HttpStack::new(self.0.clone())
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<SentRequest> {
        self.0.requests().into_iter().map(SentRequest).collect()
    }

    /// How many responses were not asked for.
    pub fn left(&self) -> usize {
        self.0.left()
    }
}

/// A request that reached a [`Script`].
#[derive(Clone, Debug)]
pub struct SentRequest(RecordedRequest);

impl SentRequest {
    /// The name of its operation, as [`Error::operation`](crate::Error::operation) has it: `run_workflow`; empty
    /// where it has none.
    pub fn operation(&self) -> &'static str {
        self.0
            .options()
            .operation
            .map_or("", |operation| operation.0)
    }

    /// Method and path: `POST /v1/workflow/run`.
    pub fn target(&self) -> String {
        format!("{} {}", self.0.method(), self.0.uri().path())
    }

    /// The body, if it is JSON; otherwise null.
    pub fn body(&self) -> Value {
        serde_json::from_slice(self.0.body()).unwrap_or_default()
    }

    /// The inputs of the run, whether they were sent as an object or, to a self-hosted server, as its text; null
    /// where there are none.
    pub fn parameters(&self) -> Value {
        match self.body()["parameters"].take() {
            Value::String(text) => serde_json::from_str(&text).unwrap_or_default(),
            parameters => parameters,
        }
    }

    /// The inputs of the run as a type of your own.
    ///
    /// # Errors
    ///
    /// When they are not of that type.
    pub fn parameters_as<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_value(self.parameters())
    }

    /// Which request of the script it is, from 1.
    pub const fn number(&self) -> usize {
        self.0.number()
    }

    /// When it came, counted from the making of the script.
    pub const fn at(&self) -> Duration {
        self.0.at()
    }

    /// The request with its method, URI, headers, body and settings.
    pub const fn http(&self) -> &RecordedRequest {
        &self.0
    }
}
