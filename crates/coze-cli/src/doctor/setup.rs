//! What can be told without a call: token, server and proxy.

use std::env;

use coze_auth::{Settings, TOKEN_VARIABLE, TokenSource};

use super::finding::{Finding, Verdict};
use crate::{failure::Failure, session::Session, settings};

pub(crate) fn check(session: &Session) -> Result<Vec<Finding>, Failure> {
    if session.emulator {
        let detail = "the embedded emulator, which takes any token";
        return Ok(vec![Finding::new("server", Verdict::Good, detail)]);
    }
    let found = settings::find(session)?;
    let base = settings::server(session, &found);
    let detail = format!("{}, from {}", without_password(&base.value), base.source);
    Ok(vec![
        token(&found),
        Finding::new("server", Verdict::Good, detail),
        proxy(&base.value),
    ])
}

fn token(settings: &Settings) -> Finding {
    let source = match &settings.token {
        Ok(source) => source,
        Err(missing) if settings.profile.is_some() => {
            let finding = Finding::new("token", Verdict::Bad(3), missing.to_string());
            return finding.advise("change the profile, or sign in with coze login".to_owned());
        }
        Err(_) => {
            let detail =
                format!("none: neither --token nor {TOKEN_VARIABLE} is set, nor a profile");
            let finding = Finding::new("token", Verdict::Bad(3), detail);
            return finding.advise(format!(
                "create one in the service's settings and put it into {TOKEN_VARIABLE}, or sign in with coze login"
            ));
        }
    };
    let TokenSource::Text { token, place } = source else {
        let profile = settings.profile.as_deref().unwrap_or_default();
        let detail = format!("{source}, from the profile {profile}");
        return Finding::new("token", Verdict::Good, detail);
    };
    let kind = match token.expose().split_once('_').map(|(prefix, _)| prefix) {
        Some("pat") => "a personal access token",
        Some("sat") => "a service token",
        Some("czu") => "an OAuth token of a user",
        Some("czs") => "an OAuth token of a service",
        _ => "a token of unknown kind",
    };
    let finding = Finding::new("token", Verdict::Good, format!("{kind}, from {place}"));
    if place != "--token" {
        return finding;
    }
    Finding {
        verdict: Verdict::Warning,
        ..finding.advise(format!(
            "other users of this machine can see it in the list of processes: put it into {TOKEN_VARIABLE}"
        ))
    }
}

/// The variable that names a proxy, as the client reads it.
fn proxy(base_url: &str) -> Finding {
    let set = |name: &&str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let proxies = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let bypasses = ["NO_PROXY", "no_proxy"];
    let detail = match proxies.iter().find(|name| set(name)) {
        None => "none".to_owned(),
        Some(_) if base_url.starts_with("http://") => {
            "none: plain http is always sent directly".to_owned()
        }
        Some(name) => match bypasses.iter().find(|name| set(name)) {
            Some(bypass) => format!("the one in {name}, but for the hosts in {bypass}"),
            None => format!("the one in {name}"),
        },
    };
    Finding::new("proxy", Verdict::Good, detail)
}

/// A URL without what stands before an `@`, which may be a password.
fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://…@{rest}"),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_a_url_is_not_shown() {
        assert_eq!(
            without_password("https://user:pa@ss@host/x"),
            "https://…@host/x"
        );
        assert_eq!(without_password("https://host"), "https://host");
    }
}
