//! A TCP connection with its control.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::{
    control::Control,
    frames::{self, Frames},
};

/// What an HTTP/2 connection begins with; no method of HTTP/1 does.
const PREFACE: &[u8] = b"PRI ";

#[derive(Debug)]
pub(super) struct Connection {
    socket: TcpStream,
    control: Control,
    protocol: Protocol,
    /// Rest of a frame of our own that goes out before anything else.
    own: Vec<u8>,
}

#[derive(Debug)]
enum Protocol {
    /// Too little was read to know.
    Unknown(Vec<u8>),
    Http1,
    Http2(Frames),
}

impl Connection {
    pub(super) fn new(socket: TcpStream, control: Control) -> Self {
        Self {
            socket,
            control,
            protocol: Protocol::Unknown(Vec::new()),
            own: Vec::new(),
        }
    }

    fn read(&mut self, bytes: &[u8]) {
        let Protocol::Unknown(begin) = &mut self.protocol else {
            return;
        };
        begin.extend(bytes.iter().take(PREFACE.len() - begin.len()));
        if begin.as_slice() == PREFACE {
            self.protocol = Protocol::Http2(Frames::default());
        } else if !PREFACE.starts_with(begin) {
            self.protocol = Protocol::Http1;
        }
    }

    fn wrote(&mut self, bytes: &[u8]) {
        if let Protocol::Http2(frames) = &mut self.protocol {
            frames.follow(bytes);
        }
    }

    /// Writes GOAWAY when it is due and no frame is half written.
    fn poll_own(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Protocol::Http2(frames) = &self.protocol
            && frames.is_between()
            && let Some(last) = self.control.goaway()
        {
            self.own.extend(frames::goaway(last));
        }
        while !self.own.is_empty() {
            let count = std::task::ready!(Pin::new(&mut self.socket).poll_write(cx, &self.own))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.own.drain(..count);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // Watched first: a wish that comes in between wakes this task.
        self.control.watch(cx.waker());
        if self.control.is_over() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        // A connection without anything to say is only read; a full socket is tried again by the next write.
        if let Poll::Ready(Err(error)) = self.poll_own(cx) {
            return Poll::Ready(Err(error));
        }
        let before = buffer.filled().len();
        std::task::ready!(Pin::new(&mut self.socket).poll_read(cx, buffer))?;
        self.read(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        std::task::ready!(self.poll_own(cx))?;
        let count = std::task::ready!(Pin::new(&mut self.socket).poll_write(cx, bytes))?;
        self.wrote(&bytes[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        std::task::ready!(self.poll_own(cx))?;
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.control.is_reset() {
            // An orderly end would come before the reset.
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        std::task::ready!(self.poll_own(cx))?;
        let count = std::task::ready!(Pin::new(&mut self.socket).poll_write_vectored(cx, buffers))?;
        let mut left = count;
        for buffer in buffers {
            let taken = left.min(buffer.len());
            self.wrote(&buffer[..taken]);
            left -= taken;
        }
        Poll::Ready(Ok(count))
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.control.is_reset() {
            // Without it the peer sees an ordinary end; nothing else depends on it.
            let _ = self.socket.set_zero_linger();
        }
    }
}
