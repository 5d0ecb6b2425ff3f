//! A run that was started.

use std::time::Duration;

use coze_models::{
    ExecuteId, ExecuteStatus, GetNodeOutput, GetRunHistory, JsonText, NodeExecuteId,
    Operation as _, RunHistory, RunWorkflowReply, WorkflowId,
};
use coze_transport::{Outcome, scrub, scrub_id};
use coze_wire::OutputOrigin;

use crate::{
    Call, Client, Error, Reply, RunOutput,
    error::{ErrorKind, Facts},
};

/// A run that was started in the background.
///
/// It can be written down as its workflow id and execute id, and taken up again, in another process
/// if need be, with [`Client::attach`].
#[derive(Clone, Debug)]
pub struct Run {
    client: Client,
    workflow_id: WorkflowId,
    execute_id: ExecuteId,
    debug_url: Option<String>,
    log_id: Option<String>,
}

impl Run {
    pub(crate) fn new(client: Client, workflow_id: WorkflowId, execute_id: ExecuteId) -> Self {
        Self {
            client,
            workflow_id,
            execute_id,
            debug_url: None,
            log_id: None,
        }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// The workflow that runs.
    pub fn workflow_id(&self) -> &WorkflowId {
        &self.workflow_id
    }

    /// The run.
    pub fn execute_id(&self) -> &ExecuteId {
        &self.execute_id
    }

    /// The server's id of the exchange that started the run; none after [`Client::attach`].
    pub fn log_id(&self) -> Option<&str> {
        self.log_id.as_deref()
    }

    /// The page that shows the run's nodes; none after [`Client::attach`].
    pub fn debug_url(&self) -> Option<&str> {
        self.debug_url.as_deref()
    }

    /// Asks once how the run stands; `None` while the service does not show it yet.
    ///
    /// # Errors
    ///
    /// [`Error`] when the call fails, [`ErrorKind::WrongRun`] when the response is about another run; a run that
    /// failed is an `Ok` with that status.
    pub async fn status(&self) -> Result<Option<Reply<RunHistory>>, Error> {
        self.status_within(None).await
    }

    pub(crate) async fn status_within(
        &self,
        limit: Option<Duration>,
    ) -> Result<Option<Reply<RunHistory>>, Error> {
        let request = GetRunHistory::new(self.workflow_id.clone(), self.execute_id.clone());
        let mut call = self.client.call(request);
        if let Some(limit) = limit {
            call = call.deadline_at_most(limit);
        }
        let reply = call.await?;
        // The response is a list of one row.
        let own = reply.iter().position(|row| self.is_own(row));
        match (own, reply.first().and_then(|row| row.execute_id.as_ref())) {
            (None, Some(other)) => {
                let other = scrub(other);
                let message = format!(
                    "the response is about another run, {other}: nothing is known of this one"
                );
                let facts = Facts {
                    status: Some(reply.status()),
                    attempts: reply.attempts().clone(),
                    log_id: reply.log_id().map(str::to_owned),
                    ..self.facts()
                };
                Err(Error::new(ErrorKind::WrongRun, message).with_facts(Facts {
                    operation: GetRunHistory::META.id,
                    ..facts
                }))
            }
            _ => Ok(reply.and_then(|rows| rows.into_iter().nth(own?))),
        }
    }

    /// Whether a row is this run's. One that names no run is.
    fn is_own(&self, row: &RunHistory) -> bool {
        let id = row.execute_id.as_ref().filter(|id| !id.is_empty());
        id.is_none_or(|id| *id == self.execute_id)
    }

    /// What one execution of an output node printed; `.await` asks.
    ///
    /// `node_execute_uuid` stands in `node_execute_status` of the run's history. While the node runs
    /// (`is_finish` is false) the text may be a part. The service keeps it for 24 hours; the end node's
    /// output is not among them.
    /// Source: <https://www.coze.cn/open/docs/developer_guides/get_node_execute_history_response>
    pub fn node_output(&self, node_execute_uuid: impl Into<NodeExecuteId>) -> Call<GetNodeOutput> {
        let (workflow, run) = (self.workflow_id.clone(), self.execute_id.clone());
        self.client
            .call(GetNodeOutput::new(workflow, run, node_execute_uuid))
    }

    pub(crate) fn facts(&self) -> Facts {
        Facts {
            operation: "wait",
            starts_run: true,
            log_id: self.log_id.clone(),
            debug_url: self.debug_url.clone(),
            execute_id: Some(self.execute_id.to_string()),
            outcome: Some(Outcome::Accepted),
            ..Facts::default()
        }
    }

    /// What a row of the history means for a wait: an end, or `None` to go on.
    pub(crate) fn ended(&self, row: Reply<RunHistory>) -> Option<Result<RunOutput, Error>> {
        let mut facts = self.facts();
        facts.status = Some(row.status());
        facts.attempts = row.attempts().clone();
        facts.debug_url = row.debug_url.clone().or(facts.debug_url);
        // The id of the run itself helps more than that of the last question about it.
        let asked = row.log_id().map(str::to_owned);
        facts.log_id = row.logid.clone().or(facts.log_id).or(asked);
        let mut facts = facts.shown();
        let row = row.into_inner();
        if row.is_interrupted() {
            let error =
                Error::new(ErrorKind::Interrupted, "the run waits for an answer").with_facts(facts);
            return Some(Err(match row.interrupt_data {
                Some(interrupt) => error.with_interrupt(interrupt),
                None => error,
            }));
        }
        match row.execute_status? {
            ExecuteStatus::Success => Some(Ok(RunOutput {
                workflow_id: self.workflow_id.clone(),
                execute_id: Some(self.execute_id.clone()),
                raw: row.output.map(JsonText::into_string).unwrap_or_default(),
                origin: self.client.dialect().history_origin(),
                usage: row.usage,
                facts,
                fetched: None,
            })),
            ExecuteStatus::Fail => {
                facts.code = row.error_code;
                let message = match row.error_message.as_deref() {
                    None | Some("") => "the run failed".to_owned(),
                    Some(text) => format!("the run failed: {}", scrub(text)),
                };
                Some(Err(Error::new(ErrorKind::Api, message).with_facts(facts)))
            }
            ExecuteStatus::Cancel => {
                let message = "the run was cancelled";
                Some(Err(
                    Error::new(ErrorKind::Cancelled, message).with_facts(facts)
                ))
            }
            _ => None,
        }
    }
}

/// The operation that starts a run, as errors name it.
pub(crate) const OPERATION: &str = "run_workflow";

fn facts_of(operation: &'static str, reply: &Reply<RunWorkflowReply>) -> Facts {
    let shown = Facts {
        operation,
        starts_run: true,
        status: Some(reply.status()),
        debug_url: reply.debug_url.clone(),
        execute_id: reply.execute_id.as_ref().map(ToString::to_string),
        attempts: reply.attempts().clone(),
        outcome: Some(Outcome::Accepted),
        ..Facts::default()
    }
    .shown();
    Facts {
        // A reply has looked through its own.
        log_id: reply.log_id().map(str::to_owned),
        ..shown
    }
}

/// The answer to a run that was to end within the call.
pub(crate) fn finished(
    operation: &'static str,
    workflow_id: WorkflowId,
    reply: Reply<RunWorkflowReply>,
) -> Result<RunOutput, Error> {
    let facts = facts_of(operation, &reply);
    let reply = reply.into_inner();
    if let Some(interrupt) = reply.interrupt_data {
        let message = "the run waits for an answer";
        return Err(Error::new(ErrorKind::Interrupted, message)
            .with_facts(facts)
            .with_interrupt(interrupt));
    }
    let Some(data) = reply.data else {
        let message = "the answer holds no output";
        return Err(Error::new(ErrorKind::Decode, message).with_facts(facts));
    };
    Ok(RunOutput {
        workflow_id,
        execute_id: facts.execute_id.as_deref().map(ExecuteId::from),
        raw: data.into_string(),
        origin: OutputOrigin::Run,
        usage: reply.usage,
        facts,
        fetched: None,
    })
}

/// The answer to a run that was to go on in the background.
pub(crate) fn started(
    operation: &'static str,
    client: Client,
    workflow_id: WorkflowId,
    reply: Reply<RunWorkflowReply>,
) -> Result<Run, Error> {
    let facts = facts_of(operation, &reply);
    let execute_id = reply.into_inner().execute_id;
    let Some(execute_id) = execute_id.map(|id| scrub_id(id.to_string()).into()) else {
        let message = "the answer names no execute id";
        return Err(Error::new(ErrorKind::Decode, message).with_facts(facts));
    };
    Ok(Run {
        debug_url: facts.debug_url,
        log_id: facts.log_id,
        ..Run::new(client, workflow_id, execute_id)
    })
}
