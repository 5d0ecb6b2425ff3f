//! Outputs that the service cut: what can be fetched is fetched node by node.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use coze_models::{ExecuteStatus, NodeExecuteId, NodeExecuteStatus, RunHistory, support::Budget};
use coze_transport::time::Instant;
use coze_wire::OutputOrigin;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{POLL, Run, RunOutput};
use crate::{Error, ErrorKind, Reply, error::ErrorContext};

/// The key of the end node's result in a history; all others are titles of output nodes.
const END: &str = "Output";

/// What a node may return before the service truncates it, in bytes or in characters: 1 MB.
/// Source: <https://www.coze.cn/open/docs/developer_guides/get_node_execute_history_response>
const LIMIT: usize = 1024 * 1024;

/// What is missing of an output that the service cut. What there is stands in the [`RunOutput`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Truncated {
    /// Whether the end node's output may be a part; the service has no way to read it whole. It is kept
    /// out of [`RunOutput::output`] then, and is in [`RunOutput::text`] and [`RunOutput::raw`] as far as it
    /// goes.
    pub end_node: bool,
    /// The output nodes whose text may be a part or is not there, by title. The service keeps them for 24
    /// hours.
    pub nodes: Vec<TruncatedNode>,
}

/// An output node whose text could not be fetched.
#[derive(Clone)]
#[non_exhaustive]
pub struct TruncatedNode {
    /// Its key in [`RunOutput::node_outputs`].
    pub title: String,
    /// Why: none where the service gave a part of the text once more, or names no execution of the node.
    pub error: Option<Arc<Error>>,
}

impl fmt::Debug for TruncatedNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TruncatedNode")
            .field("title", &self.title)
            .field("error", &self.error)
            .finish()
    }
}

/// What was fetched for an output, and what could not be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fetched {
    nodes: BTreeMap<String, String>,
    missing: Option<Truncated>,
}

impl Run {
    /// Asks once and returns the output if the run has ended, `None` while it goes on.
    ///
    /// An output that the service cut is completed as [`Run::wait`] does it.
    ///
    /// # Errors
    ///
    /// As for [`Run::wait`], where the run has ended otherwise than well.
    pub async fn try_output(&self) -> Result<Option<RunOutput>, Error> {
        match self.status().await?.and_then(|row| row) {
            Some(row) => self.conclude(row, None).await.transpose(),
            None => Ok(None),
        }
    }

    /// What a row of the history means: an end, or `None` to go on. An output that was cut is completed,
    /// within `limit`.
    pub(crate) async fn conclude(
        &self,
        row: Reply<RunHistory>,
        limit: Option<Duration>,
    ) -> Option<Result<RunOutput, Error>> {
        let status = row.get_ref();
        let cut = status.is_output_trimmed && status.execute_status == Some(ExecuteStatus::Success);
        let nodes = if cut {
            status.node_execute_status.clone()
        } else {
            BTreeMap::new()
        };
        let mut end = self.ended(row)?;
        if let Ok(output) = &mut end
            && cut
        {
            let fetched = self.fetch(output, &nodes, limit).await;
            output.fetched = Some(Arc::new(fetched));
        }
        Some(end)
    }

    /// Fetches what may have been cut.
    async fn fetch(
        &self,
        output: &RunOutput,
        nodes: &BTreeMap<String, NodeExecuteStatus>,
        limit: Option<Duration>,
    ) -> Fetched {
        let until = limit.and_then(|limit| Instant::now().checked_add(limit));
        let members = members(&output.raw);
        let suspects = Suspects::among(members.as_ref());
        let mut fetched = BTreeMap::new();
        let mut missing = Vec::new();
        for (title, status) in nodes {
            let part = members.as_ref().and_then(|members| members.get(title));
            if part.is_some_and(|part| !suspects.contains(part)) {
                continue;
            }
            match self
                .fetch_one(status.node_execute_uuid.as_ref(), until)
                .await
            {
                Ok((text, is_whole)) => {
                    // The service may itself give a part, of this response or of the other. Above its limit it does
                    // not promise the whole text even here: what is as long as the limit and no longer than before
                    // may have been truncated twice.
                    let longer = part.is_none_or(|part| text.len() >= part.len());
                    let is_whole = is_whole && !part.is_some_and(|part| is_at_limit(&text, part));
                    if !is_whole || !longer {
                        missing.push(TruncatedNode {
                            title: title.clone(),
                            error: None,
                        });
                    }
                    if longer {
                        fetched.insert(title.clone(), text);
                    }
                }
                Err(error) => missing.push(TruncatedNode {
                    title: title.clone(),
                    error: error.map(Arc::new),
                }),
            }
        }
        let end_node = match members.as_ref() {
            None => true,
            Some(members) => members
                .get(END)
                .is_some_and(|text| suspects.contains(text) && !is_json_object(text)),
        };
        Fetched {
            nodes: fetched,
            missing: (end_node || !missing.is_empty()).then_some(Truncated {
                end_node,
                nodes: missing,
            }),
        }
    }

    /// The text of one execution of an output node, and whether it is all of it.
    async fn fetch_one(
        &self,
        id: Option<&NodeExecuteId>,
        until: Option<Instant>,
    ) -> Result<(String, bool), Option<Error>> {
        let mut call = self.node_output(id.ok_or(None)?.clone());
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        call.settings.deadline_cap = left.into_iter().chain([POLL]).min();
        let reply = call.await.map_err(Some)?.into_inner();
        let is_whole = reply.is_finish.unwrap_or(true);
        Ok((reply.node_output.ok_or(None)?, is_whole))
    }
}

/// Whether a text that was fetched is what the history had, and has the length at which the service truncates.
fn is_at_limit(fetched: &str, part: &str) -> bool {
    let at_limit = fetched.len() == LIMIT || fetched.chars().count() == LIMIT;
    fetched.len() == part.len() && at_limit
}

/// Which texts of a history may have been cut.
///
/// They are cut at one length, but whether that counts bytes or characters is not documented: a cut text
/// has at least a quarter of the bytes of the longest, and a little less where a character did not fit.
struct Suspects {
    from: usize,
}

impl Suspects {
    fn among(members: Option<&BTreeMap<String, String>>) -> Self {
        let longest = members
            .and_then(|members| members.values().map(String::len).max())
            .unwrap_or(0);
        Self {
            from: longest.saturating_sub(16) / 4,
        }
    }

    fn contains(&self, text: &str) -> bool {
        text.len() >= self.from
    }
}

/// The members of a history's output, or `None` where the whole of it was cut.
fn members(raw: &str) -> Option<BTreeMap<String, String>> {
    let members: BTreeMap<String, &RawValue> = Budget::read(raw).ok()?;
    let text = |value: &RawValue| {
        serde_json::from_str(value.get()).unwrap_or_else(|_| value.get().to_owned())
    };
    let members = members
        .into_iter()
        .map(|(title, value)| (title, text(value)));
    Some(members.collect())
}

/// Whether a text is an object from its first brace to its last: then nothing was cut off.
fn is_json_object(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Object {}
    text.trim_start().starts_with('{') && serde_json::from_str::<Object>(text).is_ok()
}

impl RunOutput {
    /// What the output nodes printed, by title; a node that ran several times has a key of the service's
    /// for each. Of a background run only, and kept for 24 hours.
    ///
    /// Texts that the service cut are there in full where they could be fetched; [`RunOutput::truncated`]
    /// names those that could not.
    pub fn node_outputs(&self) -> BTreeMap<String, String> {
        let mut nodes = match self.origin {
            OutputOrigin::History => members(&self.raw).unwrap_or_default(),
            _ => BTreeMap::new(),
        };
        nodes.remove(END);
        if let Some(fetched) = &self.fetched {
            nodes.extend(fetched.nodes.clone());
        }
        nodes
    }

    /// What is missing where the service cut the output and it could not be completed; `None` for an output
    /// that is whole.
    ///
    /// The service cuts what a node returns at about 1 MB. Texts of output nodes are then fetched one by
    /// one, which it allows for 24 hours; the end node's output cannot be.
    pub fn truncated(&self) -> Option<&Truncated> {
        self.fetched.as_ref()?.missing.as_ref()
    }

    /// Refuses an end node's output of which a part may be missing.
    pub(crate) fn check_whole(&self) -> Result<(), Error> {
        if !self.truncated().is_some_and(|truncated| truncated.end_node) {
            return Ok(());
        }
        let message = "the service cut the output, and the rest of it cannot be read";
        Err(
            Error::new(ErrorKind::OutputTruncated, message).with_context(ErrorContext {
                operation: "output",
                ..(*self.context).clone()
            }),
        )
    }
}
