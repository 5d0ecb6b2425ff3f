//! Which server is emulated.

/// A server whose API the emulator speaks. Workflows, runs, limits and faults are the same for all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dialect {
    /// The cloud service.
    #[default]
    Cloud,
    /// The self-hosted open-source server: its paths, numeric ids, log id header, codes and stream events, its chats and
    /// uploads. It has no list, description, versions, node results, collaborators, non-streamed resume, file query and OAuth
    /// endpoints, and responds to such paths with HTTP 401, as one that wants a browser session. Its call that makes a
    /// conversation ahead of a chat is missing here: name the conversation in the chat.
    Studio,
    /// A server of the runs dialect: `inputs`, `run_id`, `GET /v1/workflow/history/{run_id}`, times in ISO 8601, failures with
    /// an HTTP status and a code in words, and a POST to the `callback_url` when a run has ended, see
    /// [`EmulatorBuilder::loopback_callbacks`](crate::EmulatorBuilder::loopback_callbacks). It has no other calls. A
    /// workflow that asks something fails, because nobody can answer.
    Runs,
}
