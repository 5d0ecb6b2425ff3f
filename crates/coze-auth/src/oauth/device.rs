//! A code that the user types in on another device (RFC 8628).

use std::{fmt, time::Duration};

use coze_models::{ExchangeDeviceCode, OauthError, RequestDeviceCode};
use coze_transport::{
    HttpStack, Secret,
    time::{Instant, sleep_until},
};

use super::{
    app::{OauthApp, Session},
    endpoint::send,
    error::{SignInError, SignInErrorKind},
};
use crate::clock::wall_clock;

/// Time between two polls where the service names none, and what `slow_down` adds to it (RFC 8628, 3.5).
const INTERVAL: Duration = Duration::from_secs(5);
/// The longest pause between two polls.
const SLOWEST: Duration = Duration::from_secs(60);
/// How long the codes last where the service does not tell.
const LIFETIME: Duration = Duration::from_secs(300);
/// The longest that is believed.
const LONGEST: Duration = Duration::from_secs(3600);

/// A device that waits for its user: show the code and the address, then [`wait`](DeviceFlow::wait).
pub struct DeviceFlow {
    app: OauthApp,
    stack: HttpStack,
    device_code: Secret,
    user_code: String,
    verification_uri: String,
    interval: Duration,
    ends: Instant,
}

impl OauthApp {
    /// Begins to sign in on a device, over `stack`, which knows where the API is and adds no credentials of its own.
    ///
    /// # Errors
    ///
    /// [`SignInError`] when the service gives no codes.
    pub async fn device(&self, stack: &HttpStack) -> Result<DeviceFlow, SignInError> {
        let local = "the device code cannot be asked for";
        let path = self.path("device/code");
        let path = path.map_err(|error| SignInError::local(local, error))?;
        let path = http::Uri::try_from(path).map_err(|error| SignInError::local(local, error))?;
        let operation = RequestDeviceCode::new(&*self.client_id);
        let bearer = self.secret.as_ref();
        let response = send(stack, &operation, Some(path), bearer).await?;
        let codes = &response.value;
        let (Some(device_code), Some(user_code), Some(uri)) = (
            &codes.device_code,
            &codes.user_code,
            &codes.verification_uri,
        ) else {
            return Err(response.lacking());
        };
        let seconds = |value: Option<i64>, default: Duration| match value.map(u64::try_from) {
            Some(Ok(seconds)) if seconds > 0 => Duration::from_secs(seconds),
            _ => default,
        };
        Ok(DeviceFlow {
            app: self.clone(),
            stack: stack.clone(),
            device_code: Secret::new(device_code.as_str()),
            user_code: user_code.clone(),
            verification_uri: uri.clone(),
            interval: seconds(codes.interval, INTERVAL).min(SLOWEST),
            ends: Instant::now() + seconds(codes.expires_in, LIFETIME).min(LONGEST),
        })
    }
}

impl DeviceFlow {
    /// The code that the user types in.
    pub fn user_code(&self) -> &str {
        &self.user_code
    }

    /// The page on which the user types it in.
    pub fn verification_uri(&self) -> &str {
        &self.verification_uri
    }

    /// The same page with the code filled in, for a link or a QR code.
    pub fn verification_url(&self) -> String {
        let joint = if self.verification_uri.contains('?') {
            '&'
        } else {
            '?'
        };
        format!(
            "{}{joint}user_code={}",
            self.verification_uri, self.user_code
        )
    }

    /// How long the user has.
    pub fn remaining(&self) -> Duration {
        self.ends.saturating_duration_since(Instant::now())
    }

    /// Waits until the user has agreed.
    ///
    /// The service is asked every 5 s, or as often as it allows, and 5 s less often each time it says `slow_down`. When
    /// it cannot be reached, the pause doubles, up to a minute.
    ///
    /// # Errors
    ///
    /// [`SignInErrorKind::Denied`] when the user refused, [`SignInErrorKind::Expired`] when nobody decided in time, others
    /// when the service gives no token.
    pub async fn wait(mut self) -> Result<Session, SignInError> {
        loop {
            if Instant::now() + self.interval >= self.ends {
                sleep_until(self.ends).await;
                let message = "the code was not typed in before it expired";
                return Err(SignInError::new(SignInErrorKind::Expired, message));
            }
            sleep_until(Instant::now() + self.interval).await;
            let operation =
                ExchangeDeviceCode::new(&*self.app.client_id, self.device_code.expose());
            let bearer = self.app.secret.as_ref();
            let error = match send(&self.stack, &operation, None, bearer).await {
                Ok(response) => {
                    // Both spellings of "not yet" may come with HTTP 200.
                    let error = response.lacking();
                    match response.issued(wall_clock()) {
                        Ok(issued) => return self.app.session(issued),
                        Err(_) if error.oauth_error().is_some() => error,
                        Err(error) => return Err(error),
                    }
                }
                Err(error) => error,
            };
            match error.oauth_error() {
                Some(OauthError::AuthorizationPending) => {}
                Some(OauthError::SlowDown) => self.interval += INTERVAL,
                _ if error.is_passing() => self.interval = (self.interval * 2).min(SLOWEST),
                _ => return Err(error),
            }
        }
    }
}

impl fmt::Debug for DeviceFlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceFlow")
            .field("app", &self.app)
            .field("user_code", &self.user_code)
            .field("verification_uri", &self.verification_uri)
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}
