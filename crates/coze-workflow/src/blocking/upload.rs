//! Uploads, and readers as their source.

use std::{
    io::{self, Read},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use coze_models::UploadedFile;
use http::{HeaderName, HeaderValue};
use tokio::{
    io::{AsyncRead, ReadBuf},
    task::{JoinHandle, spawn_blocking},
};

use super::{driver::Driver, macros::setters};
use crate::{Error, FileSource, Reply, UploadProgress};

/// An upload that is not sent yet; [`block`](Self::block) sends it. The blocking form of [`Upload`](crate::Upload).
#[derive(Debug)]
#[must_use = "an upload does nothing until `block` is called"]
pub struct Upload {
    inner: crate::Upload,
    driver: Driver,
}

impl Upload {
    pub(super) const fn new(inner: crate::Upload, driver: Driver) -> Self {
        Self { inner, driver }
    }

    setters! { Upload:
        /// What the file is called, with its ending. Default: its name on disk.
        file_name(name: impl Into<String>);
        /// The content type of the file, e.g. `image/png`. Default: what the name tells.
        content_type(content_type: impl Into<String>);
        /// Calls `progress` with each piece that the connection takes, 128 KiB at most.
        on_progress(progress: impl FnMut(UploadProgress) + Send + 'static);
        /// Bounds the upload, all its attempts included. Default: two minutes and what the file takes at 64 KiB a
        /// second.
        deadline(limit: Duration);
        /// Gives up when the connection takes nothing of the file for so long. Default: 60 s.
        stall_timeout(limit: Duration);
        /// Adds a header. Those that carry credentials, frame the message or describe its body cannot be set.
        header(name: HeaderName, value: HeaderValue);
    }

    /// Sends the file.
    ///
    /// # Errors
    ///
    /// [`Error`]; [`ErrorKind::Input`](crate::ErrorKind::Input) when the file cannot be read to its end.
    pub fn block(self) -> Result<Reply<UploadedFile>, Error> {
        self.driver.block_on(self.inner)
    }
}

impl FileSource {
    /// Anything that [`Read`]s, in pieces, to its end: [`FileSource::reader`] for code without async.
    ///
    /// ```
    /// # use coze_workflow::{HttpStack, blocking::Client, json_reply};
    /// use std::io::{Cursor, Read};
    /// use coze_workflow::FileSource;
    /// # let coze = Client::new(HttpStack::from_fn(|_| async { json_reply(r#"{"data":{"id":"7369"}}"#) }));
    ///
    /// let report = Cursor::new("day,degrees\n").chain(Cursor::new("1,21\n"));
    /// let file = coze.upload(FileSource::blocking_reader("report.csv", report).length(17)).block()?;
    /// # assert_eq!(file.id.as_deref(), Some("7369"));
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
