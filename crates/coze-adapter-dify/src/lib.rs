//! Typed requests and replies of Dify's workflow run API.
//!
//! ```
//! use coze_adapter_dify::{DifyRun, DifyRunStatus, GetDifyRun};
//! use coze_models::Operation;
//!
//! let request = GetDifyRun::new("0b7c1f2e-0000-4000-8000-000000000001");
//! let mut path = String::new();
//! request.write_path(&mut path)?;
//! assert_eq!(path, "/workflows/run/0b7c1f2e-0000-4000-8000-000000000001");
//!
//! let run: DifyRun = serde_json::from_str(r#"{"status": "partial-succeeded", "outputs": null}"#)?;
//! assert_eq!(run.status, Some(DifyRunStatus::PartialSucceeded));
//! assert!(run.outputs.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The types are generated from the pages in `docs/api/dify`, on the runtime of [`coze_models`], so the
//! same codec and transport serve them. Paths are relative to the API's base, which includes `/v1`.
#![no_std]

#[rustfmt::skip]
mod generated;

pub use generated::*;
