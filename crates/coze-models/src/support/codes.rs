//! What is known about an error code.

/// What kind of failure a code tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CodeClass {
    /// Too many requests.
    Throttled,
    /// The token is missing, malformed, expired or of another region.
    Credential,
    /// The token may not do this.
    Permission,
    /// A balance, a plan or an allowance does not cover it.
    Quota,
    /// The request is wrong.
    Input,
    /// What the request names does not exist.
    NotFound,
    /// The workflow or agent is not published.
    NotPublished,
    /// What the request names is in use.
    Busy,
    /// The service failed.
    Service,
    /// The model failed.
    Model,
}

/// What a code proves about the request, where the response shows no sign of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CodeOutcome {
    /// It started nothing.
    NotAccepted,
    /// It was acted on.
    Accepted,
    /// Neither.
    Unknown,
}

/// Whether waiting helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CodeRetry {
    /// The same request fails again.
    No,
    /// The same request may pass after a while.
    Later,
    /// One more attempt is reasonable.
    Once,
}

/// One row of a table of error codes.
///
/// The retry word speaks of the failure alone. Whether a request may be sent again is a property of
/// its operation: [`crate::OperationMeta::replay`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CodeInfo {
    /// The code.
    pub code: i64,
    /// What kind of failure it is.
    pub class: CodeClass,
    /// What it proves about the request.
    pub outcome: CodeOutcome,
    /// Whether waiting helps.
    pub retry: CodeRetry,
    /// What it means.
    pub meaning: &'static str,
    /// What to do.
    pub advice: &'static str,
}

impl CodeInfo {
    #[doc(hidden)]
    pub const fn new(
        code: i64,
        class: CodeClass,
        outcome: CodeOutcome,
        retry: CodeRetry,
        meaning: &'static str,
        advice: &'static str,
    ) -> Self {
        Self {
            code,
            class,
            outcome,
            retry,
            meaning,
            advice,
        }
    }

    /// Finds a code in a table that is sorted by code.
    pub fn find(table: &'static [Self], code: i64) -> Option<&'static Self> {
        let at = table.binary_search_by_key(&code, |row| row.code).ok()?;
        table.get(at)
    }
}
