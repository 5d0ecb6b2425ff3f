//! What happens, as it happens, for whoever listens.

use std::sync::Arc;

use serde_json::{Map, Value};
use tokio::sync::broadcast::{self, error::RecvError};

use crate::clock::Clock;

/// Events that may wait for a slow listener before it misses some.
const BUFFERED: usize = 4_096;

/// Something that happened in an emulator: a run that began, a call that was responded to, a fault that was armed.
///
/// The names and members are those of the stream at `/_emulator/events`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EmulatorEvent {
    /// Such as `run.started` or `call.ended`.
    pub name: &'static str,
    /// What is known of it; `at` is the Unix time in milliseconds on the emulator's clock.
    pub data: Map<String, Value>,
}

/// The last event of an emulator.
pub(crate) const SHUTDOWN: &str = "shutdown";

/// Tells events, made only when somebody listens.
#[derive(Clone, Debug)]
pub(crate) struct Feed {
    clock: Clock,
    events: broadcast::Sender<Arc<EmulatorEvent>>,
}

impl Feed {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            events: broadcast::Sender::new(BUFFERED),
        }
    }

    /// The same listeners with another clock.
    pub(crate) fn with_clock(&self, clock: Clock) -> Self {
        Self {
            clock,
            events: self.events.clone(),
        }
    }

    pub(crate) fn tell(&self, name: &'static str, data: impl FnOnce() -> Value) {
        if self.events.receiver_count() == 0 {
            return;
        }
        let mut members = Map::from_iter([("at".to_owned(), self.clock.millis().into())]);
        if let Value::Object(data) = data() {
            members.extend(data);
        }
        let data = members;
        // Who listened may be gone by now.
        let _ = self.events.send(Arc::new(EmulatorEvent { name, data }));
    }

    pub(crate) fn listen(&self) -> EmulatorEvents {
        EmulatorEvents(self.events.subscribe())
    }
}

/// The events of an emulator from now on; see [`Emulator::events`](crate::Emulator::events).
#[derive(Debug)]
pub struct EmulatorEvents(broadcast::Receiver<Arc<EmulatorEvent>>);

impl EmulatorEvents {
    /// Waits for the next event; `None` when the emulator is gone.
    ///
    /// Who reads too slowly misses the oldest events, and gets one with the name `missed` and their `count` in their place.
    pub async fn next(&mut self) -> Option<Arc<EmulatorEvent>> {
        match self.0.recv().await {
            Ok(event) => Some(event),
            Err(RecvError::Lagged(count)) => Some(Arc::new(EmulatorEvent {
                name: "missed",
                data: Map::from_iter([("count".to_owned(), count.into())]),
            })),
            Err(RecvError::Closed) => None,
        }
    }
}
