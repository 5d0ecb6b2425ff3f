//! What a finished run returned.

use std::{fmt, sync::Arc};

use coze_models::{ExecuteId, Usage, WorkflowId};
use coze_transport::{Attempts, LogId};
use coze_wire::{Output, OutputOrigin};
use serde::de::DeserializeOwned;

use super::truncated::Fetched;
use crate::{Error, ErrorKind, error::ErrorContext};

/// The output of a run that succeeded.
#[derive(Clone)]
pub struct RunOutput {
    pub(crate) workflow_id: WorkflowId,
    pub(crate) raw: String,
    pub(crate) origin: OutputOrigin,
    pub(crate) usage: Option<Usage>,
    pub(crate) context: Box<ErrorContext>,
    /// What was fetched where the service cut the output.
    pub(crate) fetched: Option<Arc<Fetched>>,
}

impl RunOutput {
    /// The output as a value of `T`, with the wrappers of the wire taken off.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`] with the JSON path of the value that does not fit in its source;
    /// [`ErrorKind::OutputTruncated`] when the service cut the end node's output.
    pub fn output<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.check_whole()?;
        self.unwrapped().parse().map_err(|error| {
            Error::new(ErrorKind::Decode, "the output is not of the wanted type")
                .with_context((*self.context).clone())
                .with_source(error)
        })
    }

    /// The output as JSON where it is JSON, and as a JSON string where it is text. Of an output that was
    /// [cut](RunOutput::truncated), this is the part there is.
    pub fn output_value(&self) -> serde_json::Value {
        let output = self.unwrapped();
        let text = || serde_json::Value::String(output.as_str().to_owned());
        output.parse().unwrap_or_else(|_| text())
    }

    /// The output with the wrappers taken off, as text. Of an output that was
    /// [cut](RunOutput::truncated), this is the part there is.
    pub fn text(&self) -> String {
        self.unwrapped().as_str().to_owned()
    }

    /// The output as it stands in the response.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    fn unwrapped(&self) -> Output<'_> {
        Output::new(&self.raw, self.origin)
    }

    /// The workflow that ran.
    pub fn workflow_id(&self) -> &WorkflowId {
        &self.workflow_id
    }

    /// The run, where the service named it.
    pub fn execute_id(&self) -> Option<&ExecuteId> {
        self.context.execute_id()
    }

    /// The server's id of the exchange.
    pub fn log_id(&self) -> Option<&str> {
        self.context.log_id.as_ref().map(LogId::as_str)
    }

    /// The page that shows the run's nodes; kept for seven days.
    pub fn debug_url(&self) -> Option<&str> {
        self.context.debug_url()
    }

    /// The tokens the run used, where the service told.
    pub fn usage(&self) -> Option<&Usage> {
        self.usage.as_ref()
    }

    /// The attempts of the call that brought the output.
    pub fn attempts(&self) -> &Attempts {
        &self.context.attempts
    }
}

impl fmt::Debug for RunOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunOutput")
            .field("workflow_id", &self.workflow_id)
            .field("execute_id", &self.execute_id())
            .field("raw", &format_args!("{} bytes", self.raw.len()))
            .field("log_id", &self.log_id())
            .field("debug_url", &self.debug_url())
            .field("usage", &self.usage)
            .field("truncated", &self.truncated())
            .finish_non_exhaustive()
    }
}
