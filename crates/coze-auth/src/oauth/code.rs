//! A code that the user's browser brings back.

use coze_transport::{HttpStack, Secret};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{
    app::{OauthApp, Session},
    error::{SignInError, SignInErrorKind},
    key::random,
    pkce::Pkce,
};

/// A request for a user's consent: where to send the browser, and how to tell that it comes back from there.
#[derive(Debug)]
pub struct ConsentRequest {
    app: OauthApp,
    url: String,
    state: String,
    redirect_uri: String,
    pkce: Option<Pkce>,
}

impl OauthApp {
    /// Begins to ask for a user's consent. `web` is where the service's pages are, such as `https://www.coze.com`;
    /// [`web_url`] knows. `redirect_uri` is where the browser comes back to, as registered with the app.
    ///
    /// An app without a secret proves itself by a [`Pkce`] key, with its SHA-256 in the address.
    ///
    /// # Errors
    ///
    /// [`SignInError`] when the workspace's id cannot stand in an address, or the system gives no random numbers.
    pub fn authorization(
        &self,
        web: &str,
        redirect_uri: impl Into<String>,
    ) -> Result<ConsentRequest, SignInError> {
        let local = |error| SignInError::local("the consent cannot be asked for", error);
        let pkce = match self.secret {
            None => Some(Pkce::new().map_err(local)?),
            Some(_) => None,
        };
        self.authorization_with(web, redirect_uri, pkce)
    }

    /// The same with a proof key of your own, or with none.
    ///
    /// # Errors
    ///
    /// As [`OauthApp::authorization`].
    pub fn authorization_with(
        &self,
        web: &str,
        redirect_uri: impl Into<String>,
        pkce: Option<Pkce>,
    ) -> Result<ConsentRequest, SignInError> {
        let message = "the consent cannot be asked for";
        let state = random().map_err(|error| SignInError::local(message, error))?;
        let path = self
            .path("authorize")
            .map_err(|error| SignInError::local(message, error))?;
        let redirect_uri = redirect_uri.into();
        let mut url = format!("{}{path}?response_type=code", web.trim_end_matches('/'));
        let mut pair = |name: &str, value: &str| {
            url.push('&');
            url.push_str(name);
            url.push('=');
            url.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
        };
        pair("client_id", &self.client_id);
        pair("redirect_uri", &redirect_uri);
        pair("state", &state);
        if let Some(pkce) = &pkce {
            pair("code_challenge", &pkce.challenge());
            pair("code_challenge_method", pkce.method());
        }
        Ok(ConsentRequest {
            app: self.clone(),
            url,
            state,
            redirect_uri,
            pkce,
        })
    }
}

impl ConsentRequest {
    /// Where to send the user's browser.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What the redirect carries back, for an app that has to find the request it belongs to.
    pub fn state(&self) -> &str {
        &self.state
    }

    /// Exchanges the code in the address that the browser came back to: the whole of it, or what follows its `?`.
    ///
    /// # Errors
    ///
    /// [`SignInError`] when the redirect is of another request, when the user refused, or when the service gives no
    /// token.
    pub async fn exchange(
        &self,
        stack: &HttpStack,
        redirected: &str,
    ) -> Result<Session, SignInError> {
        let code = self.code(redirected)?;
        let verifier = self.pkce.as_ref().map(Pkce::verifier);
        self.app
            .exchange_code(stack, &code, &self.redirect_uri, verifier)
            .await
    }

    /// The code of a redirect that belongs to this request.
    fn code(&self, redirected: &str) -> Result<Secret, SignInError> {
        let query = redirected
            .split_once('?')
            .map_or(redirected, |(_, rest)| rest);
        let query = query.split('#').next().unwrap_or_default();
        let get = |name: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            let mut found = pairs
                .filter(|(key, _)| *key == name)
                .map(|(_, value)| value);
            let value = found.next()?.replace('+', " ");
            Some(percent_decode_str(&value).decode_utf8_lossy().into_owned())
        };
        if get("state").as_deref() != Some(&self.state) {
            let message = "the redirect does not belong to this request: its `state` is another";
            return Err(SignInError::new(SignInErrorKind::State, message));
        }
        if let Some(error) = get("error") {
            let error = coze_transport::scrub(&error);
            let message = format!("the consent was not given: {error}");
            return Err(SignInError::new(SignInErrorKind::Denied, message));
        }
        match get("code").filter(|code| !code.is_empty()) {
            Some(code) => Ok(Secret::new(code)),
            None => Err(SignInError::new(
                SignInErrorKind::State,
                "the redirect holds no `code`",
            )),
        }
    }
}

/// Where the pages of a service are whose API is at `base_url`: `https://www.coze.cn` for `https://api.coze.cn`, the
/// same address where its host does not begin with `api.`.
pub fn web_url(base_url: &str) -> String {
    base_url.replacen("://api.", "://www.", 1)
}
