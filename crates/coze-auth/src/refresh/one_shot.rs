//! A refresh token that dies when it is used.

use std::{
    error::Error,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use coze_transport::time::timeout;
use coze_transport::{BoxError, Outcome, Secret, TransportError};

use super::{FETCH, FreshToken, RefreshError};

/// Attempts in one go while the token certainly was not used.
const UNSENT: u32 = 2;
/// Attempts that may have used the token. The second cannot make it worse: if the first went through, the
/// token is dead already.
const UNSURE: u32 = 2;

/// An exchange under way.
pub(crate) type Renewing = Pin<Box<dyn Future<Output = Result<RenewedToken, BoxError>> + Send>>;
type Saving = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;
type Renew = Box<dyn Fn(Secret) -> Renewing + Send + Sync>;
type Save = Box<dyn Fn(RenewedToken) -> Saving + Send + Sync>;

/// What a refresh token was exchanged for.
#[derive(Clone, Debug)]
pub struct RenewedToken {
    access: FreshToken,
    refresh: Secret,
}

impl RenewedToken {
    /// A token for calls, and the refresh token that gets the next one.
    pub fn new(access: FreshToken, refresh: impl Into<Secret>) -> Self {
        Self {
            access,
            refresh: refresh.into(),
        }
    }

    /// The token for calls.
    pub const fn access(&self) -> &FreshToken {
        &self.access
    }

    /// The refresh token that gets the next one. It can be used once.
    pub const fn refresh(&self) -> &Secret {
        &self.refresh
    }
}

/// The source of [`Refreshing::one_shot`](super::Refreshing::one_shot).
pub(crate) struct OneShot {
    renew: Renew,
    save: Save,
    grant: Mutex<Grant>,
}

struct Grant {
    refresh: Secret,
    /// Attempts with this token whose outcome is not known, the present one included.
    unsure: u32,
    /// It was refused, or may have been used up.
    dead: bool,
    /// A token in hand whose successor is not stored yet.
    unsaved: Option<FreshToken>,
}

impl OneShot {
    /// Begins with a refresh token, and with the token for calls that came with it if that is not stored yet.
    pub(crate) fn new<R, RFut, S, SFut>(
        refresh: Secret,
        unsaved: Option<FreshToken>,
        renew: R,
        save: S,
    ) -> Arc<Self>
    where
        R: Fn(Secret) -> RFut + Send + Sync + 'static,
        RFut: Future<Output = Result<RenewedToken, BoxError>> + Send + 'static,
        S: Fn(RenewedToken) -> SFut + Send + Sync + 'static,
        SFut: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        Arc::new(Self {
            renew: Box::new(move |refresh| Box::pin(renew(refresh))),
            save: Box::new(move |pair| Box::pin(save(pair))),
            grant: Mutex::new(Grant {
                refresh,
                unsure: 0,
                dead: false,
                unsaved,
            }),
        })
    }

    fn grant(&self) -> MutexGuard<'_, Grant> {
        // Its fields are set one by one, and each is true by itself.
        self.grant.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes on with a refresh token that somebody else has stored, unless a newer one is still to be stored.
    pub(crate) fn adopt(&self, refresh: Secret) {
        let mut grant = self.grant();
        if grant.unsaved.is_none() && grant.refresh.expose() != refresh.expose() {
            grant.refresh = refresh;
            grant.unsure = 0;
            grant.dead = false;
        }
    }

    /// The next token, its successor stored. The caller sees to it that there is one fetch at a time.
    pub(crate) async fn fetch(self: Arc<Self>) -> Result<FreshToken, RefreshError> {
        // Left from a fetch that could not store it.
        let unsaved = self.grant().unsaved.clone();
        let access = match unsaved {
            Some(access) => access,
            None => self.renew().await?,
        };
        let pair = RenewedToken::new(access.clone(), self.grant().refresh.clone());
        let stored = match timeout(FETCH, (self.save)(pair)).await {
            Ok(stored) => stored,
            Err(error) => Err(error.into()),
        };
        stored.map_err(|error| {
            RefreshError::boxed("the new refresh token could not be stored", error)
        })?;
        self.grant().unsaved = None;
        Ok(access)
    }

    /// Exchanges the refresh token.
    async fn renew(&self) -> Result<FreshToken, RefreshError> {
        let mut unsent = 0;
        loop {
            let refresh = {
                let mut grant = self.grant();
                if grant.dead || grant.unsure >= UNSURE {
                    return Err(RefreshError::reauth(None));
                }
                // Before the attempt, so that one that panics or is cut off counts too.
                grant.unsure += 1;
                grant.refresh.clone()
            };
            let error = match timeout(FETCH, (self.renew)(refresh)).await {
                Ok(Ok(renewed)) => {
                    let mut grant = self.grant();
                    grant.refresh = renewed.refresh;
                    grant.unsure = 0;
                    grant.unsaved = Some(renewed.access.clone());
                    return Ok(renewed.access);
                }
                Ok(Err(error)) => error,
                Err(error) => error.into(),
            };
            let mut grant = self.grant();
            match outcome(&*error) {
                Outcome::NotAccepted => {
                    grant.unsure -= 1;
                    unsent += 1;
                    if unsent >= UNSENT {
                        return Err(RefreshError::boxed("no token could be fetched", error));
                    }
                }
                Outcome::Unknown if grant.unsure < UNSURE => {}
                Outcome::Unknown | Outcome::Accepted => {
                    grant.dead = true;
                    return Err(RefreshError::reauth(Some(error)));
                }
            }
        }
    }
}

/// What the failure of an exchange says about the token: a failure of the stack knows, of any other nothing
/// is known.
fn outcome(error: &(dyn Error + 'static)) -> Outcome {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<TransportError>() {
            return error.outcome();
        }
        next = error.source();
    }
    Outcome::Unknown
}
