//! The calls that came in, each with what it was and how it was responded to.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::{Serialize, Serializer};
use serde_json::json;
use tokio::time::Instant;

use crate::feed::Feed;

/// Calls that are kept; the oldest give way.
const KEPT: usize = 1_000;

/// Bytes of a request's body that are kept.
const BODY: usize = 64 * 1024;

/// One call.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Entry {
    /// Counts the calls, from 1.
    pub(crate) number: u64,
    /// Unix milliseconds.
    pub(crate) at: i64,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) log_id: String,
    /// The body, as far as it is kept; a form is not.
    #[serde(serialize_with = "as_text")]
    pub(crate) body: Vec<u8>,
    pub(crate) body_truncated: bool,
    /// The fault that the call got.
    pub(crate) fault: Option<String>,
    /// HTTP status, once the response has begun.
    pub(crate) status: Option<u16>,
    /// `code` of a JSON response.
    pub(crate) code: Option<String>,
    /// Execute id of the run that was started or resumed.
    pub(crate) run: Option<String>,
    /// Milliseconds from the request to the end of the response, once it has ended.
    pub(crate) ms: Option<u64>,
}

impl Entry {
    /// Whether the text is in what a person would look for.
    pub(crate) fn tells(&self, text: &str) -> bool {
        let of =
            |known: &Option<String>| known.as_deref().is_some_and(|known| known.contains(text));
        self.path.contains(text)
            || self.method.contains(text)
            || self.log_id.contains(text)
            || of(&self.run)
            || of(&self.code)
            || String::from_utf8_lossy(&self.body).contains(text)
    }
}

fn as_text<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&String::from_utf8_lossy(bytes))
}

/// The newest calls.
#[derive(Debug)]
pub(crate) struct Journal {
    feed: Feed,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    begun: u64,
    notes: VecDeque<Note>,
}

/// One call that is being noted; all clones are one.
#[derive(Clone, Debug)]
pub(crate) struct Note(Arc<Mutex<Entry>>);

/// The code of a JSON response, beside the response.
#[derive(Clone, Debug)]
pub(crate) struct Code(pub(crate) String);

impl Journal {
    pub(crate) fn new(feed: Feed) -> Self {
        Self {
            feed,
            inner: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a call that comes in.
    pub(crate) fn begin(&self, at: i64, log_id: &str, request: &http::request::Parts) -> Open {
        let mut inner = self.lock();
        inner.begun += 1;
        let note = Note(Arc::new(Mutex::new(Entry {
            number: inner.begun,
            at,
            method: request.method.to_string(),
            path: request.uri.path().to_owned(),
            query: request.uri.query().map(str::to_owned),
            log_id: log_id.to_owned(),
            body: Vec::new(),
            body_truncated: false,
            fault: None,
            status: None,
            code: None,
            run: None,
            ms: None,
        })));
        inner.notes.push_back(note.clone());
        if inner.notes.len() > KEPT {
            inner.notes.pop_front();
        }
        drop(inner);
        self.feed.tell("call.started", || json!(*note.lock()));
        Open {
            note,
            began: Instant::now(),
            feed: self.feed.clone(),
        }
    }

    /// The calls that are kept, oldest first.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        let notes: Vec<_> = self.lock().notes.iter().cloned().collect();
        notes.iter().map(|note| note.lock().clone()).collect()
    }
}

impl Note {
    fn lock(&self) -> MutexGuard<'_, Entry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The call started or resumed this run.
    pub(crate) fn ran(&self, execute_id: &str) {
        self.lock().run = Some(execute_id.to_owned());
    }

    /// The call gets this fault.
    pub(crate) fn hit(&self, fault: &str) {
        self.lock().fault = Some(fault.to_owned());
    }

    /// Keeps what was read of the body.
    pub(crate) fn read(&self, piece: &[u8]) {
        let mut entry = self.lock();
        let fits = piece.len().min(BODY - entry.body.len());
        entry.body.extend_from_slice(&piece[..fits]);
        entry.body_truncated |= fits < piece.len();
    }

    pub(crate) fn responded<B>(&self, response: &http::Response<B>) {
        let mut entry = self.lock();
        entry.status = Some(response.status().as_u16());
        entry.code = response.extensions().get().map(|Code(code)| code.clone());
    }
}

/// A call that goes on until this is dropped.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) note: Note,
    began: Instant,
    feed: Feed,
}

impl Drop for Open {
    fn drop(&mut self) {
        let took = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut entry = self.note.lock();
        entry.ms = Some(took);
        self.feed.tell("call.ended", || json!(*entry));
    }
}
