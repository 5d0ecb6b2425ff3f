//! The checks of `coze doctor`.

mod finding;
pub(crate) mod network;
pub(crate) mod permissions;
pub(crate) mod setup;

pub(crate) use self::finding::{Finding, Verdict};
