//! Faults said once and met over HTTP/1.1, the same over TLS, and HTTP/2 over TLS.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up must stop")]
#![expect(clippy::disallowed_methods, reason = "sockets live in real time")]
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary uses a part of it"
)]

pub mod gzip;
pub mod h1;
#[cfg(feature = "http2")]
pub mod h2;
#[path = "../support/hole.rs"]
pub mod hole;
pub mod row;
pub mod script;
pub mod server;
pub mod tap;
#[path = "../support/tls.rs"]
pub mod tls;

/// Lets real time pass, and the tasks of connections run.
pub async fn pause(millis: u64) {
    tokio::time::sleep(std::time::Duration::from_millis(millis)).await;
}
