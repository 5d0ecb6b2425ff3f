//! The Coze (扣子) workflow client.
//!
//! ```
//! # use coze_workflow::{Client, HttpStack, json_reply};
//! # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
//! # let stack = HttpStack::from_fn(|_| async { json_reply(r#"{"code":0,"data":"{\"degrees\":21}"}"#) });
//! # let from_env = || Client::new(stack);
//! #[derive(serde::Deserialize)]
//! struct Weather { degrees: i64 }
//!
//! let coze = from_env(); // Client::from_env()? reads COZE_API_TOKEN and COZE_API_BASE
//! let run = coze.workflow("7366000000000000001").parameter("city", "Lyon").run().await?;
//! let weather: Weather = run.output()?;
//! assert_eq!(weather.degrees, 21);
//! # Ok::<(), Box<dyn std::error::Error>>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | to | call |
//! |---|---|
//! | run and wait for the output, up to 90 s | [`Workflow::run`] |
//! | run in the background, up to 24 h | [`Workflow::start`], then [`Run::wait`] |
//! | answer what a run asks | [`Workflow::answer_with`], [`Wait::answer_with`], or [`Client::resume`] by hand |
//! | run one workflow with many inputs | [`Workflow::map`] |
//! | watch a run, and answer its questions | [`Workflow::stream`] |
//! | chat with a chatflow | [`Workflow::chat`] |
//! | list workflows, versions, workspaces | [`Client::workflows`], [`Workflow::versions`], [`Client::workspaces`] |
//! | upload a file and pass it to a workflow | [`Client::upload`], [`Workflow::file_parameter`] |
//! | call any operation of the API | [`Client::call`] |
//! | sign in, for an app or for users | [`ClientBuilder::jwt`], [`ClientBuilder::device`], [`ClientBuilder::consent`] |
//! | insert middleware, around a call or around each attempt | [`ClientBuilder::call_layer`], [`ClientBuilder::attempt_layer`] |
//! | do without async, in a script | `blocking::Block`, with the feature `blocking` |
//! | use Coze, Coze Studio and other engines by one interface | [`Engine`], which [`Client`] implements |
//! | replace the network | [`Client::new`] with any [`HttpStack`] |
//!
//! A run is never started twice: a request that may have reached the server is not repeated, and
//! [`Error::may_have_run`] tells when that is so.
//!
//! | feature | adds | default |
//! |---|---|---|
//! | `hyper` | `Client::from_env` and builders without a transport: connections over hyper and rustls | on |
//! | `ring`, `aws-lc-rs` | the cryptography of https; with both, ring is taken | `ring` |
//! | `platform-verifier`, `webpki-roots` | the authorities that are trusted: the system's, or Mozilla's; with both, the system's | `platform-verifier` |
//! | `http2` | HTTP/2 over https, to servers that offer it | off |
//! | `fetch` | on `wasm32-unknown-unknown`: `transport::fetch::FetchTransport`, connections over `fetch` of the JavaScript host | off |
//! | `blocking` | calls in code without async | off |
//! | `testing` | the module `testing`: a scripted server for tests of code that uses the client | off |
//!
//! Without any of them, the client works over every transport that it is given.

#[cfg(feature = "blocking")]
pub mod blocking;
mod builder;
mod call;
mod catalog;
mod client;
mod detect;
mod dialect;
pub mod engine;
mod error;
mod files;
mod hooks;
mod inputs;
mod interrupt;
mod json;
mod map;
mod parameters;
mod question;
mod region;
mod run;
mod settings;
mod sign_in;
mod stream;
mod tenants;
#[cfg(feature = "testing")]
pub mod testing;
mod with_answers;
mod workflow;

pub use builder::ClientBuilder;
pub use call::{Call, CozeClassifier, Reply, json_reply};
pub use catalog::{Items, List, NextPage, Paged, Pages, PagesRead};
pub use client::Client;
pub use coze_auth as auth;
pub use coze_engine::{Capabilities, Engine, EngineError};
pub use coze_models as models;
pub use coze_transport as transport;
pub use coze_transport::{
    Attempts, BoxError, HttpStack, LogId, Outcome, Request, Response, RetryPolicy, is_obeyed,
    redact, scrub,
};
pub use coze_wire::{
    LOG_ID_HEADERS, OutputError,
    stream::{Signal, StreamEnd, StreamGap, StreamSemantics},
};
pub use dialect::Dialect;
pub use error::{Error, ErrorKind};
pub use files::{FileInput, FileSource, Upload, UploadProgress};
pub use hooks::Accepted;
pub use map::Map;
pub use parameters::Parameters;
pub use question::{Answer, AnswerError, FormField, Question, QuestionKind};
pub use region::{Region, UnknownRegion};
pub use run::{
    DetachedRun, NodeProgress, Progress, Resumed, Run, RunOutput, Truncated, TruncatedNode, Wait,
};
#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
pub use sign_in::Consent;
pub use stream::{
    ChatCall, ChatEvents, ChatStream, EventStream, NodeText, NodeTexts, Resumable, RunEvents,
    RunStream, RunStreamCall, StreamCall, StreamKind,
};
pub use with_answers::WithAnswers;
pub use workflow::Workflow;

/// What the client calls itself in the `User-Agent` header.
pub(crate) const USER_AGENT: &str = concat!("coze-workflow/", env!("CARGO_PKG_VERSION"));

/// The examples of the README are compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// The pages of the guide. They lie outside of the package, so only the tests see them.
#[cfg(doctest)]
mod guide {
    #[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
    #[doc = include_str!("../../../docs/guide/credentials.md")]
    mod credentials {}
    #[cfg(feature = "hyper")]
    #[doc = include_str!("../../../docs/guide/engines.md")]
    mod engines {}
    #[doc = include_str!("../../../docs/guide/interrupts.md")]
    mod interrupts {}
    #[doc = include_str!("../../../docs/guide/streams.md")]
    mod streams {}
    #[doc = include_str!("../../../docs/guide/operations.md")]
    mod operations {}
    #[cfg(feature = "testing")]
    #[doc = include_str!("../../../docs/guide/testing.md")]
    mod testing {}
    #[cfg(feature = "blocking")]
    #[doc = include_str!("../../../docs/guide/blocking.md")]
    mod blocking {}
}
