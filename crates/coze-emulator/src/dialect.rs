//! Which server is played.

/// A server whose API the emulator speaks. Workflows, runs, limits and faults are the same for all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dialect {
    /// The cloud service.
    #[default]
    Cloud,
    /// The self-hosted open-source server: its paths, numeric ids, log id header, codes and stream events. It has no
    /// list, versions, node results, non-streamed resume and OAuth endpoints, and answers such paths with HTTP 401. Its
    /// chat and upload calls are not played.
    Studio,
}
