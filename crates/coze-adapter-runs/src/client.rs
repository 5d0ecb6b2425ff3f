//! The client and its calls.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use coze_engine::{EngineError, ErrorKind, Outcome, http::json_object};
use coze_models::{Operation, OperationMeta};
use coze_transport::{HttpStack, poll::PollPolicy, time::Instant};

use crate::{
    CallbackReceiver, GetRun, RunId, RunRecord, RunStatus, StartRun, StartedRun, decode,
    exchange::{Exchange, Limits},
    failure, wait,
};

/// A run in the foreground, whatever becomes of it; as for any workflow.
const RUN: Duration = Duration::from_secs(11 * 60);
/// The head of the response to a run in the foreground: gateways give up after 90 s or so.
const RUN_HEAD: Duration = Duration::from_secs(100);
/// A call that does not wait for a run.
const CALL: Duration = Duration::from_secs(60);
const CALL_HEAD: Duration = Duration::from_secs(15);

/// A client for one server of the dialect. A clone is a reference count.
///
/// It implements [`coze_engine::Engine`]; what stands here takes and gives the dialect's own types.
#[derive(Clone)]
pub struct Runs(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) stack: HttpStack,
    pub(crate) base_url: String,
    pub(crate) receiver: Option<CallbackReceiver>,
    pub(crate) polling: PollPolicy,
    pub(crate) deadline: Option<Duration>,
}

/// A record, and the response that brought it.
pub(crate) struct Found {
    pub(crate) record: RunRecord,
    pub(crate) body: Bytes,
    pub(crate) log_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
}

impl Found {
    pub(crate) fn new(record: RunRecord, response: &Exchange) -> Self {
        Self {
            record,
            body: response.body.clone(),
            log_id: response.context.log_id().map(str::to_owned),
            retry_after: response.context.retry_after(),
        }
    }

    /// Itself if the run succeeded, and the error of a run that failed.
    pub(crate) fn succeeded(
        self,
        meta: &'static OperationMeta,
        workflow: &str,
    ) -> Result<Self, EngineError> {
        if self.record.status != Some(RunStatus::Failed) {
            return Ok(self);
        }
        let error = failure::failed(meta, workflow, self.record);
        Err(match self.log_id {
            Some(id) => error.with_log_id(id),
            None => error,
        })
    }
}

impl Runs {
    /// Runs a workflow and waits for its end. If the server responds before the run has ended, the run is polled for.
    ///
    /// # Errors
    ///
    /// [`EngineError`]; a run that failed is one of the kind [`Api`](ErrorKind::Api) with the run's code. Where
    /// [`may_have_run`](EngineError::may_have_run) is true, the run may have been started.
    pub async fn run(&self, request: StartRun) -> Result<RunRecord, EngineError> {
        self.run_within(request, None)
            .await
            .map(|found| found.record)
    }

    /// Starts a workflow in the background. With a [receiver](crate::RunsBuilder::receiver) the server is told where to post the end of
    /// the run, unless the request names another address.
    ///
    /// # Errors
    ///
    /// [`EngineError`]; where [`may_have_run`](EngineError::may_have_run) is true, the run may have been started.
    pub async fn start(&self, request: StartRun) -> Result<RunId, EngineError> {
        self.start_within(request, None).await
    }

    /// Waits for the end of a run that was started, `deadline` at most; [`RunsBuilder::polling`](crate::RunsBuilder::polling) has the default.
    ///
    /// The server is polled after 1 s and then less and less often, up to every 30 s, each time spread by a fifth. With a
    /// [receiver](crate::RunsBuilder::receiver) the POST of the server ends the wait, and polls are its reserve, the first after 10 s.
    /// Failures that pass by themselves do not end it, unless there are ten in a row or they last five minutes, and a
    /// run that was started just now may take 10 s to be visible. Dropping the future leaves the run alone.
    ///
    /// # Errors
    ///
    /// [`EngineError`]: of the kind [`Api`](ErrorKind::Api) if the run failed, [`Timeout`](ErrorKind::Timeout) if it goes on,
    /// [`WrongRun`](ErrorKind::WrongRun) if the server told of another one.
    pub async fn wait(
        &self,
        run: &RunId,
        deadline: Option<Duration>,
    ) -> Result<RunRecord, EngineError> {
        let found = wait::wait(self, run.as_str(), deadline).await?;
        found.succeeded(GetRun::META, "").map(|found| found.record)
    }

    /// Reads the record of a run. That of a run that failed is an `Ok` as well.
    ///
    /// # Errors
    ///
    /// [`EngineError`]; [`is_not_found`](EngineError::is_not_found) where the server does not know the run.
    pub async fn get(&self, run: &RunId) -> Result<RunRecord, EngineError> {
        self.fetch(run.as_str(), None)
            .await
            .map(|found| found.record)
    }

    /// The records that a query finds, with its filters `status`, `workflow_id`, `limit` (10) and `offset` (0). The page of the
    /// dialect shows one record; a server that responds with a list of them is read as well.
    ///
    /// # Errors
    ///
    /// [`EngineError`]; [`is_not_found`](EngineError::is_not_found) where no record fits.
    pub async fn history(&self, query: GetRun) -> Result<Vec<RunRecord>, EngineError> {
        let response =
            Exchange::new(&self.0.stack, &query, None, self.limits(CALL, CALL_HEAD)).await?;
        response.decode(decode::objects)
    }

    /// Where the server is.
    pub fn base_url(&self) -> &str {
        &self.0.base_url
    }

    /// The receiver that the client was built with.
    pub fn receiver(&self) -> Option<&CallbackReceiver> {
        self.0.receiver.as_ref()
    }

    fn limits(&self, deadline: Duration, head: Duration) -> Limits {
        let deadline = self.0.deadline.unwrap_or(deadline);
        Limits { deadline, head }
    }

    pub(crate) async fn run_within(
        &self,
        mut request: StartRun,
        deadline: Option<Duration>,
    ) -> Result<Found, EngineError> {
        request.r#async = None;
        let begin = Instant::now();
        let mut limits = self.limits(RUN, RUN_HEAD);
        limits.deadline = deadline.unwrap_or(limits.deadline);
        let workflow = request.workflow_id.as_str();
        let response = Exchange::new(&self.0.stack, &request, Some(workflow), limits).await?;
        let started = response.decode(decode::started)?;
        let record = RunRecord::of(started, request.workflow_id.clone());
        let run = record.run_id.as_ref();
        if record.is_over() {
            return Found::new(record, &response).succeeded(StartRun::META, workflow);
        }
        let Some(run) = run.filter(|run| !run.is_empty()) else {
            let message = "the response names no run and no result";
            return Err(response.invalid(message.to_owned()));
        };
        let left = limits.deadline.saturating_sub(begin.elapsed());
        let found = wait::wait(self, run.as_str(), Some(left)).await;
        found
            .and_then(|found| found.succeeded(StartRun::META, workflow))
            .map_err(|error| {
                // Whatever became of the wait, the run was started.
                let mut context = response.context;
                context.about(coze_engine::RunId::new(workflow, run.as_str()));
                let error = error.starting_run(Outcome::Accepted);
                match context.run() {
                    Some(run) => error.with_run(run.clone()),
                    None => error,
                }
            })
    }

    pub(crate) async fn start_within(
        &self,
        mut request: StartRun,
        deadline: Option<Duration>,
    ) -> Result<RunId, EngineError> {
        request.r#async = Some(true);
        if let (Some(receiver), None) = (&self.0.receiver, &request.callback_url) {
            request.callback_url = Some(receiver.url().to_owned());
        }
        let mut limits = self.limits(CALL, CALL_HEAD);
        limits.deadline = deadline.unwrap_or(limits.deadline);
        let workflow = request.workflow_id.as_str();
        let response = Exchange::new(&self.0.stack, &request, Some(workflow), limits).await?;
        let started: StartedRun = response.decode(json_object)?;
        match started.run_id.filter(|run| !run.is_empty()) {
            Some(run) => Ok(run),
            None => Err(response.invalid("the response names no run".to_owned())),
        }
    }

    /// Asks for a run once, `within` at most.
    pub(crate) async fn fetch(
        &self,
        run: &str,
        within: Option<Duration>,
    ) -> Result<Found, EngineError> {
        let mut limits = self.limits(CALL, CALL_HEAD);
        if let Some(within) = within {
            limits.deadline = limits.deadline.min(within);
        }
        let response = Exchange::new(&self.0.stack, &GetRun::new(run), None, limits).await?;
        let record = response.decode(decode::record)?;
        match &record.run_id {
            Some(id) if id.as_str() != run => {
                let message = format!("the response is about the run `{id}`, not about `{run}`");
                let context = &response.context;
                Err(context.error(ErrorKind::WrongRun, message, Outcome::Accepted))
            }
            None if record.status.is_none() => {
                let message = "the response names no run and no status";
                Err(response.invalid(message.to_owned()))
            }
            _ => Ok(Found::new(record, &response)),
        }
    }
}

impl fmt::Debug for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runs")
            .field("base_url", &self.0.base_url)
            .field("receiver", &self.0.receiver)
            .field("polling", &self.0.polling)
            .field("deadline", &self.0.deadline)
            .finish_non_exhaustive()
    }
}
