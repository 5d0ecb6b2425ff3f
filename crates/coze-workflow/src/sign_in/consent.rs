//! Users who let an app in with their browser.

use std::sync::Arc;

use coze_auth::{ConsentRequest, OauthApp, SessionFile, web_url};

use super::session::failed;
use crate::{
    Client, ClientBuilder, Error,
    tenants::{Anonymous, SignIn},
};

impl ClientBuilder {
    /// Begins to ask a user's consent in a browser, which comes back to `redirect_uri` as it is registered with the app.
    ///
    /// An app without a secret proves itself by PKCE.
    ///
    /// # Errors
    ///
    /// As [`ClientBuilder::build`].
    ///
    /// ```no_run
    /// use coze_workflow::{Client, auth::{OauthApp, SessionFile}};
    ///
    /// # async fn f() -> Result<(), coze_workflow::Error> {
    /// # fn redirected() -> String { String::new() }
    /// let app = OauthApp::new("8173.app.coze");
    /// let consent = Client::builder().consent(app, "http://127.0.0.1:8484/back")?;
    /// println!("open {}", consent.url());
    /// let coze = consent.finish(&redirected(), SessionFile::new("coze-session.json")).await?;
    /// # Ok(()) }
    /// ```
    pub fn consent(self, app: OauthApp, redirect_uri: impl Into<String>) -> Result<Consent, Error> {
        self.can_sign_in()?;
        let stack = self.assemble(app.base_url().map(str::to_owned))?;
        let app = app.at(stack.base_url.as_str());
        let request = app.authorization(&web_url(&stack.base_url), redirect_uri);
        let request = request.map_err(failed)?;
        Ok(Consent { stack, request })
    }
}

/// A request for a user's consent: send their browser to its [`url`](Consent::url), then [`finish`](Consent::finish) with
/// the address that it comes back to.
pub struct Consent {
    stack: Anonymous,
    request: ConsentRequest,
}

impl Consent {
    /// Where to send the user's browser.
    pub fn url(&self) -> &str {
        self.request.url()
    }

    /// What the redirect carries back, for a program that waits for many.
    pub fn state(&self) -> &str {
        self.request.state()
    }

    /// Exchanges the code in the address that the browser came back to, or in what follows its `?`, stores the session in
    /// `file`, and gives a client that renews it there.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Auth`](crate::ErrorKind::Auth) when the redirect is of another request, the user refused, the service
    /// gives no token, or the file cannot be written.
    pub async fn finish(self, redirected: &str, file: SessionFile) -> Result<Client, Error> {
        let session = self.request.exchange(&self.stack.bare(), redirected).await;
        let session = session.map_err(failed)?;
        let saved = file.save(&session).await;
        saved.map_err(failed)?;
        let (credentials, tenants) = SignIn::File(file).credentials(self.stack);
        Ok(Client::of(tenants, Some(Arc::new(credentials))))
    }
}

impl std::fmt::Debug for Consent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Consent").finish_non_exhaustive()
    }
}
