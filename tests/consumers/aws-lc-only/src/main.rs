//! https with AWS-LC as the only cryptography, to a server whose authority is the only one trusted.

#[path = "../../ring-only/src/tls.rs"]
mod tls;

use coze_transport::hyper::TlsProvider;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = tls::serve(rustls::crypto::aws_lc_rs::default_provider()).await?;
    tls::check(&server, TlsProvider::AwsLcRs).await
}
