//! Documentation tables to Rust models.
//!
//! The pages below `docs/api` describe the API in tables. This crate reads them ([`page`]), joins them
//! ([`api`]), refuses what contradicts itself ([`check`]) with messages that point at the place
//! ([`diagnostic`]), and writes Rust ([`emit`]). [`set`] names the folders. The command is
//! `cargo xtask codegen`.
//!
//! ```
//! use docgen::{diagnostic::Diagnostics, set, source::Sources};
//!
//! let page = "# Ids\n\nKinds of ids.\n\n## Ids\n\n\
//!             | Kind | Description |\n| --- | --- |\n| `workflow` | A workflow. |\n";
//! let mut sources = Sources::new();
//! let mut faults = Diagnostics::new();
//! let api = set::load("docs/api", &[("ids".into(), page.into())], &mut sources, &mut faults);
//! assert!(faults.is_empty());
//! let files = docgen::emit::emit(&api, &sources, "crate::support");
//! assert!(files["ids.rs"].contains("pub struct WorkflowId(String);"));
//! ```

#![allow(
    clippy::result_large_err,
    reason = "an error is a fault of a page, made once and printed"
)]

pub mod api;
pub mod audit;
pub mod capture;
pub mod check;
pub mod compare;
pub mod diagnostic;
pub mod emit;
pub mod import;
pub mod naming;
pub mod page;
pub mod rules;
pub mod set;
pub mod source;
