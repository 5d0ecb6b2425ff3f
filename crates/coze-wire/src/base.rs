//! The address below which the API stands.

use std::{error::Error, fmt, str::FromStr};

use http::{
    Uri,
    uri::{Authority, PathAndQuery, Scheme},
};

/// Where the API stands: scheme, host and an optional path prefix.
///
/// A trailing slash makes no difference. [`BaseUri::RELATIVE`] stands for requests whose origin is
/// filled in further down, by a layer or a test.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BaseUri {
    origin: Option<(Scheme, Authority)>,
    prefix: String,
}

impl BaseUri {
    /// No origin: request targets begin with `/`.
    pub const RELATIVE: Self = Self {
        origin: None,
        prefix: String::new(),
    };

    /// The scheme and authority, unless this is [`BaseUri::RELATIVE`].
    pub fn origin(&self) -> Option<(&Scheme, &Authority)> {
        self.origin.as_ref().map(|(scheme, host)| (scheme, host))
    }

    /// The path prefix without a trailing slash; empty when there is none.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The address of `target`, a path with or without a query, below this base.
    pub(crate) fn join(&self, target: String) -> Result<Uri, http::uri::InvalidUri> {
        let target: PathAndQuery = target.try_into()?;
        let mut parts = http::uri::Parts::default();
        parts.path_and_query = Some(target);
        if let Some((scheme, authority)) = &self.origin {
            parts.scheme = Some(scheme.clone());
            parts.authority = Some(authority.clone());
        }
        // Scheme, authority and path are either all there or only the path is, so this cannot fail.
        Ok(Uri::from_parts(parts).unwrap_or_default())
    }
}

impl FromStr for BaseUri {
    type Err = BaseUriError;

    fn from_str(text: &str) -> Result<Self, BaseUriError> {
        let refuse = |reason| Err(BaseUriError { reason });
        let text = text.trim();
        if text.contains('#') {
            return refuse("it has a fragment");
        }
        let Ok(uri) = text.parse::<Uri>() else {
            return refuse("it is not a URL");
        };
        if uri.query().is_some() {
            return refuse("it has a query");
        }
        let parts = uri.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return refuse("it needs a scheme and a host, as in https://api.coze.cn");
        };
        if scheme != Scheme::HTTPS && scheme != Scheme::HTTP {
            return refuse("its scheme is neither https nor http");
        }
        if authority.as_str().contains('@') {
            return refuse("it has a user name or password; pass a token instead");
        }
        if authority.host().is_empty() {
            return refuse("it has no host");
        }
        let prefix = parts.path_and_query.map_or_else(String::new, |path| {
            path.path().trim_end_matches('/').to_owned()
        });
        Ok(Self {
            origin: Some((scheme, authority)),
            prefix,
        })
    }
}

impl fmt::Display for BaseUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((scheme, authority)) = &self.origin {
            write!(f, "{scheme}://{authority}")?;
        }
        f.write_str(&self.prefix)
    }
}

/// A base URL that cannot be used. The text itself is not repeated, as it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BaseUriError {
    reason: &'static str,
}

impl fmt::Display for BaseUriError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the base URL cannot be used: {}", self.reason)
    }
}

impl Error for BaseUriError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailing_slashes_and_prefixes_join_the_same_way() {
        for (base, whole) in [
            ("https://api.coze.cn", "https://api.coze.cn/v1/x?a=1"),
            ("https://api.coze.cn/", "https://api.coze.cn/v1/x?a=1"),
            ("http://[::1]:8888/coze/", "http://[::1]:8888/coze/v1/x?a=1"),
            (" http://h/a/b ", "http://h/a/b/v1/x?a=1"),
        ] {
            let base: BaseUri = base.parse().unwrap();
            let target = format!("{}/v1/x?a=1", base.prefix());
            assert_eq!(base.join(target).unwrap(), whole);
        }
        assert_eq!(BaseUri::RELATIVE.join("/v1/x".into()).unwrap(), "/v1/x");
    }

    #[test]
    fn what_cannot_be_a_base_is_refused_without_being_repeated() {
        for (text, why) in [
            ("https://user:hunter2@h", "user name"),
            ("https://h/?token=hunter2", "query"),
            ("https://h/#hunter2", "fragment"),
            ("api.coze.cn", "scheme"),
            ("ftp://h", "neither"),
            ("https://", "URL"),
            ("", "URL"),
        ] {
            let message = text.parse::<BaseUri>().unwrap_err().to_string();
            assert!(message.contains(why), "{text}: {message}");
            assert!(!message.contains("hunter2"));
        }
    }
}
