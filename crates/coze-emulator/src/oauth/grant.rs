//! What is exchanged for a token.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    app::OAuthApp,
    jwt,
    tokens::{State, Tokens},
};
use crate::{clock::Clock, ids::Ids};

/// Life of an access token when nothing else is asked for, and the most that can be asked for, in seconds.
const LIFETIME: i64 = 900;
const LONGEST: i64 = 86_399;
/// Life of a refresh token, in seconds: 30 days.
const REFRESHABLE: i64 = 30 * 24 * 3600;

/// The body of the token endpoint.
#[derive(Debug, Deserialize)]
pub(crate) struct TokenRequest {
    grant_type: Option<String>,
    client_id: Option<String>,
    code: Option<String>,
    redirect_uri: Option<String>,
    code_verifier: Option<String>,
    refresh_token: Option<String>,
    device_code: Option<String>,
    duration_seconds: Option<i64>,
    scope: Option<Value>,
}

/// A refused request: `error_code` and `error_message`.
#[derive(Debug)]
pub(crate) struct Refusal(pub(crate) &'static str, pub(crate) String);

fn invalid(what: &str) -> Refusal {
    Refusal("invalid_request", format!("invalid request: {what}"))
}

/// The caller's side of an exchange.
pub(crate) struct Exchange<'c> {
    pub(crate) tokens: &'c Tokens,
    pub(crate) clock: &'c Clock,
    pub(crate) ids: &'c Ids,
    /// The bearer token of the request: a JWT or a client secret.
    pub(crate) bearer: Option<&'c str>,
    pub(crate) host: &'c str,
}

impl Exchange<'_> {
    pub(crate) fn token(&self, request: &TokenRequest) -> Result<Value, Refusal> {
        let mut state = self.tokens.lock();
        let now = self.clock.seconds();
        match request.grant_type.as_deref() {
            Some("urn:ietf:params:oauth:grant-type:jwt-bearer") => {
                let jwt = self
                    .bearer
                    .ok_or_else(|| invalid("the JWT belongs into the Authorization header"))?;
                jwt::verify(&self.tokens.apps, &mut state.used, self.host, now, jwt).map_err(
                    |what| Refusal("invalid_client", format!("the JWT is refused: {what}")),
                )?;
                let lifetime = request.duration_seconds.unwrap_or(LIFETIME);
                if !(1..=LONGEST).contains(&lifetime) {
                    return Err(invalid("duration_seconds"));
                }
                if request.scope.as_ref().is_some_and(|scope| !is_scope(scope)) {
                    return Err(invalid("scope"));
                }
                // This grant has nothing to refresh: a new JWT is as good.
                Ok(self.issue(&mut state, "czs_", lifetime, None))
            }
            Some("authorization_code") => {
                let client_id = self.client(request)?;
                let code = request.code.as_deref().ok_or_else(|| invalid("code"))?;
                // A code is good for one try.
                let code = state.codes.remove(code).filter(|code| now < code.ends);
                let code = code.ok_or_else(|| invalid("code"))?;
                if code.client_id != client_id {
                    return Err(invalid("client_id"));
                }
                if request.redirect_uri.as_deref() != Some(&code.redirect_uri) {
                    return Err(invalid("redirect_uri"));
                }
                if let Some((method, challenge)) = &code.challenge {
                    let verifier = request.code_verifier.as_deref().unwrap_or("");
                    if challenge_of(method, verifier) != *challenge {
                        return Err(invalid("code_verifier"));
                    }
                }
                Ok(self.issue(&mut state, "czu_", LIFETIME, Some(client_id)))
            }
            Some("refresh_token") => {
                let client_id = self.client(request)?;
                let token = request.refresh_token.as_deref().unwrap_or("");
                match state.refresh.get(token) {
                    Some((ends, owner)) if now < *ends && owner == client_id => {}
                    _ => return Err(invalid("refresh_token")),
                }
                // It dies when it is used.
                state.refresh.remove(token);
                Ok(self.issue(&mut state, "czu_", LIFETIME, Some(client_id)))
            }
            Some("urn:ietf:params:oauth:grant-type:device_code") => {
                let client_id = self.client(request)?;
                let code = request.device_code.as_deref().unwrap_or("");
                let device = state
                    .devices
                    .get_mut(code)
                    .filter(|device| device.client_id == client_id);
                let device = device.ok_or_else(|| invalid("device_code"))?;
                device
                    .poll(now, self.clock.millis())
                    .map_err(|error| Refusal(error, error.replace('_', " ")))?;
                state.devices.remove(code);
                Ok(self.issue(&mut state, "czu_", LIFETIME, Some(client_id)))
            }
            Some(other) => Err(Refusal(
                "unsupported_grant_type",
                format!("not supported grant type: {other}"),
            )),
            None => Err(invalid("grant_type")),
        }
    }

    /// The client of a request. Without registered applications every client is known.
    fn client<'r>(&self, request: &'r TokenRequest) -> Result<&'r str, Refusal> {
        let client_id = request
            .client_id
            .as_deref()
            .ok_or_else(|| invalid("client_id"))?;
        let app = known(&self.tokens.apps, client_id)?;
        match app.and_then(|app| app.secret.as_deref()) {
            Some(secret) if self.bearer != Some(secret) => Err(Refusal(
                "invalid_client",
                "the client secret is wrong or missing".into(),
            )),
            _ => Ok(client_id),
        }
    }

    fn issue(
        &self,
        state: &mut State,
        prefix: &str,
        lifetime: i64,
        refresh_for: Option<&str>,
    ) -> Value {
        let now = self.clock.seconds();
        let token = format!("{prefix}{}", self.ids.secret());
        state.issued.insert(token.clone(), now + lifetime);
        // Absolute Unix time, whatever the name suggests.
        let mut issued = json!({
            "access_token": token,
            "expires_in": now + lifetime,
            "token_type": "Bearer",
        });
        if let Some(client_id) = refresh_for {
            let refresh = self.ids.secret();
            state
                .refresh
                .insert(refresh.clone(), (now + REFRESHABLE, client_id.to_owned()));
            issued["refresh_token"] = refresh.into();
        }
        issued
    }
}

/// The application of a client id; none when no application is registered at all.
pub(crate) fn known<'a>(
    apps: &'a [OAuthApp],
    client_id: &str,
) -> Result<Option<&'a OAuthApp>, Refusal> {
    let app = apps.iter().find(|app| app.client_id == client_id);
    if app.is_none() && !apps.is_empty() {
        return Err(Refusal(
            "invalid_client",
            format!("no application has the id '{client_id}'"),
        ));
    }
    Ok(app)
}

/// Whether a scope names permissions and agents. What it allows is not emulated.
fn is_scope(scope: &Value) -> bool {
    [
        "/account_permission/permission_list",
        "/attribute_constraint/connector_bot_chat_attribute/bot_id_list",
    ]
    .iter()
    .all(|path| scope.pointer(path).is_some_and(Value::is_array))
}

fn challenge_of(method: &str, verifier: &str) -> String {
    if method == "S256" {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
    } else {
        verifier.to_owned()
    }
}
