//! Transports for tests, and a probe for layers. Behind the feature `testing`.
//!
//! | what | for |
//! |---|---|
//! | [`Scripted`] | replies in order, and keeps the requests |
//! | [`Recorder`], [`Cassette`] | real exchanges, recorded once and replayed from a JSON file |
//! | [`NeverResponds`] | what happens when nothing happens |
//! | [`Chunking`] | bodies in pieces of any size |
//! | [`check_readiness`] | whether a layer keeps tower's readiness contract |
//!
//! # Time
//!
//! Everything in this crate waits on tokio's clock, so a test that pauses it
//! (`#[tokio::test(start_paused = true)]`, tokio's feature `test-util`) sees minutes of timeouts and backoff pass
//! in no time, and to the millisecond: [`RecordedRequest::at`] tells when a request came.
//!
//! ```
//! use std::time::Duration;
//! use coze_transport::{CallOptions, ReplaySafety, StackBuilder, testing::{Reply, Scripted}};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = Scripted::new([
//!     Reply::status(429).header("retry-after", "7"),
//!     Reply::json(200, r#"{"code":0}"#),
//! ]);
//! let stack = StackBuilder::over(server.clone()).build();
//! let mut options = CallOptions::default();
//! options.replay = Some(ReplaySafety::IfNotSent);
//! let response = stack.send(http::Request::get("/").extension(options).body(Default::default())?).await?;
//! assert_eq!(response.status(), 200);
//! assert_eq!(server.requests()[1].at(), Duration::from_secs(7));
//! # Ok(())
//! # }
//! ```

mod cassette;
mod chunking;
mod exchange;
mod never;
mod probe;
mod record;
mod reply;
mod scripted;
mod tee;

pub use cassette::{Cassette, CassetteError, CassetteFuture, ExchangeText};
pub use chunking::{Chunking, ChunkingBody, ChunkingFuture, ChunkingService};
pub use never::NeverResponds;
pub use probe::{ReadinessViolated, check_readiness};
pub use record::{Recorder, RecorderFuture, RecorderService};
pub use reply::Reply;
pub use scripted::{RecordedRequest, Scripted, ScriptedFuture};
