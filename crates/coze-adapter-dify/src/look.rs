//! Looking for a run, and at it.

use std::time::Duration;

use coze_engine::{EngineError, ErrorKind, Outcome, RunId, RunSnapshot, RunStatus};
use coze_models::Operation;
use coze_transport::{
    poll::{Failures, Pace, PollPolicy},
    time::Instant,
};

use crate::{
    Dify, DifyLoggedRun, GetDifyRun, ListDifyRuns,
    error::context,
    exchange::{self, Limits},
    launch::Launch,
    snapshot::Told,
};

impl Dify {
    /// How a run stands.
    ///
    /// A run that this client stopped and that is still `running` a while later is stopped: nothing is seen to change
    /// that status again.
    pub(crate) async fn look(
        &self,
        run: &RunId,
        limits: Limits,
    ) -> Result<RunSnapshot, EngineError> {
        let get = GetDifyRun::new(run.run.as_str());
        let reply = exchange::reply(&self.0, &get, limits).await?;
        if let Some(id) = &reply.value.id
            && id.as_str() != run.run
        {
            let message = format!(
                "the response is about the run `{id}`, not about `{}`",
                run.run
            );
            let outcome = Outcome::Accepted;
            return Err(reply.context.error(ErrorKind::WrongRun, message, outcome));
        }
        let raw = str::from_utf8(&reply.raw).unwrap_or_default();
        let stopped = &self.0.stopped;
        let told = Told::of_run(run.clone(), &reply.value, raw);
        let mut snapshot = told.snapshot(stopped.has(&run.run));
        if snapshot.status == RunStatus::Running && stopped.is_settled(&run.run) {
            snapshot.status = RunStatus::Stopped;
        }
        Ok(snapshot)
    }

    /// Looks for the run of a request whose response was lost, by the key in its user, `within` so long at most.
    ///
    /// A run is listed when it executes, so one that waits for a worker is not found.
    pub(crate) async fn find(&self, launch: &Launch, within: Duration) -> Option<RunId> {
        if !self.0.settings.run_keys {
            return None;
        }
        let left = launch.ends.saturating_duration_since(Instant::now());
        let mut policy = PollPolicy::default();
        policy.deadline = left.min(within);
        policy.first_poll = Duration::from_millis(500);
        policy.longest_poll = Duration::from_secs(5);
        let mut pace = Pace::new(&policy);
        let list = ListDifyRuns::new()
            .limit(1)
            .created_by_end_user_session_id(&launch.user);
        loop {
            let left = pace.left().unwrap_or_default();
            let limits = Limits {
                deadline: Some(left),
                attempts: Some(1),
            };
            match exchange::reply(&self.0, &list, limits).await {
                Ok(reply) => {
                    // A server that does not know the filter lists the run of somebody else.
                    let ours = |row: &DifyLoggedRun| {
                        let user = row.created_by_end_user.as_ref();
                        user.and_then(|user| user.session_id.as_deref()) == Some(&launch.user)
                    };
                    let row = reply.value.data.into_iter().find(ours);
                    let found = row.and_then(|row| row.workflow_run?.id);
                    if let Some(id) = found {
                        return Some(launch.id(id, None));
                    }
                }
                Err(error) if passes(&error) => {}
                Err(_) => return None,
            }
            if !pace.sleep(None).await {
                return None;
            }
        }
    }
}

/// How many polls may fail in a row of a run that may not be there: the server says so as it says that it has failed.
const UNSEEN: u32 = 4;

/// How a run is waited for.
pub(crate) struct Wait<'a> {
    pub(crate) dify: &'a Dify,
    pub(crate) run: &'a RunId,
    pub(crate) ends: Option<Instant>,
    /// The run was seen to be there.
    pub(crate) seen: bool,
    /// Until then a pause is the one that was just ended by an answer.
    pub(crate) answered_until: Option<Instant>,
}

impl Wait<'_> {
    /// The same as a part of a call that has started the run, or has let it go on.
    pub(crate) async fn after_start(self) -> Result<RunSnapshot, EngineError> {
        let polled = self.poll().await;
        polled.map_err(|error| error.starting_run(Outcome::Accepted))
    }

    /// Polls until the run is over or waits for a form.
    pub(crate) async fn poll(self) -> Result<RunSnapshot, EngineError> {
        let Self {
            dify,
            run,
            ends,
            mut seen,
            answered_until,
        } = self;
        let known = PollPolicy::default();
        let mut policy = known;
        if let Some(ends) = ends {
            policy.deadline = ends.saturating_duration_since(Instant::now());
        }
        if !seen {
            policy.failures = UNSEEN;
        }
        let mut pace = Pace::new(&policy);
        let mut failures = Failures::default();
        loop {
            let limits = Limits {
                deadline: Some(pace.left().unwrap_or(LOOK).min(LOOK)),
                attempts: Some(1),
            };
            let last = match dify.look(run, limits).await {
                Ok(snapshot) => {
                    failures.clear();
                    (seen, policy.failures) = (true, known.failures);
                    let caught_up = answered_until.is_none_or(|until| Instant::now() >= until);
                    match snapshot.status {
                        RunStatus::Interrupted if caught_up => return Ok(snapshot),
                        ref status if status.is_terminal() => return Ok(snapshot),
                        _ => None,
                    }
                }
                Err(error) if passes(&error) => {
                    if failures.one_more(&policy).is_some() {
                        return Err(about(error, run, seen));
                    }
                    Some(error)
                }
                Err(error) => return Err(about(error, run, seen)),
            };
            if !pace.sleep(None).await {
                let mut call = context(GetDifyRun::META);
                call.about(run.clone());
                let message = "the run had not ended at the deadline";
                let error = call.error(ErrorKind::Timeout, message, Outcome::Accepted);
                let error = error.starting_run(Outcome::Accepted);
                let error = error.with_hint("the run may go on: wait for it again by its id");
                return Err(match last {
                    Some(last) => error.with_source(last),
                    None => error,
                });
            }
        }
    }
}

/// A run that was not seen may not be there.
fn about(error: EngineError, run: &RunId, seen: bool) -> EngineError {
    if seen {
        error.with_run(run.clone())
    } else {
        error
    }
}

/// The deadline of a poll.
const LOOK: Duration = Duration::from_secs(30);

/// Whether a poll that failed may be followed by one that does not.
fn passes(error: &EngineError) -> bool {
    error.is_rate_limited()
        || matches!(error.kind(), ErrorKind::Transport | ErrorKind::Timeout)
        || error.status().is_some_and(|status| status >= 500)
}
