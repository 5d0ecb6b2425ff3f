//! Credentials over a session that processes share.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use coze_transport::{HttpStack, Secret};

use super::{app::OauthApp, session_error::SessionFileError, session_file::SessionFile};
use crate::{FreshToken, RefreshError, Refreshing, RenewedToken, refresh::OneShot};

/// A token that others have stored is taken while it lasts longer than this.
const USEFUL: Duration = Duration::from_secs(60);

impl SessionFile {
    /// Credentials that renew the session over `stack`, which knows where the API is and adds no credentials of its own.
    ///
    /// When its user has to sign in again, calls fail with [`RefreshError::is_reauth_required`] until the file holds
    /// another session.
    pub fn credentials(&self, stack: HttpStack) -> Refreshing {
        let shared = Arc::new(Shared {
            file: self.clone(),
            stack,
            state: Mutex::default(),
        });
        Refreshing::over(move || {
            let shared = Arc::clone(&shared);
            async move { shared.fetch().await }
        })
    }
}

/// One process's part in a session.
struct Shared {
    file: SessionFile,
    stack: HttpStack,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    exchange: Option<Arc<OneShot>>,
    /// The token in use here. Another in the file was renewed elsewhere.
    present: Option<Secret>,
}

impl Shared {
    async fn fetch(self: Arc<Self>) -> Result<FreshToken, RefreshError> {
        let failed = |error: SessionFileError| {
            RefreshError::boxed("the session cannot be used", error.into())
        };
        let _lock = self.file.lock().await.map_err(failed)?;
        let Some(session) = self.file.load().await.map_err(failed)? else {
            return Err(failed(self.file.missing()));
        };
        let exchange = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let access = session.tokens.access();
            let is_new = state
                .present
                .as_ref()
                .is_none_or(|present| present.expose() != access.secret().expose());
            if is_new && access.remaining() > USEFUL {
                state.present = Some(access.secret().clone());
                return Ok(access.clone());
            }
            let refresh = session.tokens.refresh().clone();
            let exchange = state
                .exchange
                .get_or_insert_with(|| self.exchange(&session.app, refresh.clone()));
            exchange.adopt(refresh);
            Arc::clone(exchange)
        };
        let token = exchange.fetch().await.map_err(RefreshError::passing)?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.present = Some(token.secret().clone());
        Ok(token)
    }

    /// What exchanges refresh tokens and writes the new pair to the file. The caller holds the lock.
    fn exchange(&self, app: &OauthApp, refresh: Secret) -> Arc<OneShot> {
        let (file, owner) = (self.file.clone(), app.clone());
        let renew = app.renewer(self.stack.clone());
        OneShot::new(refresh, None, renew, move |pair: RenewedToken| {
            let (file, owner) = (file.clone(), owner.clone());
            async move { Ok(file.write(&owner, &pair).await?) }
        })
    }
}
