//! Where a request goes, and the idle connections to that place.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::{
    HeaderValue, Uri,
    uri::{PathAndQuery, Scheme},
};
use tokio::{runtime, time::Instant};

#[cfg(feature = "http2")]
use super::h2::Shared;
use super::{h1::Conn, stream::name};
use crate::{ErrorKind, Outcome, TransportError};

/// Sites that are kept although nothing is pooled there. More than this many are looked through at
/// the next new one.
const KEPT: usize = 16;

/// One origin: scheme, host, port.
pub(super) struct Site {
    pub(super) https: bool,
    /// Scheme and authority, with the path `/`.
    uri: Uri,
    /// Without brackets and port.
    pub(super) host: Box<str>,
    pub(super) port: u16,
    /// The `host` header.
    pub(super) host_header: HeaderValue,
    idle: Mutex<Vec<Idle>>,
    limits: Limits,
    /// The connection that all requests share, if the server speaks HTTP/2.
    #[cfg(feature = "http2")]
    shared: Mutex<Option<Shared>>,
    /// Held while a connection is made that may turn out to be shared, so that those who come
    /// meanwhile wait for it in place of making their own.
    #[cfg(feature = "http2")]
    pub(super) connecting: tokio::sync::Mutex<()>,
    /// The server has chosen HTTP/1.1, so there is nothing to wait for.
    #[cfg(feature = "http2")]
    pub(super) chose_h1: std::sync::atomic::AtomicBool,
}

/// What is kept of idle connections.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub(super) idle: Duration,
    pub(super) per_site: usize,
}

struct Idle {
    conn: Box<Conn>,
    since: Instant,
    /// A socket works on the runtime that made it.
    runtime: runtime::Id,
}

impl Site {
    fn new(uri: &Uri, limits: Limits) -> Result<Self, TransportError> {
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
        let Ok(origin) = Uri::from_parts(parts) else {
            return refuse("the URL has a host that cannot be sent");
        };
        Ok(Self {
            https,
            uri: origin,
            host: bracketed
                .trim_start_matches('[')
                .trim_end_matches(']')
                .into(),
            port,
            host_header,
            idle: Mutex::new(Vec::new()),
            limits,
            #[cfg(feature = "http2")]
            shared: Mutex::new(None),
            #[cfg(feature = "http2")]
            connecting: tokio::sync::Mutex::new(()),
            #[cfg(feature = "http2")]
            chose_h1: std::sync::atomic::AtomicBool::new(false),
        })
    }

    /// The connection to share, if it takes another request.
    #[cfg(feature = "http2")]
    pub(super) fn shared(&self, runtime: runtime::Id) -> Option<Shared> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let usable = shared
            .as_mut()
            .filter(|shared| shared.is_usable(runtime, self.limits.idle));
        if let Some(shared) = usable {
            shared.touch();
            return Some(shared.clone());
        }
        let closed = shared.take();
        drop(shared);
        drop(closed);
        None
    }

    #[cfg(feature = "http2")]
    pub(super) fn share(&self, new: Shared) {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let closed = shared.replace(new);
        drop(shared);
        drop(closed);
    }

    /// Forgets a connection that failed, unless another has taken its place.
    #[cfg(feature = "http2")]
    pub(super) fn discard(&self, failed: &Arc<()>) {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let closed = shared.take_if(|shared| shared.is(failed));
        drop(shared);
        drop(closed);
    }

    /// The origin as a URL.
    pub(super) const fn uri(&self) -> &Uri {
        &self.uri
    }

    fn is(&self, uri: &Uri) -> bool {
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

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the connection that was used last, if one is young enough.
    pub(super) fn take(&self, runtime: runtime::Id) -> Option<Box<Conn>> {
        let mut idle = self.idle();
        if idle.is_empty() {
            return None;
        }
        let now = Instant::now();
        // Given back in order of time, so the outdated ones are in front.
        let outdated = idle.partition_point(|i| now.duration_since(i.since) >= self.limits.idle);
        let closed: Vec<_> = idle.drain(..outdated).collect();
        let found = idle.iter().rposition(|i| i.runtime == runtime);
        let taken = found.map(|at| idle.remove(at));
        drop(idle);
        // Sockets are closed without the lock.
        drop(closed);
        taken.map(|taken| taken.conn)
    }

    /// Keeps a connection that is ready for the next request.
    pub(super) fn give(&self, conn: Box<Conn>) {
        if self.limits.per_site == 0 {
            return;
        }
        let runtime = conn.runtime;
        let since = Instant::now();
        let mut idle = self.idle();
        let closed = (idle.len() >= self.limits.per_site).then(|| idle.remove(0));
        idle.push(Idle {
            conn,
            since,
            runtime,
        });
        drop(idle);
        drop(closed);
    }

    /// Closes what is idle: a connection to this site failed, so the others may be dead too.
    pub(super) fn poison(&self) {
        let closed = std::mem::take(&mut *self.idle());
        drop(closed);
        #[cfg(feature = "http2")]
        {
            let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
            let closed = shared.take();
            drop(shared);
            drop(closed);
        }
    }

    #[cfg(test)]
    pub(super) fn pooled(&self) -> usize {
        self.idle().len()
    }
}

/// All sites that a leaf has met.
pub(super) struct Sites {
    known: Mutex<Vec<Arc<Site>>>,
    limits: Limits,
}

impl Sites {
    pub(super) const fn new(limits: Limits) -> Self {
        Self {
            known: Mutex::new(Vec::new()),
            limits,
        }
    }

    /// The site of a URL.
    pub(super) fn of(&self, uri: &Uri) -> Result<Arc<Site>, TransportError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(site) = known.iter().find(|site| site.is(uri)) {
            return Ok(Arc::clone(site));
        }
        let site = Arc::new(Site::new(uri, self.limits)?);
        if known.len() >= KEPT {
            known.retain(|site| Arc::strong_count(site) > 1 || !site.idle().is_empty());
        }
        known.push(Arc::clone(&site));
        Ok(site)
    }

    /// Closes all idle connections.
    pub(super) fn clear(&self) {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for site in &*known {
            site.poison();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sites() -> Sites {
        Sites::new(Limits {
            idle: Duration::from_secs(20),
            per_site: 32,
        })
    }

    fn site(uri: &'static str) -> Arc<Site> {
        sites().of(&Uri::from_static(uri)).unwrap()
    }

    #[test]
    fn the_host_header_has_brackets_and_a_port_that_is_not_the_standard_one() {
        assert_eq!(site("http://[::1]:8080/v1").host_header, "[::1]:8080");
        assert_eq!(&*site("http://[::1]:8080/v1").host, "::1");
        assert_eq!(site("https://api.example:443/").host_header, "api.example");
        assert_eq!(
            site("http://api.example:443/").host_header,
            "api.example:443"
        );
        assert_eq!(site("https://api.example/").port, 443);
    }

    #[test]
    fn a_site_is_made_once_for_each_scheme_host_and_port() {
        let sites = sites();
        let of = |uri| sites.of(&Uri::from_static(uri)).unwrap();
        assert!(Arc::ptr_eq(
            &of("https://a.example/1"),
            &of("https://a.example/2")
        ));
        assert!(!Arc::ptr_eq(
            &of("https://a.example/"),
            &of("http://a.example/")
        ));
        assert!(!Arc::ptr_eq(
            &of("https://a.example/"),
            &of("https://a.example:444/")
        ));
    }

    #[test]
    fn sites_without_connections_are_forgotten() {
        let sites = sites();
        for n in 0..100 {
            let uri: Uri = format!("https://h{n}.example/").parse().unwrap();
            assert_eq!(sites.of(&uri).unwrap().pooled(), 0);
        }
        assert!(sites.known.lock().unwrap().len() <= KEPT);
    }

    #[test]
    fn what_cannot_be_reached_is_named() {
        for (uri, part) in [
            ("/v1/workflow/run", "no scheme"),
            ("ftp://a.example/", "scheme ftp"),
            ("https://user:secret@a.example/", "user name"),
        ] {
            let Err(error) = sites().of(&Uri::from_static(uri)) else {
                panic!("{uri}");
            };
            assert!(error.to_string().contains(part), "{error}");
            assert!(!format!("{error:?}").contains("secret"));
            assert!(error.is_permanent());
        }
    }
}
