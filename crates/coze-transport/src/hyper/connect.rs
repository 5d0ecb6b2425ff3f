//! The way to a server: its name, TCP, a proxy, TLS.

use std::{
    convert::Infallible,
    error::Error,
    future::ready,
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use http::Uri;
use hyper_util::{
    client::legacy::connect::{HttpConnector, dns::Name},
    rt::TokioIo,
};
use tokio::{
    net::{TcpStream, lookup_host},
    time::{timeout, timeout_at},
};
use tower::{Service, service_fn};

use super::{
    fail::io_error,
    origin::Origin,
    proxy::Proxy,
    settings::Settings,
    stream::{Hop, Stream, name},
    tls::{Tls, secure},
};
use crate::{ErrorKind, Outcome, Stage, TimeoutKind, TransportError, timeout::PrepareLimit};

fn refused(message: String) -> TransportError {
    TransportError::new(ErrorKind::Connect, Outcome::NotAccepted, message)
}

fn timed_out(name: &str, what: &str, after: Duration) -> TransportError {
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
fn check_plaintext(host: &str) -> Result<(), TransportError> {
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

/// What makes connections.
pub(super) struct Connector {
    settings: Settings,
    tls: Tls,
}

impl Connector {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            tls: Tls::new(settings.tls.clone()),
            settings,
        }
    }

    /// What `start` makes of a new connection, with TLS for https.
    ///
    /// What led to the connection is kept until then. Its memory would be that of the connection's buffers, of which
    /// little is used as a rule: as long as nothing was written there, the process does not hold it.
    pub(super) async fn open<T, F>(
        &self,
        origin: &Origin,
        start: impl FnOnce(Stream) -> F,
    ) -> Result<T, TransportError>
    where
        F: Future<Output = Result<T, TransportError>>,
    {
        let settings = &self.settings;
        let loopback_only = !origin.https && !settings.allow_plaintext;
        if loopback_only {
            check_plaintext(&origin.host)?;
        }
        let limit = settings.connect_timeout;
        let connected = async {
            if !origin.https {
                let mut way = way(origin.uri(), loopback_only, settings).await?;
                let tcp = tcp(&mut way, origin.uri(), settings).await?;
                return start(Stream::Plain(tcp)).await;
            }
            // In a box, so that a connection without TLS does without its room.
            Box::pin(self.open_tls(origin, start)).await
        };
        match timeout(limit, connected).await {
            Ok(done) => done,
            Err(_) => Err(timed_out(origin.name(), "usable connection", limit)),
        }
    }

    async fn open_tls<T, F>(
        &self,
        origin: &Origin,
        start: impl FnOnce(Stream) -> F,
    ) -> Result<T, TransportError>
    where
        F: Future<Output = Result<T, TransportError>>,
    {
        let (settings, tls) = (&self.settings, &self.tls);
        let proxy = settings.proxies.towards(&origin.host, origin.port)?;
        let uri = proxy.map_or(origin.uri(), Proxy::uri);
        let mut way = way(uri, false, settings).await?;
        let tcp = tcp(&mut way, uri, settings).await?;
        let hop = match proxy {
            Some(proxy) => {
                let config = tls.configs()?.proxy.clone();
                proxy
                    .tunnel(secure(tcp, config, proxy.uri()).await?, origin)
                    .await?
            }
            None => Hop::Http(tcp),
        };
        let stream = secure(hop, tls.configs()?.server.clone(), origin.uri()).await?;
        start(Stream::Tls(Box::new(stream))).await
    }
}

/// What comes before anything is sent, within the limits of the call.
pub(super) async fn within<T>(
    limit: Option<PrepareLimit>,
    what: impl Future<Output = Result<T, TransportError>>,
) -> Result<T, TransportError> {
    match limit {
        None => what.await,
        Some(limit) => match timeout_at(limit.at, what).await {
            Ok(done) => done,
            Err(_) => Err(limit.error("a connection").at(Stage::Connect)),
        },
    }
}

/// The addresses of a host. The port is set by the connector.
async fn resolve(host: &str, settings: &Settings) -> Result<Vec<SocketAddr>, TransportError> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, 0)]);
    }
    let found = match &settings.resolver {
        Some(resolver) => resolver(host).await,
        None => lookup_host((host, 0))
            .await
            .map(|found| found.map(|address| address.ip()).collect()),
    };
    let found = found.map_err(|error| {
        refused(format!("the name {host} could not be resolved")).with_source(error)
    })?;
    if found.is_empty() {
        return Err(refused(format!("the name {host} has no address")));
    }
    Ok(found.into_iter().map(|ip| SocketAddr::new(ip, 0)).collect())
}

/// The way to the host of `uri`. With `loopback_only` none of its addresses may lie outside this machine.
async fn way(
    uri: &Uri,
    loopback_only: bool,
    settings: &Settings,
) -> Result<
    impl Future<Output = Result<TokioIo<TcpStream>, impl Error + Send + Sync + 'static>> + Unpin,
    TransportError,
> {
    let host = uri.host().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let found = resolve(host, settings).await?;
    if loopback_only && !found.iter().all(|address| is_loopback(address.ip())) {
        return Err(plaintext(host));
    }
    let resolved = service_fn(move |_: Name| ready(Ok::<_, Infallible>(found.clone().into_iter())));
    let mut connector = HttpConnector::new_with_resolver(resolved);
    connector.enforce_http(false);
    // Small requests must not wait for the acknowledgement of the one before.
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(settings.tcp_timeout));
    connector.set_happy_eyeballs_timeout(Some(settings.happy_eyeballs));
    // It is always ready.
    Ok(connector.call(uri.clone()))
}

/// A TCP connection over a way.
async fn tcp(
    way: impl Future<Output = Result<TokioIo<TcpStream>, impl Error + Send + Sync + 'static>>,
    uri: &Uri,
    settings: &Settings,
) -> Result<TokioIo<TcpStream>, TransportError> {
    way.await.map_err(|error| {
        let name = name(uri);
        let io = io_error(&error);
        let what = match io.map(io::Error::kind) {
            _ if io.is_some_and(out_of_descriptors) => {
                "needs a file descriptor, of which this process or machine has none left; raise the limit (ulimit -n) or make fewer calls at once"
            }
            // The kernel's own limit has a number.
            Some(io::ErrorKind::TimedOut) if io.is_some_and(|io| io.raw_os_error().is_none()) => {
                return timed_out(name, "connection", settings.tcp_timeout);
            }
            Some(io::ErrorKind::ConnectionRefused) => "refused the connection",
            Some(io::ErrorKind::ConnectionReset) => "reset the connection",
            _ => "could not be reached",
        };
        let code = io.and_then(io::Error::raw_os_error);
        let failed = refused(format!("{name} {what}"));
        match code {
            // What the connector says around the system's own words tells nothing more.
            Some(code) => failed.with_source(io::Error::from_raw_os_error(code)),
            None => failed.with_source(error),
        }
    })
}

/// EMFILE and ENFILE, for which the standard library has no name.
fn out_of_descriptors(error: &io::Error) -> bool {
    cfg!(unix) && matches!(error.raw_os_error(), Some(23 | 24))
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
}
