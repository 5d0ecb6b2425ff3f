//! Typed requests and replies of the run and history dialect.
//!
//! ```
//! use coze_adapter_runs::{StartRun, StartedRun, RunStatus};
//!
//! let request = StartRun::new("7366").inputs([("city", "Lyon")]).r#async(true);
//! assert_eq!(
//!     serde_json::to_string(&request)?,
//!     r#"{"workflow_id":"7366","inputs":{"city":"Lyon"},"async":true}"#
//! );
//! let run: StartedRun = serde_json::from_str(r#"{"run_id": "run_1", "status": "pending"}"#)?;
//! assert_eq!(run.status, Some(RunStatus::Pending));
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! This dialect is spoken by mock servers and gateways that follow a widely copied description of the
//! run API. It shares the path of [running a workflow](coze_models::RunWorkflow) and nothing else: inputs are
//! `inputs`, a run has a `run_id`, failures carry an HTTP status. The types are generated from the pages in
//! `docs/api/runs`, on the runtime of [`coze_models`].
#![no_std]

#[rustfmt::skip]
mod generated;

pub use generated::*;
