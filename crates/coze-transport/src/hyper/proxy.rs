//! Which proxy, if any, stands between the leaf and a server.

use std::{net::IpAddr, sync::Arc};

use http::{Uri, uri::Scheme};
use hyper_util::{
    client::{
        legacy::connect::proxy::SocksV5,
        proxy::matcher::{Intercept, Matcher},
    },
    rt::TokioIo,
};
use percent_encoding::percent_decode_str;
use tower::ServiceExt;

use super::{
    origin::Origin,
    stream::{Hop, connected, name},
    tunnel,
};
use crate::{ErrorKind, Outcome, TransportError, known::Known};

/// This machine is always reached directly.
const LOCAL: &str = "localhost,127.0.0.0/8,::1";

/// A proxy that tunnels, by CONNECT or by SOCKS5.
pub(super) struct Proxy {
    found: Intercept,
    /// Where it is, with the port. A SOCKS proxy stands here as http.
    uri: Uri,
    _password: Option<Arc<Known>>,
}

impl Proxy {
    pub(super) const fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Parses a proxy URL; `None` says not why, since the URL may hold a password. The matcher alone
    /// would go on without a proxy.
    fn parse(url: &str) -> Option<Self> {
        // `proxy.example:3128` is meant as http.
        let scheme = if url.contains("://") { "" } else { "http://" };
        let (user, host) = url.rsplit_once('@').unwrap_or(("", url));
        // The matcher ends the credentials at the first `@`.
        let user = user.replace('@', "%40");
        let at = if user.is_empty() { "" } else { "@" };
        let any = Uri::from_static("https://any.example");
        let matcher = Matcher::builder().https(format!("{scheme}{user}{at}{host}"));
        let found = matcher.build().intercept(&any)?;
        let (scheme, standard) = match found.uri().scheme_str()? {
            "http" => (Scheme::HTTP, 80),
            "https" => (Scheme::HTTPS, 443),
            "socks5" | "socks5h" => (Scheme::HTTP, 1080),
            _ => return None,
        };
        let authority = found.uri().authority()?;
        let port = match authority.port_u16() {
            Some(port) => port,
            None if authority.as_str() == authority.host() => standard,
            None => return None,
        };
        let host = Some(authority.host()).filter(|host| !host.is_empty())?;
        let uri = Uri::builder()
            .scheme(scheme)
            .authority(format!("{host}:{port}"))
            .path_and_query("/");
        let password = user.rsplit_once('/').map_or(&*user, |(_, user)| user);
        let password = password.split_once(':');
        let password = password.map(|(_, text)| percent_decode_str(text).decode_utf8_lossy());
        Some(Self {
            uri: uri.build().ok()?,
            _password: password.and_then(|text| Known::new(&text)),
            found,
        })
    }

    /// Asks the proxy at the other end of `hop` for a way to `origin`.
    pub(super) async fn tunnel(&self, hop: Hop, origin: &Origin) -> Result<Hop, TransportError> {
        let failed = |what: &str| {
            TransportError::new(
                ErrorKind::Connect,
                Outcome::NotAccepted,
                format!("the proxy {} {what}", name(&self.uri)),
            )
        };
        let scheme = self.found.uri().scheme_str().unwrap_or_default();
        if !scheme.starts_with("socks") {
            let tunnel = tunnel::open(TokioIo::new(hop), self.found.basic_auth(), origin, failed);
            return Ok(tunnel.await?.into_inner());
        }
        let mut socks = SocksV5::new(self.uri.clone(), connected(hop));
        if let Some((user, password)) = self.found.raw_auth() {
            socks = socks.with_auth(user.to_owned(), password.to_owned());
        }
        socks.oneshot(origin.uri().clone()).await.map_err(|error| {
            // The types of these errors are not public.
            let text = error.to_string();
            let refused = failed("opened no tunnel by SOCKS5").with_source(error);
            if text.contains("authentication") || text.contains("credentials") {
                refused.permanent()
            } else {
                refused
            }
        })
    }
}

/// A rule of `NO_PROXY`, for one port or all.
struct Rule {
    port: Option<u16>,
    hosts: Matcher,
}

impl Rule {
    /// `*`, a host or domain (`a.example`, `.a.example`, `*.a.example`), an address, a network
    /// (`10.0.0.0/8`); a `:port` narrows any but a network.
    ///
    /// The matcher knows no ports, no `*.`, no dot at the end, and takes `*` for names alone.
    fn parse(text: &str) -> Option<Self> {
        let address = |text: &str| {
            let text = text.trim_start_matches('[').trim_end_matches(']');
            text.parse::<IpAddr>().ok()
        };
        let (host, port) = match text.rsplit_once(':') {
            // The colons of `::1` and of networks are none before a port.
            Some((host, port)) if address(text).is_none() && !text.contains('/') => {
                (host, Some(port.parse().ok()?))
            }
            _ => (text, None),
        };
        let hosts = match address(host) {
            Some(ip) => ip.to_canonical().to_string(),
            None if host == "*" => "*,0.0.0.0/0,::/0".to_owned(),
            None => host.trim_start_matches('*').trim_matches('.').to_owned(),
        };
        Some(Self {
            port,
            hosts: matcher(&hosts),
        })
    }

    fn matches(&self, to: &Uri, port: u16) -> bool {
        self.port.is_none_or(|only| only == port) && self.hosts.intercept(to).is_none()
    }
}

/// What lets `hosts` pass.
fn matcher(hosts: &str) -> Matcher {
    Matcher::builder()
        .https("http://any.example")
        .no(hosts)
        .build()
}

/// The proxy settings of a leaf.
#[derive(Default)]
pub(super) struct Proxies {
    proxy: Option<Result<Proxy, String>>,
    bypass: Vec<Rule>,
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
        let (_, bypass) = first(&["NO_PROXY", "no_proxy"]).unwrap_or_default();
        match proxy {
            Some((name, url)) => Self::with(&url, &format!("the proxy in {name}"), &bypass),
            None => Self::default(),
        }
    }

    /// One proxy for all but what `no_proxy` names.
    pub(super) fn given(url: &str, no_proxy: &str) -> Self {
        Self::with(url, "the proxy URL", no_proxy)
    }

    /// `what` is how an error names the URL.
    fn with(url: &str, what: &str, no_proxy: &str) -> Self {
        let proxy = Proxy::parse(url.trim()).ok_or_else(|| {
            format!("{what} cannot be used: it is no URL of an http, https or socks5 proxy")
        });
        let rules = no_proxy.split(|c: char| c == ',' || c.is_whitespace());
        let local = Rule {
            port: None,
            hosts: matcher(LOCAL),
        };
        Self {
            proxy: Some(proxy),
            bypass: rules.filter_map(Rule::parse).chain([local]).collect(),
        }
    }

    /// The proxy towards an https server, if there is one.
    pub(super) fn towards(&self, host: &str, port: u16) -> Result<Option<&Proxy>, TransportError> {
        let Some(proxy) = &self.proxy else {
            return Ok(None);
        };
        let plain = match host.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
            Ok(IpAddr::V6(ip)) => format!("[{ip}]"),
            Ok(IpAddr::V4(ip)) => ip.to_string(),
            Err(_) => host.trim_end_matches('.').to_owned(),
        };
        let to = format!("https://{plain}").parse();
        if to.is_ok_and(|to| self.bypass.iter().any(|rule| rule.matches(&to, port))) {
            return Ok(None);
        }
        proxy.as_ref().map(Some).map_err(|why| {
            TransportError::new(
                ErrorKind::Connect,
                Outcome::NotAccepted,
                format!("{why}; give http://host:port, or switch proxies off with no_proxy()"),
            )
            .permanent()
        })
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
        proxies
            .towards(host, 443)
            .unwrap()
            .map(|proxy| name(&proxy.uri).to_owned())
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
        let header = proxy.found.basic_auth().unwrap();
        assert_eq!(header, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert!(header.is_sensitive());
        assert_eq!(name(&proxy.uri), "p:1");
        let proxy = Proxy::parse("http://u:p@ss@p:1").unwrap();
        assert_eq!(proxy.found.basic_auth().unwrap(), "Basic dTpwQHNz");
        assert_eq!(name(&proxy.uri), "p:1");
        let proxy = Proxy::parse("u@p").unwrap();
        assert_eq!(proxy.found.basic_auth().unwrap(), "Basic dTo=");
        let proxy = Proxy::parse("socks5h://Aladdin:open%20sesame@p").unwrap();
        assert_eq!(proxy.found.raw_auth().unwrap(), ("Aladdin", "open sesame"));
        assert_eq!(name(&proxy.uri), "p:1080");
    }

    #[test]
    fn an_unusable_proxy_is_an_error_that_does_not_repeat_it() {
        for url in [
            "socks4://user:canary@p:1080",
            "http://",
            "http://user:canary@:x",
            "http://user:canary@p:x",
            "http://user:canary@p:99999",
            "socks5://user:canary@",
        ] {
            let proxies = Proxies::from_vars(vars(&[("ALL_PROXY", url)]));
            let error = proxies.towards("api.coze.cn", 443).err().unwrap();
            let text = format!("{error} {error:?}");
            assert!(
                text.contains("ALL_PROXY") && !text.contains("canary"),
                "{text}"
            );
            assert!(proxies.towards("localhost", 443).unwrap().is_none());
        }
    }

    /// Fault 18.
    #[test]
    fn no_proxy_names_what_is_reached_directly() {
        for (rule, host, port, direct) in [
            ("coze.cn", "coze.cn", 443, true),
            ("coze.cn", "api.coze.cn", 443, true),
            ("coze.cn", "API.COZE.CN", 443, true),
            (".coze.cn", "api.coze.cn", 443, true),
            ("*.coze.cn", "api.coze.cn", 443, true),
            ("coze.cn", "notcoze.cn", 443, false),
            ("coze.cn", "coze.cn.example", 443, false),
            ("a.example, coze.cn", "api.coze.cn", 443, true),
            ("a.example coze.cn", "api.coze.cn", 443, true),
            ("*", "api.coze.cn", 443, true),
            ("*:443", "api.coze.cn", 443, true),
            ("*:443", "10.0.0.1", 8443, false),
            ("coze.cn.", "api.coze.cn", 443, true),
            ("coze.cn", "api.coze.cn.", 443, true),
            ("COZE.CN", "api.coze.cn", 443, true),
            // No forms of a rule: they match nothing.
            ("https://coze.cn", "coze.cn", 443, false),
            ("coze.cn:99999", "coze.cn", 443, false),
            ("a.example;coze.cn", "coze.cn", 443, false),
            ("<local>", "coze.cn", 443, false),
            (".", "coze.cn", 443, false),
            ("coze.cn:8443", "coze.cn", 8443, true),
            ("coze.cn:8443", "coze.cn", 443, false),
            ("10.0.0.0/8", "10.200.3.4", 443, true),
            ("10.0.0.0/8", "11.0.0.1", 443, false),
            ("10.1.2.3", "10.1.2.3", 443, true),
            ("10.1.2.3:444", "10.1.2.3", 443, false),
            ("0.0.0.0/0", "8.8.8.8", 443, true),
            ("10.0.0.0/33", "10.0.0.1", 443, false),
            ("fd00::/8", "fd12::1", 443, true),
            ("fd00::/8", "fe80::1", 443, false),
            ("[fd12::1]:443", "fd12::1", 443, true),
            ("fd12::1", "fd12::1", 443, true),
            ("10.0.0.0/8", "::ffff:10.0.0.1", 443, true),
            ("", "api.coze.cn", 443, false),
            (",,", "api.coze.cn", 443, false),
        ] {
            let proxies = Proxies::given("http://p1:3128", rule);
            let proxy = proxies.towards(host, port).unwrap();
            assert_eq!(proxy.is_none(), direct, "{rule} {host}:{port}");
        }
    }
}
