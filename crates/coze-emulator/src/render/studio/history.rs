//! The record of a run, with numbers as ids.

use serde_json::{Value, json};

use super::parts::{code_of, debug_url, in_this_form, token_count};
use crate::{
    request::Context,
    runs::{Run, Status},
};

pub(super) fn row(context: &Context, run: &Run) -> Value {
    let status = match run.status() {
        // This status is not among those that the interface can name.
        Status::Interrupted => "<UNSET>",
        status => status.as_str(),
    };
    let number = |text: &str| text.parse::<i64>().ok();
    let tokens = token_count(run);
    run.with_record(|record| {
        let output = record
            .result
            .as_ref()
            .and_then(|result| result.as_ref().ok());
        let error = record
            .result
            .as_ref()
            .and_then(|result| result.as_ref().err());
        json!({
            "execute_id": number(&run.execute_id),
            "execute_status": status,
            "bot_id": number(&run.origin.bot_id).filter(|id| *id != 0),
            "connector_id": number(&run.origin.connector_id),
            "connector_uid": run.origin.connector_uid,
            "run_mode": run.mode as u8,
            "log_id": run.origin.log_id,
            "create_time": run.created,
            "update_time": record.result.as_ref().map(|_| record.updated),
            "debug_url": debug_url(context, run),
            "input": Value::Object(run.inputs.clone()).to_string(),
            "output": output.map(|output| in_this_form(output)),
            "token": tokens,
            "cost": "0.00000",
            "cost_unit": null,
            "ext": null,
            "error_code": error.map(|failure| code_of(failure, record.timed_out).to_string()),
            "error_msg": error.map(|failure| failure.message.clone()),
        })
    })
}
