//! What the errors of reqwest mean for a request.

use std::net::IpAddr;

use coze_transport::{ErrorKind, Outcome, Stage, TimeoutKind, TransportError};

/// The failure of a request before its response began.
pub(super) fn head(error: reqwest::Error, host: &str) -> TransportError {
    let (kind, outcome, message) = if error.is_connect() {
        let kind = if error.is_timeout() {
            ErrorKind::Timeout(TimeoutKind::Connect)
        } else {
            ErrorKind::Connect
        };
        (
            kind,
            Outcome::NotAccepted,
            format!("no connection to {host}"),
        )
    } else if error.is_builder() {
        let message = format!("the request to {host} cannot be sent");
        (ErrorKind::Request, Outcome::NotAccepted, message)
    } else if error.is_timeout() {
        let message =
            format!("the time limit of the reqwest client passed before {host} responded");
        (
            ErrorKind::Timeout(TimeoutKind::Attempt),
            Outcome::Unknown,
            message,
        )
    } else {
        let message = format!("the connection to {host} ended before it responded");
        (ErrorKind::Closed, Outcome::Unknown, message)
    };
    TransportError::new(kind, outcome, message).with_source(error.without_url())
}

/// The failure of a response's body.
pub(super) fn body(error: reqwest::Error) -> TransportError {
    let (kind, message) = if error.is_timeout() {
        let kind = ErrorKind::Timeout(TimeoutKind::Attempt);
        (
            kind,
            "the time limit of the reqwest client passed before the body ended",
        )
    } else {
        (
            ErrorKind::Closed,
            "the connection ended before the body did",
        )
    };
    let error = error.without_url();
    TransportError::new(kind, Outcome::Unknown, message)
        .at(Stage::Body)
        .with_source(error)
}

/// Refuses plain http to what is not this machine by its name or address. Other names are not looked up here, and could
/// lead anywhere by the time they are.
pub(super) fn check_plaintext(host: &str) -> Result<(), TransportError> {
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let local = if let Ok(address) = name.parse::<IpAddr>() {
        address.to_canonical().is_loopback()
    } else {
        let name = name.to_ascii_lowercase();
        name == "localhost" || name.ends_with(".localhost")
    };
    if local {
        return Ok(());
    }
    Err(TransportError::new(
        ErrorKind::Request,
        Outcome::NotAccepted,
        format!(
            "plain http to {host} would show the token to the network; use https, or allow_plaintext(true) on a network you trust"
        ),
    )
    .permanent())
}
