//! The object of `coze doctor`.

use serde_json::{Value, json};

use crate::doctor::Finding;

/// All findings; `ok` if none is a failure.
pub(crate) fn findings(findings: &[Finding]) -> Value {
    let list: Vec<_> = findings
        .iter()
        .map(|finding| {
            json!({
                "name": finding.name,
                "status": finding.verdict.name(),
                "detail": finding.detail,
                "advice": finding.advice,
            })
        })
        .collect();
    let ok = findings.iter().all(|finding| !finding.verdict.is_failure());
    json!({ "ok": ok, "checks": list })
}
