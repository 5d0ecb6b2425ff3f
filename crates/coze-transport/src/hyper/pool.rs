//! The connections that are kept for later requests, by origin.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::Uri;
use tokio::{runtime, time::Instant};

#[cfg(feature = "http2")]
use super::shared::Shared;
use super::{h1::Conn, origin::Origin};
use crate::TransportError;

/// Origins that are kept although nothing is pooled for them. More than this many are looked through at
/// the next new one.
const KEPT: usize = 16;

/// An origin and its connections.
pub(super) struct OriginPool {
    pub(super) origin: Origin,
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
    pub(super) per_origin: usize,
}

struct Idle {
    conn: Box<Conn>,
    since: Instant,
    /// A socket works on the runtime that made it.
    runtime: runtime::Id,
}

impl OriginPool {
    const fn new(origin: Origin, limits: Limits) -> Self {
        Self {
            origin,
            idle: Mutex::new(Vec::new()),
            limits,
            #[cfg(feature = "http2")]
            shared: Mutex::new(None),
            #[cfg(feature = "http2")]
            connecting: tokio::sync::Mutex::const_new(()),
            #[cfg(feature = "http2")]
            chose_h1: std::sync::atomic::AtomicBool::new(false),
        }
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
    pub(super) fn give(&self, mut conn: Box<Conn>) {
        if self.limits.per_origin == 0 {
            return;
        }
        conn.release();
        let runtime = conn.runtime;
        let since = Instant::now();
        let mut idle = self.idle();
        let closed = (idle.len() >= self.limits.per_origin).then(|| idle.remove(0));
        idle.push(Idle {
            conn,
            since,
            runtime,
        });
        drop(idle);
        drop(closed);
    }

    /// Closes what is idle: a connection to this origin failed, so the others may be dead too.
    pub(super) fn close_idle(&self) {
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

/// The pools of all origins that a leaf has met.
pub(super) struct Pools {
    known: Mutex<Vec<Arc<OriginPool>>>,
    limits: Limits,
}

impl Pools {
    pub(super) const fn new(limits: Limits) -> Self {
        Self {
            known: Mutex::new(Vec::new()),
            limits,
        }
    }

    /// The pool for a URL.
    pub(super) fn of(&self, uri: &Uri) -> Result<Arc<OriginPool>, TransportError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = known.iter().find(|pool| pool.origin.is(uri)) {
            return Ok(Arc::clone(pool));
        }
        let pool = Arc::new(OriginPool::new(Origin::new(uri)?, self.limits));
        if known.len() >= KEPT {
            known.retain(|pool| Arc::strong_count(pool) > 1 || !pool.idle().is_empty());
        }
        known.push(Arc::clone(&pool));
        Ok(pool)
    }

    /// Closes all idle connections.
    pub(super) fn clear(&self) {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for pool in &*known {
            pool.close_idle();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pools() -> Pools {
        Pools::new(Limits {
            idle: Duration::from_secs(20),
            per_origin: 256,
        })
    }

    #[test]
    fn a_pool_is_made_once_for_each_scheme_host_and_port() {
        let pools = pools();
        let of = |uri| pools.of(&Uri::from_static(uri)).unwrap();
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
    fn origins_without_connections_are_forgotten() {
        let pools = pools();
        for n in 0..100 {
            let uri: Uri = format!("https://h{n}.example/").parse().unwrap();
            assert_eq!(pools.of(&uri).unwrap().pooled(), 0);
        }
        assert!(pools.known.lock().unwrap().len() <= KEPT);
    }
}
