//! A tower HTTP stack for API clients.
//!
//! Requests enter an [`HttpStack`], pass the layers that a [`StackBuilder`] put in order, and leave
//! through a leaf: connections over hyper, a closure, or a server in the same process.
//!
//! ```
//! use coze_transport::{
//!     BearerToken, HttpStack, LogId, Request, Response, ResponseBody, StackBuilder, TransportError,
//! };
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let leaf = HttpStack::from_fn(|request: Request| async move {
//!     assert_eq!(request.uri(), "https://api.example/v1/ping");
//!     assert!(request.headers()["authorization"].is_sensitive());
//!     let mut response = Response::new(ResponseBody::full("pong".into()));
//!     response.headers_mut().insert("x-tt-logid", "2024".parse()?);
//!     Ok::<_, http::Error>(response)
//! });
//! let stack = StackBuilder::over(leaf)
//!     .base_uri("https://api.example".parse()?)
//!     .credentials(BearerToken::new("pat_123")?)
//!     .log_id_headers([http::HeaderName::from_static("x-tt-logid")])
//!     .build();
//! let response = stack.send(http::Request::get("/v1/ping").body(Default::default())?).await?;
//! assert_eq!(response.body().buffered().unwrap(), "pong");
//! assert_eq!(response.extensions().get::<LogId>().unwrap().as_str(), "2024");
//! # Ok(())
//! # }
//! ```
//!
//! | feature | adds | default |
//! |---|---|---|
//! | `hyper` | the leaf: HTTP/1.1 over hyper and rustls | on |
//! | `http2` | HTTP/2 in the leaf, to servers that offer it | off |
//! | `ring`, `aws-lc-rs` | the cryptography of https; with both, ring is taken unless the leaf's builder says otherwise | `ring` |
//! | `platform-verifier`, `webpki-roots` | the authorities that are trusted: the system's, or Mozilla's; with both, the system's unless the builder says otherwise | `platform-verifier` |
//! | `fetch` | the leaf of `wasm32-unknown-unknown`: `fetch` of the JavaScript host | off |
//! | `testing` | transports for tests, and the probe of a layer's readiness | off |

mod auth;
mod base64;
mod body;
mod builder;
mod client;
mod error;
#[cfg(all(feature = "fetch", target_arch = "wasm32", target_os = "unknown"))]
pub mod fetch;
#[cfg(feature = "hyper")]
pub mod hyper;
mod known;
mod log_id;
mod options;
pub mod poll;
#[cfg(doctest)]
mod refused;
mod request;
mod retry;
mod scrub;
mod secret;
mod server_text;
mod service;
mod slot;
mod span;
mod stack;
#[cfg(feature = "testing")]
pub mod testing;
pub mod time;
mod timeout;

pub use auth::{
    AuthFuture, AuthLayer, AuthService, Authorization, Authorize, BearerToken, Credentials,
    Generation, InvalidToken,
};
pub use body::{
    BodyLimits, BufferResponseFuture, BufferResponseLayer, BufferResponseService, RequestBody,
    ResponseBody,
};
pub use builder::StackBuilder;
pub use client::{ClientSettings, ClientStack};
pub use error::{
    Attempt, Attempts, BoxError, ErrorKind, Outcome, Stage, TimeoutKind, TransportError,
    presentable,
};
pub use log_id::{LogId, LogIdFuture, LogIdLayer, LogIdService};
pub use options::{CallOptions, OperationId, ReplaySafety, ResponseMode};
pub use request::{
    BaseUri, InvalidBaseUri, RequestDefaultsLayer, RequestFuture, RequestService, ReservedHeader,
    check_header,
};
pub use retry::{
    Classification, Classify, HttpClassifier, RateLimit, RetryBudget, RetryFuture, RetryLayer,
    RetryPolicy, RetryService, retry_after,
};
pub use scrub::{MAX_EXCERPT, is_obeyed, redact, scrub, scrub_id};
pub use secret::Secret;
pub use server_text::ServerText;
pub use service::StackService;
pub use slot::{HeldBody, HoldThroughBody, HoldThroughBodyFuture, HoldThroughBodyService};
pub use span::{SpanFuture, SpanLayer, SpanService};
pub use stack::{HttpStack, StackFuture};
pub use timeout::{DeadlineFuture, DeadlineLayer, DeadlineService, Timeouts};

/// What travels down the stack.
pub type Request = http::Request<RequestBody>;

/// What comes back up.
pub type Response = http::Response<ResponseBody>;

/// The pages of the guide, whose examples are run by `cargo test --doc`. They lie outside of the package
/// and are looked for when documentation is tested, never when the crate is built.
#[cfg(all(doctest, feature = "testing"))]
mod guide {
    #[doc = include_str!("../../../docs/guide/stack.md")]
    mod stack {}
    #[doc = include_str!("../../../docs/guide/stack-layers.md")]
    mod layers {}
    #[doc = include_str!("../../../docs/guide/stack-transport.md")]
    mod transport {}
    #[doc = include_str!("../../../docs/guide/stack-testing.md")]
    mod testing {}
}
