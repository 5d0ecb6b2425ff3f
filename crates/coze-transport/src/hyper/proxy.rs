//! Which proxy, if any, stands between the leaf and a server.

use std::{borrow::Cow, fmt, sync::Arc};

use http::{HeaderValue, Uri, uri::Scheme};

use super::bypass::{Bypass, is_local};
use crate::{ErrorKind, Outcome, TransportError, base64::base64, known::Known};

/// A proxy that tunnels by CONNECT.
#[derive(Clone)]
pub(super) struct Proxy {
    pub(super) https: bool,
    pub(super) host: Box<str>,
    pub(super) port: u16,
    pub(super) authorization: Option<HeaderValue>,
    _password: Option<Arc<Known>>,
}

impl Proxy {
    /// Host and port, for errors. Without credentials.
    pub(super) fn name(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Parses a proxy URL. The error does not repeat it: it may hold a password.
    fn parse(url: &str) -> Result<Self, &'static str> {
        // `proxy.example:3128` is meant as http.
        let with_scheme = if url.contains("://") {
            Cow::Borrowed(url)
        } else {
            Cow::Owned(format!("http://{url}"))
        };
        let uri: Uri = with_scheme.parse().map_err(|_| "it is no URL")?;
        let https = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => false,
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            _ => return Err("only http and https proxies are supported"),
        };
        let authority = uri.authority().ok_or("it names no host")?;
        let host = authority.host();
        if host.is_empty() {
            return Err("it names no host");
        }
        let user = authority.as_str().rsplit_once('@').map(|(user, _)| user);
        let password = user.and_then(|user| user.split_once(':'));
        let password = password.map(|(_, text)| percent_decode(text));
        Ok(Self {
            https,
            host: host.trim_start_matches('[').trim_end_matches(']').into(),
            port: authority.port_u16().unwrap_or(if https { 443 } else { 80 }),
            authorization: user.map(basic).transpose()?,
            _password: password.and_then(|text| Known::new(&String::from_utf8_lossy(&text))),
        })
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("https", &self.https)
            .field("host", &self.host)
            .field("port", &self.port)
            .field("authorization", &self.authorization.as_ref().map(|_| "***"))
            .finish_non_exhaustive()
    }
}

/// `user:password`, percent-encoded, as a `proxy-authorization` header.
fn basic(user: &str) -> Result<HeaderValue, &'static str> {
    let user = percent_decode(user);
    let separator: &[u8] = if user.contains(&b':') { b"" } else { b":" };
    let text = format!("Basic {}", base64(&[&user, separator].concat()));
    let mut value = HeaderValue::try_from(text).map_err(|_| "its user name cannot be sent")?;
    value.set_sensitive(true);
    Ok(value)
}

fn percent_decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(hex.unwrap_or(bytes[at]));
        at += if hex.is_some() { 3 } else { 1 };
    }
    out
}

/// The proxy settings of a leaf.
#[derive(Clone, Debug, Default)]
pub(super) struct Proxies {
    proxy: Option<Result<Proxy, String>>,
    bypass: Bypass,
}

impl Proxies {
    /// From variables as curl reads them: `HTTPS_PROXY`, else `ALL_PROXY`, with exceptions in
    /// `NO_PROXY`; each in lower case too.
    pub(super) fn from_vars(var: impl Fn(&str) -> Option<String>) -> Self {
        // In a CGI program the caller sets HTTP_ variables, and so might set others.
        if var("REQUEST_METHOD").is_some() {
            return Self::default();
        }
        let first = |names: &[&'static str]| {
            names.iter().find_map(|&name| {
                var(name)
                    .filter(|value| !value.trim().is_empty())
                    .map(|value| (name, value))
            })
        };
        let proxy = first(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]);
        let bypass = first(&["NO_PROXY", "no_proxy"]).map(|(_, list)| Bypass::parse(&list));
        Self {
            proxy: proxy.map(|(name, url)| {
                Proxy::parse(url.trim())
                    .map_err(|why| format!("the proxy in {name} cannot be used: {why}"))
            }),
            bypass: bypass.unwrap_or_default(),
        }
    }

    /// One proxy for all but what `no_proxy` names.
    pub(super) fn given(url: &str, no_proxy: &str) -> Self {
        Self {
            proxy: Some(
                Proxy::parse(url.trim())
                    .map_err(|why| format!("the proxy URL cannot be used: {why}")),
            ),
            bypass: Bypass::parse(no_proxy),
        }
    }

    /// The proxy towards an https server, if there is one.
    pub(super) fn towards(&self, host: &str, port: u16) -> Result<Option<&Proxy>, TransportError> {
        match &self.proxy {
            None => Ok(None),
            Some(_) if is_local(host) || self.bypass.matches(host, port) => Ok(None),
            Some(Ok(proxy)) => Ok(Some(proxy)),
            Some(Err(why)) => Err(TransportError::new(
                ErrorKind::Connect,
                Outcome::NotAccepted,
                format!("{why}; give http://host:port, or switch proxies off with no_proxy()"),
            )
            .permanent()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vars<'a>(set: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        move |name| {
            let found = set.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        }
    }

    fn towards(set: &[(&str, &str)], host: &str) -> Option<String> {
        let proxies = Proxies::from_vars(vars(set));
        proxies.towards(host, 443).unwrap().map(Proxy::name)
    }

    /// Fault 19.
    #[test]
    fn the_environment_is_read_like_curl_does_and_not_in_a_cgi_program() {
        let https = ("HTTPS_PROXY", "http://p1:3128");
        let all = ("ALL_PROXY", "p2:3128");
        assert_eq!(towards(&[https, all], "api.coze.cn").unwrap(), "p1:3128");
        assert_eq!(towards(&[all], "api.coze.cn").unwrap(), "p2:3128");
        assert_eq!(
            towards(&[("https_proxy", "https://p3")], "api.coze.cn").unwrap(),
            "p3:443"
        );
        assert_eq!(towards(&[("HTTP_PROXY", "http://p4")], "api.coze.cn"), None);
        assert_eq!(
            towards(&[https, ("no_proxy", "coze.cn")], "api.coze.cn"),
            None
        );
        assert_eq!(
            towards(&[https, ("REQUEST_METHOD", "GET")], "api.coze.cn"),
            None
        );
        for local in [
            "localhost",
            "127.0.0.1",
            "::1",
            "x.localhost",
            "::ffff:127.0.0.1",
        ] {
            assert_eq!(towards(&[https], local), None, "{local}");
        }
    }

    #[test]
    fn credentials_become_a_header_and_are_never_shown() {
        let proxy = Proxy::parse("http://Aladdin:open%20sesame@p:1").unwrap();
        let header = proxy.authorization.clone().unwrap();
        assert_eq!(header, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert!(header.is_sensitive());
        assert!(!format!("{proxy:?}").contains("Basic"));
        assert_eq!(
            Proxy::parse("u@p").unwrap().authorization.unwrap(),
            "Basic dTo="
        );
    }

    #[test]
    fn an_unusable_proxy_is_an_error_that_does_not_repeat_it() {
        for url in [
            "socks5://user:canary@p:1080",
            "http://",
            "http://user:canary@:x",
        ] {
            let proxies = Proxies::from_vars(vars(&[("ALL_PROXY", url)]));
            let error = proxies.towards("api.coze.cn", 443).unwrap_err();
            let text = format!("{error} {error:?}");
            assert!(
                text.contains("ALL_PROXY") && !text.contains("canary"),
                "{text}"
            );
            assert!(proxies.towards("localhost", 443).unwrap().is_none());
        }
    }
}
