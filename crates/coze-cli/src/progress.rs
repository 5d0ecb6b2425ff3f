//! A sign of life on a terminal while a command waits.

use std::{io::IsTerminal as _, time::Duration};

use coze_workflow::models::RunHistory;
use indicatif::{ProgressBar, ProgressStyle};

use crate::{args::Format, output, session::Session};

/// A spinner with the elapsed time, and a bar once nodes are known; nothing at all where standard error is
/// no terminal.
pub(crate) struct Progress(Option<ProgressBar>);

const TICK: Duration = Duration::from_millis(100);
const SPINNER: &str = "{spinner} {prefix} {msg} {elapsed}";
const BYTES: &str = "{spinner} {prefix} [{bar:24}] {bytes} of {total_bytes} {elapsed}";
const BAR: &str = "{spinner} {prefix} [{bar:24}] {pos}/{len} {msg} {elapsed}";

impl Progress {
    /// Begins to show that `what` runs.
    pub(crate) fn start(session: &Session, what: &str) -> Self {
        if session.output == Format::Json || !std::io::stderr().is_terminal() {
            return Self(None);
        }
        let bar = ProgressBar::new_spinner().with_prefix(output::safe_line(what));
        bar.set_message("running");
        restyle(&bar, SPINNER);
        bar.enable_steady_tick(TICK);
        Self(Some(bar))
    }

    /// Shows the nodes of a run: how many have ended, and which are at work.
    pub(crate) fn show(&self, row: &RunHistory) {
        let Some(bar) = &self.0 else {
            return;
        };
        let nodes = &row.node_execute_status;
        if nodes.is_empty() {
            return;
        }
        let at_work: Vec<_> = nodes
            .iter()
            .filter(|(_, node)| !node.is_finish)
            .map(|(name, _)| name.as_str())
            .collect();
        if bar.length().is_none() {
            restyle(bar, BAR);
        }
        bar.set_length(nodes.len() as u64);
        bar.set_position((nodes.len() - at_work.len()) as u64);
        bar.set_message(output::safe_line(&at_work.join(", ")));
    }

    /// Shows how many bytes of a file were sent, when it is called.
    pub(crate) fn bytes(&self) -> impl Fn(u64, Option<u64>) + Send + 'static {
        let bar = self.0.clone();
        move |sent, total| {
            let Some(bar) = &bar else {
                return;
            };
            if bar.length().is_none()
                && let Some(total) = total
            {
                restyle(bar, BYTES);
                bar.set_length(total);
            }
            bar.set_position(sent);
        }
    }

    /// Makes room for a question.
    pub(crate) fn pause(&self) {
        if let Some(bar) = &self.0 {
            bar.disable_steady_tick();
            bar.finish_and_clear();
        }
    }

    /// Shows what it showed before.
    pub(crate) fn go_on(&self) {
        if let Some(bar) = &self.0 {
            bar.reset();
            bar.enable_steady_tick(TICK);
        }
    }

    /// Lets `write` write to standard error without the bar in its way.
    pub(crate) fn aside(&self, write: impl FnOnce()) {
        match &self.0 {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }
}

fn restyle(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
