//! Readers of code without async, as the source of an upload.

use std::{
    io::{self, Read},
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, ReadBuf},
    task::{JoinHandle, spawn_blocking},
};

use super::FileSource;

impl FileSource {
    /// Anything that [`Read`]s, in pieces, to its end: [`FileSource::reader`] for code without async.
    ///
    /// ```
    /// # use coze_workflow::{Client, HttpStack, json_reply};
    /// use std::io::{Cursor, Read};
    /// use coze_workflow::{FileSource, blocking::Block};
    /// # let coze = Client::new(HttpStack::from_fn(|_| async { json_reply(r#"{"data":{"id":"7369"}}"#) }));
    ///
    /// let report = Cursor::new("day,degrees\n").chain(Cursor::new("1,21\n"));
    /// let file = coze.upload(FileSource::blocking_reader("report.csv", report).length(17)).block()?;
    /// # assert_eq!(file.get_ref().id.as_deref(), Some("7369"));
    /// # Ok::<(), coze_workflow::Error>(())
    /// ```
    pub fn blocking_reader(
        file_name: impl Into<String>,
        reader: impl Read + Send + 'static,
    ) -> Self {
        let reader: Reader = Box::new(reader);
        Self::reader(file_name, Pieces::Waiting(Some((reader, Vec::new()))))
    }
}

/// The largest piece that is read at once, in bytes.
const PIECE: usize = 128 * 1024;

type Reader = Box<dyn Read + Send>;

/// Reads in a thread that may block, piece by piece: a reader that waits for something holds up nobody.
enum Pieces {
    /// Nothing is being read; none after a panic of the reader.
    Waiting(Option<(Reader, Vec<u8>)>),
    Reading(JoinHandle<(Reader, Vec<u8>, io::Result<usize>)>),
}

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            match &mut *self {
                Self::Waiting(reader) => {
                    let Some((mut reader, mut piece)) = reader.take() else {
                        return Poll::Ready(Err(io::Error::other("the reader panicked")));
                    };
                    let wanted = buf.remaining().min(PIECE);
                    let reading = spawn_blocking(move || {
                        piece.resize(wanted, 0);
                        let read = reader.read(&mut piece);
                        (reader, piece, read)
                    });
                    *self = Self::Reading(reading);
                }
                Self::Reading(reading) => {
                    let read = ready!(Pin::new(reading).poll(cx));
                    let (reader, piece, read) = match read {
                        Ok(read) => read,
                        Err(error) => {
                            *self = Self::Waiting(None);
                            return Poll::Ready(Err(io::Error::other(error)));
                        }
                    };
                    let taken = read.map(|length| buf.put_slice(&piece[..length]));
                    *self = Self::Waiting(Some((reader, piece)));
                    match taken {
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                        taken => return Poll::Ready(taken),
                    }
                }
            }
        }
    }
}
