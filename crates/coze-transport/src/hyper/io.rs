//! The socket as hyper sees it.

use std::{
    io,
    mem::MaybeUninit,
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    link::{Link, Probe, State},
    stream::{Bytes, Stream, bytes, is_write_vectored, socket},
};

/// The socket as hyper sees it.
pub(super) struct Io {
    stream: Stream,
    link: Arc<Link>,
}

impl Io {
    pub(super) const fn new(stream: Stream, link: Arc<Link>) -> Self {
        Self { stream, link }
    }

    fn write(
        &mut self,
        write: impl FnOnce(Pin<&mut dyn Bytes>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let mut state = self.link.state();
        if state.broken {
            return Poll::Pending;
        }
        let result = write(
            bytes(&mut self.stream),
            &mut Context::from_waker(&state.waker),
        );
        match &result {
            Poll::Ready(Ok(n)) => state.written |= *n > 0,
            Poll::Ready(Err(error)) if is_gone(error) => {
                return state.stop_writing();
            }
            Poll::Ready(Err(_)) | Poll::Pending => {}
        }
        result
    }
}

/// The peer closed or reset the connection.
fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
    )
}

impl State {
    /// A server may respond (413, 401) and close before it has read the whole request. Its response
    /// lies in the socket and wins, so the write does not fail: reading goes on to the response or to
    /// the end of the connection.
    fn stop_writing<T>(&mut self) -> Poll<T> {
        self.broken = true;
        self.waker.wake_by_ref();
        Poll::Pending
    }

    /// One read that first asks the socket whether it is still open and silent.
    fn probe(&mut self, stream: &mut Stream, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut byte = [MaybeUninit::uninit()];
            match socket2::SockRef::from(socket(stream)).peek(&mut byte) {
                Ok(0) => return Poll::Ready(Ok(())),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.probe = Probe::Off;
                    return bytes(stream).poll_read(&mut Context::from_waker(&self.waker), buf);
                }
                Err(error) => return Poll::Ready(Err(error)),
                Ok(_) => {}
            }
            if let Stream::Plain(_) = stream {
                return Poll::Ready(Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "bytes that nobody asked for",
                )));
            }
            // May be a session ticket, or the end of the session.
            let mut cx = Context::from_waker(&self.waker);
            if socket(stream).poll_read_ready(&mut cx)?.is_pending() {
                self.probe = Probe::Waiting;
                return Poll::Pending;
            }
            match bytes(stream).poll_read(&mut cx, buf) {
                Poll::Pending => {}
                ready @ Poll::Ready(_) => return ready,
            }
        }
    }
}

// The contexts that come with the calls are hyper's inner ones; see `Owner::drive`.
impl AsyncRead for Io {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let mut state = this.link.state();
        if state.probe != Probe::Off {
            return state.probe(&mut this.stream, buf);
        }
        let turn = this.link.turn.load(Ordering::Relaxed);
        if turn == 0 {
            state.waker.wake_by_ref();
            return Poll::Pending;
        }
        let before = buf.filled().len();
        let stream = bytes(&mut this.stream);
        let result = stream.poll_read(&mut Context::from_waker(&state.waker), buf);
        let read = buf.filled().len() - before;
        let turn = turn.saturating_sub(read);
        this.link.turn.store(turn, Ordering::Relaxed);
        result
    }
}

impl AsyncWrite for Io {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.get_mut()
            .write(|stream, cx| stream.poll_write(cx, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.get_mut()
            .write(|stream, cx| stream.poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        is_write_vectored(&self.stream)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Stream::Plain(_) = this.stream {
            return Poll::Ready(Ok(()));
        }
        let mut state = this.link.state();
        if state.broken {
            return Poll::Pending;
        }
        match bytes(&mut this.stream).poll_flush(&mut Context::from_waker(&state.waker)) {
            Poll::Ready(Err(error)) if is_gone(&error) => state.stop_writing(),
            result => result,
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let state = this.link.state();
        bytes(&mut this.stream).poll_shutdown(&mut Context::from_waker(&state.waker))
    }
}
