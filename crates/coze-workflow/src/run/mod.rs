//! A run that was started.

mod detached;
mod output;
mod resume;
mod truncated;
mod wait;

use std::time::Duration;

use coze_models::{
    ExecuteId, ExecuteStatus, GetNodeOutput, GetRunHistory, JsonText, NodeExecuteId,
    Operation as _, RunHistory, RunWorkflowReply, WorkflowId,
};
use coze_transport::{LogId, Outcome, ServerText, scrub};
use coze_wire::OutputOrigin;

use crate::{Call, Client, Dialect, Error, ErrorKind, Reply, error::ErrorContext, hooks::Hooks};

pub use detached::DetachedRun;
pub use output::RunOutput;
pub use resume::Resumed;
pub(crate) use resume::resume;
pub use truncated::{Truncated, TruncatedNode};
pub use wait::{NodeProgress, Progress, Wait};

/// The longest that one poll may take: a client may have a deadline for its runs that is no measure for a poll.
const POLL: Duration = Duration::from_secs(60);

/// A run that was started in the background.
///
/// It can be written down as its workflow id and execute id, and taken up again, in another process
/// if need be, with [`Client::attach`].
#[derive(Clone, Debug)]
pub struct Run {
    client: Client,
    workflow_id: WorkflowId,
    execute_id: ExecuteId,
    /// What was known when it started.
    context: Box<ErrorContext>,
    /// The kind of server it is on, where that is not the client's.
    elsewhere: Option<Dialect>,
}

impl Client {
    /// A run that was started earlier, here or in another process: by its workflow id and execute id, or by what
    /// [`Run::detach`] gave, which can be kept as text.
    ///
    /// Nothing is sent. The client has to be one of the same server and workspace; polls of a run on another kind of
    /// server are refused with [`ErrorKind::Build`].
    ///
    /// ```
    /// # use coze_workflow::{Client, HttpStack, json_reply};
    /// # let coze = Client::new(HttpStack::from_fn(|_| async { json_reply("{}") }));
    /// use coze_workflow::DetachedRun;
    ///
    /// let run = coze.attach(("7366", "7413"));
    /// let same = coze.attach("coze-run:1:cloud:7366:7413".parse::<DetachedRun>()?);
    /// assert_eq!(run.execute_id(), same.execute_id());
    /// # Ok::<(), coze_workflow::Error>(())
    /// ```
    pub fn attach(&self, run: impl Into<DetachedRun>) -> Run {
        let run = run.into();
        let mut attached = Run::new(
            self.clone(),
            run.workflow_id,
            run.execute_id,
            ErrorContext::default(),
        );
        attached.elsewhere = run.dialect.filter(|dialect| *dialect != self.dialect());
        attached
    }
}

impl Run {
    fn new(
        client: Client,
        workflow_id: WorkflowId,
        execute_id: ExecuteId,
        context: ErrorContext,
    ) -> Self {
        let context = ErrorContext {
            operation: "wait",
            scope: GetRunHistory::META.scope,
            region: client.region(),
            starts_run: true,
            execute_id: Some(ServerText::new(execute_id.clone())),
            log_id: context.log_id,
            debug_url: context.debug_url,
            ..ErrorContext::default()
        };
        Self {
            context: Box::new(context.accepted()),
            client,
            workflow_id,
            execute_id,
            elsewhere: None,
        }
    }

    /// Refuses a run that is on another kind of server than the client calls.
    fn check_dialect(&self) -> Result<(), Error> {
        match self.elsewhere {
            None => Ok(()),
            Some(dialect) => Err(Error::build(format!(
                "the run is on a server of the kind `{dialect}` and the client is for `{}`: build the client with the \
                 other dialect",
                self.client.dialect(),
            ))),
        }
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
        self.context.log_id.as_ref().map(LogId::as_str)
    }

    /// The page that shows the run's nodes; none after [`Client::attach`].
    pub fn debug_url(&self) -> Option<&str> {
        self.context.debug_url()
    }

    /// Polls the run once: its row of the history, or none while the service does not show it yet.
    ///
    /// # Errors
    ///
    /// [`Error`] when the call fails, [`ErrorKind::WrongRun`] when the response is about another run; a run that
    /// failed is an `Ok` with that status.
    pub async fn status(&self) -> Result<Reply<Option<RunHistory>>, Error> {
        self.poll(None).await
    }

    async fn poll(&self, limit: Option<Duration>) -> Result<Reply<Option<RunHistory>>, Error> {
        self.check_dialect()?;
        let request = GetRunHistory::new(self.workflow_id.clone(), self.execute_id.clone());
        let mut call = self.client.call(request);
        call.settings.deadline_cap = limit.into_iter().chain([POLL]).min();
        let reply = call.await?;
        // The response is a list of one row.
        let rows = reply.get_ref();
        let own = rows.iter().position(|row| self.is_own(row));
        match (own, rows.first().and_then(|row| row.execute_id.as_ref())) {
            (None, Some(other)) => {
                let other = scrub(other);
                let message = format!(
                    "the response is about another run, {other}: nothing is known of this one"
                );
                let mut context = reply.context().clone().accepted();
                context.starts_run = true;
                context.debug_url.clone_from(&self.context.debug_url);
                context.execute_id.clone_from(&self.context.execute_id);
                Err(Error::new(ErrorKind::WrongRun, message).with_context(context))
            }
            _ => Ok(reply.map(|rows| rows.into_iter().nth(own?))),
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

    /// What a row of the history means for a wait: an end, or `None` to go on.
    fn ended(&self, row: Reply<RunHistory>) -> Option<Result<RunOutput, Error>> {
        let (row, asked) = row.into_parts();
        let asked = *asked;
        let mut context = self.context.clone();
        context.status = asked.status;
        context.attempts = asked.attempts;
        context.saw_run(row.debug_url.as_deref(), None::<ExecuteId>);
        // The id of the run itself helps more than that of the last poll.
        context.log_id = match &row.logid {
            Some(id) => Some(LogId::new(id.as_str())),
            None => context.log_id.or(asked.log_id),
        };
        if row.is_interrupted() {
            let error = interrupted(*context);
            return Some(Err(match row.interrupt_data {
                Some(interrupt) => error.with_interrupt(interrupt),
                None => error,
            }));
        }
        match row.execute_status? {
            ExecuteStatus::Success => Some(Ok(RunOutput {
                workflow_id: self.workflow_id.clone(),
                raw: row.output.map(JsonText::into_string).unwrap_or_default(),
                origin: self.client.dialect().history_origin(),
                usage: row.usage,
                context,
                fetched: None,
            })),
            ExecuteStatus::Fail => {
                context.code = row.error_code;
                let message = match row.error_message.as_deref() {
                    None | Some("") => "the run failed".to_owned(),
                    Some(text) => format!("the run failed: {}", scrub(text)),
                };
                Some(Err(
                    Error::new(ErrorKind::Api, message).with_context(*context)
                ))
            }
            ExecuteStatus::Cancel => {
                let message = "the run was cancelled";
                Some(Err(
                    Error::new(ErrorKind::Cancelled, message).with_context(*context)
                ))
            }
            _ => None,
        }
    }
}

/// The error of a run that stopped for a question.
pub(crate) fn interrupted(context: ErrorContext) -> Error {
    Error::new(ErrorKind::Interrupted, "the run waits for an answer").with_context(context)
}

/// The reply to a run that was to end within the call.
pub(crate) fn finished(
    workflow_id: WorkflowId,
    reply: Reply<RunWorkflowReply>,
    hooks: Option<&Hooks>,
) -> Result<RunOutput, Error> {
    let (reply, context) = accepted(reply, hooks);
    if let Some(interrupt) = reply.interrupt_data {
        return Err(interrupted(*context).with_interrupt(interrupt));
    }
    let Some(data) = reply.data else {
        let message = "the response holds no output";
        return Err(Error::new(ErrorKind::Decode, message).with_context(*context));
    };
    Ok(RunOutput {
        workflow_id,
        raw: data.into_string(),
        origin: OutputOrigin::Run,
        usage: reply.usage,
        context,
        fetched: None,
    })
}

/// The reply to a run that was to go on in the background.
pub(crate) fn started(
    client: Client,
    workflow_id: WorkflowId,
    reply: Reply<RunWorkflowReply>,
    hooks: Option<&Hooks>,
) -> Result<Run, Error> {
    let (_, context) = accepted(reply, hooks);
    let Some(execute_id) = context.execute_id().cloned() else {
        let message = "the response names no execute id";
        return Err(Error::new(ErrorKind::Decode, message).with_context(*context));
    };
    Ok(Run::new(client, workflow_id, execute_id, *context))
}

/// What a reply that is a success says of its run.
fn accepted(
    reply: Reply<RunWorkflowReply>,
    hooks: Option<&Hooks>,
) -> (RunWorkflowReply, Box<ErrorContext>) {
    let (mut reply, mut context) = reply.into_parts();
    context.saw_run(reply.debug_url.take(), reply.execute_id.take());
    if let Some(hooks) = hooks {
        hooks.accepted(&context);
    }
    context.outcome = Some(Outcome::Accepted);
    (reply, context)
}
