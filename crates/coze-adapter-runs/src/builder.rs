//! Building a client.

use std::{fmt, sync::Arc, time::Duration};

use coze_engine::{EngineError, http::unbuilt};
use coze_transport::{ClientSettings, client_setters, poll::PollPolicy};
use http::HeaderValue;

use crate::{
    CallbackReceiver, Runs, RunsClassifier,
    client::Inner,
    failure::{ENGINE, build},
    wait::RESERVE,
};

const USER_AGENT: &str = concat!("coze-adapter-runs/", env!("CARGO_PKG_VERSION"));

/// Settings of a [`Runs`], in the words of `coze_workflow::ClientBuilder`.
///
/// ```
/// use coze_adapter_runs::Runs;
///
/// let runs = Runs::builder().base_url("https://gateway.example").token("token").build()?;
/// assert_eq!(runs.base_url(), "https://gateway.example");
/// # Ok::<(), coze_engine::EngineError>(())
/// ```
#[must_use = "a builder does nothing until `build` is called"]
pub struct RunsBuilder {
    client: ClientSettings,
    receiver: Option<CallbackReceiver>,
    polling: Option<PollPolicy>,
    deadline: Option<Duration>,
}

impl Runs {
    /// A client with settings of its own.
    pub const fn builder() -> RunsBuilder {
        RunsBuilder {
            client: ClientSettings::new("RUNS_API_TOKEN", "RUNS_API_BASE"),
            receiver: None,
            polling: None,
            deadline: None,
        }
    }

    /// A client with the settings of the environment: the token in `RUNS_API_TOKEN`, and in `RUNS_API_BASE` where the server
    /// is.
    ///
    /// # Errors
    ///
    /// As for [`RunsBuilder::from_env`] and [`RunsBuilder::build`].
    #[cfg(feature = "hyper")]
    pub fn from_env() -> Result<Self, EngineError> {
        Self::builder().from_env()?.build()
    }
}

impl RunsBuilder {
    client_setters!(
        client,
        base_url = "There is no default.",
        token = "The access token.",
        steps = "The classifier is [`RunsClassifier`]."
    );

    /// Takes the token from the variable `RUNS_API_TOKEN` and the base URL from `RUNS_API_BASE`, where they are set.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`](coze_engine::ErrorKind::Build) when a variable is not text.
    pub fn from_env(mut self) -> Result<Self, EngineError> {
        let read = self.client.read_env();
        read.map_err(|error| unbuilt(ENGINE, &error))?;
        Ok(self)
    }

    /// Tells the server to post the end of each run in the background to this receiver, which has to be served under its URL.
    pub fn receiver(mut self, receiver: CallbackReceiver) -> Self {
        self.receiver = Some(receiver);
        self
    }

    /// Replaces the pauses and limits of waits. Default: those of [`PollPolicy`]; with a receiver the first poll is after 10 s.
    pub fn polling(mut self, policy: PollPolicy) -> Self {
        self.polling = Some(policy);
        self
    }

    /// Bounds each call, all attempts and the waits between them. Default: 60 s; 11 minutes for a run in the foreground.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.deadline = Some(limit);
        self
    }

    /// Builds the client. Nothing is sent, and no runtime is needed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`](coze_engine::ErrorKind::Build) when a setting cannot be used,
    /// [`ErrorKind::Auth`](coze_engine::ErrorKind::Auth) when there is no token, or it cannot be used.
    pub fn build(self) -> Result<Runs, EngineError> {
        let base_url = self.client.base_url.clone().unwrap_or_default();
        let client = self.client.build(|stack| {
            stack
                .user_agent(HeaderValue::from_static(USER_AGENT))
                .log_id_headers(coze_wire::LOG_ID_HEADERS)
                .classify(RunsClassifier)
        });
        let client = client.map_err(|error| unbuilt(ENGINE, &error))?;
        if matches!(client.base_uri.host(), "api.coze.cn" | "api.coze.com") {
            return Err(build(
                "the base URL is that of the cloud service, which takes other requests and would start runs without \
                 inputs: use coze_workflow::Client",
            ));
        }
        let polling = self.polling.unwrap_or_else(|| {
            let mut policy = PollPolicy::default();
            if self.receiver.is_some() {
                policy.first_poll = RESERVE;
            }
            policy
        });
        Ok(Runs(Arc::new(Inner {
            stack: client.stack(),
            base_url: base_url.trim_end_matches('/').to_owned(),
            receiver: self.receiver,
            polling,
            deadline: self.deadline,
        })))
    }
}

impl fmt::Debug for RunsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunsBuilder")
            .field("client", &self.client)
            .field("receiver", &self.receiver)
            .field("polling", &self.polling)
            .field("deadline", &self.deadline)
            .finish()
    }
}
