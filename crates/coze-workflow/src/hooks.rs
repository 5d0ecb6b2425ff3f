//! What a caller wants to be told of a request that starts a run.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use coze_models::ExecuteId;
use coze_transport::{BoxError, LogId};

use crate::error::ErrorContext;

pub(crate) type BeforeSend =
    dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>> + Send + Sync;
type OnAccepted = dyn Fn(&Accepted<'_>) + Send + Sync;

/// Hooks around the request that starts a run; see [`Workflow::before_send`](crate::Workflow::before_send) and
/// [`Workflow::on_accepted`](crate::Workflow::on_accepted).
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    pub(crate) before_send: Option<Arc<BeforeSend>>,
    pub(crate) on_accepted: Option<Arc<OnAccepted>>,
}

/// What is known of a run when the service has accepted its request.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Accepted<'a> {
    /// The run, where the response names it. A stream names it later, as a rule with its last event.
    pub execute_id: Option<&'a ExecuteId>,
    /// The server's id of the exchange.
    pub log_id: Option<&'a str>,
}

impl Hooks {
    /// Tells that the service has accepted the request.
    pub(crate) fn accepted(&self, context: &ErrorContext) {
        if let Some(hook) = &self.on_accepted {
            hook(&Accepted {
                execute_id: context.execute_id(),
                log_id: context.log_id.as_ref().map(LogId::as_str),
            });
        }
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks")
            .field("before_send", &self.before_send.is_some())
            .field("on_accepted", &self.on_accepted.is_some())
            .finish()
    }
}
