//! What is known of an exchange.

use std::time::Duration;

use coze_models::{ExecuteId, OperationMeta};
use coze_transport::{Attempt, Attempts, LogId, Outcome, ServerText};
use http::StatusCode;

use crate::region::Region;

/// What is known of an exchange. It is made where the request is sent, and goes into what comes of it: a reply, a run,
/// an output, a stream or an error.
///
/// All its texts are fit to be shown when they are asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct ErrorContext {
    pub(crate) operation: &'static str,
    /// The permission that the operation needs; empty where none is documented.
    pub(crate) scope: &'static str,
    /// Where the call went, if that is a region of the service.
    pub(crate) region: Option<Region>,
    /// Whether the operation starts or continues a run.
    pub(crate) starts_run: bool,
    /// The run was started before: what failed is a later step of the same call.
    pub(crate) started: bool,
    pub(crate) status: Option<StatusCode>,
    pub(crate) code: Option<i64>,
    pub(crate) log_id: Option<LogId>,
    pub(crate) debug_url: Option<ServerText>,
    pub(crate) execute_id: Option<ServerText<ExecuteId>>,
    pub(crate) attempts: Attempts,
    /// The pause that the last response asks for.
    pub(crate) retry_after: Option<Duration>,
    pub(crate) outcome: Option<Outcome>,
}

impl ErrorContext {
    /// What is known of a call before it is sent.
    pub(crate) fn of(meta: &'static OperationMeta, region: Option<Region>) -> Self {
        Self {
            operation: meta.id,
            scope: meta.scope,
            region,
            starts_run: meta.starts_run,
            ..Self::default()
        }
    }

    /// Notes the page and the id of the run, where a response or an event names them.
    pub(crate) fn saw_run(
        &mut self,
        debug_url: Option<impl AsRef<str> + Into<String>>,
        execute_id: Option<impl AsRef<str> + Into<ExecuteId>>,
    ) {
        let known = self.debug_url.as_ref();
        let is_new = |url: &str| !known.is_some_and(|known| known.came_as(url));
        if let Some(url) = debug_url.filter(|url| is_new(url.as_ref())) {
            self.debug_url = Some(ServerText::new(url.into()));
        }
        let known = self.execute_id.as_ref();
        let is_new = |id: &str| !known.is_some_and(|known| known.came_as(id));
        if let Some(id) = execute_id.filter(|id| is_new(id.as_ref())) {
            self.execute_id = Some(ServerText::new(id.into()));
        }
    }

    /// Notes the log id that a body told, which goes before that of the headers.
    pub(crate) fn saw_log_id(&mut self, log_id: Option<String>) {
        // As a rule it is the same.
        let known = self.log_id.as_ref();
        if let Some(id) = log_id.filter(|id| !known.is_some_and(|known| known.came_as(id))) {
            self.log_id = Some(LogId::new(id));
        }
    }

    /// The page that shows the run's nodes.
    pub(crate) fn debug_url(&self) -> Option<&str> {
        self.debug_url.as_ref().map(|url| url.get().as_str())
    }

    /// The run.
    pub(crate) fn execute_id(&self) -> Option<&ExecuteId> {
        self.execute_id.as_ref().map(ServerText::get)
    }

    /// Looks through all texts at once, for what may be kept until the tokens that were sent are not known any more.
    pub(crate) fn look_through(&self) {
        self.debug_url();
        self.execute_id();
        let attempts = self.attempts.iter().filter_map(Attempt::log_id);
        for id in attempts.chain(&self.log_id) {
            id.as_str();
        }
    }

    /// The server accepted the request.
    #[must_use]
    pub(crate) fn accepted(mut self) -> Self {
        self.outcome = Some(Outcome::Accepted);
        self
    }
}
