//! ring and AWS-LC in one process: each client has its own, and neither is installed process-wide.

#[path = "../../ring-only/src/tls.rs"]
mod tls;

use coze_transport::hyper::TlsProvider;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = tls::serve(rustls::crypto::ring::default_provider()).await?;
    tls::check(&server, TlsProvider::Ring).await?;
    tls::check(&server, TlsProvider::AwsLcRs).await?;
    assert!(rustls::crypto::CryptoProvider::get_default().is_none());
    Ok(())
}
