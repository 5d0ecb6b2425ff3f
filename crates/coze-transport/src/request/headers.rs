//! Headers that only the stack itself may set.

use http::{
    HeaderName,
    header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE},
};

/// A header that cannot be set by hand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the header `{0}` cannot be set by hand{hint}",
    hint = if .0 == AUTHORIZATION { "; pass credentials instead" } else { "" }
)]
pub struct ReservedHeader(HeaderName);

impl ReservedHeader {
    /// The name of the header.
    pub const fn name(&self) -> &HeaderName {
        &self.0
    }
}

/// Whether a caller's own header may be added to a request.
///
/// # Errors
///
/// [`ReservedHeader`] for `authorization`, `content-type`, `content-encoding`, `host`, `content-length`,
/// `transfer-encoding`, `connection`, `upgrade`, `expect`, `keep-alive`, `cookie`, `te`, `trailer` and all that begin
/// with `proxy-`: they steer the connection, describe the body or name who calls, and a second value would let a
/// request be read in two ways.
pub fn check_header(name: &HeaderName) -> Result<(), ReservedHeader> {
    let reserved = [AUTHORIZATION, CONTENT_TYPE, CONTENT_ENCODING];
    if reserved.contains(name) || steers(name) {
        return Err(ReservedHeader(name.clone()));
    }
    Ok(())
}

/// As [`check_header`] without `authorization` and what describes the body, which the stack and its layers set.
pub(super) fn steers(name: &HeaderName) -> bool {
    // Each request's headers pass here. A match on text compares lengths first, so nearly all are cheap.
    match name.as_str() {
        "host" | "content-length" | "transfer-encoding" | "connection" | "upgrade" | "cookie"
        | "te" | "trailer" | "expect" | "keep-alive" => true,
        text => text.starts_with("proxy-"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserved_ones_are_named_and_others_pass() {
        for name in [
            "authorization",
            "content-type",
            "content-encoding",
            "expect",
            "trailer",
            "host",
            "content-length",
            "transfer-encoding",
            "connection",
            "cookie",
            "te",
            "keep-alive",
            "upgrade",
            "proxy-authorization",
            "proxy-connection",
            "proxy-x",
        ] {
            let error = check_header(&HeaderName::from_static(name)).unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
        }
        for name in ["x-trace", "accept-language", "user-agent", "proxying"] {
            assert!(check_header(&HeaderName::from_static(name)).is_ok());
        }
    }
}
