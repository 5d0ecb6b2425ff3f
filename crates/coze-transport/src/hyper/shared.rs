//! An HTTP/2 connection, which all requests to an origin share, on a task of its own.

use std::{sync::Arc, time::Duration};

use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::{runtime, time::Instant};

use super::{outgoing::Outgoing, stream::TlsStream};

/// Bytes of a response's head.
const HEAD: u32 = 128 * 1024;
/// While a stream is open, a silent connection is asked after this time whether it lives,
const PING_AFTER: Duration = Duration::from_secs(20);
/// and closed after this time without a sign of life.
const PING_WAIT: Duration = Duration::from_secs(10);

/// A connection that takes many requests at once.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) sender: SendRequest<Outgoing>,
    runtime: runtime::Id,
    /// One reference for each exchange under way, beside the pool's.
    pub(super) users: Arc<()>,
    since: Instant,
}

impl Shared {
    pub(super) async fn start(
        stream: TlsStream,
        runtime: runtime::Id,
    ) -> Result<Self, hyper::Error> {
        let (sender, connection) = Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_header_list_size(HEAD)
            .keep_alive_interval(PING_AFTER)
            .keep_alive_timeout(PING_WAIT)
            .keep_alive_while_idle(false)
            .handshake(stream)
            .await?;
        // Ends when the last sender is dropped or the connection fails; its error reaches the
        // requests that it hits.
        tokio::spawn(async move {
            let _ = connection.await;
        });
        Ok(Self {
            sender,
            runtime,
            users: Arc::new(()),
            since: Instant::now(),
        })
    }

    /// Whether a new request may go over it.
    pub(super) fn is_usable(&self, runtime: runtime::Id, idle: Duration) -> bool {
        self.runtime == runtime
            && !self.sender.is_closed()
            && (Arc::strong_count(&self.users) > 1 || self.since.elapsed() < idle)
    }

    /// Whether it is the connection that these are the users of.
    pub(super) fn is(&self, users: &Arc<()>) -> bool {
        Arc::ptr_eq(&self.users, users)
    }

    /// Counts a use.
    pub(super) fn touch(&mut self) {
        self.since = Instant::now();
    }
}
