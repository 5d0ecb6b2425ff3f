//! Which server is emulated.

use serde::{Deserialize, Serialize};

/// A server whose API the emulator speaks. Workflows, runs, limits and faults are the same for all.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
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
    /// Dify: the run of an app's workflow blocking and streamed, its record, stop, logs, `parameters`, `info`, upload, and the
    /// form that a run waits for. The key `app-NAME` belongs to the workflow with this name or id; any other key belongs to
    /// all of them, and `POST /v1/workflows/run` runs the first. A question is a form with the field `answer`, or with its
    /// options as buttons. There are no chats.
    Dify,
}
