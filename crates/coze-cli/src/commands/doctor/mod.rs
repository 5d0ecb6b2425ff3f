//! `coze doctor`

mod network;
mod permissions;
mod setup;

use std::borrow::Cow;

use crate::{
    args::{Dialect, Doctor, Format},
    connect, contract,
    failure::{Cause, Failure},
    observe::Observer,
    print,
    session::Session,
};

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
    fn new(
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

    fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }
}

pub(crate) async fn execute(session: &Session, args: &Doctor) -> Result<(), Failure> {
    let mut findings = setup::check(session)?;
    if !findings.iter().any(|finding| finding.verdict.is_failure()) {
        let observer = Observer::telling(session.verbose > 1);
        match connect::open_with(session, Some(&observer)).await {
            Ok(connection) => {
                let client = &connection.client;
                // A self-hosted server has little that can be read.
                let (failed, allowed) = if session.dialect == Dialect::Studio {
                    permissions::of_studio(session, client, args).await
                } else {
                    permissions::of_cloud(session, client, args).await
                };
                findings.extend(network::check(session, &observer, failed.as_ref()));
                if !observer.exchanges().is_empty() {
                    findings.extend(allowed);
                }
            }
            Err(failure) => {
                let bad = Verdict::Bad(2);
                findings.push(Finding::new("client", bad, failure.message()));
            }
        }
    }
    match session.output {
        Format::Json => print::json(&contract::findings(&findings))?,
        Format::Text => tell(&findings)?,
    }
    let bad = findings.iter().filter_map(|finding| match finding.verdict {
        Verdict::Bad(code) => Some(code),
        _ => None,
    });
    match bad.clone().next() {
        None => Ok(()),
        Some(code) => {
            let count = bad.count();
            Err(Cause::Unwell { count, code }.into())
        }
    }
}

fn tell(findings: &[Finding]) -> Result<(), Failure> {
    for finding in findings {
        let (sign, style) = match finding.verdict {
            Verdict::Good => ("ok  ", console::Style::new().green()),
            Verdict::Warning => ("warn", console::Style::new().yellow()),
            Verdict::Unknown => ("?   ", console::Style::new().dim()),
            Verdict::Bad(_) => ("FAIL", console::Style::new().red().bold()),
        };
        let sign = style.apply_to(sign);
        let text = format!("{}: {}", finding.name, finding.detail);
        print::row(format!("{sign}  "), &text)?;
        if let Some(advice) = &finding.advice {
            print::row("      → ", advice)?;
        }
    }
    Ok(())
}
