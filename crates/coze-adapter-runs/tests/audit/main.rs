//! The examples on the pages, decoded by the models, written again and compared.

#[path = "../../../coze-models/tests/audit/check.rs"]
#[allow(dead_code, reason = "this set has fewer kinds of examples")]
mod check;
#[rustfmt::skip]
mod examples;
