//! Inputs checked before they are sent.

mod cache;
mod checked;

pub use cache::SchemaCache;
pub use checked::Checked;

use crate::InputProblem;

/// Whether inputs are checked against what the workflow takes before a run is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CheckInputs {
    /// They are not.
    #[default]
    Off,
    /// They are, and what does not fit is traced as a warning; the run is sent.
    Warn,
    /// They are, and what does not fit is an error of the kind [`Build`](crate::ErrorKind::Build); nothing is sent.
    Enforce,
}

impl CheckInputs {
    /// What becomes of a run with these problems.
    ///
    /// # Errors
    ///
    /// The message, if the run is not to be sent.
    pub fn judge(self, workflow: &str, problems: &[InputProblem]) -> Result<(), String> {
        if problems.is_empty() || self == Self::Off {
            return Ok(());
        }
        let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
        let told = format!(
            "the inputs do not fit the workflow: {}",
            problems.join("; ")
        );
        if self == Self::Enforce {
            return Err(told);
        }
        tracing::warn!(workflow, "{told}");
        Ok(())
    }
}
