//! A client for servers of the run and history dialect.
//!
//! ```
//! use coze_adapter_runs::{Runs, StartRun};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let server = coze_emulator::Emulator::builder().dialect(coze_emulator::Dialect::Runs).start().await?;
//! # let url = server.base_url();
//! let runs = Runs::builder().base_url(url).token("token").build()?;
//! let run = runs.run(StartRun::new("greeting").inputs([("name", "Ada")])).await?;
//! println!("{:?}", run.outputs);
//! # assert!(run.outputs.values().any(|text| text.to_string().contains("Ada")));
//! # Ok(())
//! # }
//! ```
//!
//! This dialect is spoken by mock servers and gateways that follow a widely copied description of the run API. It shares the
//! path of [running a workflow](coze_models::RunWorkflow) and nothing else: inputs are `inputs`, a run has a `run_id`,
//! failures carry an HTTP status and a code in words. The models are generated from the pages in `docs/api/runs`.
//!
//! | to | call |
//! |---|---|
//! | run and wait | [`Runs::run`] |
//! | start, and wait later or elsewhere | [`Runs::start`], [`Runs::wait`] |
//! | be told of the end instead of asking | [`CallbackReceiver`], [`RunsBuilder::receiver`] |
//! | know how a run stands | [`Runs::get`], [`Runs::history`] |
//! | write for any engine | [`coze_engine::Engine`], which [`Runs`] implements |
//!
//! # What the dialect does not have
//!
//! Streams, questions and their answers, cancelling, uploads, versions, and descriptions of a workflow's inputs. As an
//! [`Engine`](coze_engine::Engine) it fails with `Unsupported`, before anything is sent.
//!
//! # What may be sent twice
//!
//! Reads are. A request that starts a run is sent again only where it certainly was not accepted: the connection failed, HTTP 429, 503
//! with `Retry-After`, 401 (once, with a new token), and 400 or 404 whose body is a failure as the dialect has it, with a code in
//! words. A `run_id`, a status or an output in the body goes before all that: the run was started. Anything else, such as
//! a bare 404 of some gateway or a failure with HTTP 500, leaves open whether a run was started, and
//! [`may_have_run`](EngineError::may_have_run) says so.
//!
//! # How it maps to the common types
//!
//! | here | [`coze_engine`] |
//! |---|---|
//! | `pending`, `running` | `Pending`, `Running` |
//! | `completed`, `failed` | `Succeeded`, `Failed` |
//! | any other status | `Unknown`, with its word |
//! | `output` of a started run, `outputs` of the history | `output` |
//! | `error.code`, `error.message` | `failure` |
//! | `created_at`, and `updated_at` once the run is over | `created`, `finished`, `elapsed` |
//! | HTTP 400, 403, 404, 429 with a code | `is_invalid_input`, `is_permission`, `is_not_found`, `is_rate_limited` |
//!
//! Times without an offset are not read: the record keeps their text.
//!
//! # Features
//!
//! `hyper`, `ring` and `platform-verifier` are on by default and mean what they do in `coze-transport`. `client` alone is the
//! client over a transport of your own, and without any feature there are the models, for which `alloc` is enough.
#![cfg_attr(not(feature = "client"), no_std)]

#[rustfmt::skip]
mod generated;

#[cfg(feature = "client")]
mod builder;
#[cfg(feature = "client")]
mod client;
#[cfg(feature = "client")]
mod decode;
#[cfg(feature = "client")]
mod engine;
#[cfg(feature = "client")]
mod exchange;
#[cfg(feature = "client")]
mod failure;
#[cfg(feature = "client")]
mod judge;
#[cfg(feature = "client")]
mod receiver;
#[cfg(feature = "client")]
mod record;
#[cfg(feature = "client")]
mod wait;

pub use generated::*;

#[cfg(feature = "client")]
pub use coze_engine::EngineError;

#[cfg(feature = "client")]
pub use self::{
    builder::RunsBuilder, client::Runs, judge::RunsClassifier, receiver::CallbackReceiver,
};

/// Compiles and runs the examples of the README and of the guide.
#[cfg(all(doctest, feature = "hyper"))]
mod examples {
    #[doc = include_str!("../README.md")]
    mod readme {}
    #[doc = include_str!("../../../docs/guide/runs.md")]
    mod guide {}
}
