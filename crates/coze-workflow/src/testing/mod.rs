//! Tests of code that uses the client, without a network. Behind the feature `testing`.
//!
//! A [`Script`] is a server in the same process that sends the responses it was given, one after the other, and
//! keeps the requests. The functions of this module write the responses as the service does.
//!
//! ```
//! use coze_workflow::{Client, Error, testing::{self, Script}};
//!
//! async fn headline(coze: &Client, topic: &str) -> Result<String, Error> {
//!     let run = coze.workflow("7366").parameter("topic", topic).run().await?;
//!     Ok(run.raw().to_uppercase())
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
//! let script = Script::new([testing::output("all about cinema"), testing::failure(4200, "not found")]);
//! assert_eq!(headline(&script.client(), "cinema").await?, "ALL ABOUT CINEMA");
//! assert_eq!(headline(&script.client(), "theatre").await.unwrap_err().code(), Some(4200));
//! assert_eq!(script.requests()[0].parameters()["topic"], "cinema");
//! # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | function | responds to | with |
//! |---|---|---|
//! | [`output`] | `run`, `resume` | what the end node returned |
//! | [`failure`] | anything | a code and its message |
//! | [`question`] | `run`, `resume` | a question |
//! | [`started`] | `start` | the id of a run in the background |
//! | [`running`], [`succeeded`], [`failed`] | each poll of a wait | the state of the run |
//! | [`events`] | `stream`, `chat` | a stream of [`Event`]s |
//! | [`chat`] | `chat` | the stream of one reply of the assistant |
//!
//! Any other JSON is a response as well: `json!({ "code": 0 }).into()`.
//!
//! They return a [`Reply`](coze_transport::testing::Reply), which can also be late ([`after`]), carry a header, or
//! break off ([`broken`]); its own constructors make failures below HTTP. Real exchanges are recorded and replayed by
//! [`Recorder`](coze_transport::testing::Recorder) and [`Cassette`](coze_transport::testing::Cassette).
//!
//! All waits are on tokio's clock: with `#[tokio::test(start_paused = true)]` a wait of a day takes no time.
//!
//! [`after`]: coze_transport::testing::Reply::after
//! [`broken`]: coze_transport::testing::Reply::broken

mod event;
mod responses;
mod script;

pub use event::{Event, chat, events};
pub use responses::{failed, failure, output, question, running, started, succeeded};
pub use script::{Script, SentRequest};
