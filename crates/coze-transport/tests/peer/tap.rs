//! A look at, and a hand on, what goes over a connection, below the framing and above TLS.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Sleep,
};

/// What a server may change about its connection.
pub struct Valve {
    /// Bytes that still go out; what follows is lost.
    left: AtomicUsize,
    /// Bytes go out one by one, each after this pause.
    pace: Mutex<Option<Duration>>,
    written: AtomicU64,
}

impl Default for Valve {
    fn default() -> Self {
        Self {
            left: AtomicUsize::new(usize::MAX),
            pace: Mutex::new(None),
            written: AtomicU64::new(0),
        }
    }
}

impl Valve {
    pub fn close_after(&self, bytes: usize) {
        self.left.store(bytes, SeqCst);
    }

    pub fn pace(&self, pause: Duration) {
        *self.pace.lock().unwrap() = Some(pause);
    }

    pub fn written(&self) -> u64 {
        self.written.load(SeqCst)
    }
}

pub struct Tap<S> {
    inner: S,
    valve: Arc<Valve>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl<S> Tap<S> {
    pub fn new(inner: S, valve: Arc<Valve>) -> Self {
        Self {
            inner,
            valve,
            pause: None,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tap<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tap<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let left = this.valve.left.load(SeqCst);
        if left == 0 {
            return Poll::Ready(Ok(buf.len()));
        }
        let pace = *this.valve.pace.lock().unwrap();
        let mut most = left.min(buf.len());
        if let Some(pace) = pace {
            let pause = this
                .pause
                .get_or_insert_with(|| Box::pin(tokio::time::sleep(pace)));
            ready!(pause.as_mut().poll(cx));
            most = most.min(1);
        }
        let n = ready!(Pin::new(&mut this.inner).poll_write(cx, &buf[..most]))?;
        this.pause = None;
        this.valve.written.fetch_add(n as u64, SeqCst);
        if left != usize::MAX {
            this.valve.left.store(left - n, SeqCst);
        }
        Poll::Ready(Ok(n))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
