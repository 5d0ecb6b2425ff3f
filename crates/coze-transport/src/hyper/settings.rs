//! Settings of the leaf.

use std::{future::Future, io, net::IpAddr, pin::Pin, sync::Arc, time::Duration};

use super::{pool::Limits, proxy::Proxies, tls::TlsSettings};
type Resolved = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;
pub(super) type Resolver = Arc<dyn Fn(&str) -> Resolved + Send + Sync>;

/// What a leaf is made with.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) tcp_timeout: Duration,
    pub(super) connect_timeout: Duration,
    pub(super) happy_eyeballs: Duration,
    pub(super) allow_plaintext: bool,
    pub(super) limits: Limits,
    pub(super) resolver: Option<Resolver>,
    pub(super) proxies: Arc<Proxies>,
    pub(super) tls: TlsSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            tcp_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(10),
            happy_eyeballs: Duration::from_millis(300),
            allow_plaintext: false,
            limits: Limits {
                idle: Duration::from_secs(20),
                // Each was in use within the time above, so what is kept follows the calls that were under way at
                // once. A connection costs a descriptor, of which a process often has 1,024.
                per_origin: 256,
            },
            resolver: None,
            proxies: Arc::new(Proxies::from_vars(|name| std::env::var(name).ok())),
            tls: TlsSettings::default(),
        }
    }
}
