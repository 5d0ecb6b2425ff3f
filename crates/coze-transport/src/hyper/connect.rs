//! TCP connections: names, addresses, and the rule for plain http.

use std::{
    future::{Future, poll_fn},
    io,
    net::{IpAddr, SocketAddr},
    pin::{Pin, pin},
    task::Poll,
    time::Duration,
};

use tokio::{
    net::{TcpStream, lookup_host},
    time::{Instant, sleep_until, timeout},
};

use super::settings::Settings;
use crate::{ErrorKind, Outcome, TimeoutKind, TransportError};

fn refused(message: String) -> TransportError {
    TransportError::new(ErrorKind::Connect, Outcome::NotAccepted, message)
}

pub(super) fn timed_out(name: &str, what: &str, after: Duration) -> TransportError {
    TransportError::new(
        ErrorKind::Timeout(TimeoutKind::Connect),
        Outcome::NotAccepted,
        format!("no {what} to {name} within {} s", after.as_secs_f32()),
    )
}

/// Whether nothing outside this machine can be behind the address.
fn is_loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

/// Refuses plain http to a name that cannot be this machine, before anything is looked up.
pub(super) fn check_plaintext(host: &str) -> Result<(), TransportError> {
    let local = if let Ok(ip) = host.parse::<IpAddr>() {
        is_loopback(ip)
    } else {
        // A name without a dot may be one of /etc/hosts; its addresses are checked later.
        let host = host.to_ascii_lowercase();
        !host.contains('.') || host.ends_with(".localhost")
    };
    if local { Ok(()) } else { Err(plaintext(host)) }
}

fn plaintext(host: &str) -> TransportError {
    TransportError::new(
        ErrorKind::Request,
        Outcome::NotAccepted,
        format!("plain http to {host} would show the token to the network; use https, or allow_plaintext(true) on a network you trust"),
    )
    .permanent()
}

/// The addresses of a host.
async fn resolve(
    host: &str,
    port: u16,
    settings: &Settings,
) -> Result<Vec<SocketAddr>, TransportError> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    let found = match &settings.resolver {
        Some(resolver) => resolver(host).await,
        None => lookup_host((host, port))
            .await
            .map(|found| found.map(|address| address.ip()).collect()),
    };
    let found = found.map_err(|error| {
        refused(format!("the name {host} could not be resolved")).with_source(error)
    })?;
    if found.is_empty() {
        return Err(refused(format!("the name {host} has no address")));
    }
    Ok(found
        .into_iter()
        .map(|ip| SocketAddr::new(ip, port))
        .collect())
}

/// A TCP connection to `host`. With `loopback_only` none of its addresses may lie outside this
/// machine.
pub(super) async fn tcp(
    host: &str,
    port: u16,
    loopback_only: bool,
    settings: &Settings,
) -> Result<TcpStream, TransportError> {
    let found = resolve(host, port, settings).await?;
    if loopback_only && !found.iter().all(|address| is_loopback(address.ip())) {
        return Err(plaintext(host));
    }
    let limit = settings.tcp_timeout;
    let connected = timeout(limit, race(alternate(found), settings.happy_eyeballs)).await;
    let name = format!("{host}:{port}");
    match connected {
        Ok(Ok(tcp)) => {
            // Small requests must not wait for the acknowledgement of the one before. A socket that
            // refuses the option still works.
            let _ = tcp.set_nodelay(true);
            Ok(tcp)
        }
        Ok(Err(error)) => {
            let what = match error.kind() {
                _ if out_of_descriptors(&error) => {
                    "needs a file descriptor, of which this process or machine has none left; raise the limit (ulimit -n) or make fewer calls at once"
                }
                io::ErrorKind::ConnectionRefused => "refused the connection",
                io::ErrorKind::ConnectionReset => "reset the connection",
                _ => "could not be reached",
            };
            Err(refused(format!("{name} {what}")).with_source(error))
        }
        Err(_) => Err(timed_out(&name, "connection", limit)),
    }
}

/// EMFILE and ENFILE, for which the standard library has no name.
fn out_of_descriptors(error: &io::Error) -> bool {
    cfg!(unix) && matches!(error.raw_os_error(), Some(23 | 24))
}

/// The addresses with the families taking turns, the family of the first one first.
fn alternate(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let Some(first) = addresses.first().map(SocketAddr::is_ipv6) else {
        return addresses;
    };
    let (preferred, other): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == first);
    let mut other = other.into_iter();
    let mut all = Vec::new();
    for address in preferred {
        all.push(address);
        all.extend(other.next());
    }
    all.extend(other);
    all
}

type Attempt = Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send>>;

/// The first connection that succeeds. The next address is tried when the one before has failed, or
/// has not succeeded for `delay`; attempts under way go on.
async fn race(addresses: Vec<SocketAddr>, delay: Duration) -> io::Result<TcpStream> {
    let mut addresses = addresses.into_iter();
    let mut attempts: Vec<Attempt> = Vec::new();
    let mut failure = None;
    loop {
        match addresses.next() {
            Some(address) => attempts.push(Box::pin(TcpStream::connect(address))),
            None if attempts.is_empty() => {
                let none = || io::Error::new(io::ErrorKind::NotFound, "no address");
                return Err(failure.unwrap_or_else(none));
            }
            None => {}
        }
        let more = addresses.len() > 0;
        let mut pause = pin!(sleep_until(Instant::now() + delay));
        let next = poll_fn(|cx| {
            let mut at = 0;
            while at < attempts.len() {
                match attempts[at].as_mut().poll(cx) {
                    Poll::Ready(done) => {
                        drop(attempts.swap_remove(at));
                        return Poll::Ready(Some(done));
                    }
                    Poll::Pending => at += 1,
                }
            }
            if more {
                pause.as_mut().poll(cx).map(|()| None)
            } else {
                Poll::Pending
            }
        })
        .await;
        match next {
            Some(Ok(tcp)) => return Ok(tcp),
            // The error of the first address is the one that says most.
            Some(Err(error)) => {
                failure.get_or_insert(error);
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine() {
        for host in [
            "127.0.0.1",
            "127.8.8.8",
            "::1",
            "::ffff:127.0.0.1",
            "localhost",
            "API.Localhost",
            "studio",
        ] {
            assert!(check_plaintext(host).is_ok(), "{host}");
        }
        for host in [
            "api.coze.cn",
            "192.168.0.7",
            "10.0.0.1",
            "0.0.0.0",
            "::ffff:8.8.8.8",
            "localhost.example",
        ] {
            let error = check_plaintext(host).unwrap_err();
            assert!(error.to_string().contains("allow_plaintext"), "{error}");
            assert_eq!(error.outcome(), Outcome::NotAccepted);
            assert!(error.is_permanent());
        }
    }

    #[test]
    fn the_families_take_turns() {
        let parse = |text: &str| {
            text.split(' ')
                .map(|a| a.parse().unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            alternate(parse("[::1]:1 [::2]:1 [::3]:1 1.1.1.1:1")),
            parse("[::1]:1 1.1.1.1:1 [::2]:1 [::3]:1")
        );
        assert_eq!(alternate(Vec::new()), Vec::new());
    }
}
