//! Apps that users let in.

use std::fmt;

use coze_models::{ExchangeCode, ExchangePkceCode, InvalidSegment, RefreshToken, push_segment};
use coze_transport::{BoxError, ErrorKind, HttpStack, Secret, TransportError};

use super::{
    endpoint::{Issued, send},
    error::{SignInError, SignInErrorKind},
};
use crate::{FreshToken, Refreshing, RenewedToken, clock::wall_clock};

/// An app that users let in: in a browser (web app, with a secret), or on this or another device (without one).
///
/// ```
/// use coze_auth::OauthApp;
///
/// let device = OauthApp::new("8173.app.coze");
/// let web = OauthApp::new("8174.app.coze").secret("s3cret");
/// # let _ = (device, web);
/// ```
#[derive(Clone)]
pub struct OauthApp {
    pub(super) client_id: String,
    pub(super) secret: Option<Secret>,
    pub(super) workspace: Option<String>,
    pub(super) base_url: Option<String>,
}

impl OauthApp {
    /// An app with its id, as the service's settings show it.
    pub fn new(client_id: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            secret: None,
            workspace: None,
            base_url: None,
        }
    }

    /// The client secret of a web app.
    #[must_use]
    pub fn secret(mut self, secret: impl Into<Secret>) -> Self {
        self.secret = Some(secret.into());
        self
    }

    /// Asks for the resources of one workspace instead of all that the user has.
    #[must_use]
    pub fn workspace(mut self, workspace_id: impl Into<String>) -> Self {
        self.workspace = Some(workspace_id.into());
        self
    }

    /// Where the API is that the app belongs to, such as `https://api.coze.cn`. A client takes it unless it is told
    /// another.
    #[must_use]
    pub fn at(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = Some(base_url.into());
        self
    }

    /// The app's id.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Where the API is, if the app was told or its file says so.
    pub fn base_url(&self) -> Option<&str> {
        self.base_url.as_deref()
    }

    /// The path of a call that may be bound to a workspace.
    pub(super) fn path(&self, name: &str) -> Result<String, InvalidSegment> {
        let mut path = String::from("/api/permission/oauth2/");
        if let Some(workspace) = &self.workspace {
            path.push_str("workspace_id/");
            push_segment(&mut path, "workspace_id", workspace)?;
            path.push('/');
        }
        path.push_str(name);
        Ok(path)
    }

    /// Exchanges a code that a redirect brought.
    #[cfg_attr(
        not(any(feature = "ring", feature = "aws-lc-rs")),
        allow(dead_code, reason = "state and proof keys need one of these")
    )]
    pub(super) async fn exchange_code(
        &self,
        stack: &HttpStack,
        code: &Secret,
        redirect_uri: &str,
        verifier: Option<&Secret>,
    ) -> Result<Session, SignInError> {
        let (id, code, bearer) = (&*self.client_id, code.expose(), self.secret.as_ref());
        let response = if let Some(verifier) = verifier {
            let operation = ExchangePkceCode::new(id, code, redirect_uri, verifier.expose());
            send(stack, &operation, None, bearer).await?
        } else {
            let operation = ExchangeCode::new(id, code, redirect_uri);
            send(stack, &operation, None, bearer).await?
        };
        self.session(response.issued(wall_clock())?)
    }

    pub(super) fn session(&self, issued: Issued) -> Result<Session, SignInError> {
        let Some(refresh) = issued.refresh else {
            let message = "the service gave no refresh token";
            return Err(SignInError::new(SignInErrorKind::Response, message));
        };
        Ok(Session {
            app: self.clone(),
            tokens: RenewedToken::new(issued.access, refresh),
        })
    }

    /// Exchanges a refresh token.
    async fn renew(&self, stack: &HttpStack, refresh: &Secret) -> Result<RenewedToken, BoxError> {
        let operation = RefreshToken::new(&*self.client_id, refresh.expose());
        let renewed = async {
            let response = send(stack, &operation, None, self.secret.as_ref()).await?;
            Ok(self.session(response.issued(wall_clock())?)?.tokens)
        };
        renewed.await.map_err(|error: SignInError| {
            let message = "the refresh token was not exchanged";
            TransportError::new(ErrorKind::Auth, error.outcome(), message)
                .with_source(error)
                .into()
        })
    }

    /// What renews a session of this app over `stack`.
    pub(super) fn renewer(
        &self,
        stack: HttpStack,
    ) -> impl Fn(Secret) -> crate::refresh::Renewing + Send + Sync + 'static {
        let app = self.clone();
        move |refresh| {
            let (app, stack) = (app.clone(), stack.clone());
            Box::pin(async move { app.renew(&stack, &refresh).await })
        }
    }
}

impl fmt::Debug for OauthApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OauthApp")
            .field("client_id", &self.client_id)
            .field("workspace", &self.workspace)
            .finish_non_exhaustive()
    }
}

/// What a user has granted: an access token, and the refresh token for the next one, which can be used once.
#[derive(Clone, Debug)]
pub struct Session {
    pub(super) app: OauthApp,
    pub(super) tokens: RenewedToken,
}

impl Session {
    /// A session that was kept elsewhere: its refresh token is exchanged when a token is first needed.
    pub fn resume(app: OauthApp, refresh_token: impl Into<Secret>) -> Self {
        let none = FreshToken::lasting(Secret::new(""), std::time::Duration::ZERO);
        Self {
            app,
            tokens: RenewedToken::new(none, refresh_token),
        }
    }

    /// The app that the user let in.
    pub const fn app(&self) -> &OauthApp {
        &self.app
    }

    /// The tokens.
    pub const fn tokens(&self) -> &RenewedToken {
        &self.tokens
    }

    /// Credentials that renew the session over `stack`, which knows where the API is and adds no credentials of its own.
    ///
    /// Each new pair is handed to `save` before it is used, see [`Refreshing::one_shot`]. [`SessionFile`] is the way
    /// where a file will do.
    ///
    /// [`SessionFile`]: crate::SessionFile
    pub fn credentials<S, Fut>(&self, stack: HttpStack, save: S) -> Refreshing
    where
        S: Fn(RenewedToken) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        let renew = self.app.renewer(stack);
        Refreshing::resuming(&self.tokens, renew, save)
    }
}
