//! `GET /v1/workflow/get_run_history`: the record of a run, with numbers as ids.

use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};

use super::{
    super::{
        context::Context,
        query::{self, Pairs},
    },
    code_of, debug_url, published,
    refusal::{self, Refusal},
    run::in_this_form,
};
use crate::runs::{Run, Status};

pub(super) async fn history(context: Context, query: Pairs) -> Response {
    match found(&context, &query) {
        // `code` and `msg` are left out on success.
        Ok(row) => super::json_reply(StatusCode::OK, &json!({ "data": [row], "BaseResp": null })),
        Err(refusal) => refusal.public().reply(),
    }
}

fn found(context: &Context, query: &Pairs) -> Result<Value, Refusal> {
    let missing = |name: &str| {
        Refusal::new(
            refusal::REQUIRED_INPUT_MISSING,
            format!("{name} is required"),
        )
    };
    let id = query::text(query, "workflow_id").ok_or_else(|| missing("workflow_id"))?;
    let execute_id = query::text(query, "execute_id").ok_or_else(|| missing("execute_id"))?;
    let workflow = published(context, id)?;
    let run = context.run_of(workflow, execute_id);
    let run = run.ok_or_else(|| {
        // An unknown run has no space, and access to that is refused.
        Refusal::new(
            refusal::OPERATION_FAILED,
            "no permission to access the space of this run",
        )
    })?;
    Ok(row(context, &run))
}

fn row(context: &Context, run: &Run) -> Value {
    let status = match run.status() {
        // This status is not among those that the interface can name.
        Status::Interrupted => "<UNSET>",
        status => status.as_str(),
    };
    let number = |text: &str| text.parse::<i64>().ok();
    run.with_record(|record| {
        let output = record
            .result
            .as_ref()
            .and_then(|result| result.as_ref().ok());
        let error = record
            .result
            .as_ref()
            .and_then(|result| result.as_ref().err());
        let tokens = run.workflow.usage();
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
            "token": tokens.input + tokens.output,
            "cost": "0.00000",
            "cost_unit": null,
            "ext": null,
            "error_code": error.map(|failure| code_of(failure, record.timed_out).to_string()),
            "error_msg": error.map(|failure| failure.message.clone()),
        })
    })
}
