//! Scripted results, chosen by input or by the number of the call.

use serde::Deserialize;

use super::{
    at::{At, Place},
    filled::Filled,
};

/// One result of a node that plays something outside; the first whose `when` is true counts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// An expression without braces; always true when absent.
    pub(crate) when: Option<At<String>>,
    pub(crate) returns: Option<Filled>,
    /// Lets the node fail.
    pub(crate) fail: Option<At<Refusal>>,
}

impl Case {
    /// Where it is, as far as its keys tell.
    pub(super) fn place(&self) -> Option<Place> {
        let when = self.when.as_ref().and_then(|when| when.place);
        let fail = self.fail.as_ref().and_then(|fail| fail.place);
        when.or(fail)
            .or(self.returns.as_ref().and_then(Filled::place))
    }
}

/// How a node fails.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refusal {
    #[serde(default = "internal_error")]
    pub(crate) code: i64,
    pub(crate) message: At<String>,
}

/// The code of a failure that has none.
pub(super) fn internal_error() -> i64 {
    coze_models::codes::INTERNAL_ERROR
}
