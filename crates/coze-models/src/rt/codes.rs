//! What is known about an error code.

/// Whether waiting helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CodeRetry {
    /// The same request fails again.
    No,
    /// The same request may pass after a while.
    Later,
    /// One or two spaced attempts are reasonable.
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
        retry: CodeRetry,
        meaning: &'static str,
        advice: &'static str,
    ) -> Self {
        Self {
            code,
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
