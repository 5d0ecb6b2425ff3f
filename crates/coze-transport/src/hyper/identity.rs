//! Who this client is to a server that asks for a certificate.

use std::sync::Arc;

use rustls::{
    client::ResolvesClientCert,
    pki_types::{
        PrivateKeyDer,
        pem::{self, PemObject},
    },
    sign::{CertifiedKey, SingleCertAndKey},
};

use super::tls::{TlsProvider, certificates, unusable};
use crate::TransportError;

/// A certificate, those of the authorities above it and its private key, out of one PEM text. Errors repeat nothing of it.
pub(super) fn identity(
    pem: &[u8],
    provider: Option<TlsProvider>,
) -> Result<Arc<dyn ResolvesClientCert>, TransportError> {
    let chain = certificates(pem)
        .map_err(|error| unusable("the client certificate cannot be read").with_source(error))?;
    let key = PrivateKeyDer::from_pem_slice(pem).map_err(|error| match error {
        pem::Error::NoItemsFound if is_encrypted(pem) => {
            unusable("the private key of the client certificate is encrypted: decrypt it first")
        }
        pem::Error::NoItemsFound => {
            unusable("the PEM text of the client certificate holds no private key")
        }
        _ => unusable("the private key of the client certificate cannot be read"),
    })?;
    let provider = TlsProvider::chosen(provider)?.get();
    let certified = CertifiedKey::from_der(chain, key, &provider).map_err(|error| {
        unusable("the client certificate and its private key cannot be used").with_source(error)
    })?;
    Ok(Arc::new(SingleCertAndKey::from(certified)))
}

fn is_encrypted(pem: &[u8]) -> bool {
    const BEGIN: &[u8] = b"BEGIN ENCRYPTED PRIVATE KEY";
    pem.windows(BEGIN.len()).any(|part| part == BEGIN)
}
