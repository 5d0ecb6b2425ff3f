//! Where a request goes.

use http::{
    HeaderValue, Uri,
    uri::{PathAndQuery, Scheme},
};

use super::stream::name;
use crate::{ErrorKind, Outcome, TransportError};

/// Scheme, host and port.
pub(super) struct Origin {
    pub(super) https: bool,
    /// Scheme and authority, with the path `/`.
    uri: Uri,
    /// Without brackets and port.
    pub(super) host: Box<str>,
    pub(super) port: u16,
    /// The `host` header.
    pub(super) host_header: HeaderValue,
}

impl Origin {
    pub(super) fn new(uri: &Uri) -> Result<Self, TransportError> {
        let refuse = |what: &str| {
            let error = TransportError::new(
                ErrorKind::Request,
                Outcome::NotAccepted,
                format!("{what}; an absolute http or https URL is needed"),
            );
            Err(error.permanent())
        };
        let https = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            Some(other) => return refuse(&format!("the URL has the scheme {other}")),
            None => return refuse("the URL has no scheme"),
        };
        let Some(authority) = uri.authority() else {
            return refuse("the URL has no host");
        };
        if authority.as_str().contains('@') {
            return refuse("the URL carries a user name or password");
        }
        let bracketed = authority.host();
        if bracketed.is_empty() {
            return refuse("the URL has no host");
        }
        let standard = if https { 443 } else { 80 };
        let port = authority.port_u16().unwrap_or(standard);
        let host_header = if port == standard {
            bracketed
        } else {
            authority.as_str()
        };
        let Ok(host_header) = HeaderValue::from_str(host_header) else {
            return refuse("the URL has a host that cannot be sent");
        };
        let mut parts = uri.clone().into_parts();
        parts.path_and_query = Some(PathAndQuery::from_static("/"));
        let Ok(uri) = Uri::from_parts(parts) else {
            return refuse("the URL has a host that cannot be sent");
        };
        Ok(Self {
            https,
            uri,
            host: bracketed
                .trim_start_matches('[')
                .trim_end_matches(']')
                .into(),
            port,
            host_header,
        })
    }

    /// As a URL.
    pub(super) const fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Whether `uri` leads there.
    pub(super) fn is(&self, uri: &Uri) -> bool {
        uri.scheme()
            .is_some_and(|scheme| (*scheme == Scheme::HTTPS) == self.https)
            && uri
                .authority()
                .is_some_and(|authority| authority.as_str() == self.name())
    }

    /// Host and port, for errors.
    pub(super) fn name(&self) -> &str {
        name(&self.uri)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(uri: &'static str) -> Origin {
        Origin::new(&Uri::from_static(uri)).unwrap()
    }

    #[test]
    fn the_host_header_has_brackets_and_a_port_that_is_not_the_standard_one() {
        assert_eq!(origin("http://[::1]:8080/v1").host_header, "[::1]:8080");
        assert_eq!(&*origin("http://[::1]:8080/v1").host, "::1");
        assert_eq!(
            origin("https://api.example:443/").host_header,
            "api.example"
        );
        assert_eq!(
            origin("http://api.example:443/").host_header,
            "api.example:443"
        );
        assert_eq!(origin("https://api.example/").port, 443);
    }

    #[test]
    fn what_cannot_be_reached_is_named() {
        for (uri, part) in [
            ("/v1/workflow/run", "no scheme"),
            ("ftp://a.example/", "scheme ftp"),
            ("https://user:secret@a.example/", "user name"),
        ] {
            let Err(error) = Origin::new(&Uri::from_static(uri)) else {
                panic!("{uri}");
            };
            assert!(error.to_string().contains(part), "{error}");
            assert!(!format!("{error:?}").contains("secret"));
            assert!(error.is_permanent());
        }
    }
}
