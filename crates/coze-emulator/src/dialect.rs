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
}
