//! Users who have let an app in.

use std::{future::Future, sync::Arc};

use coze_auth::{DeviceFlow, OauthApp, RenewedToken, Session, SessionFile};
use coze_transport::BoxError;

use crate::{Client, ClientBuilder, Error, ErrorKind, tenants::SignIn};

impl ClientBuilder {
    /// Takes the session of a user who has signed in, and renews it. Each new pair of tokens is handed to `save` before it
    /// is used: a refresh token can be used once, so one that is lost ends the session.
    ///
    /// [`ClientBuilder::session_file`] is the way where a file will do.
    pub fn session<S, Fut>(self, session: Session, save: S) -> Self
    where
        S: Fn(RenewedToken) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        self.sign_in(SignIn::Session(
            session,
            Box::new(move |session, stack| session.credentials(stack, save)),
        ))
    }

    /// Takes the session in a file that processes may share, and renews it there.
    pub fn session_file(self, file: SessionFile) -> Self {
        self.sign_in(SignIn::File(file))
    }

    /// A client for the user of this device: signs in unless `file` holds a session already. `show` tells the user which
    /// page to open and which code to type in; the rest waits until they have.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Auth`] when the user refuses or does nothing, or the service gives no token, and as
    /// [`ClientBuilder::build`].
    ///
    /// ```no_run
    /// use coze_workflow::{Client, auth::{OauthApp, SessionFile}};
    ///
    /// # async fn f() -> Result<(), coze_workflow::Error> {
    /// let (app, file) = (OauthApp::new("8173.app.coze"), SessionFile::new("coze-session.json"));
    /// let show = |device: &coze_workflow::auth::DeviceFlow| println!("{} {}", device.verification_uri(), device.user_code());
    /// let coze = Client::builder().device(app, file, show).await?;
    /// # Ok(()) }
    /// ```
    pub async fn device(
        self,
        app: OauthApp,
        file: SessionFile,
        show: impl FnOnce(&DeviceFlow),
    ) -> Result<Client, Error> {
        self.can_sign_in()?;
        let sign_in = SignIn::File(file.clone());
        if file.read().map_err(failed)?.is_none() {
            return self.device_anew(app, file, show).await;
        }
        let known = sign_in.base_url()?;
        let stack = self.assemble(known.or(app.base_url().map(str::to_owned)))?;
        let (credentials, tenants) = sign_in.credentials(stack);
        Ok(Client::of(tenants, Some(Arc::new(credentials))))
    }

    /// As [`ClientBuilder::device`], and the user is asked whatever `file` holds: to sign in as somebody else, or when a
    /// session is over. A session in `file` stays as it is until the new one has been granted.
    ///
    /// # Errors
    ///
    /// As [`ClientBuilder::device`].
    pub async fn device_anew(
        self,
        app: OauthApp,
        file: SessionFile,
        show: impl FnOnce(&DeviceFlow),
    ) -> Result<Client, Error> {
        self.can_sign_in()?;
        let stack = self.assemble(app.base_url().map(str::to_owned))?;
        let app = app.at(stack.base_url.as_str());
        let device = app.device(&stack.bare()).await;
        let device = device.map_err(failed)?;
        show(&device);
        let session = device.wait().await.map_err(failed)?;
        let saved = file.save(&session).await;
        saved.map_err(failed)?;
        let (credentials, tenants) = SignIn::File(file).credentials(stack);
        Ok(Client::of(tenants, Some(Arc::new(credentials))))
    }
}

/// Nobody could be signed in.
pub(super) fn failed(cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Auth, "nobody could be signed in").with_source(cause)
}
