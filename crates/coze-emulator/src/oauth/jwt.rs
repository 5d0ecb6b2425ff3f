//! The signed request of the JWT grant.

use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde::{Deserialize, de::DeserializeOwned};

use super::app::OAuthApp;

/// How far the clocks of two machines may differ, in seconds.
const LEEWAY: i64 = 60;

#[derive(Debug, Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    iat: i64,
    exp: i64,
    jti: String,
}

/// Ids of JWTs that were used, with the time until which they must be remembered.
pub(super) type Used = HashMap<String, i64>;

/// Checks a JWT; the error says what is wrong with it.
pub(super) fn verify(
    apps: &[OAuthApp],
    used: &mut Used,
    host: &str,
    now: i64,
    jwt: &str,
) -> Result<(), String> {
    let (signed, signature) = jwt.rsplit_once('.').ok_or("it is not three parts")?;
    let (header, claims) = signed.split_once('.').ok_or("it is not three parts")?;
    let header: Header = part(header).ok_or("its header cannot be read")?;
    let claims: Claims =
        part(claims).ok_or("its claims cannot be read; iss, aud, iat, exp and jti are required")?;
    if header.alg != "RS256" {
        return Err(format!("its algorithm is {}, not RS256", header.alg));
    }
    let app = apps
        .iter()
        .find(|app| app.client_id == claims.iss)
        .ok_or_else(|| format!("no application has the id '{}'", claims.iss))?;
    let kid = header.kid.ok_or("it has no kid")?;
    let (_, key) = app
        .keys
        .iter()
        .find(|(id, _)| *id == kid)
        .ok_or_else(|| format!("the application has no key '{kid}'"))?;
    let signature = URL_SAFE_NO_PAD
        .decode(signature)
        .map_err(|_| "its signature is not base64")?;
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key)
        .verify(signed.as_bytes(), &signature)
        .map_err(|_| "its signature does not fit")?;
    // SDKs name the host they talk to; programs for the service name the service.
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if ![host, name, "api.coze.cn", "api.coze.com"].contains(&claims.aud.as_str()) {
        return Err(format!("its audience is '{}', not '{host}'", claims.aud));
    }
    if claims.iat > now + LEEWAY {
        return Err("it is issued in the future".into());
    }
    if claims.exp <= claims.iat || claims.exp <= now {
        return Err("it has expired".into());
    }
    used.retain(|_, until| *until > now);
    if claims.jti.is_empty() || used.insert(claims.jti, claims.exp).is_some() {
        return Err("its jti is empty or was used before".into());
    }
    Ok(())
}

fn part<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}
