//! Lines of standard input.

use std::{io, thread};

use tokio::sync::{mpsc, oneshot};

use crate::failure::Failure;

type Line = io::Result<Option<String>>;

/// Reads standard input line by line, and leaves Ctrl-C its effect meanwhile.
///
/// Reading blocks, so a thread does it, which begins with the first line and ends with the process.
#[derive(Debug, Default)]
pub(crate) struct StdinLines {
    asks: Option<mpsc::UnboundedSender<oneshot::Sender<Line>>>,
}

impl StdinLines {
    /// The next line; none at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<String>, Failure> {
        let (tell, told) = oneshot::channel();
        // The thread ends when this is dropped, and not before.
        let _ = self.asks.get_or_insert_with(reader).send(tell);
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
