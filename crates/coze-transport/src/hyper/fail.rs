//! What hyper's errors mean for the request.

use std::{error::Error, io};

use rustls::AlertDescription;

use super::{origin::Origin, tls::is_about_certificate};
use crate::{BoxError, ErrorKind, Outcome, Stage, TransportError, error::chain, scrub::excerpt};

/// Bytes of a response, or of a header in it, which an error shows.
pub(super) const SHOWN: usize = 64;

/// The connection ended before the response did.
pub(super) fn closed(origin: &Origin) -> TransportError {
    TransportError::new(
        ErrorKind::Closed,
        Outcome::Unknown,
        format!(
            "{} closed the connection before it responded",
            origin.name()
        ),
    )
}

/// The body of the request could not be read. The server has at most the beginning of the request.
pub(super) fn request_body(origin: &Origin, error: hyper::Error, written: bool) -> TransportError {
    TransportError::new(
        ErrorKind::Request,
        outcome(written),
        format!(
            "the body of the request to {} could not be read",
            origin.name()
        ),
    )
    .with_source(error)
}

const fn outcome(written: bool) -> Outcome {
    if written {
        Outcome::Unknown
    } else {
        Outcome::NotAccepted
    }
}

/// The failure of a request before the head of its response was read. `head` is what was read of it; `served` says whether
/// the server has responded over this connection, or may have.
pub(super) fn exchange(
    origin: &Origin,
    error: hyper::Error,
    written: bool,
    served: bool,
    head: &[u8],
) -> TransportError {
    let outcome = outcome(written && !error.is_canceled());
    let name = origin.name();
    let failed = if error.is_parse() && error.to_string().contains("too large") {
        // hyper has a method for it in its server only.
        TransportError::new(
            ErrorKind::TooLarge,
            outcome,
            format!("the head of {name}'s response is over 128 KiB or 100 headers"),
        )
        .at(Stage::Head)
    } else if error.is_parse() || error.is_parse_status() {
        TransportError::new(
            ErrorKind::Protocol,
            outcome,
            format!(
                "{name} did not respond in HTTP/1.1, but with {}",
                shown(head)
            ),
        )
    } else if error.is_incomplete_message() {
        TransportError::new(
            ErrorKind::Closed,
            outcome,
            format!("{name} closed the connection before it responded"),
        )
    } else if let Some(alert) = certificate_alert(&error) {
        // Over TLS 1.3 it comes after the handshake is over for this side. It ends the handshake of the server, before
        // it reads a request; from a server that has read one before, it proves nothing.
        TransportError::new(
            ErrorKind::Tls,
            self::outcome(written && served),
            format!("{name} refused the TLS handshake with {alert:?}"),
        )
        .permanent()
    } else if let Some(io) = io_error(&error) {
        let what = match io.kind() {
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => "reset",
            _ => "lost",
        };
        TransportError::new(
            ErrorKind::Closed,
            outcome,
            format!("the connection to {name} was {what} before it responded"),
        )
    } else {
        TransportError::new(
            ErrorKind::Closed,
            outcome,
            format!("the connection to {name} ended before it responded"),
        )
    };
    failed.with_source(cause(error))
}

/// hyper's error as the cause of one of ours. A GOAWAY may carry text of the server's own, which is left out.
fn cause(error: hyper::Error) -> BoxError {
    #[cfg(feature = "http2")]
    if let Some(h2) = h2_error(&error)
        && h2.is_go_away()
        && let Some(reason) = h2.reason()
    {
        return ::h2::Error::from(reason).into();
    }
    error.into()
}

/// The same over HTTP/2, where the end of a stream and the end of the connection differ.
#[cfg(feature = "http2")]
pub(super) fn exchange_h2(origin: &Origin, error: hyper::Error, written: bool) -> TransportError {
    let name = origin.name();
    let h2 = h2_error(&error);
    // A reset by this side is a response that it could not take.
    if h2.is_some_and(|h2| h2.is_reset() && !h2.is_remote()) {
        return TransportError::new(
            ErrorKind::Protocol,
            Outcome::Unknown,
            format!("the head of {name}'s response breaks HTTP/2, or is over 128 KiB"),
        )
        .with_source(error);
    }
    let reason = h2.and_then(::h2::Error::reason);
    match reason {
        Some(reason) => TransportError::new(
            ErrorKind::Closed,
            outcome(written),
            format!("{name} ended the HTTP/2 stream with {reason:?}"),
        )
        .with_source(cause(error)),
        None => exchange(origin, error, written, true, &[]),
    }
}

/// What HTTP/2 has to say.
#[cfg(feature = "http2")]
pub(super) fn h2_error(error: &hyper::Error) -> Option<&::h2::Error> {
    chain(error).find_map(|cause| cause.downcast_ref())
}

/// The failure of a body.
pub(super) fn body(origin: &Origin, error: hyper::Error) -> TransportError {
    let name = origin.name();
    let malformed = io_error(&error).is_some_and(|io| {
        matches!(
            io.kind(),
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput
        )
    });
    let failed = if malformed {
        TransportError::new(
            ErrorKind::Protocol,
            Outcome::Unknown,
            format!("the body of {name}'s response breaks HTTP"),
        )
        .at(Stage::Body)
    } else {
        TransportError::new(
            ErrorKind::Closed,
            Outcome::Unknown,
            format!("the connection to {name} ended within the body of the response"),
        )
        .at(Stage::Body)
    };
    failed.with_source(cause(error))
}

/// What a server says about the certificate of this side, or the lack of one.
fn certificate_alert(error: &hyper::Error) -> Option<AlertDescription> {
    match io_error(error)?.get_ref()?.downcast_ref()? {
        rustls::Error::AlertReceived(alert) if is_about_certificate(*alert) => Some(*alert),
        _ => None,
    }
}

pub(super) fn io_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e io::Error> {
    chain(error).find_map(|cause| cause.downcast_ref())
}

/// The first bytes as text that fits in one line.
pub(super) fn shown(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "nothing readable".into();
    }
    // Of what follows, enough to tell whether it goes on with a token.
    let text = bytes.iter().take(64 * SHOWN).map(|byte| match byte {
        b' '..=b'~' => char::from(*byte),
        _ => '.',
    });
    format!(
        "\"{}\"",
        excerpt(&text.collect::<String>(), SHOWN).replace('…', "...")
    )
}
