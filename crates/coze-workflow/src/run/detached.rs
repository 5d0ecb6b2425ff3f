//! Runs as text, to be taken up again in another process.

use std::{fmt, str::FromStr};

use coze_models::{ExecuteId, WorkflowId, push_segment};
use http::Uri;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Run;
use crate::{Dialect, Error};

/// What the text begins with, and the version of what follows.
const NAME: &str = "coze-run";
const VERSION: &str = "1";

/// A run as text: made by [`Run::detach`], taken up by [`Client::attach`](crate::Client::attach).
///
/// The text holds the kind of server and the two ids, and no secret. It reads as in
/// `coze-run:1:cloud:7366000000000000001:7413000000000000009` and can be kept anywhere that keeps text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DetachedRun {
    pub(super) dialect: Option<Dialect>,
    pub(super) workflow_id: WorkflowId,
    pub(super) execute_id: ExecuteId,
}

impl DetachedRun {
    /// The workflow that runs.
    pub fn workflow_id(&self) -> &WorkflowId {
        &self.workflow_id
    }

    /// The run.
    pub fn execute_id(&self) -> &ExecuteId {
        &self.execute_id
    }

    /// The kind of server it is on; `None` where the text was a debug URL, which does not tell.
    pub fn dialect(&self) -> Option<Dialect> {
        self.dialect
    }
}

impl Run {
    /// The run as a value, to be written down and taken up again by [`Client::attach`](crate::Client::attach), in another process if need be.
    ///
    /// ```
    /// use coze_workflow::DetachedRun;
    /// # use coze_workflow::{Client, HttpStack, json_reply};
    /// # let coze = Client::new(HttpStack::from_fn(|_| async { json_reply(r#"{"execute_id":"7413"}"#) }));
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let run = coze.workflow("7366").start().await?;
    /// let text = run.detach().to_string();
    /// assert_eq!(text, "coze-run:1:cloud:7366:7413");
    /// // … in another process, days later …
    /// let run = coze.attach(text.parse::<DetachedRun>()?);
    /// assert_eq!(run.execute_id(), &"7413");
    /// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn detach(&self) -> DetachedRun {
        DetachedRun {
            dialect: Some(self.client.dialect()),
            workflow_id: self.workflow_id().clone(),
            execute_id: self.execute_id().clone(),
        }
    }
}

impl<W: Into<WorkflowId>, E: Into<ExecuteId>> From<(W, E)> for DetachedRun {
    /// The run of a workflow id and an execute id.
    fn from((workflow_id, execute_id): (W, E)) -> Self {
        Self {
            dialect: None,
            workflow_id: workflow_id.into(),
            execute_id: execute_id.into(),
        }
    }
}

impl From<&Run> for DetachedRun {
    fn from(run: &Run) -> Self {
        run.detach()
    }
}

impl fmt::Display for DetachedRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dialect = self.dialect.unwrap_or_default();
        let (workflow, run) = (&self.workflow_id, &self.execute_id);
        write!(f, "{NAME}:{VERSION}:{dialect}:{workflow}:{run}")
    }
}

impl FromStr for DetachedRun {
    type Err = Error;

    /// Reads the text of a run, with or without quotes and white space around it, or a debug URL.
    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim().trim_matches(['"', '\'']).trim();
        if text.contains("://") {
            return of_url(text);
        }
        let mut parts = text.split(':');
        let is_named = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case(NAME));
        if !is_named {
            return Err(Error::build(
                "the text names no run: pass what detach() gave, a debug URL, or the two ids to attach() as a pair",
            ));
        }
        let version = parts.next().unwrap_or_default();
        if version.parse::<u32>().is_ok() && version != VERSION {
            return Err(Error::build(
                "the text of the run was written by another version of this library: update it, or pass \
                 the two ids to attach() as a pair",
            ));
        }
        let (dialect, workflow_id, execute_id, rest) =
            (parts.next(), parts.next(), parts.next(), parts.next());
        let dialect = dialect.and_then(|name| name.parse().ok());
        match (dialect, workflow_id, execute_id, rest) {
            (Some(_), Some(workflow_id), Some(execute_id), None) if version == VERSION => {
                of_ids(dialect, workflow_id, execute_id)
            }
            _ => Err(Error::build(
                "the text of the run is damaged or cut: it reads as in coze-run:1:cloud:7366:7413",
            )),
        }
    }
}

fn of_ids(
    dialect: Option<Dialect>,
    workflow_id: &str,
    execute_id: &str,
) -> Result<DetachedRun, Error> {
    let mut path = String::new();
    for (field, id) in [("workflow_id", workflow_id), ("execute_id", execute_id)] {
        if let Err(error) = push_segment(&mut path, field, id) {
            let message = "the text of the run holds an id that is not valid";
            return Err(Error::build(message).with_source(error));
        }
    }
    Ok(DetachedRun {
        dialect,
        workflow_id: workflow_id.into(),
        execute_id: execute_id.into(),
    })
}

/// A debug URL names the run in its query.
fn of_url(text: &str) -> Result<DetachedRun, Error> {
    let query = text.parse::<Uri>().ok();
    let query = query.as_ref().and_then(Uri::query).unwrap_or_default();
    let value = |name: &str| {
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find_map(|(key, value)| (key == name).then_some(value))
    };
    match (value("workflow_id"), value("execute_id")) {
        (Some(workflow_id), Some(execute_id)) => of_ids(None, workflow_id, execute_id),
        _ => Err(Error::build(
            "the URL names no run: a debug URL has workflow_id and execute_id in its query",
        )),
    }
}

impl Serialize for DetachedRun {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DetachedRun {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_survives_being_written_down() {
        for (dialect, text) in [
            (Dialect::Cloud, "coze-run:1:cloud:7366:7413"),
            (Dialect::Studio, "coze-run:1:studio:73-a:75_b"),
        ] {
            let run: DetachedRun = text.parse().unwrap();
            assert_eq!(
                (run.dialect(), run.to_string().as_str()),
                (Some(dialect), text)
            );
            let json = serde_json::to_string(&run).unwrap();
            assert_eq!(serde_json::from_str::<DetachedRun>(&json).unwrap(), run);
            for loose in [format!("  {text}\r\n"), json, text.replace("coze", "COZE")] {
                assert_eq!(loose.parse::<DetachedRun>().unwrap(), run);
            }
        }
        let url =
            "https://www.coze.cn/work_flow?execute_id=7413&space_id=7361&workflow_id=7366&x=1";
        let run: DetachedRun = url.parse().unwrap();
        assert_eq!(
            (run.workflow_id(), run.execute_id()),
            (&"7366".into(), &"7413".into())
        );
        assert_eq!(run.dialect(), None);
    }

    #[test]
    fn every_cut_and_every_other_text_is_refused_with_advice() {
        let whole = "coze-run:1:cloud:7366:7413";
        for end in 0..whole.len() {
            // A cut within the last id cannot be told.
            if end <= "coze-run:1:cloud:7366:".len() {
                whole[..end].parse::<DetachedRun>().unwrap_err();
            }
        }
        for (text, say) in [
            ("", "detach()"),
            ("7366:7413", "attach()"),
            ("coze-run:2:cloud:7366:7413", "update"),
            ("coze-run:1:cloud:7366", "cut"),
            ("coze-run:1:cloud:7366:7413:9", "damaged"),
            ("coze-run:1:moon:7366:7413", "damaged"),
            ("coze-run:1:cloud:../x:7413", "not valid"),
            ("https://h/?execute_id=1", "workflow_id"),
            ("https://h/?execute_id=..%2F&workflow_id=1", "not valid"),
            ("://", "workflow_id"),
        ] {
            let error = text.parse::<DetachedRun>().unwrap_err();
            assert!(error.to_string().contains(say), "{text}: {error}");
        }
    }
}
