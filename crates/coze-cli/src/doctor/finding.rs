//! What the checks find.

use std::borrow::Cow;

/// What one check found.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) name: Cow<'static, str>,
    pub(crate) verdict: Verdict,
    pub(crate) detail: String,
    /// What to do about it.
    pub(crate) advice: Option<String>,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Good,
    /// It works, and may surprise.
    Warning,
    /// It cannot be told.
    Unknown,
    /// It will fail, with this exit code.
    Bad(u8),
}

impl Verdict {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Warning => "warning",
            Self::Unknown => "unknown",
            Self::Bad(_) => "failed",
        }
    }

    pub(crate) const fn is_failure(self) -> bool {
        matches!(self, Self::Bad(_))
    }
}

impl Finding {
    pub(crate) fn new(
        name: impl Into<Cow<'static, str>>,
        verdict: Verdict,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            verdict,
            detail: detail.into(),
            advice: None,
        }
    }

    pub(crate) fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }
}
