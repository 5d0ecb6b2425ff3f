//! Lines of standard input.

use std::{
    io,
    sync::{Arc, OnceLock},
    thread,
};

use tokio::sync::{mpsc, oneshot};

use crate::failure::Failure;

type Line = io::Result<Option<String>>;

/// Reads standard input line by line, and leaves Ctrl-C its effect meanwhile. Clones read on where others stopped.
///
/// Reading blocks, so a thread does it, which begins with the first line and ends with the process.
#[derive(Clone, Debug, Default)]
pub(crate) struct StdinLines {
    asks: Arc<OnceLock<mpsc::UnboundedSender<oneshot::Sender<Line>>>>,
}

impl StdinLines {
    /// The next line; `None` at the end.
    pub(crate) async fn next(&self) -> Result<Option<String>, Failure> {
        let (tell, told) = oneshot::channel();
        // The thread ends when this is dropped, and not before.
        let _ = self.asks.get_or_init(reader).send(tell);
        told.await
            .unwrap_or(Ok(None))
            .map_err(|error| Failure::usage(format!("standard input cannot be read: {error}")))
    }
}

fn reader() -> mpsc::UnboundedSender<oneshot::Sender<Line>> {
    let (asks, mut asked) = mpsc::unbounded_channel::<oneshot::Sender<Line>>();
    thread::spawn(move || {
        while let Some(tell) = asked.blocking_recv() {
            let mut text = String::new();
            let read = io::stdin().read_line(&mut text);
            let line = read.map(|length| {
                let line = text.trim_end_matches(['\n', '\r']);
                (length > 0).then(|| line.to_owned())
            });
            let _ = tell.send(line);
        }
    });
    asks
}
