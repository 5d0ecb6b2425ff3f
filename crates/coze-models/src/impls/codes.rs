//! Looking up error codes.

use crate::{CLOUD_CODES, CodeInfo, STUDIO_CODES};

impl CodeInfo {
    /// What is known about a code, of the cloud or of a self-hosted server.
    ///
    /// ```
    /// use coze_models::{CodeInfo, CodeRetry};
    /// let info = CodeInfo::lookup(4020).unwrap();
    /// assert_eq!(info.retry, CodeRetry::Later);
    /// assert_eq!(CodeInfo::lookup(1), None);
    /// ```
    pub fn lookup(code: i64) -> Option<&'static Self> {
        Self::find(CLOUD_CODES, code).or_else(|| Self::find(STUDIO_CODES, code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_and_share_no_code() {
        for table in [CLOUD_CODES, STUDIO_CODES] {
            assert!(table.windows(2).all(|w| w[0].code < w[1].code));
        }
        for row in STUDIO_CODES {
            assert_eq!(CodeInfo::find(CLOUD_CODES, row.code), None);
            assert_eq!(CodeInfo::lookup(row.code), Some(row));
        }
    }
}
