//! What was posted, and who waits for it.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use coze_transport::time::{Instant, time_of_day};
use coze_webhook::Seen;
use tokio::sync::watch;

/// How long a POST is kept that nobody waits for.
const KEEP: Duration = Duration::from_secs(10 * 60);
/// How many of them.
const MOST: usize = 1_000;
/// And how many bytes of them.
const BYTES: usize = 64 * 1024 * 1024;

/// How long, and how many, runs are known to have ended.
const KEEP_ENDED: Duration = Duration::from_secs(24 * 60 * 60);
const MOST_ENDED: usize = 10_000;

/// What became of a POST.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Put {
    /// A wait got it.
    Awaited,
    /// Nobody waits yet.
    Kept,
    /// The run was ended before.
    Again,
}

#[derive(Debug, Default)]
pub(super) struct Inbox(Mutex<State>);

#[derive(Debug)]
struct State {
    runs: HashMap<String, watch::Sender<Option<Bytes>>>,
    /// What nobody waits for, oldest first. Some may be gone from `runs` by now.
    kept: VecDeque<(Instant, String)>,
    /// The bytes of all bodies in `runs`.
    bytes: usize,
    ended: Seen<String>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            runs: HashMap::new(),
            kept: VecDeque::new(),
            bytes: 0,
            ended: Seen::new(KEEP_ENDED, MOST_ENDED),
        }
    }
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn put(&self, run: &str, body: Bytes) -> Put {
        let mut state = self.lock();
        if !state.ended.insert(run.to_owned(), time_of_day()) {
            return Put::Again;
        }
        state.bytes += body.len();
        if let Some(sender) = state.runs.get(run) {
            sender.send_replace(Some(body));
            return Put::Awaited;
        }
        state
            .runs
            .insert(run.to_owned(), watch::Sender::new(Some(body)));
        state.kept.push_back((Instant::now(), run.to_owned()));
        while state.is_full() {
            if let Some((_, oldest)) = state.kept.pop_front() {
                state.forget(&oldest);
            }
        }
        Put::Kept
    }

    pub(super) fn expect(inbox: &Arc<Self>, run: &str) -> Expected {
        let mut state = inbox.lock();
        let sender = state.runs.entry(run.to_owned()).or_default();
        Expected {
            receiver: sender.subscribe(),
            run: run.to_owned(),
            is_taken: false,
            inbox: Arc::clone(inbox),
        }
    }
}

impl State {
    /// Whether the oldest that nobody waits for has to go.
    fn is_full(&self) -> bool {
        let Some((at, _)) = self.kept.front() else {
            return false;
        };
        self.kept.len() > MOST || self.bytes > BYTES || at.elapsed() > KEEP
    }

    /// Forgets what a run was posted, unless somebody waits for it.
    fn forget(&mut self, run: &str) {
        if self
            .runs
            .get(run)
            .is_some_and(|sender| sender.receiver_count() == 0)
            && let Some(sender) = self.runs.remove(run)
        {
            self.bytes -= sender.borrow().as_ref().map_or(0, Bytes::len);
        }
    }
}

/// The POST of one run, while somebody waits for it.
#[derive(Debug)]
pub(crate) struct Expected {
    receiver: watch::Receiver<Option<Bytes>>,
    run: String,
    is_taken: bool,
    inbox: Arc<Inbox>,
}

impl Expected {
    /// Waits for the body of the POST.
    pub(crate) async fn arrived(&mut self) -> Bytes {
        let arrived = self.receiver.wait_for(Option::is_some).await;
        let body = arrived.ok().and_then(|body| body.clone());
        match body {
            Some(body) => {
                self.is_taken = true;
                body
            }
            // The sender is kept while this is.
            None => std::future::pending().await,
        }
    }
}

impl Drop for Expected {
    fn drop(&mut self) {
        let mut state = self.inbox.lock();
        let Some(sender) = state.runs.get(&self.run) else {
            return;
        };
        // This one is still counted.
        if sender.receiver_count() > 1 {
            return;
        }
        let size = sender.borrow().as_ref().map(Bytes::len);
        if size.is_some() && !self.is_taken {
            // The next wait gets it.
            state.kept.push_back((Instant::now(), self.run.clone()));
            return;
        }
        state.runs.remove(&self.run);
        state.bytes -= size.unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_kept_is_bounded_in_bytes_and_in_time() {
        let inbox = Arc::<Inbox>::default();
        let large = Bytes::from(vec![b'x'; BYTES / 4]);
        let waiting = Inbox::expect(&inbox, "awaited");
        assert_eq!(inbox.put("awaited", large.clone()), Put::Awaited);
        for run in ["a", "b", "c", "d"] {
            assert_eq!(inbox.put(run, large.clone()), Put::Kept);
        }
        let kept = || {
            let state = inbox.lock();
            let mut runs: Vec<_> = state.runs.keys().cloned().collect();
            runs.sort();
            (runs.join(" "), state.bytes / large.len())
        };
        // What somebody waits for counts and stays.
        assert_eq!(kept(), ("awaited b c d".to_owned(), 4));
        drop(waiting);
        tokio::time::advance(KEEP + Duration::from_secs(1)).await;
        assert_eq!(inbox.put("e", large.clone()), Put::Kept);
        assert_eq!(kept(), ("e".to_owned(), 1));
        assert_eq!(inbox.put("a", large.clone()), Put::Again);
        let mut taken = Inbox::expect(&inbox, "e");
        assert_eq!(taken.arrived().await.len(), large.len());
        drop((taken, Inbox::expect(&inbox, "f")));
        assert_eq!(kept(), (String::new(), 0));
    }
}
