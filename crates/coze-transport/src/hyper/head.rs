//! What the head of a response must be before its body is handed over.

use http::{
    HeaderMap, Version,
    header::{CONTENT_LENGTH, TRANSFER_ENCODING},
    response::Parts,
};
use http_body::Body;

use super::{fail::SHOWN, origin::Origin};
use crate::{ErrorKind, Outcome, Stage, TransportError, scrub::excerpt};

/// Fields of a head. hyper has the same limit for HTTP/1.1, and none for HTTP/2.
const FIELDS: usize = 100;

/// A response extension: the body ends where the connection does, so that a truncated one looks like a
/// complete one. Whoever decodes it must treat a body that is not whole as truncated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CloseDelimited;

/// What the head says about the rest of the connection.
pub(super) struct Framing {
    pub(super) reusable: bool,
    pub(super) close_delimited: bool,
}

/// Checks a head that hyper has accepted.
pub(super) fn check(
    origin: &Origin,
    parts: &Parts,
    body: &impl Body,
) -> Result<Framing, TransportError> {
    if parts.headers.len() > FIELDS {
        return Err(TransportError::new(
            ErrorKind::TooLarge,
            Outcome::Unknown,
            format!(
                "the head of {}'s response is over {FIELDS} headers",
                origin.name()
            ),
        )
        .at(Stage::Head));
    }
    let status = parts.status.as_u16();
    let refuse =
        |what: String| TransportError::new(ErrorKind::Protocol, Outcome::Unknown, what).permanent();
    if status == 101 {
        return Err(refuse(format!(
            "{} switched to another protocol, which was not asked for",
            origin.name()
        )));
    }
    if !(200..=599).contains(&status) {
        return Err(refuse(format!(
            "{} responded with the unexpected status {status}",
            origin.name()
        )));
    }
    let measured = body.size_hint().exact().is_some();
    // A body with a length of its own has no transfer coding: hyper lets the coding win.
    let coding = if measured {
        Coding::None
    } else {
        transfer_coding(&parts.headers)
    };
    let chunked = match coding {
        Coding::None => false,
        Coding::Chunked => true,
        Coding::Other(coding) => {
            return Err(refuse(format!(
                "{} responded with the transfer coding \"{coding}\", which was not asked for",
                origin.name()
            )));
        }
    };
    // A failing server may be one of several; a new connection may reach another.
    let failing = matches!(status, 500 | 502 | 503 | 504);
    // Both lengths at once is how requests are smuggled: the next response cannot be trusted.
    let ambiguous = chunked && parts.headers.contains_key(CONTENT_LENGTH);
    Ok(Framing {
        reusable: parts.version == Version::HTTP_11 && !failing && !ambiguous,
        close_delimited: !chunked && !measured && parts.version < Version::HTTP_2,
    })
}

enum Coding {
    None,
    Chunked,
    Other(String),
}

fn transfer_coding(headers: &HeaderMap) -> Coding {
    let mut all = headers.get_all(TRANSFER_ENCODING).iter();
    let Some(first) = all.next() else {
        return Coding::None;
    };
    if all.next().is_none() && first.as_bytes().eq_ignore_ascii_case(b"chunked") {
        return Coding::Chunked;
    }
    let all: Vec<_> = headers
        .get_all(TRANSFER_ENCODING)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    Coding::Other(excerpt(&all.join(", "), SHOWN))
}
