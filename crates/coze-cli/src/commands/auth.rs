//! `coze auth`

use std::time::Duration;

use coze_auth::{ProfileFile, TokenSource};
use coze_workflow::Region;
use serde_json::json;

use crate::{
    args::{Auth, AuthAction, Format},
    failure::Failure,
    output,
    session::Session,
    settings,
};

pub(crate) fn execute(session: &Session, args: &Auth) -> Result<(), Failure> {
    let AuthAction::Status = args.action;
    let found = settings::find(session)?;
    let server = settings::server(session, &found);
    let profiles = match ProfileFile::of_user() {
        Some(file) => file.names().map_err(|error| settings::refused(&error))?,
        None => Vec::new(),
    };
    let (source, expires) = match &found.token {
        Ok(source) => (source.to_string(), expiry(source)?),
        Err(missing) => (missing.to_string(), None),
    };
    let region = Region::of(&server.value);
    if session.output == Format::Json {
        let names: Vec<_> = profiles.iter().map(|(name, _)| name).collect();
        let default = profiles.iter().find(|(_, is_default)| *is_default);
        return Ok(output::json(&json!({
            "profile": found.profile,
            "token": found.token.is_ok(),
            "source": source,
            "expires_in_seconds": expires.map(|left| left.as_secs()),
            "server": server.value,
            "region": region.map(Region::name),
            // No response of the token endpoint tells them.
            "scopes": null,
            "profiles": names,
            "default_profile": default.map(|(name, _)| name),
        }))?);
    }
    let mut rows = vec![("token", source)];
    if let Some(left) = expires {
        let left = Duration::from_secs(left.as_secs());
        let text = if left.is_zero() {
            "renewed with the next call".to_owned()
        } else {
            format!(
                "for {}, then it is renewed",
                humantime::format_duration(left)
            )
        };
        rows.push(("lasts", text));
    }
    let scopes = "not told by the service: coze doctor shows what the token may do";
    rows.push(("scopes", scopes.to_owned()));
    rows.push((
        "server",
        format!("{}, from {}", server.value, server.source),
    ));
    let region = region.map_or("none: it is a server of its own", Region::name);
    rows.push(("region", region.to_owned()));
    if let Some(profile) = &found.profile {
        rows.push(("profile", profile.clone()));
    }
    for (name, is_default) in &profiles {
        let mark = if *is_default { " (default)" } else { "" };
        rows.push(("known", format!("{name}{mark}")));
    }
    Ok(output::table(rows)?)
}

/// What is left of a session's access token; none where nobody knows.
fn expiry(source: &TokenSource) -> Result<Option<Duration>, Failure> {
    let TokenSource::Session(file) = source else {
        return Ok(None);
    };
    let kept = file.read().map_err(|error| settings::refused(&error))?;
    let kept = kept.ok_or_else(|| {
        Failure::usage("nobody is signed in with this profile any more: coze login signs in again")
    })?;
    Ok(Some(kept.tokens().access().remaining()))
}
