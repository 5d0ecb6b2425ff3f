//! Tokens that are fetched, kept, and replaced in time.

mod flight;
#[cfg(all(test, feature = "shuttle"))]
mod model;
mod one_shot;
mod runtime;
mod state;
mod token;

use std::{
    error::Error,
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, PoisonError},
    time::Duration,
};

use coze_transport::{
    Authorization, Authorize, BoxError, Credentials, Generation, Secret, time::timeout,
};

use flight::{Ended, Flight};
pub use one_shot::RenewedToken;
pub(crate) use one_shot::{OneShot, Renewing};
use runtime::{Handle, Mutex, MutexGuard};
use state::{Need, State};
pub use token::{FreshToken, InvalidLifetime};

/// How long one attempt to fetch a token may take.
pub(crate) const FETCH: Duration = Duration::from_secs(10);

type Fetching = Pin<Box<dyn Future<Output = Result<FreshToken, RefreshError>> + Send>>;
type Fetch = Box<dyn Fn() -> Fetching + Send + Sync>;

/// Credentials whose token is fetched when it is needed and replaced before it is over.
///
/// However many calls ask at once, one fetch is made and all of them get its token or its error. It runs
/// in a task of its own, so a caller that gives up does not take a token with it that can be used once.
/// After 80 % of a token's life the next one is fetched while calls go on with the present one; a refused
/// token is replaced at once. After a failed fetch there is no other for 1 s, then 2 s, up to 30 s.
///
/// The fetch runs on the runtime of the call that began it. Where calls of another runtime wait for it and the first
/// runtime is not driven any more, they give it up after 5 to 10 s and begin another on their own.
///
/// Lifetimes count from the receipt of the token on the monotonic clock, so setting the clock of the machine
/// makes no token early or late.
///
/// ```
/// use std::time::Duration;
/// use coze_auth::{FreshToken, Refreshing};
/// use coze_transport::{HttpStack, Response, ResponseBody, StackBuilder};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let credentials = Refreshing::new(|| async {
///     // … ask a token endpoint …
///     Ok(FreshToken::lasting("czs_123", Duration::from_secs(900)))
/// });
/// # let leaf = HttpStack::from_fn(|request: coze_transport::Request| async move {
/// #     assert_eq!(request.headers()["authorization"], "Bearer czs_123");
/// #     Ok::<_, std::convert::Infallible>(Response::new(ResponseBody::full("pong".into()))) });
/// let stack = StackBuilder::over(leaf).credentials(credentials).build();
/// stack.send(http::Request::get("/ping").body(Default::default())?).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Refreshing(Arc<Inner>);

struct Inner {
    fetch: Fetch,
    state: Mutex<State>,
}

impl Refreshing {
    /// Fetches tokens by `fetch`.
    pub fn new<F, Fut>(fetch: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<FreshToken, BoxError>> + Send + 'static,
    {
        Self::over(move || {
            let fetch = fetch();
            async move {
                match timeout(FETCH, fetch).await {
                    Ok(Ok(token)) => Ok(token),
                    Ok(Err(error)) => Err(RefreshError::boxed("no token could be fetched", error)),
                    Err(error) => Err(RefreshError::new(
                        "fetching a token took longer than 10 s",
                        error,
                    )),
                }
            }
        })
    }

    /// Fetches tokens by a refresh token that can be used once: `renew` exchanges it for a token and the next
    /// refresh token.
    ///
    /// The new pair is handed to `save` before its access token is used, so that a process that dies can go on where
    /// it was. While `save` fails, so do calls, and the same pair is handed to it again.
    ///
    /// An exchange that certainly did not reach the server (a [`TransportError`](coze_transport::TransportError)
    /// among the causes, with [`Outcome::NotAccepted`](coze_transport::Outcome::NotAccepted)) is tried twice, and
    /// again by later calls. One whose response was lost, or that took longer than 10 s, or failed in a way
    /// that tells nothing, is tried **once** more with the same token: if the first went through, the token is dead
    /// already. After that, or when the server responded with a refusal (`Outcome::Accepted`), the user has to
    /// authorize again: calls fail with [`RefreshError::is_reauth_required`], without asking the server.
    ///
    /// ```
    /// use std::time::Duration;
    /// use coze_auth::{FreshToken, Refreshing, RenewedToken, Secret};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let credentials = Refreshing::one_shot(
    ///     "refresh-1",
    ///     |refresh: Secret| async move {
    ///         assert_eq!(refresh.expose(), "refresh-1");
    ///         // … ask the token endpoint …
    ///         let access = FreshToken::lasting("czu_123", Duration::from_secs(900));
    ///         Ok(RenewedToken::new(access, "refresh-2"))
    ///     },
    ///     |pair: RenewedToken| async move {
    ///         // … write it to a file that only its owner can read …
    ///         assert_eq!(pair.refresh().expose(), "refresh-2");
    ///         Ok(())
    ///     },
    /// );
    /// # use coze_transport::{Authorize, Credentials};
    /// # let Authorize::Pending(wait) = credentials.authorize() else { panic!("it is fetched") };
    /// # assert_eq!(wait.await.unwrap().header(), "Bearer czu_123");
    /// # Ok(())
    /// # }
    /// ```
    pub fn one_shot<R, RFut, S, SFut>(refresh: impl Into<Secret>, renew: R, save: S) -> Self
    where
        R: Fn(Secret) -> RFut + Send + Sync + 'static,
        RFut: Future<Output = Result<RenewedToken, BoxError>> + Send + 'static,
        S: Fn(RenewedToken) -> SFut + Send + Sync + 'static,
        SFut: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        let source = OneShot::new(refresh.into(), None, renew, save);
        Self::over(move || Arc::clone(&source).fetch())
    }

    /// As [`Refreshing::one_shot`], with a pair that was just issued: it is stored, then used while it lasts.
    pub fn resuming<R, RFut, S, SFut>(pair: &RenewedToken, renew: R, save: S) -> Self
    where
        R: Fn(Secret) -> RFut + Send + Sync + 'static,
        RFut: Future<Output = Result<RenewedToken, BoxError>> + Send + 'static,
        S: Fn(RenewedToken) -> SFut + Send + Sync + 'static,
        SFut: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        let unsaved = Some(pair.access().clone()).filter(FreshToken::is_lasting);
        let source = OneShot::new(pair.refresh().clone(), unsaved, renew, save);
        Self::over(move || Arc::clone(&source).fetch())
    }

    pub(crate) fn over<F, Fut>(fetch: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<FreshToken, RefreshError>> + Send + 'static,
    {
        Self(Arc::new(Inner {
            fetch: Box::new(move || Box::pin(fetch())),
            state: Mutex::new(State::default()),
        }))
    }

    /// The fetch that is under way, or a new one.
    fn join(&self, state: &mut State) -> Result<Flight, RefreshError> {
        if let Some(flight) = state.flight() {
            return Ok(flight);
        }
        let runtime = Handle::try_current().map_err(|error| {
            RefreshError::new("a token is fetched within a tokio runtime", error)
        })?;
        let inner = Arc::clone(&self.0);
        // The lock on `state` is held, so the task does not see the state before the flight is in it.
        let flight = Flight::start(runtime, |ended| async move {
            let landing = Landing(&inner, ended);
            let result = match (inner.fetch)().await {
                Ok(token) => inner.state().land(&token),
                Err(error) => Err(error),
            };
            if let Err(error) = result {
                let told = coze_transport::presentable(error.clone().into()).to_string();
                tracing::warn!(error = told, "no token could be renewed");
                inner.state().crash(error);
            }
            drop(landing);
        });
        state.take_off(flight.clone());
        Ok(flight)
    }

    /// What a fetch brings. If it makes no progress, or another call has seen its token refused meanwhile, another takes
    /// its place.
    async fn land(self, mut flight: Flight) -> Result<Authorization, BoxError> {
        loop {
            let has_ended = flight.ends().await;
            let next = {
                let mut state = self.0.state();
                if !has_ended {
                    state.abandon(&flight);
                } else if let Some(outcome) = state.outcome() {
                    return Ok(outcome?);
                }
                match state.need() {
                    Need::Nothing(token) | Need::Soon(token) => return Ok(token),
                    Need::Later(error) => return Err(error.into()),
                    Need::Now => self.join(&mut state)?,
                }
            };
            if !has_ended {
                flight.abort();
            }
            flight = next;
        }
    }
}

/// Frees the state when a fetch ends by a panic or with its runtime.
struct Landing<'a>(&'a Inner, Ended);

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        if state.awaits(&self.1) {
            state.crash(RefreshError::plain(
                "fetching a token ended without a result",
            ));
        }
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        // Each method leaves the state whole before it can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Credentials for Refreshing {
    fn authorize(&self) -> Authorize {
        let mut state = self.0.state();
        let flight = match state.need() {
            Need::Nothing(token) => return Authorize::Ready(Ok(token)),
            Need::Soon(token) => {
                // The present token serves; a fetch that cannot begin shows when it is needed.
                let _ = self.join(&mut state);
                return Authorize::Ready(Ok(token));
            }
            Need::Later(error) => return Authorize::Ready(Err(error.into())),
            Need::Now => self.join(&mut state),
        };
        drop(state);
        match flight {
            Ok(flight) => Authorize::later(self.clone().land(flight)),
            Err(error) => Authorize::Ready(Err(error.into())),
        }
    }

    fn rejected(&self, generation: Generation) -> bool {
        self.0.state().reject(generation)
    }
}

impl fmt::Debug for Refreshing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refreshing").finish_non_exhaustive()
    }
}

/// No token could be had.
#[derive(Clone, Debug)]
pub struct RefreshError {
    message: &'static str,
    reauth: bool,
    /// No further attempt can help.
    is_final: bool,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl RefreshError {
    /// Whether the refresh token is used up or was refused: only its user, who authorizes again, can help. No
    /// further attempt is made.
    pub const fn is_reauth_required(&self) -> bool {
        self.reauth
    }

    /// The same for a source that somebody else may bring to life again, so that it is asked again after a pause.
    pub(crate) fn passing(mut self) -> Self {
        self.is_final = false;
        self
    }

    fn plain(message: &'static str) -> Self {
        Self {
            message,
            reauth: false,
            is_final: false,
            source: None,
        }
    }

    fn reauth(source: Option<BoxError>) -> Self {
        Self {
            message: "the refresh token was refused or may be used up; authorize again",
            reauth: true,
            is_final: true,
            source: source.map(Into::into),
        }
    }

    fn new(message: &'static str, source: impl Error + Send + Sync + 'static) -> Self {
        Self {
            message,
            reauth: false,
            is_final: false,
            source: Some(Arc::new(source)),
        }
    }

    pub(crate) fn boxed(message: &'static str, source: BoxError) -> Self {
        Self {
            message,
            reauth: false,
            is_final: false,
            source: Some(source.into()),
        }
    }
}

impl fmt::Display for RefreshError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)
    }
}

impl Error for RefreshError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
