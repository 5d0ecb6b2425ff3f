//! Where a relative request goes.

use std::{fmt, str::FromStr};

use bytes::Bytes;
use http::{
    Uri,
    uri::{Authority, PathAndQuery, Scheme},
};

use crate::{ErrorKind, Outcome, TransportError};

/// The address that relative request URIs are completed with: scheme, host, port and a path prefix.
///
/// Parsed once. A trailing slash makes no difference; user name, password, query and fragment are
/// refused, because what stands in a URL ends up in logs.
///
/// ```
/// use coze_transport::BaseUri;
///
/// let base: BaseUri = "https://gateway.example/coze/".parse()?;
/// assert_eq!(base.join(&"/v1/workflows?page_num=1".parse()?)?, "https://gateway.example/coze/v1/workflows?page_num=1");
/// assert!("https://me:secret@api.coze.cn".parse::<BaseUri>().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BaseUri {
    scheme: Scheme,
    authority: Authority,
    /// Begins with a slash and ends without one, or is empty.
    prefix: String,
}

/// Why a text is no [`BaseUri`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidBaseUri(&'static str);

impl BaseUri {
    /// The prefix for relative URIs; empty, or a path without a slash at its end.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> Uri {
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(PathAndQuery::from_static("/"));
        // All three parts are there and valid.
        Uri::from_parts(parts).unwrap_or_default()
    }

    /// The host.
    pub fn host(&self) -> &str {
        self.authority.host()
    }

    /// `uri` under this base. An absolute `uri` stays as it is.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Request`] when `uri` has no path, or a path that leaves the prefix by a `..` segment.
    pub fn join(&self, uri: &Uri) -> Result<Uri, TransportError> {
        if uri.scheme().is_some() {
            return Ok(uri.clone());
        }
        let path = match uri.path_and_query() {
            Some(path) if uri.authority().is_none() && path.as_str().starts_with('/') => path,
            _ => {
                return Err(unusable(
                    "the request has neither a path nor a full address",
                ));
            }
        };
        if climbs(path.path()) {
            return Err(unusable("the request's path has a `.` or `..` segment"));
        }
        let path = if self.prefix.is_empty() {
            path.clone()
        } else {
            let mut text = String::with_capacity(self.prefix.len() + path.as_str().len());
            text.push_str(&self.prefix);
            text.push_str(path.as_str());
            PathAndQuery::from_maybe_shared(Bytes::from(text))
                .map_err(|error| unusable("the request's path is too long").with_source(error))?
        };
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(path);
        Uri::from_parts(parts)
            .map_err(|error| unusable("the request's address is invalid").with_source(error))
    }
}

/// Whether a server that normalises paths would end up elsewhere. Plain and percent-encoded dots.
fn climbs(path: &str) -> bool {
    // Nearly every path has neither a dot nor an escape.
    let bytes = path.as_bytes();
    (bytes.contains(&b'.') || bytes.contains(&b'%'))
        && path.split('/').any(|segment| {
            let plain = segment.replace("%2e", ".").replace("%2E", ".");
            plain == "." || plain == ".."
        })
}

fn unusable(message: &'static str) -> TransportError {
    TransportError::new(ErrorKind::Request, Outcome::NotAccepted, message)
}

impl FromStr for BaseUri {
    type Err = InvalidBaseUri;

    fn from_str(text: &str) -> Result<Self, InvalidBaseUri> {
        // The parser drops a fragment without a word.
        if text.contains('#') {
            return Err(InvalidBaseUri("the base URL must not have a fragment"));
        }
        let uri: Uri = text
            .trim()
            .parse()
            .map_err(|_| InvalidBaseUri("the base URL is no valid URL"))?;
        Self::try_from(uri)
    }
}

impl TryFrom<Uri> for BaseUri {
    type Error = InvalidBaseUri;

    fn try_from(uri: Uri) -> Result<Self, InvalidBaseUri> {
        let parts = uri.into_parts();
        let scheme = parts
            .scheme
            .filter(|scheme| *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS)
            .ok_or(InvalidBaseUri(
                "the base URL must begin with `https://` or `http://`",
            ))?;
        let authority = parts
            .authority
            .filter(|authority| !authority.host().is_empty())
            .ok_or(InvalidBaseUri("the base URL has no host"))?;
        if authority.as_str().contains('@') {
            return Err(InvalidBaseUri(
                "the base URL must not hold a user name or password; pass credentials apart",
            ));
        }
        if has_bad_port(&authority) {
            return Err(InvalidBaseUri(
                "the base URL's port is no number up to 65535",
            ));
        }
        let path = parts
            .path_and_query
            .unwrap_or_else(|| PathAndQuery::from_static("/"));
        if path.query().is_some() {
            return Err(InvalidBaseUri("the base URL must not have a query"));
        }
        if climbs(path.path()) {
            return Err(InvalidBaseUri(
                "the base URL's path must not have `.` or `..` segments",
            ));
        }
        Ok(Self {
            scheme,
            authority,
            prefix: path.path().trim_end_matches('/').to_owned(),
        })
    }
}

fn has_bad_port(authority: &Authority) -> bool {
    let rest = &authority.as_str()[authority.host().len()..];
    !rest.is_empty() && authority.port_u16().is_none()
}

impl fmt::Display for BaseUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.prefix)
    }
}

impl fmt::Debug for BaseUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUri({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join(base: &str, uri: &str) -> String {
        let base: BaseUri = base.parse().unwrap();
        base.join(&uri.parse().unwrap()).unwrap().to_string()
    }

    #[test]
    fn prefixes_and_trailing_slashes() {
        assert_eq!(join("https://a.b", "/v1/x?y=z"), "https://a.b/v1/x?y=z");
        assert_eq!(join("https://a.b/", "/v1/x"), "https://a.b/v1/x");
        assert_eq!(
            join("http://a.b:81/p/q//", "/v1/x"),
            "http://a.b:81/p/q/v1/x"
        );
        assert_eq!(join("http://[::1]:8080", "/"), "http://[::1]:8080/");
        assert_eq!(join("https://a.b/p", "http://c.d/e"), "http://c.d/e");
        assert_eq!(join(" http://h/a/b ", "/v1/x"), "http://h/a/b/v1/x");
    }

    #[test]
    fn what_is_no_base_is_refused_with_a_reason() {
        for (text, word) in [
            ("https://u:p@a.b", "password"),
            ("https://a.b?x=1", "query"),
            ("https://a.b/#x", "fragment"),
            ("ftp://a.b", "https://"),
            ("a.b", "https://"),
            ("/v1", "https://"),
            ("https://a.b:99999", "port"),
            ("https://a.b/x/../y", "segments"),
            ("", "no valid URL"),
        ] {
            let error = text.parse::<BaseUri>().unwrap_err();
            assert!(error.to_string().contains(word), "{text}: {error}");
        }
    }

    #[test]
    fn a_path_that_leaves_the_prefix_is_refused() {
        let base: BaseUri = "https://a.b/p".parse().unwrap();
        for path in ["/../x", "/v1/..", "/v1/%2e%2E/x", "/v1/.%2e/x", "/./x", "*"] {
            let error = base.join(&path.parse().unwrap()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Request, "{path}");
            assert_eq!(error.outcome(), Outcome::NotAccepted);
        }
        assert!(
            base.join(&"/v1/a..b/.well-known/%2e%2ex".parse().unwrap())
                .is_ok()
        );
    }
}
