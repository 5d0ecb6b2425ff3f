//! The importer: reads captures, compares them, writes drafts and locks.

mod draft;
mod open;
mod report;
mod run;

pub use draft::{Known, draft};
pub use run::{Options, Outcome, run};
