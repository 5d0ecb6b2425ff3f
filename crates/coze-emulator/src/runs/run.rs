//! One run: its life from start over questions to its end.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::sync::{Notify, mpsc, oneshot, watch};

use super::{
    event::{Event, Interrupt, Piece},
    record::{Failure, Finish, NodeRecord, OutputRecord, Record},
    status::{Mode, Status},
    store::Counts,
    weight::{self, Share},
};
use crate::definition::{Definition, Tokens};

/// Events that may wait for a slow reader before the run waits too.
const BUFFERED: usize = 256;

/// Why a run cannot be resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResumeError {
    /// It has ended.
    Over,
    /// It does not wait at this event, or not any more.
    NotWaiting,
    /// The event is of another type.
    WrongType(i64),
    /// It was resumed as often as allowed.
    TooOften,
}

/// Who started a run, and from where.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Origin {
    pub(crate) log_id: String,
    pub(crate) bot_id: String,
    pub(crate) connector_id: String,
    pub(crate) connector_uid: String,
    /// What URLs begin with that the run gives out.
    pub(crate) base_url: String,
    /// Messages of the conversation before this run: `{ role, content }`.
    pub(crate) chat_history: Value,
}

/// One execution of a workflow.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) execute_id: String,
    pub(crate) workflow: Definition,
    pub(crate) mode: Mode,
    pub(crate) origin: Origin,
    pub(crate) inputs: Map<String, Value>,
    /// Unix seconds.
    pub(crate) created: i64,
    /// Held while a node asks, so that parallel nodes ask one after the other.
    pub(crate) asking: tokio::sync::Mutex<()>,
    status: watch::Sender<Status>,
    cancel: Notify,
    /// Changes with each node that begins or ends.
    progress: watch::Sender<()>,
    pub(crate) counts: Counts,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    record: Record,
    listener: Option<mpsc::Sender<Event>>,
    answer: Option<oneshot::Sender<String>>,
    /// What the run holds of the memory, once it has ended.
    share: Option<Share>,
}

impl Run {
    pub(crate) fn new(
        execute_id: String,
        workflow: Definition,
        mode: Mode,
        origin: Origin,
        inputs: Map<String, Value>,
        created: i64,
        counts: Counts,
    ) -> Self {
        Self {
            execute_id,
            workflow,
            mode,
            origin,
            inputs,
            created,
            asking: tokio::sync::Mutex::default(),
            status: watch::Sender::new(Status::Running),
            cancel: Notify::new(),
            progress: watch::Sender::default(),
            counts,
            inner: Mutex::new(Inner {
                record: Record::new(created),
                listener: None,
                answer: None,
                share: None,
            }),
        }
    }

    /// A run that is over and was kept somewhere else.
    pub(super) fn restored(self, record: Record, status: Status) -> Self {
        {
            let mut inner = self.lock();
            inner.record = record;
            inner.share = Some(self.counts.total.share(self.weight(&inner.record)));
        }
        self.status.send_replace(status);
        self
    }

    /// Bytes of memory that it holds, with this record.
    fn weight(&self, record: &Record) -> usize {
        let inputs: usize = self.inputs.values().map(weight::of_value).sum();
        size_of::<Self>() + inputs + weight::of_record(record)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Records are plain data: a panic elsewhere cannot leave one half-written in a way that matters.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn status(&self) -> Status {
        *self.status.borrow()
    }

    /// A copy of the record as it is now.
    pub(crate) fn record(&self) -> Record {
        self.lock().record.clone()
    }

    /// Reads the record without copying it.
    pub(crate) fn with_record<T>(&self, read: impl FnOnce(&Record) -> T) -> T {
        read(&self.lock().record)
    }

    /// Whether it failed because its definition is wrong.
    pub(crate) fn is_mistaken(&self) -> bool {
        self.with_record(
            |record| matches!(&record.result, Some(Err(failure)) if failure.is_mistake),
        )
    }

    /// Waits until the run is over or waits for an answer.
    pub(crate) async fn stopped(&self) {
        let mut status = self.status.subscribe();
        // The sender lives in `self`, so this cannot fail while it waits.
        let _ = status.wait_for(|status| *status != Status::Running).await;
    }

    /// Waits until the run is over.
    pub(crate) async fn over(&self) {
        let mut status = self.status.subscribe();
        let _ = status.wait_for(|status| status.is_over()).await;
    }

    /// Waits until the run works.
    pub(crate) async fn resumed(&self) {
        let mut status = self.status.subscribe();
        let _ = status.wait_for(|status| *status == Status::Running).await;
    }

    /// Gets the events from now to the next stop. There is one listener at a time.
    pub(crate) fn listen(&self) -> mpsc::Receiver<Event> {
        let (sender, receiver) = mpsc::channel(BUFFERED);
        self.lock().listener = Some(sender);
        receiver
    }

    /// Whether somebody reads the pieces.
    pub(crate) fn is_streamed(&self) -> bool {
        self.mode == Mode::Stream
    }

    /// Tells a piece to the listener, and waits for a slow one. One that left is no reason to stop.
    pub(crate) async fn say(&self, piece: Piece) {
        self.tell_piece(&piece);
        let listener = {
            let mut inner = self.lock();
            if inner.listener.is_some() {
                inner.record.sent("Message", &piece.title, &piece.content);
            }
            inner.listener.clone()
        };
        if let Some(listener) = listener {
            let _ = listener.send(Event::Piece(piece)).await;
        }
    }

    /// Notes tokens that a model used.
    pub(crate) fn used(&self, tokens: Tokens) {
        let usage = &mut self.lock().record.usage;
        *usage = usage.plus(tokens);
    }

    /// All tokens so far: those of its models, and those that its definition adds.
    pub(crate) fn usage(&self) -> Tokens {
        let used = self.lock().record.usage;
        used.plus(self.workflow.usage())
    }

    /// Notes that a node begins; the place is for [`node_ended`](Self::node_ended).
    pub(crate) fn node_began(&self, node: NodeRecord) -> Option<usize> {
        let place = {
            let mut inner = self.lock();
            self.tell_node("node.started", &node, inner.record.nodes.len());
            inner.record.began(node)
        };
        self.progress.send_replace(());
        place
    }

    /// Whenever nodes begin or end.
    pub(crate) fn progress(&self) -> watch::Receiver<()> {
        self.progress.subscribe()
    }

    pub(crate) fn node_ended(&self, place: Option<usize>, finish: Finish) {
        if let Some(place) = place
            && let Some(node) = self.lock().record.nodes.get_mut(place)
        {
            node.finish = Some(finish);
            self.tell_node("node.ended", node, place);
        }
        self.progress.send_replace(());
    }

    /// Notes that an output node begins; the number is for [`output_grew`](Self::output_grew).
    pub(crate) fn output_began(&self, output: OutputRecord) -> usize {
        let outputs = &mut self.lock().record.outputs;
        outputs.push(output);
        outputs.len() - 1
    }

    pub(crate) fn output_grew(&self, output: usize, piece: &str, is_finish: bool, now: i64) {
        if let Some(output) = self.lock().record.outputs.get_mut(output) {
            output.text.push_str(piece);
            output.is_finish = is_finish;
            output.updated = now;
        }
    }

    /// Stops at a question; the answer comes through the receiver.
    pub(crate) async fn interrupt(
        &self,
        interrupt: Interrupt,
        now: i64,
    ) -> oneshot::Receiver<String> {
        let (answer, answered) = oneshot::channel();
        let listener = {
            let mut inner = self.lock();
            inner.record.interrupt = Some(interrupt.clone());
            inner.record.updated = now;
            inner.answer = Some(answer);
            if inner.listener.is_some() {
                let title = &interrupt.node_title;
                inner.record.sent("Interrupt", title, &interrupt.content);
            }
            inner.listener.take()
        };
        self.status.send_replace(Status::Interrupted);
        self.tell("run.interrupted", || json!(interrupt));
        if let Some(listener) = listener {
            let _ = listener.send(Event::Interrupted(interrupt)).await;
        }
        answered
    }

    /// Goes on with an answer. With `listen` the events up to the next stop come back.
    pub(crate) fn resume(
        &self,
        event_id: &str,
        kind: i64,
        answer: String,
        most: Option<u32>,
        listen: bool,
        now: i64,
    ) -> Result<Option<mpsc::Receiver<Event>>, ResumeError> {
        let mut inner = self.lock();
        if inner.record.result.is_some() {
            return Err(ResumeError::Over);
        }
        let waiting = match &inner.record.interrupt {
            Some(interrupt) if interrupt.event_id == event_id => interrupt.kind,
            _ => return Err(ResumeError::NotWaiting),
        };
        if waiting != kind {
            return Err(ResumeError::WrongType(waiting));
        }
        if most.is_some_and(|most| inner.record.resumes >= most) {
            return Err(ResumeError::TooOften);
        }
        // Taken under the lock: of two resumes with the same event one gets through.
        let waiting = inner.answer.take().ok_or(ResumeError::NotWaiting)?;
        inner.record.interrupt = None;
        inner.record.resumes += 1;
        inner.record.updated = now;
        let events = listen.then(|| {
            let (sender, receiver) = mpsc::channel(BUFFERED);
            inner.listener = Some(sender);
            receiver
        });
        self.status.send_replace(Status::Running);
        self.tell("run.resumed", || json!({ "answer": answer }));
        // The receiver is gone only when the run is being torn down.
        let _ = waiting.send(answer);
        Ok(events)
    }

    /// Lets go of a question that nobody will answer, so that the run ends.
    pub(crate) fn abandon(&self) {
        self.lock().answer = None;
    }

    /// Asks the run to end; false when it has.
    pub(crate) fn cancel(&self) -> bool {
        if self.status().is_over() {
            return false;
        }
        self.cancel.notify_one();
        true
    }

    /// Waits for [`cancel`](Self::cancel).
    pub(crate) async fn cancelled(&self) {
        self.cancel.notified().await;
    }

    /// Notes that the run is ended because it took too long.
    pub(crate) fn timed_out(&self) {
        self.lock().record.timed_out = true;
    }

    /// Ends the run.
    pub(crate) async fn end(&self, result: Result<String, Failure>, now: i64) {
        let status = match &result {
            Ok(_) => Status::Success,
            Err(failure) if failure.is_cancel() => Status::Cancel,
            Err(_) => Status::Fail,
        };
        let listener = {
            let mut inner = self.lock();
            inner.record.updated = now;
            inner.record.interrupt = None;
            if inner.listener.is_some() {
                match &result {
                    Ok(_) => inner.record.sent("Done", "", ""),
                    Err(failure) => inner.record.sent("Error", "", &failure.message),
                }
            }
            inner.record.result = Some(result);
            let inputs: usize = self.inputs.values().map(weight::of_value).sum();
            let bytes = size_of::<Self>() + inputs + weight::of_record(&inner.record);
            inner.share = Some(self.counts.total.share(bytes));
            inner.listener.take()
        };
        self.status.send_replace(status);
        self.tell("run.ended", || self.summary());
        if let Some(listener) = listener {
            let _ = listener.send(Event::Ended).await;
        }
    }
}
