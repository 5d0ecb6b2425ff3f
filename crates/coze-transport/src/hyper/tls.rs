//! TLS: the configuration, made at the first https request, and the handshake.

use std::{
    fmt, io,
    sync::{Arc, OnceLock},
};

use http::Uri;
use hyper::rt::{Read, Write};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::Connection;
use rustls::{
    ClientConfig, ConfigBuilder, RootCertStore,
    client::{ResolvesClientCert, WantsClientCert},
    crypto::CryptoProvider,
    pki_types::{CertificateDer, pem::PemObject},
};
use tower::ServiceExt;

use super::stream::{connected, name};
use crate::{BoxError, ErrorKind, Outcome, TransportError};

/// The cryptography under TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TlsProvider {
    /// ring, with the feature `ring`.
    #[cfg(feature = "ring")]
    Ring,
    /// AWS-LC, with the feature `aws-lc-rs`.
    #[cfg(feature = "aws-lc-rs")]
    AwsLcRs,
}

impl TlsProvider {
    /// All that are compiled in, the preferred one first.
    const ALL: &[Self] = &[
        #[cfg(feature = "ring")]
        Self::Ring,
        #[cfg(feature = "aws-lc-rs")]
        Self::AwsLcRs,
    ];

    /// The one that was asked for, or the preferred one.
    pub(super) fn chosen(asked: Option<Self>) -> Result<Self, TransportError> {
        asked.or_else(|| Self::ALL.first().copied()).ok_or_else(|| {
            unusable(
                "https needs a crypto provider; turn on the feature `ring` or `aws-lc-rs`, or give a TLS configuration",
            )
        })
    }

    pub(super) fn get(self) -> CryptoProvider {
        match self {
            #[cfg(feature = "ring")]
            Self::Ring => rustls::crypto::ring::default_provider(),
            #[cfg(feature = "aws-lc-rs")]
            Self::AwsLcRs => rustls::crypto::aws_lc_rs::default_provider(),
        }
    }
}

/// Which certificate authorities are trusted, beside those added by PEM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TlsRoots {
    /// Those of the operating system, with the feature `platform-verifier`.
    #[cfg(feature = "platform-verifier")]
    Platform,
    /// Mozilla's, compiled in, with the feature `webpki-roots`.
    #[cfg(feature = "webpki-roots")]
    Webpki,
    /// None but those added.
    Empty,
}

impl TlsRoots {
    /// All that are compiled in, the preferred one first.
    const ALL: &[Self] = &[
        #[cfg(feature = "platform-verifier")]
        Self::Platform,
        #[cfg(feature = "webpki-roots")]
        Self::Webpki,
        Self::Empty,
    ];
}

/// What TLS is made of.
#[derive(Clone, Default)]
pub(super) struct TlsSettings {
    pub(super) provider: Option<TlsProvider>,
    pub(super) roots: Option<TlsRoots>,
    pub(super) extra: Vec<CertificateDer<'static>>,
    pub(super) identity: Option<Arc<dyn ResolvesClientCert>>,
    pub(super) config: Option<Arc<ClientConfig>>,
}

impl fmt::Debug for TlsSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsSettings")
            .field("provider", &self.provider)
            .field("roots", &self.roots)
            .field("extra", &self.extra.len())
            .field("identity", &self.identity.is_some())
            .field("config", &self.config.is_some())
            .finish()
    }
}

/// Certificates out of PEM text.
pub(super) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TransportError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if found.is_empty() => Err(unusable("the PEM text holds no certificate")),
        Ok(found) => Ok(found),
        Err(error) => Err(unusable("the PEM text cannot be read").with_source(error.to_string())),
    }
}

pub(super) fn unusable(what: impl Into<std::borrow::Cow<'static, str>>) -> TransportError {
    TransportError::new(ErrorKind::Tls, Outcome::NotAccepted, what).permanent()
}

/// TLS of one leaf.
pub(super) struct Tls {
    settings: TlsSettings,
    /// Loading the system's certificates takes milliseconds, which a client of a plain or idle
    /// server should not pay.
    configs: OnceLock<Configs>,
}

/// The configuration with two protocol lists.
pub(super) struct Configs {
    pub(super) server: Arc<ClientConfig>,
    /// CONNECT is spoken in HTTP/1.1.
    pub(super) proxy: Arc<ClientConfig>,
}

impl Tls {
    pub(super) const fn new(settings: TlsSettings) -> Self {
        Self {
            settings,
            configs: OnceLock::new(),
        }
    }

    pub(super) fn configs(&self) -> Result<&Configs, TransportError> {
        if let Some(ready) = self.configs.get() {
            return Ok(ready);
        }
        let server = if let Some(config) = &self.settings.config {
            Arc::clone(config)
        } else {
            let mut config = self.settings.build()?;
            #[cfg(feature = "http2")]
            config.alpn_protocols.push(b"h2".to_vec());
            config.alpn_protocols.push(b"http/1.1".to_vec());
            Arc::new(config)
        };
        let mut proxy = ClientConfig::clone(&server);
        proxy.alpn_protocols = vec![b"http/1.1".to_vec()];
        let proxy = Arc::new(proxy);
        Ok(self.configs.get_or_init(|| Configs { server, proxy }))
    }
}

/// TLS over `stream` with the host of `uri`, if that is https.
pub(super) async fn secure<S>(
    stream: S,
    config: Arc<ClientConfig>,
    uri: &Uri,
) -> Result<MaybeHttpsStream<S>, TransportError>
where
    S: Connection + Read + Write + Send + Unpin + 'static,
{
    HttpsConnector::from((connected(stream), config))
        .oneshot(uri.clone())
        .await
        .map_err(|error| failed(uri, error))
}

impl TlsSettings {
    fn build(&self) -> Result<ClientConfig, TransportError> {
        let provider = Arc::new(TlsProvider::chosen(self.provider)?.get());
        let roots = self.roots.unwrap_or(TlsRoots::ALL[0]);
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(|error| {
                unusable("the crypto provider cannot do TLS 1.2 and 1.3").with_source(error)
            })?;
        match roots {
            #[cfg(feature = "platform-verifier")]
            TlsRoots::Platform => {
                let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(
                    self.extra.iter().cloned(),
                    provider,
                )
                .map_err(|error| {
                    unusable("the system's certificate authorities cannot be used")
                        .with_source(error)
                })?;
                // Not dangerous in itself: it is how rustls takes a verifier of one's own.
                let builder = builder
                    .dangerous()
                    .with_custom_certificate_verifier(Arc::new(verifier));
                Ok(self.with_identity(builder))
            }
            #[cfg(feature = "webpki-roots")]
            TlsRoots::Webpki => {
                let store = RootCertStore {
                    roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
                };
                self.with_store(builder, store)
            }
            TlsRoots::Empty => self.with_store(builder, RootCertStore::empty()),
        }
    }

    fn with_store(
        &self,
        builder: ConfigBuilder<ClientConfig, rustls::WantsVerifier>,
        mut store: RootCertStore,
    ) -> Result<ClientConfig, TransportError> {
        for certificate in &self.extra {
            store.add(certificate.clone()).map_err(|error| {
                unusable("an added certificate is no certificate authority").with_source(error)
            })?;
        }
        Ok(self.with_identity(builder.with_root_certificates(store)))
    }

    fn with_identity(&self, builder: ConfigBuilder<ClientConfig, WantsClientCert>) -> ClientConfig {
        match &self.identity {
            Some(identity) => builder.with_client_cert_resolver(Arc::clone(identity)),
            None => builder.with_no_client_auth(),
        }
    }
}

/// Whether a server says by this that it wants a certificate, or another one, from its client.
pub(super) const fn is_about_certificate(alert: rustls::AlertDescription) -> bool {
    use rustls::AlertDescription as Alert;

    matches!(
        alert,
        Alert::CertificateRequired
            | Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
    )
}

/// The meaning of a failed handshake.
fn failed(uri: &Uri, error: BoxError) -> TransportError {
    use rustls::{AlertDescription as Alert, Error, InvalidMessage};

    let name = name(uri);
    let Some(io) = error.downcast_ref().map(innermost) else {
        return unusable(format!("{name} cannot be a TLS name")).with_source(error);
    };
    let tls = |message: String| TransportError::new(ErrorKind::Tls, Outcome::NotAccepted, message);
    let inner = io.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    let failed = match inner {
        Some(Error::InvalidCertificate(why)) => {
            tls(format!("the certificate of {name} is not trusted: {why}")).permanent()
        }
        Some(
            Error::NoCertificatesPresented
            | Error::PeerIncompatible(_)
            | Error::AlertReceived(Alert::ProtocolVersion | Alert::InsufficientSecurity),
        ) => tls(format!("{name} offers no TLS 1.2 or 1.3 that can be used")).permanent(),
        Some(Error::InvalidMessage(
            InvalidMessage::InvalidContentType
            | InvalidMessage::UnknownProtocolVersion
            | InvalidMessage::MessageTooLarge,
        )) => tls(format!("{name} does not speak TLS (not TLS at this port)")),
        Some(Error::AlertReceived(alert)) => {
            let failed = tls(format!("{name} refused the TLS handshake with {alert:?}"));
            if is_about_certificate(*alert) {
                failed.permanent()
            } else {
                failed
            }
        }
        Some(_) => tls(format!("the TLS handshake with {name} failed")),
        None if io.kind() == io::ErrorKind::UnexpectedEof => {
            tls(format!("{name} closed the connection in the TLS handshake"))
        }
        None => tls(format!(
            "the connection to {name} was lost in the TLS handshake"
        )),
    };
    failed.with_source(error)
}

/// The connector wraps the error of the handshake in one of its own.
fn innermost(error: &io::Error) -> &io::Error {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    inner.map_or(error, innermost)
}
