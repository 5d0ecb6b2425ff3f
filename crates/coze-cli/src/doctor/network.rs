//! What the first call tells about the way to the server: reachability, TLS, clock.

use std::time::{Duration, SystemTime};

use coze_workflow::{Error, ErrorKind};

use super::finding::{Finding, Verdict};
use crate::{observe::Observer, session::Session, settings};

/// From this difference on, signed token requests are refused.
const SKEW: Duration = Duration::from_secs(30);

pub(crate) fn check(
    session: &Session,
    observer: &Observer,
    failed: Option<&Error>,
) -> Vec<Finding> {
    let url = match settings::find(session) {
        Ok(found) if !session.emulator => settings::server(session, &found).value,
        _ => "http://127.0.0.1".to_owned(),
    };
    let exchanges = observer.exchanges();
    let Some(first) = exchanges.first() else {
        return vec![unreachable(failed)];
    };
    let took = first.took.as_secs_f64() * 1000.0;
    let detail = format!("the server responds; the first call took {took:.0} ms");
    let mut findings = vec![
        Finding::new("network", Verdict::Good, detail),
        tls(session, &url),
    ];
    match first.server_time {
        Some(server) => findings.push(clock(first.local_time, server)),
        None => findings.push(Finding::new(
            "clock",
            Verdict::Unknown,
            "the response has no Date header",
        )),
    }
    findings
}

fn unreachable(failed: Option<&Error>) -> Finding {
    let mut detail = "no response".to_owned();
    let mut source = failed.and_then(Error::cause);
    while let Some(cause) = source {
        detail.push_str(": ");
        detail.push_str(&cause.to_string());
        source = cause.source();
    }
    let advice = match failed.map(Error::kind) {
        Some(ErrorKind::Timeout) => {
            "a firewall may block the connection: try another network, or a proxy in HTTPS_PROXY"
        }
        _ if detail.contains("certificate") => {
            "the certificate is not trusted: a proxy may intercept the connection; add its certificate authority to the system"
        }
        _ => "check the base URL, the name server and the proxy",
    };
    Finding::new("network", Verdict::Bad(4), detail).advise(advice)
}

fn tls(session: &Session, url: &str) -> Finding {
    if url.starts_with("https://") {
        Finding::new("tls", Verdict::Good, "the certificate is trusted")
    } else if session.allow_plaintext {
        Finding::new(
            "tls",
            Verdict::Warning,
            "none: the token is sent unencrypted",
        )
        .advise("use https, or only a network you trust")
    } else {
        Finding::new("tls", Verdict::Good, "none: the server is on this machine")
    }
}

fn clock(local: SystemTime, server: SystemTime) -> Finding {
    let (skew, side) = match local.duration_since(server) {
        Ok(ahead) => (ahead, "ahead of"),
        Err(behind) => (behind.duration(), "behind"),
    };
    // The server tells whole seconds.
    if skew < Duration::from_secs(2) {
        return Finding::new("clock", Verdict::Good, "agrees with the server's");
    }
    let detail = format!("{} s {side} the server's", skew.as_secs());
    if skew < SKEW {
        return Finding::new("clock", Verdict::Good, detail);
    }
    Finding::new("clock", Verdict::Warning, detail)
        .advise("set the clock of this machine: signed token requests would be refused")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_clock_is_told_with_its_side() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        assert_eq!(clock(at(1000), at(999)).verdict, Verdict::Good);
        let behind = clock(at(1000), at(1100));
        assert_eq!(behind.verdict, Verdict::Warning);
        assert_eq!(behind.detail, "100 s behind the server's");
        assert_eq!(
            clock(at(1100), at(1000)).detail,
            "100 s ahead of the server's"
        );
    }
}
