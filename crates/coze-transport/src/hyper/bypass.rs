//! What is reached without the proxy.

use std::net::IpAddr;

/// This machine is always reached directly.
pub(super) fn is_local(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    host == "localhost"
        || host.ends_with(".localhost")
        || host
            .parse::<IpAddr>()
            .is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// The rules of `NO_PROXY`.
#[derive(Clone, Debug, Default)]
pub(super) struct Bypass(Vec<Rule>);

#[derive(Clone, Debug)]
struct Rule {
    what: What,
    port: Option<u16>,
}

#[derive(Clone, Debug)]
enum What {
    All,
    /// The host and all below it.
    Domain(String),
    Net(IpAddr, u8),
}

impl Bypass {
    /// Rules between commas or blanks: `*`, a host or domain (`a.example`, `.a.example`,
    /// `*.a.example`), an address, a network (`10.0.0.0/8`); a `:port` narrows any but a network.
    pub(super) fn parse(list: &str) -> Self {
        let rules = list
            .split(|c: char| c == ',' || c.is_whitespace())
            .filter(|rule| !rule.is_empty())
            .filter_map(Rule::parse);
        Self(rules.collect())
    }

    pub(super) fn matches(&self, host: &str, port: u16) -> bool {
        let ip = host.parse::<IpAddr>().ok().map(|ip| ip.to_canonical());
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        self.0.iter().any(|rule| {
            rule.port.is_none_or(|only| only == port)
                && match (&rule.what, ip) {
                    (What::All, _) => true,
                    (What::Net(net, prefix), Some(ip)) => within(ip, *net, *prefix),
                    (What::Domain(domain), None) => host
                        .strip_suffix(domain.as_str())
                        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.')),
                    _ => false,
                }
        })
    }
}

impl Rule {
    fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self {
                what: What::All,
                port: None,
            });
        }
        if let Some((net, prefix)) = text.split_once('/') {
            let net = net.parse::<IpAddr>().ok()?;
            let prefix = prefix.parse().ok()?;
            let longest = if net.is_ipv4() { 32 } else { 128 };
            return (prefix <= longest).then_some(Self {
                what: What::Net(net, prefix),
                port: None,
            });
        }
        let address = |text: &str| {
            let ip = text
                .trim_start_matches('[')
                .trim_end_matches(']')
                .parse::<IpAddr>()
                .ok()?
                .to_canonical();
            Some(What::Net(ip, if ip.is_ipv4() { 32 } else { 128 }))
        };
        // Before the port: the colons of `::1` are none.
        if let Some(what) = address(text) {
            return Some(Self { what, port: None });
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (text, None),
        };
        if let Some(what) = address(host) {
            return Some(Self { what, port });
        }
        if host == "*" {
            return Some(Self {
                what: What::All,
                port,
            });
        }
        let domain = host.strip_prefix('*').unwrap_or(host);
        let domain = domain.trim_matches('.').to_ascii_lowercase();
        (!domain.is_empty()).then_some(Self {
            what: What::Domain(domain),
            port,
        })
    }
}

fn within(ip: IpAddr, net: IpAddr, prefix: u8) -> bool {
    match (ip, net) {
        (IpAddr::V4(ip), IpAddr::V4(net)) => {
            let shift = 32 - u32::from(prefix.min(32));
            u32::from(ip).checked_shr(shift) == u32::from(net).checked_shr(shift)
        }
        (IpAddr::V6(ip), IpAddr::V6(net)) => {
            let shift = 128 - u32::from(prefix.min(128));
            u128::from(ip).checked_shr(shift) == u128::from(net).checked_shr(shift)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(
                Bypass::parse(rule).matches(host, port),
                direct,
                "{rule} {host}:{port}"
            );
        }
    }
}
