//! Building a client.

use std::{fmt, sync::Arc, time::Duration};

use coze_engine::http::unbuilt;
use coze_transport::{BaseUri, ClientSettings, InvalidBaseUri, client_setters};
use http::HeaderValue;

use crate::{
    Dify,
    classify::DifyClassifier,
    client::{Inner, Settings},
    error::{EngineError, ErrorKind, NAME},
};

/// Where the API of the cloud service is.
const CLOUD: &str = "https://api.dify.ai/v1";

/// The server closes a connection that was idle for 2 s.
#[cfg(feature = "hyper")]
const POOL_IDLE: Duration = Duration::from_millis(1500);

const USER_AGENT: &str = concat!("coze-adapter-dify/", env!("CARGO_PKG_VERSION"));

/// Settings of a [`Dify`], in the words of `coze_workflow::ClientBuilder`.
#[must_use = "a builder does nothing until `build` is called"]
pub struct DifyBuilder {
    client: ClientSettings,
    form_url: Option<String>,
    settings: Settings,
}

impl Dify {
    /// A client with settings of its own.
    pub fn builder() -> DifyBuilder {
        let builder = DifyBuilder {
            client: ClientSettings::new("DIFY_API_KEY", "DIFY_API_BASE"),
            form_url: None,
            settings: Settings::default(),
        };
        #[cfg(feature = "hyper")]
        let builder = builder.connections(|connections| connections.pool_idle_timeout(POOL_IDLE));
        builder.base_url(CLOUD)
    }

    /// A client with the settings of the environment: the key in `DIFY_API_KEY`, and in `DIFY_API_BASE` where the API
    /// is, `https://api.dify.ai/v1` by default.
    ///
    /// # Errors
    ///
    /// As for [`DifyBuilder::from_env`] and [`DifyBuilder::build`].
    #[cfg(feature = "hyper")]
    pub fn from_env() -> Result<Self, EngineError> {
        Self::builder().from_env()?.build()
    }
}

impl DifyBuilder {
    client_setters!(
        client,
        base_url = "The path of the API, `/v1`, belongs to it. Default: `https://api.dify.ai/v1`.",
        token = "The API key of an app, `app-…`. It decides which workflow is run.",
        steps = "They are taken for API calls and for forms, which get no credentials. The classifier is \
                 [`DifyClassifier`]."
    );

    /// Takes the key from the variable `DIFY_API_KEY` and the base URL from `DIFY_API_BASE`, where they are set.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`] when a variable is not text.
    pub fn from_env(mut self) -> Result<Self, EngineError> {
        let read = self.client.read_env();
        read.map_err(|error| unbuilt(NAME, &error))?;
        Ok(self)
    }

    /// What the paths of forms, `/api/form/…`, are relative to. Default: the origin of the [base
    /// URL](Self::base_url).
    pub fn form_url(mut self, url: impl Into<String>) -> Self {
        self.form_url = Some(url.into());
        self
    }

    /// The user of runs whose request names none: at most 255 characters, including what
    /// [`run_keys`](Self::run_keys) adds. Default: `coze-workflow`.
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.settings.user = user.into();
        self
    }

    /// Whether a random key is added to the user of each run, `NAME~KEY`. A run whose response was lost is then found
    /// in the logs of the app, so that it becomes known what came of it. The server lists a user for each run.
    /// Default: `true`.
    pub fn run_keys(mut self, yes: bool) -> Self {
        self.settings.run_keys = yes;
        self
    }

    /// Whether [`Engine::run`](coze_engine::Engine::run) asks for one response in place of a stream. A proxy that
    /// closes silent connections breaks such a call, and a run that waits for a form cannot be resumed.
    /// Default: `false`.
    pub fn blocking_mode(mut self, yes: bool) -> Self {
        self.settings.blocking = yes;
        self
    }

    /// Bounds each run that sets no deadline of its own: all attempts, and the look for what became of it. Default:
    /// 21 minutes; the server ends a run after 20.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.settings.deadline = limit;
        self
    }

    /// Bounds the silence within a stream once its run has begun. Default: 35 s; the server pings every 10 s.
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.settings.idle = limit;
        self
    }

    /// Bounds the silence of a stream before its run has begun: it may wait for a worker, and nothing is sent meanwhile.
    /// Default: 330 s; the server gives up after 300.
    pub fn queue_timeout(mut self, limit: Duration) -> Self {
        self.settings.queue = limit;
        self
    }

    /// Builds the client. Nothing is sent, and no runtime is needed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`] when a setting cannot be used, [`ErrorKind::Auth`] when there is no key, or it cannot be used.
    pub fn build(self) -> Result<Dify, EngineError> {
        let client = self.client.build(|stack| {
            stack
                .user_agent(HeaderValue::from_static(USER_AGENT))
                .classify(DifyClassifier)
        });
        let client = client.map_err(|error| unbuilt(NAME, &error))?;
        let origin = || client.base_uri.origin().to_string();
        let form_url = self.form_url.unwrap_or_else(origin);
        let forms: BaseUri = form_url.parse().map_err(|error: InvalidBaseUri| {
            EngineError::new(
                NAME,
                ErrorKind::Build,
                "build",
                "the form URL cannot be used",
            )
            .with_source(error)
        })?;
        let forms = client.builder.clone().base_uri(forms).build();
        let inner = Inner::new(client.stack(), forms, self.settings);
        Ok(Dify(Arc::new(inner)))
    }
}

impl fmt::Debug for DifyBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DifyBuilder")
            .field("client", &self.client)
            .field("settings", &self.settings)
            // The form URL may hold a password until it is checked.
            .finish_non_exhaustive()
    }
}
