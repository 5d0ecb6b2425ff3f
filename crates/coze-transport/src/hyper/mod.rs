//! The leaf of the stack: connections over hyper and rustls.
//!
//! A [`HyperTransport`] is a [`tower::Service`] that sends one request and hands over its response. It
//! repeats nothing, follows no redirect, sets no header but `host`, and waits for ever for an
//! response; all of that is the business of the layers above.
//!
//! For HTTP/1.1 there is no background task: the task that awaits a response moves its bytes, and the
//! body of a response that is still arriving owns its connection. So a streamed event does not
//! cross from one task to another, and dropping a body closes its connection at once.
//!
//! ```
//! use coze_transport::{HttpStack, hyper::HyperTransport};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), coze_transport::BoxError> {
//! # use std::io::{Read, Write};
//! # let server = std::net::TcpListener::bind("127.0.0.1:0")?;
//! # let address = server.local_addr()?;
//! # std::thread::spawn(move || {
//! #     let (mut stream, _) = server.accept().unwrap();
//! #     let _ = stream.read(&mut [0; 1024]);
//! #     let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\npong");
//! # });
//! # let url = format!("http://{address}/ping");
//! use http_body_util::BodyExt;
//!
//! let stack = HttpStack::new(HyperTransport::builder().no_proxy().build()?);
//! let response = stack.send(http::Request::get(url).body(Default::default())?).await?;
//! assert_eq!(response.status(), 200);
//! assert_eq!(response.into_body().collect().await?.to_bytes(), "pong");
//! # Ok(())
//! # }
//! ```
//!
//! Plain http goes to this machine only, unless
//! [`allow_plaintext`](HyperTransportBuilder::allow_plaintext) says otherwise. A TLS configuration is
//! made at the first https request. Proxies are taken from the environment. The feature `http2` adds
//! HTTP/2 to servers that offer it, over a connection that has a task of its own.
//!
//! # Errors
//!
//! Every failure is a [`TransportError`] that names the host. [`TransportError::outcome`] is
//! [`Outcome::NotAccepted`] only where no byte of the request can have been taken: the connection
//! could not be made, or was found closed before the request was written, or an HTTP/2 server said
//! that it did not process the stream. [`TransportError::is_permanent`] marks what another attempt
//! would meet again, such as a certificate that is not trusted.
//!
//! [`TransportError`]: crate::TransportError
//! [`TransportError::outcome`]: crate::TransportError::outcome
//! [`TransportError::is_permanent`]: crate::TransportError::is_permanent
//! [`Outcome::NotAccepted`]: crate::Outcome::NotAccepted

mod body;
mod builder;
mod connect;
mod exchange;
mod fail;
mod h1;
#[cfg(feature = "http2")]
mod h2;
mod head;
mod identity;
mod io;
mod link;
#[cfg(feature = "http2")]
mod negotiate;
mod origin;
#[cfg(feature = "http2")]
mod outgoing;
mod pool;
mod proxy;
mod settings;
#[cfg(feature = "http2")]
mod shared;
mod stream;
mod tls;
mod transport;
mod tunnel;

pub use body::HyperBody;
pub use builder::HyperTransportBuilder;
pub use head::CloseDelimited;
pub use tls::{TlsProvider, TlsRoots};
pub use transport::HyperTransport;
