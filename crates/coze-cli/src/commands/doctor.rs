//! `coze doctor`

use coze_workflow::Dialect;

use crate::{
    args::{Doctor, Format},
    connect, contract,
    doctor::{Finding, Verdict, network, permissions, setup},
    failure::{Cause, Failure},
    observe::Observer,
    output::{self, WriteError},
    session::Session,
};

pub(crate) async fn execute(session: &Session, args: &Doctor) -> Result<(), Failure> {
    let mut findings = setup::check(session)?;
    if !findings.iter().any(|finding| finding.verdict.is_failure()) {
        let observer = Observer::telling(session.verbose > 1);
        match connect::open_with(session, Some(&observer)).await {
            Ok(connection) => {
                let client = &connection.client;
                // A self-hosted server has little that can be read.
                let (failed, allowed) = if connection.dialect == Dialect::Studio {
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
        Format::Json => output::json(&contract::findings(&findings))?,
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

fn tell(findings: &[Finding]) -> Result<(), WriteError> {
    for finding in findings {
        let (sign, style) = match finding.verdict {
            Verdict::Good => ("ok  ", console::Style::new().green()),
            Verdict::Warning => ("warn", console::Style::new().yellow()),
            Verdict::Unknown => ("?   ", console::Style::new().dim()),
            Verdict::Bad(_) => ("FAIL", console::Style::new().red().bold()),
        };
        let sign = style.apply_to(sign);
        let text = format!("{}: {}", finding.name, finding.detail);
        output::row(format!("{sign}  "), &text)?;
        if let Some(advice) = &finding.advice {
            output::row("      → ", advice)?;
        }
    }
    Ok(())
}
