//! Times and sizes that the documentation gives, each to be set.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Limits of the service. [`Default`] is what the documentation says; tests make them small.
///
/// In JSON and YAML times are texts such as `90s`, `10m` or `24h`, and what is left out has its default.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Limits {
    /// A response that has not begun by then is never sent: the connection is closed. 90 s.
    #[serde(with = "text")]
    pub gateway: Duration,
    /// Longest synchronous or streamed run. 10 minutes.
    #[serde(with = "text")]
    pub sync_run: Duration,
    /// Longest asynchronous run. 24 hours.
    #[serde(with = "text")]
    pub async_run: Duration,
    /// How long a question waits for its answer. 24 hours.
    #[serde(with = "text")]
    pub answer: Duration,
    /// Silence in a workflow stream after which `PING` is sent; zero sends none. The period of the service is not
    /// documented. 10 s.
    #[serde(with = "text")]
    pub ping: Duration,
    /// How often one streamed run can be resumed. 3.
    pub stream_resumes: u32,
    /// How often any other run can be resumed. The documentation names no bound for these, so there is none by default. A
    /// chatflow goes on with messages, and these are never counted.
    pub resumes: Option<u32>,
    /// Bytes of one node's output that a history row holds. 1 MiB.
    pub history_output: usize,
    /// How long the text of output nodes is kept. 24 hours.
    #[serde(with = "text")]
    pub node_output_kept: Duration,
    /// How long a run's history is kept. 7 days.
    #[serde(with = "text")]
    pub history_kept: Duration,
    /// How long a run stays out of the history after its start; until then the response has no row. Zero.
    #[serde(with = "text")]
    pub history_visible: Duration,
    /// Messages in one chat request. 50.
    pub chat_messages: usize,
    /// Whether the account may run asynchronously; without a paid plan the response has code 6003. True.
    pub paid_plan: bool,
    /// Workflow calls (run, stream, resume, chat and both result queries together) in any second; more are answered with
    /// HTTP 429 and code 4009. No limit by default; by plan it is 50, 100, 200 or 500.
    pub calls_per_second: Option<u32>,
    /// Dify: how long the body of a stream goes on after its last event. 1 s.
    #[serde(with = "text")]
    pub stream_tail: Duration,
    /// Dify: how long the stream of a run is silent whose inputs the worker refuses, before it ends without a word. 300 s.
    #[serde(with = "text")]
    pub stream_refused: Duration,
    /// Dify: blocking runs of a workflow at a time; any more runs are refused. No limit by default.
    pub active_runs: Option<usize>,
}

impl Default for Limits {
    fn default() -> Self {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        Self {
            gateway: Duration::from_secs(90),
            sync_run: Duration::from_secs(600),
            async_run: DAY,
            answer: DAY,
            ping: Duration::from_secs(10),
            stream_resumes: 3,
            resumes: None,
            history_output: 1024 * 1024,
            node_output_kept: DAY,
            history_kept: 7 * DAY,
            history_visible: Duration::ZERO,
            chat_messages: 50,
            paid_plan: true,
            calls_per_second: None,
            stream_tail: Duration::from_secs(1),
            stream_refused: Duration::from_secs(300),
            active_runs: None,
        }
    }
}

/// A time as a text.
mod text {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&humantime::format_duration(*time))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(from)?;
        humantime::parse_duration(&text).map_err(|error| {
            D::Error::custom(format!("'{text}' is not a time such as 90s: {error}"))
        })
    }
}
