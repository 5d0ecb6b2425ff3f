//! [reqwest](https://docs.rs/reqwest) as the transport of the Coze (扣子) workflow client.
//!
//! For programs whose proxies, certificates or DNS are already set up in reqwest. Without such a reason the connections that
//! `coze-workflow` comes with are the better choice: they know more often that a request was not accepted.
//!
//! ```
//! use coze_transport::HttpStack;
//! use coze_transport_reqwest::ReqwestTransport;
//!
//! let transport = ReqwestTransport::from_builder(reqwest::Client::builder().user_agent("report/1.0"))?;
//! let stack = HttpStack::new(transport);
//! // coze_workflow::Client::builder().transport(stack).token("pat_…").build()
//! # Ok::<(), reqwest::Error>(())
//! ```
//!
//! A crate of its own and not a feature of `coze-transport`, because a major version of reqwest is part of its interface.
//!
//! # What is switched off
//!
//! | in reqwest | because |
//! |---|---|
//! | redirects | a `307` would send a run a second time, and to another host |
//! | retries | only the stack knows which call may be sent twice |
//! | decompression | the caps on a body count what arrives; the stack asks for no encoding |
//! | the `Referer` header | addresses of the API are nobody's business |
//!
//! # What its errors say
//!
//! | reqwest | kind | outcome |
//! |---|---|---|
//! | [`is_connect`](reqwest::Error::is_connect): DNS, TCP, TLS, proxy | `Connect`, or `Timeout(Connect)` | not accepted |
//! | [`is_builder`](reqwest::Error::is_builder): the request cannot be sent | `Request` | not accepted |
//! | [`is_timeout`](reqwest::Error::is_timeout): a limit of the client | `Timeout(Attempt)` | unknown |
//! | any other: reset, closed, HTTP/2 refusals | `Closed` | unknown |
//!
//! Time limits belong to the stack; those of reqwest are better left unset. Plain `http` is refused unless the host is this
//! machine, or [`allow_plaintext`](ReqwestTransport::allow_plaintext) is set.
#![cfg(not(target_arch = "wasm32"))]

mod fail;
mod transport;

pub use transport::ReqwestTransport;
