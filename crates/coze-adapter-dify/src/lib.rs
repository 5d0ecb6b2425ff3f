//! Dify's workflow API behind the [`Engine`](coze_engine::Engine) interface.
//!
//! ```
//! use coze_adapter_dify::Dify;
//! use coze_engine::{Engine, RunRequest};
//!
//! # use coze_transport::{HttpStack, testing::{Reply, Scripted}};
//! # let script = Scripted::from_fn(|request| match request.uri().path() {
//! #     "/v1/parameters" => Reply::json(200, "{}"),
//! #     _ => Reply::stream([(std::time::Duration::ZERO, concat!("event: ping\n\n",
//! #         r#"data: {"event":"workflow_started","workflow_run_id":"r","task_id":"t","data":{}}"#, "\n\n",
//! #         r#"data: {"event":"workflow_finished","workflow_run_id":"r","data":{"status":"succeeded","outputs":{"greeting":"Hello, Ada!"}}}"#, "\n\n"))]),
//! # });
//! # let connections = HttpStack::new(script);
//! // Without `transport`, connections over hyper; the base URL is that of the cloud service unless it is set.
//! let dify = Dify::builder().token("app-123").transport(connections).build()?;
//! # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
//! let run = dify.run(RunRequest::new("-").parameter("name", "Ada")).await?;
//! assert_eq!(run.output["greeting"], "Hello, Ada!");
//! # Ok::<(), coze_engine::EngineError>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The API key decides which app is used; a run names its workflow `-`, or by the id of a published version. A run is
//! followed to its end: it is streamed, and where the stream breaks off or falls silent, the server is asked what
//! became of the run. Nothing is started twice; a run whose response was lost is found in the logs of the app by a key
//! in its user, see [`DifyBuilder::run_keys`].
//!
//! Single calls are made with [`Dify::call`] and [`Dify::events`]. Requests and replies are generated from the pages in
//! `docs/api/dify`, on the runtime of [`coze_models`]; their paths are relative to the API's base, which includes `/v1`.
//!
//! ```
//! use coze_adapter_dify::{DifyRun, DifyRunStatus};
//!
//! let run: DifyRun = serde_json::from_str(r#"{"status": "partial-succeeded", "outputs": null}"#)?;
//! assert_eq!(run.status, Some(DifyRunStatus::PartialSucceeded));
//! assert!(run.outputs.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod builder;
mod classify;
mod client;
mod engine;
mod error;
mod events;
mod exchange;
mod follow;
mod form;
mod inputs;
mod launch;
mod look;
mod refusal;
mod snapshot;
mod stopped;
mod upload;

#[rustfmt::skip]
mod generated;

pub use builder::DifyBuilder;
pub use classify::DifyClassifier;
pub use client::Dify;
pub use events::DifyEvents;
pub use generated::*;

/// The examples of the front page and of the guide are run by `cargo test --doc`.
#[cfg(all(doctest, feature = "hyper"))]
mod pages {
    #[doc = include_str!("../README.md")]
    mod readme {}
    #[doc = include_str!("../../../docs/guide/dify.md")]
    mod guide {}
}
