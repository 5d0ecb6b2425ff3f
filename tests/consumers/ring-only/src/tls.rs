//! An https server on this machine, with a certificate of an authority made for it.

use std::{error::Error, net::SocketAddr, sync::Arc};

use coze_transport::hyper::{HyperTransport, TlsProvider, TlsRoots};
use coze_workflow::{Client, HttpStack};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ServerConfig,
    crypto::CryptoProvider,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
    content-length: 24\r\nconnection: close\r\n\r\n{\"code\":0,\"data\":\"done\"}";

/// The server.
pub(crate) struct Server {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// The certificate of its authority.
    pub(crate) authority: String,
}

/// Answers every request of this process with the end of a run.
pub(crate) async fn serve(provider: CryptoProvider) -> Result<Server, Box<dyn Error>> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let certificate =
        CertificateParams::new(vec!["127.0.0.1".to_owned()])?.signed_by(&key, &authority)?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            // A client that does not trust the authority ends the handshake.
            let Ok(mut tls) = acceptor.accept(tcp).await else {
                continue;
            };
            let mut seen = Vec::new();
            while !seen.ends_with(b"}") {
                match tls.read_buf(&mut seen).await {
                    Ok(1..) => {}
                    Ok(0) | Err(_) => break,
                }
            }
            let _ = tls.write_all(ANSWER).await;
            let _ = tls.shutdown().await;
        }
    });
    let authority = authority.pem();
    Ok(Server { address, authority })
}

/// Runs a workflow with `provider`: once trusting the authority alone, once trusting nobody.
pub(crate) async fn check(server: &Server, provider: TlsProvider) -> Result<(), Box<dyn Error>> {
    let leaf = || {
        HyperTransport::builder()
            .tls_provider(provider)
            .tls_roots(TlsRoots::Empty)
            .no_proxy()
    };
    let client = |leaf| {
        Client::builder()
            .base_url(format!("https://{}", server.address))
            .transport(HttpStack::new(leaf))
            .token("pat_1")
            .build()
    };
    let trusting = client(leaf().add_root_pem(&server.authority).build()?)?;
    assert_eq!(trusting.workflow("7366").run().await?.raw(), "done");

    let wary = client(leaf().build()?)?;
    let error = wary.workflow("7366").run().await.unwrap_err();
    assert!(!error.may_have_run(), "{error}");
    println!("{provider:?}: one run, and one certificate refused");
    Ok(())
}
