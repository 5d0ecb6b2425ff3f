//! One interface to workflow engines: a program that is written against [`Engine`] runs workflows on any of them.
//!
//! ```
//! use coze_engine::{Engine, EngineError, RunRequest};
//!
//! /// Runs on whatever engine it is given.
//! async fn greet(engine: &dyn Engine) -> Result<String, EngineError> {
//!     let run = engine.run(RunRequest::new("greeting").parameter("name", "Ada")).await?;
//!     Ok(run.output["greeting"].as_str().unwrap_or_default().to_owned())
//! }
//! # use coze_engine::{BoxFuture, Capabilities, RunSnapshot, RunStatus};
//! # #[derive(Debug)]
//! # struct Local;
//! # impl Engine for Local {
//! #     fn name(&self) -> &'static str { "local" }
//! #     fn capabilities(&self) -> Capabilities { Capabilities::NONE }
//! #     fn run(&self, request: RunRequest) -> BoxFuture<'_, Result<RunSnapshot, EngineError>> {
//! #         let name = request.parameters["name"].as_str().unwrap_or_default().to_owned();
//! #         Box::pin(async move {
//! #             let mut run = RunSnapshot::new(RunStatus::Succeeded);
//! #             run.output = serde_json::json!({ "greeting": format!("Hello, {name}!") });
//! #             Ok(run)
//! #         })
//! #     }
//! # }
//! # let engine = Local;
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! assert_eq!(greet(&engine).await?, "Hello, Ada!");
//! # Ok::<(), EngineError>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! This crate sends nothing. Engines are `coze_workflow::Client` (Coze and Coze Studio), `coze_adapter_dify::Dify`,
//! `coze_adapter_runs::Runs`, and any type that implements [`Engine`]: `run` is enough, all else is
//! [`ErrorKind::Unsupported`] until it is written.
//!
//! | to | call |
//! |---|---|
//! | run and wait for the output | [`Engine::run`] |
//! | start, look, wait | [`Engine::start`], [`Engine::status`], [`Engine::wait`] |
//! | watch a run | [`Engine::stream`] |
//! | answer what a run asks | [`Engine::resume`] |
//! | stop a run | [`Engine::cancel`] |
//! | pass a file | [`Engine::upload`] |
//! | know what a workflow takes | [`Engine::inputs`], [`InputSchema::check`] |
//! | have inputs checked before they are sent | [`Checked`] |
//! | use what only one engine has | [`downcast_ref`](trait.Engine.html#method.downcast_ref) |
//!
//! The feature `http`, off by default, adds the module of that name: what engines over HTTP share, for whoever writes one.

mod capabilities;
mod engine;
mod error;
mod event;
#[cfg(feature = "http")]
pub mod http;
mod inputs;
mod question;
mod request;
mod run;
mod schema;

pub use capabilities::Capabilities;
pub use engine::{BoxFuture, Engine};
pub use error::{EngineError, ErrorClass, ErrorKind, Outcome};
pub use event::{Node, RunEvent, RunStream};
pub use inputs::{CheckInputs, Checked, SchemaCache};
pub use question::{Answer, Question};
pub use request::{FileRef, RunId, RunRequest, UploadFile};
pub use run::{Cancelled, RunFailure, RunSnapshot, RunStatus, Usage};
pub use schema::{InputField, InputKind, InputProblem, InputSchema};

/// The example of the README is compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
