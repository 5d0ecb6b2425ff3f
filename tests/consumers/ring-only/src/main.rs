//! https with ring as the only cryptography, to a server whose authority is the only one trusted.

mod tls;

use coze_transport::hyper::TlsProvider;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = tls::serve(rustls::crypto::ring::default_provider()).await?;
    tls::check(&server, TlsProvider::Ring).await
}
