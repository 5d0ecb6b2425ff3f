//! Where token and base URL come from: options first, then what the library reads too.

use std::error::Error;

use coze_auth::{Secret, Settings, TokenSource};
use coze_workflow::Region;

use crate::{
    args::{self, Global},
    failure::Failure,
};

/// A setting and where it was found.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) value: String,
    pub(crate) source: String,
}

/// The settings of the user, under the options of the command line.
pub(crate) fn find(global: &Global) -> Result<Settings, Failure> {
    let profile = filled(global.profile.as_deref());
    let mut found = Settings::find(profile.as_deref()).map_err(|error| refused(&error))?;
    if let Some(token) = filled(global.token.as_deref()) {
        found.token = Ok(TokenSource::Text {
            token: Secret::new(token),
            place: "--token".to_owned(),
        });
    }
    Ok(found)
}

/// Where the API is: an option goes before the user's settings, and those before what an app or a session says.
pub(crate) fn server(global: &Global, settings: &Settings) -> Found {
    let found = |(value, source): &(String, String)| Found {
        value: value.clone(),
        source: source.clone(),
    };
    option(global)
        .or_else(|| settings.base_url.as_ref().map(found))
        .or_else(|| own(settings))
        .unwrap_or_else(|| Found {
            value: Region::default().base_url().to_owned(),
            source: "the default".to_owned(),
        })
}

/// Where the API is, as the options say.
pub(crate) fn option(global: &Global) -> Option<Found> {
    if let Some(value) = filled(global.base_url.as_deref()) {
        let source = "--base-url".to_owned();
        return Some(Found { value, source });
    }
    let region = match global.region? {
        args::Region::Cn => Region::Cn,
        args::Region::Com => Region::Com,
    };
    Some(Found {
        value: region.base_url().to_owned(),
        source: "--region".to_owned(),
    })
}

/// Where the API is that an app or a session belongs to.
fn own(settings: &Settings) -> Option<Found> {
    let source = settings.token.as_ref().ok()?;
    let value = match source {
        TokenSource::App { app, .. } => app.base_url()?.to_owned(),
        TokenSource::Session(file) => file.read().ok()??.app().base_url()?.to_owned(),
        _ => return None,
    };
    let source = source.to_string();
    Some(Found { value, source })
}

/// A setting that cannot be used, with its causes.
pub(crate) fn refused(error: &(dyn Error + 'static)) -> Failure {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    Failure::usage(text)
}

fn filled(text: Option<&str>) -> Option<String> {
    let text = text?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
