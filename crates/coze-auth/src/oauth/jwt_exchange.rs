//! Signed requests for tokens, exchanged over a stack.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::Duration,
};

use coze_models::{
    ExchangeJwt, ExchangeJwtForAccount, ExchangeJwtForChannel, ExchangeJwtForEnterprise,
};
use coze_transport::{
    HttpStack,
    time::{Instant, sleep_until},
};

use super::{
    endpoint::send,
    error::{SignInError, SignInErrorKind},
    jwt::{JwtApp, Owner},
};
use crate::{FreshToken, Refreshing, clock::wall_clock};

/// Attempts to get one token, each with a JWT of its own.
const ATTEMPTS: u32 = 3;
/// Clocks that differ by more than this, in seconds, may be why a JWT is refused.
const SKEW: u64 = 30;

impl JwtApp {
    /// Credentials whose tokens are asked for over `stack`, which knows where the API is and adds no credentials of its
    /// own. `audience` is the host of the API, such as `api.coze.com`.
    pub fn credentials(&self, stack: HttpStack, audience: impl Into<String>) -> Refreshing {
        let tokens = Arc::new(Tokens {
            app: self.clone(),
            stack,
            audience: audience.into(),
            skew: AtomicI64::new(0),
        });
        Refreshing::new(move || {
            let tokens = Arc::clone(&tokens);
            async move { Ok(tokens.fetch().await?) }
        })
    }
}

/// Where tokens of an app come from.
struct Tokens {
    app: JwtApp,
    stack: HttpStack,
    audience: String,
    /// How far the server's clock is ahead of this machine's, in seconds, once that was found to matter.
    skew: AtomicI64,
}

impl Tokens {
    async fn fetch(&self) -> Result<FreshToken, SignInError> {
        let mut corrected = false;
        let mut attempt = 1;
        loop {
            let now = wall_clock() + self.skew.load(Relaxed);
            let error = match self.exchange(now).await {
                Ok(token) => return Ok(token),
                Err(error) => error,
            };
            if error.kind() == SignInErrorKind::Refused
                && let Some(date) = error.date().filter(|date| date.abs_diff(now) > SKEW)
                && !corrected
            {
                self.skew.fetch_add(date - now, Relaxed);
                corrected = true;
                continue;
            }
            // A server that names a wait gets it from the pauses between fetches.
            if attempt >= ATTEMPTS || !error.is_passing() || error.retry_after().is_some() {
                return Err(error);
            }
            let base = if error.kind() == SignInErrorKind::Transport {
                0.1
            } else {
                0.5
            };
            let longest = base * f64::from(1_u32 << attempt);
            let pause = Duration::from_secs_f64(longest * fastrand::f64());
            sleep_until(Instant::now() + pause).await;
            attempt += 1;
        }
    }

    async fn exchange(&self, now: i64) -> Result<FreshToken, SignInError> {
        let signed = self.app.sign(&self.audience, now);
        let signed =
            signed.map_err(|error| SignInError::local("the JWT cannot be signed", error))?;
        let (stack, app) = (&self.stack, &self.app);
        let (seconds, scope) = (app.lifetime.as_secs().cast_signed(), app.scope.clone());
        let response = match (&app.owner, scope) {
            (Owner::App, None) => {
                let operation = ExchangeJwt::new().duration_seconds(seconds);
                send(stack, &operation, None, Some(&signed)).await?
            }
            (Owner::App, Some(scope)) => {
                let operation = ExchangeJwtForChannel::new().duration_seconds(seconds);
                send(stack, &operation.scope(scope), None, Some(&signed)).await?
            }
            (Owner::Account(id), scope) => {
                let mut operation =
                    ExchangeJwtForAccount::new(id.as_str()).duration_seconds(seconds);
                operation.scope = scope;
                send(stack, &operation, None, Some(&signed)).await?
            }
            (Owner::Enterprise(id), scope) => {
                let mut operation =
                    ExchangeJwtForEnterprise::new(id.as_str()).duration_seconds(seconds);
                operation.scope = scope;
                send(stack, &operation, None, Some(&signed)).await?
            }
        };
        Ok(response.issued(now)?.access)
    }
}
