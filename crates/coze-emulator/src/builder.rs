//! Describes an emulator.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use bytes::Bytes;

use crate::{
    clock,
    definition::Definition,
    dialect::Dialect,
    emulator::Emulator,
    error::StartError,
    faults::Fault,
    ids::Ids,
    limits::Limits,
    oauth::OAuthApp,
    settings::Settings,
    store::Keep,
    upstream::{BoxError, Upstream},
};

/// Describes an [`Emulator`].
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct EmulatorBuilder(Settings);

impl Emulator {
    /// Starts to describe an emulator.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::default()
    }
}

impl EmulatorBuilder {
    /// Address to listen on; port 0, the default, picks a free one on 127.0.0.1.
    ///
    /// On an address that other machines can reach, tokens that look like those of the real service are refused.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.0.listen = address;
        self
    }

    /// Adds a workflow. It takes the place of an earlier or built-in one with the same name or id.
    pub fn workflow(mut self, workflow: Definition) -> Self {
        self.0.workflows.push(workflow);
        self
    }

    /// Adds a file of a definition, or every `.yaml`, `.yml` and `.json` file of a folder and the folders in it, in the order of
    /// their names, before those of [`workflow`](Self::workflow). Names that begin with a dot are left out.
    ///
    /// The files are looked at with each call: one that was edited counts from the next run, and when it has a mistake its last
    /// good version stays, see [`Emulator::problems`].
    pub fn workflows_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.0.paths.push(path.into());
        self
    }

    /// Leaves the workflows `greeting`, `weather` and `slow-report` out.
    pub fn without_builtins(mut self) -> Self {
        self.0.builtins = false;
        self
    }

    /// Plays another server than the cloud service.
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.0.dialect = dialect;
        self
    }

    /// Posts the end of runs of [`Dialect::Runs`] to the `callback_url` that they were started with, if it is an `http` URL of this
    /// machine. Without it such a URL is refused with HTTP 400, and other machines are never called. Default: `false`.
    pub fn loopback_callbacks(mut self, allow: bool) -> Self {
        self.0.loopback_callbacks = allow;
        self
    }

    /// Passes calls of the API on instead of emulating them; faults, the log of calls and the page stay. The function gets
    /// each request with its whole body and its path alone as the URI, and returns the response, which is sent as it comes.
    /// An error becomes HTTP 502 with its text.
    ///
    /// ```
    /// use coze_emulator::Emulator;
    /// use http_body_util::Full;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let emulator = Emulator::builder().upstream(|request| async move {
    ///     let said = format!("{} {}", request.method(), request.uri());
    ///     Ok(http::Response::new(Full::<bytes::Bytes>::from(said)))
    /// });
    /// # use tower_service::Service;
    /// # let mut service = emulator.build()?.service();
    /// # let request = http::Request::get("http://localhost/v1/workflows?page=1").body(Full::<bytes::Bytes>::default())?;
    /// # let response = service.call(request).await?;
    /// # let body = http_body_util::BodyExt::collect(response.into_body()).await?.to_bytes();
    /// # assert_eq!(body, "GET /v1/workflows?page=1");
    /// # Ok(())
    /// # }
    /// ```
    pub fn upstream<F, Fut, B>(mut self, pass_on: F) -> Self
    where
        F: Fn(http::Request<Bytes>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<http::Response<B>, BoxError>> + Send + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        self.0.upstream = Some(Upstream::new(pass_on));
        self
    }

    /// Accepts this bearer token. May be called repeatedly; while it was not, any token is accepted.
    pub fn accept_token(mut self, token: impl Into<String>) -> Self {
        self.0.tokens.push(token.into());
        self
    }

    /// Refuses every token but those of [`accept_token`](Self::accept_token) and those that the OAuth endpoints gave out.
    pub fn known_tokens_only(mut self) -> Self {
        self.0.known_tokens_only = true;
        self
    }

    /// Treats tokens that begin with this as those of the other region: the service of one region does not know the tokens of
    /// the other, so they get HTTP 401 with code 700012006, even when they are accepted otherwise. None by default.
    pub fn other_region_tokens(mut self, prefix: impl Into<String>) -> Self {
        self.0.other_region = Some(prefix.into());
        self
    }

    /// Registers an OAuth application. Without any, every client id is known, and only the JWT grant is refused.
    pub fn oauth_app(mut self, app: OAuthApp) -> Self {
        self.0.apps.push(app);
        self
    }

    /// What debug URLs begin with, such as `http://127.0.0.1:4010`. By default the address that the request was sent to.
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.0.base_url = Some(base_url.into().trim_end_matches('/').to_owned());
        self
    }

    /// Makes ids and log ids repeatable: the same calls in the same order get the same ids.
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = Some(seed);
        self
    }

    /// Unix time at which the emulator's clock begins; the system's time by default. The clock follows tokio's, paused or not.
    pub fn unix_time(mut self, unix_time: Duration) -> Self {
        self.0.unix_time = Some(unix_time);
        self
    }

    /// How many ended runs are kept, 10,000 by default. Fewer are when what they hold, of inputs, nodes and outputs, comes to
    /// more than 256 MiB; the oldest go first. Of one run the first 1,000 executions of nodes and the first 200 events are kept
    /// for its page, and every output node for its history.
    pub fn keep_runs(mut self, count: usize) -> Self {
        self.0.keep = count;
        self
    }

    /// Sets the times and sizes that the service is bound to.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.0.limits = limits;
        self
    }

    /// Keeps uploaded files in a folder, each under its id, instead of in memory. The folder is made with the first of them,
    /// and files stay in it when the emulator ends.
    pub fn files_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.0.files = Keep::Folder(path.into());
        self
    }

    /// Reads uploaded files to their end and keeps only their names and sizes, so that any size costs the same memory.
    pub fn discard_files(mut self) -> Self {
        self.0.files = Keep::Nowhere;
        self
    }

    /// Adds a fault, see [`Emulator::inject`].
    pub fn fault(mut self, fault: Fault) -> Self {
        self.0.faults.push(fault);
        self
    }

    /// Adds the faults of a text, one a line, see [`Fault::lines`].
    ///
    /// # Errors
    ///
    /// [`StartError::Faults`] with the line that is not a fault.
    pub fn fault_lines(mut self, text: &str) -> Result<Self, StartError> {
        let faults =
            Fault::lines(text).map_err(|(line, source)| StartError::Faults { line, source })?;
        self.0.faults.extend(faults);
        Ok(self)
    }

    /// Hits a share of all calls, from 0 to 1, with one of the faults. The same seed draws the same faults for the same
    /// calls.
    pub fn random_faults(mut self, seed: u64, share: f64, faults: Vec<Fault>) -> Self {
        self.0.random = Some((seed, share, faults));
        self
    }

    /// Origins of web pages that may call the API, such as `http://localhost:3000`; `*` is any. May be called repeatedly.
    ///
    /// By default pages of any origin may while the emulator listens on a loopback address, and none on other addresses. The
    /// control API under `/_emulator/` responds to no page but the emulator's own.
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        let origins = self.0.origins.get_or_insert_default();
        origins.push(origin.into().trim_end_matches('/').to_owned());
        self
    }

    /// Sets how many seconds pass on the emulator's clock in one of tokio's: 1 by default, at most 1,000,000, and 0 for a clock
    /// that stands still.
    ///
    /// Pauses of runs, lives of tokens and [`Limits`] follow this clock. Faults, pings and the limit of calls a second, which
    /// are about the connection, follow tokio's.
    pub fn clock_speed(mut self, speed: f64) -> Self {
        self.0.speed = clock::speed(speed);
        self
    }

    /// Accepts known tokens only when other machines can reach the address: those that were named, or else one that is made up
    /// now and given back.
    pub fn require_token_if_reachable(mut self) -> (Self, Option<String>) {
        if !self.0.is_exposed() {
            return (self, None);
        }
        self.0.known_tokens_only = true;
        if !self.0.tokens.is_empty() {
            return (self, None);
        }
        let token = format!("emulator_{}", Ids::new(None).secret());
        (self.accept_token(token.clone()), Some(token))
    }

    /// Keeps runs, conversations, the names of files and tokens in a file, and takes them from there when the emulator is
    /// built; the file is made when it is not there. Runs that were not over have failed by then. The bytes of files are kept
    /// with [`files_dir`](Self::files_dir) alone.
    #[cfg(feature = "state")]
    pub fn state_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.0.state = Some(path.into());
        self
    }

    /// Reads the definitions.
    ///
    /// # Errors
    ///
    /// [`StartError`] when a folder cannot be listed or a definition is wrong.
    pub fn build(self) -> Result<Emulator, StartError> {
        Emulator::new(self.0)
    }
}
