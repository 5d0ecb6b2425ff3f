//! What is known better than by HTTP.

use super::Classification;
use crate::Outcome;

impl Classification {
    /// The same with another outcome: what the body of a response proves, where the status decides whether another attempt
    /// may fare better.
    ///
    /// ```
    /// use coze_transport::{Classification, Outcome};
    ///
    /// let by_http = Classification::Done(Outcome::Unknown);
    /// let known = by_http.with_outcome(Outcome::NotAccepted);
    /// assert_eq!(known, Classification::Done(Outcome::NotAccepted));
    /// ```
    #[must_use]
    pub fn with_outcome(mut self, known: Outcome) -> Self {
        match &mut self {
            Self::Done(outcome) | Self::Retry { outcome, .. } => *outcome = known,
            Self::Unauthorized => {}
        }
        self
    }
}
