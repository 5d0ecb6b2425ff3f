//! The client, and its calls one by one.

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use coze_engine::{EngineError, InputSchema};
use coze_models::Operation;
use coze_transport::HttpStack;

use crate::{
    DifyEvent,
    events::DifyEvents,
    exchange::{self, Limits},
    stopped::Stopped,
};

/// An app of Dify: the one that the API key belongs to.
///
/// A reference count to clone. What it does as an [`Engine`](coze_engine::Engine) follows a run to its end, whatever
/// becomes of a connection; [`Dify::call`] and [`Dify::events`] make one call each.
#[derive(Clone)]
pub struct Dify(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    /// With the key.
    pub(crate) api: HttpStack,
    /// Without: the token of a form is its secret.
    pub(crate) forms: HttpStack,
    pub(crate) settings: Settings,
    /// What the app takes, as it was last told.
    pub(crate) schema: Mutex<Option<InputSchema>>,
    pub(crate) stopped: Stopped,
}

impl Inner {
    pub(crate) fn new(api: HttpStack, forms: HttpStack, settings: Settings) -> Self {
        Self {
            api,
            forms,
            settings,
            schema: Mutex::default(),
            stopped: Stopped::default(),
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) user: String,
    pub(crate) run_keys: bool,
    pub(crate) blocking: bool,
    pub(crate) deadline: Duration,
    pub(crate) idle: Duration,
    pub(crate) queue: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            user: "coze-workflow".to_owned(),
            run_keys: true,
            blocking: false,
            deadline: Duration::from_secs(21 * 60),
            idle: Duration::from_secs(35),
            queue: Duration::from_secs(330),
        }
    }
}

impl Dify {
    /// Makes one call of the API as it is documented.
    ///
    /// ```
    /// # use coze_adapter_dify::Dify;
    /// # use coze_transport::{HttpStack, testing::{Reply, Scripted}};
    /// use coze_adapter_dify::ListDifyRuns;
    /// # let script = Scripted::repeating(Reply::json(200, r#"{"page": 1, "limit": 20, "total": 15, "has_more": false, "data": []}"#));
    /// # let dify = Dify::builder().transport(HttpStack::new(script)).build()?;
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let runs = dify.call(&ListDifyRuns::new().status("failed")).await?;
    /// assert_eq!(runs.total, Some(15));
    /// # Ok::<(), coze_engine::EngineError>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`EngineError`]. A run that failed is a success of the call.
    pub async fn call<O: Operation>(&self, operation: &O) -> Result<O::Reply, EngineError> {
        let reply = exchange::reply(&self.0, operation, Limits::default());
        Ok(reply.await?.value)
    }

    /// Opens the stream of [`StreamDifyWorkflow`](crate::StreamDifyWorkflow) or
    /// [`StreamDifyWorkflowVersion`](crate::StreamDifyWorkflowVersion).
    ///
    /// # Errors
    ///
    /// [`EngineError`]
    pub async fn events<O>(&self, operation: &O) -> Result<DifyEvents, EngineError>
    where
        O: Operation<Reply = DifyEvent>,
    {
        DifyEvents::open(&self.0, operation, Limits::default()).await
    }
}

impl fmt::Debug for Dify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dify")
            .field("settings", &self.0.settings)
            .finish_non_exhaustive()
    }
}
