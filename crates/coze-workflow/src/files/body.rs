//! The body of an upload: a form around one file, read in pieces.

use std::{
    fmt,
    future::Future,
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use coze_transport::{BoxError, time::Instant};
use http_body::{Body, Frame, SizeHint};
use tokio::io::ReadBuf;

use super::{
    form::Form,
    source::{LARGEST, Reader},
};

/// Bytes that are read at a time. All that is held is this and what the connection buffers.
const PIECE: usize = 128 * 1024;

/// How much of a file was handed to the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UploadProgress {
    /// Bytes of the file. They count from zero again if the file has to be sent a second time.
    pub sent: u64,
    /// The length of the file in bytes, where it is known.
    pub total: Option<u64>,
}

pub(super) type OnProgress = Box<dyn FnMut(UploadProgress) + Send>;

/// What an upload and the bodies of its attempts have in common.
#[derive(Default)]
pub(super) struct Shared(Mutex<State>);

#[derive(Default)]
struct State {
    on_progress: Option<OnProgress>,
    failure: Option<io::Error>,
    /// When the connection took the last piece, while it has not asked for the next.
    waiting: Option<Instant>,
}

impl Shared {
    pub(super) fn new(on_progress: Option<OnProgress>) -> Self {
        Self(Mutex::new(State {
            on_progress,
            ..State::default()
        }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why the file could not be read, if it was that.
    pub(super) fn take_failure(&self) -> Option<io::Error> {
        self.lock().failure.take()
    }

    /// Since when the connection has taken nothing, while there is more.
    pub(super) fn waiting_since(&self) -> Option<Instant> {
        self.lock().waiting
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

type Opening = Pin<Box<dyn Future<Output = io::Result<Reader>> + Send>>;

/// The file of one attempt.
pub(super) enum Content {
    Bytes(Bytes),
    Opening(Opening),
    Reader(Reader),
}

enum Stage {
    Head,
    File,
    Tail,
    End,
}

/// The body of one attempt.
pub(super) struct UploadBody {
    form: Form,
    content: Content,
    length: Option<u64>,
    sent: u64,
    stage: Stage,
    buffer: BytesMut,
    shared: Arc<Shared>,
}

impl UploadBody {
    pub(super) fn new(
        form: Form,
        content: Content,
        length: Option<u64>,
        shared: Arc<Shared>,
    ) -> Self {
        Self {
            form,
            content,
            length,
            sent: 0,
            stage: Stage::Head,
            buffer: BytesMut::new(),
            shared,
        }
    }

    /// The whole length, where that of the file is known.
    pub(super) fn size_of(form: &Form, length: Option<u64>) -> SizeHint {
        let frame = (form.head.len() + form.tail.len()) as u64;
        match length {
            Some(length) => SizeHint::with_exact(frame + length),
            None => SizeHint::default(),
        }
    }

    /// The next piece of the file; empty at its end.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        let left = self.length.map_or(u64::MAX, |length| length - self.sent);
        let most = usize::try_from(left).map_or(PIECE, |left| left.min(PIECE));
        loop {
            match &mut self.content {
                Content::Opening(opening) => {
                    self.content = Content::Reader(ready!(opening.as_mut().poll(cx))?);
                }
                Content::Bytes(bytes) => {
                    let most = bytes.len().min(most);
                    return Poll::Ready(Ok(bytes.split_to(most)));
                }
                Content::Reader(_) if most == 0 => return Poll::Ready(Ok(Bytes::new())),
                Content::Reader(reader) => {
                    self.buffer.resize(most, 0);
                    let mut piece = ReadBuf::new(&mut self.buffer);
                    ready!(reader.as_mut().poll_read(cx, &mut piece))?;
                    let read = piece.filled().len();
                    return Poll::Ready(Ok(self.buffer.split_to(read).freeze()));
                }
            }
        }
    }

    /// The next piece of the file, counted; empty at its end.
    fn poll_file(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        let piece = ready!(self.poll_piece(cx))?;
        self.sent += piece.len() as u64;
        let (sent, total) = (self.sent, self.length);
        if piece.is_empty()
            && let Some(length) = total
            && sent < length
        {
            let what = format!("it ended after {sent} of {length} bytes");
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::UnexpectedEof, what)));
        }
        if sent > LARGEST {
            let what = "it is larger than 512 MB, the most the service stores";
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::FileTooLarge, what)));
        }
        if !piece.is_empty()
            && let Some(on_progress) = &mut self.shared.lock().on_progress
        {
            on_progress(UploadProgress { sent, total });
        }
        Poll::Ready(Ok(piece))
    }
}

impl Body for UploadBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        this.shared.lock().waiting = None;
        let piece = loop {
            match this.stage {
                Stage::Head => {
                    this.stage = Stage::File;
                    break this.form.head.clone();
                }
                Stage::File => match ready!(this.poll_file(cx)) {
                    Ok(piece) if piece.is_empty() => this.stage = Stage::Tail,
                    Ok(piece) => break piece,
                    Err(error) => {
                        this.stage = Stage::End;
                        let message = error.to_string();
                        this.shared.lock().failure = Some(error);
                        return Poll::Ready(Some(Err(message.into())));
                    }
                },
                Stage::Tail => {
                    this.stage = Stage::End;
                    return Poll::Ready(Some(Ok(Frame::data(this.form.tail.clone()))));
                }
                Stage::End => return Poll::Ready(None),
            }
        };
        this.shared.lock().waiting = Some(Instant::now());
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.stage, Stage::End)
    }

    fn size_hint(&self) -> SizeHint {
        match self.stage {
            Stage::Head => Self::size_of(&self.form, self.length),
            Stage::File => match self.length {
                Some(length) => {
                    SizeHint::with_exact(length - self.sent + self.form.tail.len() as u64)
                }
                None => SizeHint::default(),
            },
            Stage::Tail => SizeHint::with_exact(self.form.tail.len() as u64),
            Stage::End => SizeHint::with_exact(0),
        }
    }
}

impl Drop for UploadBody {
    fn drop(&mut self) {
        // The attempt is over: nothing waits for the connection any more.
        self.shared.lock().waiting = None;
    }
}
