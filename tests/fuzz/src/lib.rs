//! What must hold for any bytes that come from a server.
//!
//! A target takes bytes and panics when something does not hold. `cargo xtask fuzz` tries mutations
//! of the corpus on them; a coverage-guided fuzzer can call the same functions.

#![expect(
    clippy::missing_panics_doc,
    reason = "to panic is how a target says no"
)]

pub mod corpus;
pub mod mutate;
pub mod targets;
pub mod words;

/// A function to try, and what its input is made of.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, and that of its folder in the corpus.
    pub name: &'static str,
    /// Panics when something does not hold.
    pub run: fn(&[u8]),
    /// Pieces that mean something in its input.
    pub words: &'static [&'static str],
}

/// All targets.
pub const TARGETS: &[Target] = &[
    Target {
        name: "events",
        run: targets::sse::events,
        words: words::SSE,
    },
    Target {
        name: "event_stream",
        run: targets::sse::event_stream,
        words: words::SSE,
    },
    Target {
        name: "envelope",
        run: targets::replies::envelope,
        words: words::JSON,
    },
    Target {
        name: "classify",
        run: targets::classify::classify,
        words: words::JSON,
    },
    Target {
        name: "history",
        run: targets::replies::history,
        words: words::JSON,
    },
    Target {
        name: "chat_event",
        run: targets::events::chat_event,
        words: words::JSON,
    },
    Target {
        name: "dify_event",
        run: targets::events::dify_event,
        words: words::JSON,
    },
    Target {
        name: "runs",
        run: targets::runs::classify,
        words: words::RUNS,
    },
    Target {
        name: "stream",
        run: targets::stream::stream,
        words: words::STREAM,
    },
    Target {
        name: "webhook",
        run: targets::webhook::verify,
        words: words::RUNS,
    },
    Target {
        name: "workflow_event",
        run: targets::events::workflow_event,
        words: words::JSON,
    },
];

/// The target of this name.
pub fn target(name: &str) -> Option<Target> {
    TARGETS.iter().copied().find(|target| target.name == name)
}
