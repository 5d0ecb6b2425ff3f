//! `coze logout`

use coze_auth::{Settings, TokenSource};

use super::login::profiles;
use crate::{failure::Failure, output, session::Session, settings};

pub(crate) async fn execute(session: &Session) -> Result<(), Failure> {
    let file = profiles()?;
    let found = Settings::find(session.profile.as_deref());
    let (name, source) = match found {
        Ok(found) => (found.profile, found.token.ok()),
        // A profile that cannot be used can be removed.
        Err(error) => match &session.profile {
            Some(name) => (Some(name.clone()), None),
            None => return Err(settings::refused(&error)),
        },
    };
    let name = match name {
        Some(name) => name,
        None => match file
            .default_profile()
            .map_err(|error| settings::refused(&error))?
        {
            Some((name, _)) => name,
            None => return Err(Failure::usage("nobody is signed in: there is no profile")),
        },
    };
    if let Some(TokenSource::Session(kept)) = source {
        kept.remove()
            .await
            .map_err(|error| settings::refused(&error))?;
    }
    let removed = file
        .remove(&name)
        .map_err(|error| settings::refused(&error))?;
    if removed.is_none() {
        return Err(Failure::usage(format!("there is no profile {name}")));
    }
    output::note(&format!("signed out: profile {name} is removed"));
    Ok(())
}
