//! Where token and base URL come from.

use coze_auth::text_from_env;
use coze_workflow::Region;

use crate::{
    args::{self, Global},
    failure::Failure,
};

/// The variable that holds the access token.
pub(crate) const TOKEN_VARIABLE: &str = "COZE_API_TOKEN";
/// The variable that says where the API is.
pub(crate) const BASE_VARIABLE: &str = "COZE_API_BASE";

/// A setting and where it was found.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) value: String,
    pub(crate) source: &'static str,
}

/// The access token, if there is one.
pub(crate) fn token(global: &Global) -> Result<Option<Found>, Failure> {
    match filled(global.token.as_deref()) {
        Some(value) => Ok(Some(Found {
            value,
            source: "--token",
        })),
        None => variable(TOKEN_VARIABLE),
    }
}

/// Where the API is: an option goes before the variable, and that before the default.
pub(crate) fn base_url(global: &Global) -> Result<Found, Failure> {
    if let Some(value) = filled(global.base_url.as_deref()) {
        let source = "--base-url";
        return Ok(Found { value, source });
    }
    let (region, source) = match global.region {
        Some(args::Region::Cn) => (Region::Cn, "--region"),
        Some(args::Region::Com) => (Region::Com, "--region"),
        None => match variable(BASE_VARIABLE)? {
            Some(found) => return Ok(found),
            None => (Region::default(), "the default"),
        },
    };
    Ok(Found {
        value: region.base_url().to_owned(),
        source,
    })
}

fn variable(source: &'static str) -> Result<Option<Found>, Failure> {
    let value = text_from_env(source).map_err(|error| Failure::usage(error.to_string()))?;
    Ok(value.map(|value| Found { value, source }))
}

fn filled(text: Option<&str>) -> Option<String> {
    let text = text?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
