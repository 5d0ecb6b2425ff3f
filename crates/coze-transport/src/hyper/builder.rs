//! Building a leaf.

use std::{fmt, future::Future, io, net::IpAddr, sync::Arc, time::Duration};

use super::{
    identity::identity,
    proxy::Proxies,
    settings::Settings,
    tls::{self, TlsProvider, TlsRoots},
    transport::HyperTransport,
};
use crate::TransportError;

impl HyperTransport {
    /// Settings other than the defaults.
    pub fn builder() -> HyperTransportBuilder {
        HyperTransportBuilder::default()
    }
}

/// Builds a [`HyperTransport`].
#[derive(Clone, Default)]
#[must_use = "a builder does nothing until `build`"]
pub struct HyperTransportBuilder {
    settings: Settings,
    pem: Vec<u8>,
    identity: Option<Vec<u8>>,
}

impl HyperTransportBuilder {
    /// How long an idle connection is kept. Default 20 s. Servers and gateways close idle
    /// connections after a minute or less; a request that meets the close is lost.
    pub fn pool_idle_timeout(mut self, timeout: Duration) -> Self {
        self.settings.limits.idle = timeout;
        self
    }

    /// How many idle connections are kept for each origin. Default 256, so that a burst of as
    /// many calls finds the connections of the one before; 0 keeps none.
    pub fn pool_max_idle_per_origin(mut self, connections: usize) -> Self {
        self.settings.limits.per_origin = connections;
        self
    }

    /// Time for the TCP connection, over all addresses of a name and family. Default 5 s. They are
    /// tried in turn, and each may take an equal part of it.
    pub fn tcp_timeout(mut self, timeout: Duration) -> Self {
        self.settings.tcp_timeout = timeout;
        self
    }

    /// Time for the whole way to a connection: name, TCP, proxy, TLS. Default 10 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.connect_timeout = timeout;
        self
    }

    /// How long the addresses of one family may take before those of the other are tried beside
    /// them. Default 300 ms.
    pub fn happy_eyeballs_delay(mut self, delay: Duration) -> Self {
        self.settings.happy_eyeballs = delay;
        self
    }

    /// Allows plain http to hosts other than this machine. Default false: a token would be readable
    /// on the way.
    pub fn allow_plaintext(mut self, allow: bool) -> Self {
        self.settings.allow_plaintext = allow;
        self
    }

    /// Reaches https servers through this proxy, but those that `no_proxy` names: hosts, domains,
    /// addresses, networks, each with a port if wanted, between commas.
    ///
    /// Default: the environment (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`), except in a CGI program.
    /// The proxy is spoken to by CONNECT over http or https, or by SOCKS5 (`socks5://` and
    /// `socks5h://` alike leave the lookup of the name to it), so it sees names and no content.
    /// This machine, and plain http, are always reached directly. The URL may carry a user name and
    /// password; they appear in no error. An unusable URL fails the first call that needs it.
    pub fn proxy(mut self, url: &str, no_proxy: &str) -> Self {
        self.settings.proxies = Arc::new(Proxies::given(url, no_proxy));
        self
    }

    /// Uses no proxy, whatever the environment says.
    pub fn no_proxy(mut self) -> Self {
        self.settings.proxies = Arc::default();
        self
    }

    /// Looks names up with `resolve` in place of the system.
    pub fn resolver<F, Fut>(mut self, resolve: F) -> Self
    where
        F: Fn(&str) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = io::Result<Vec<IpAddr>>> + Send + 'static,
    {
        self.settings.resolver = Some(Arc::new(move |host| Box::pin(resolve(host))));
        self
    }

    /// The cryptography under TLS. Default: ring if it is compiled in, else AWS-LC.
    pub fn tls_provider(mut self, provider: TlsProvider) -> Self {
        self.settings.tls.provider = Some(provider);
        self
    }

    /// The certificate authorities that are trusted. Default: those of the system if the feature
    /// `platform-verifier` is on, else Mozilla's with `webpki-roots`, else none.
    pub fn tls_roots(mut self, roots: TlsRoots) -> Self {
        self.settings.tls.roots = Some(roots);
        self
    }

    /// Trusts the certificate authorities in a PEM text too. May be called several times.
    pub fn add_root_pem(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.pem.extend_from_slice(pem.as_ref());
        self.pem.push(b'\n');
        self
    }

    /// Shows this certificate to a server, or an https proxy, that asks its clients for one: a PEM text with the
    /// certificate, those of the authorities above it if the server lacks them, and the private key (PKCS #8, PKCS #1 or
    /// SEC 1, not encrypted), in any order. Default: none.
    pub fn identity_pem(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.identity = Some(pem.as_ref().to_vec());
        self
    }

    /// Uses a TLS configuration as it is, in place of provider, roots, added certificates and identity. Its
    /// ALPN list must name only protocols that the leaf speaks.
    pub fn tls_config(mut self, config: Arc<rustls::ClientConfig>) -> Self {
        self.settings.tls.config = Some(config);
        self
    }

    /// The leaf. Opens nothing and needs no runtime.
    ///
    /// # Errors
    ///
    /// [`TransportError`] of kind [`Tls`](crate::ErrorKind::Tls) if an added PEM text holds no certificate or cannot
    /// be read, or if that of the identity holds no certificate with its private key.
    pub fn build(mut self) -> Result<HyperTransport, TransportError> {
        if !self.pem.is_empty() {
            self.settings.tls.extra = tls::certificates(&self.pem)?;
        }
        if let Some(pem) = &self.identity {
            self.settings.tls.identity = Some(identity(pem, self.settings.tls.provider)?);
        }
        Ok(HyperTransport::with(self.settings))
    }
}

impl fmt::Debug for HyperTransportBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HyperTransportBuilder")
            .field("tcp_timeout", &self.settings.tcp_timeout)
            .field("connect_timeout", &self.settings.connect_timeout)
            .field("allow_plaintext", &self.settings.allow_plaintext)
            .field("tls", &self.settings.tls)
            .finish_non_exhaustive()
    }
}
