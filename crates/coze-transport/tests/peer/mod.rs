//! Servers on real sockets that do what a script says: in acts, met alike over HTTP/1.1, the same over TLS, and HTTP/2; in
//! steps, byte by byte; or by hand, stream by stream. And small helpers around the leaf.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up must stop")]
#![expect(clippy::disallowed_methods, reason = "sockets live in real time")]
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "each test binary uses a part of it"
)]

pub mod client;
pub mod gzip;
pub mod h1;
#[cfg(feature = "http2")]
pub mod h2;
pub mod hole;
pub mod row;
pub mod script;
pub mod server;
pub mod steps;
#[cfg(feature = "http2")]
pub mod streams;
pub mod tap;
pub mod tls;

pub use client::{call, chain, from_box, post, read, send};

/// Lets real time pass, and the tasks of connections run.
pub async fn pause(millis: u64) {
    tokio::time::sleep(std::time::Duration::from_millis(millis)).await;
}
