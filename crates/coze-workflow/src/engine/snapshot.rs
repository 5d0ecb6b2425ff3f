//! Runs as snapshots.

use coze_engine::{RunFailure, RunId, RunSnapshot, RunStatus, Usage};
use coze_models::{ExecuteStatus, JsonText, RunHistory, support::UnixSeconds};
use coze_transport::scrub;
use coze_wire::Output;
use serde_json::{Value, json};

use super::question;
use crate::{Dialect, Question, RunOutput};

/// A run that succeeded.
pub(super) fn of_output(output: &RunOutput) -> RunSnapshot {
    let mut run = RunSnapshot::new(RunStatus::Succeeded);
    let execute_id = output.execute_id();
    run.id = execute_id.map(|id| RunId::new(output.workflow_id().as_str(), id.as_str()));
    run.output = output.output_value();
    run.output_text = output.text();
    run.usage = output.usage().map(usage).unwrap_or_default();
    run.log_id = output.log_id().map(str::to_owned);
    run.debug_url = output.debug_url().map(str::to_owned);
    run.raw = json!({ "execute_id": execute_id, "usage": output.usage() });
    run
}

/// What the last row of the history adds to a run that was waited for.
pub(super) fn with_row(mut run: RunSnapshot, row: &RunHistory) -> RunSnapshot {
    let status = row.execute_status.as_ref();
    run.status_word = status.map(|word| word.as_str().to_owned());
    run.created = row.create_time.and_then(UnixSeconds::to_system_time);
    run.finished = row.update_time.and_then(UnixSeconds::to_system_time);
    run.elapsed = match (run.created, run.finished) {
        (Some(created), Some(finished)) => finished.duration_since(created).ok(),
        _ => None,
    };
    run.raw = json!(row);
    run
}

/// A row of the history.
pub(super) fn of_row(
    dialect: Dialect,
    id: &RunId,
    row: &RunHistory,
    log_id: Option<String>,
) -> RunSnapshot {
    let mut run = with_row(RunSnapshot::new(status(row)), row);
    if !run.status.is_terminal() {
        run.finished = None;
        run.elapsed = None;
    }
    run.id = Some(id.clone());
    run.usage = row.usage.as_ref().map(usage).unwrap_or_default();
    run.log_id = row.logid.clone().or(log_id);
    run.debug_url.clone_from(&row.debug_url);
    if run.status.is_success() {
        let raw = row.output.as_ref().map(JsonText::as_str);
        let output = Output::new(raw.unwrap_or_default(), dialect.history_origin());
        output.as_str().clone_into(&mut run.output_text);
        run.output = output
            .parse()
            .unwrap_or_else(|_| Value::String(output.as_str().to_owned()));
    }
    if row.error_code.is_some() || row.error_message.is_some() {
        run.failure = Some(RunFailure {
            code: row.error_code.map(|code| code.to_string()),
            message: scrub(row.error_message.as_deref().unwrap_or_default()),
        });
    }
    if run.status == RunStatus::Interrupted {
        let interrupt = row.interrupt_data.clone();
        run.question = interrupt.map(|asked| question::of(&Question::from(asked), false));
    }
    run
}

/// `docs/design/engines.md` has this as a table.
fn status(row: &RunHistory) -> RunStatus {
    match &row.execute_status {
        _ if row.is_interrupted() => RunStatus::Interrupted,
        Some(ExecuteStatus::Success) => RunStatus::Succeeded,
        Some(ExecuteStatus::Running) => RunStatus::Running,
        Some(ExecuteStatus::Fail) => RunStatus::Failed,
        Some(ExecuteStatus::Cancel) => RunStatus::Stopped,
        other => {
            let word = other.as_ref().map_or("", ExecuteStatus::as_str);
            RunStatus::Unknown(scrub(word))
        }
    }
}

pub(super) fn usage(usage: &coze_models::Usage) -> Usage {
    let count = |tokens: i64| u64::try_from(tokens).ok();
    Usage {
        tokens: count(usage.token_count),
        input_tokens: count(usage.input_count),
        output_tokens: count(usage.output_count),
        steps: None,
    }
}
