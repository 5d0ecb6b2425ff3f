//! Parts of several responses.

use coze_models::codes::{
    EXECUTION_FAILED, EXECUTION_INTERRUPTED, EXECUTION_TIMED_OUT, INTERNAL_ERROR, INVALID_REQUEST,
    REQUIRED_INPUT_MISSING, STUDIO_INTERRUPTED, STUDIO_NOT_PUBLISHED, STUDIO_TIMED_OUT,
    WORKFLOW_NOT_PUBLISHED,
};
use serde_json::Value;

use crate::{
    ids::SPACE_ID,
    request::Context,
    runs::{Failure, Run},
};

/// The page of a run, with the query in the order of its keys.
pub(super) fn debug_url(context: &Context, run: &Run) -> String {
    format!(
        "{}/work_flow?execute_id={}&execute_mode=2&space_id={SPACE_ID}&workflow_id={}",
        context.base_url,
        run.execute_id,
        run.workflow.id()
    )
}

/// The code of a failed run: what a `fail` node says, or the one for every other cause.
pub(super) fn code_of(failure: &Failure, timed_out: bool) -> i64 {
    match failure.code {
        _ if timed_out => STUDIO_TIMED_OUT,
        INTERNAL_ERROR => EXECUTION_FAILED,
        code => code,
    }
}

/// Code and message of a run that has failed.
pub(super) fn failure_of(run: &Run) -> Option<(i64, String)> {
    run.with_record(|record| match &record.result {
        Some(Err(failure)) => Some((code_of(failure, record.timed_out), failure.message.clone())),
        _ => None,
    })
}

/// A code as `run` and the history tell it.
pub(super) fn public(code: i64) -> i64 {
    match code {
        STUDIO_NOT_PUBLISHED => WORKFLOW_NOT_PUBLISHED,
        REQUIRED_INPUT_MISSING => INVALID_REQUEST,
        STUDIO_INTERRUPTED => EXECUTION_INTERRUPTED,
        STUDIO_TIMED_OUT => EXECUTION_TIMED_OUT,
        code => code,
    }
}

pub(super) fn token_count(run: &Run) -> u64 {
    run.usage().sum()
}

/// The output as this server writes it: a text end has no `original_result`.
pub(super) fn in_this_form(output: &str) -> String {
    match serde_json::from_str::<Value>(output) {
        Ok(Value::Object(mut members)) if members.contains_key("type_for_model") => {
            members.shift_remove("original_result");
            Value::Object(members).to_string()
        }
        _ => output.to_owned(),
    }
}
