//! The socket under a connection, and what its owner and hyper share about it.
//!
//! hyper owns the socket while the connection lives, so the few facts that the owner needs of it
//! (was anything written, is it still open) and the waker of the task that waits go through a
//! [`Link`].

use std::{
    io,
    mem::MaybeUninit,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

/// Bytes in both directions: a TCP connection, or TLS over such a stream.
pub(super) enum Stream {
    Tcp(TcpStream),
    /// Boxed because it is large, and because a tunnel through an https proxy nests two of them.
    Tls(Box<TlsStream<Stream>>),
}

impl Stream {
    pub(super) fn tcp(&self) -> &TcpStream {
        match self {
            Self::Tcp(tcp) => tcp,
            Self::Tls(tls) => tls.get_ref().0.tcp(),
        }
    }

    /// Whether the server chose HTTP/2 in the TLS handshake.
    #[cfg(feature = "http2")]
    pub(super) fn is_h2(&self) -> bool {
        match self {
            Self::Tcp(_) => false,
            Self::Tls(tls) => tls.get_ref().1.alpn_protocol() == Some(b"h2"),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(tcp) => Pin::new(tcp).poll_write_vectored(cx, bufs),
            Self::Tls(tls) => Pin::new(tls).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Tcp(tcp) => tcp.is_write_vectored(),
            Self::Tls(tls) => tls.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(tcp) => Pin::new(tcp).poll_flush(cx),
            Self::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}

/// Bytes that one poll of a connection may read. hyper reads on for as long as a server sends
/// informational answers and each of them is complete; a timeout must get its turn.
const TURN: usize = 1024 * 1024;

/// What the owner of a connection and its socket tell each other.
pub(super) struct Link {
    state: Mutex<State>,
    /// The owner is polling the connection right now.
    inside: AtomicBool,
    /// A wake-up came meanwhile.
    woken: AtomicBool,
}

struct State {
    /// The task that waits for the socket.
    waker: Waker,
    /// Request bytes went to the socket since [`Link::begin`].
    written: bool,
    /// The peer takes no more bytes; what it sent before is still to be read.
    broken: bool,
    probe: Probe,
    /// Bytes that may still be read in this poll.
    turn: usize,
}

/// The check of an idle connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Probe {
    Off,
    /// Look at the socket itself, since tokio may not have heard of its end yet.
    Look,
    /// Bytes are there and tokio has not heard of them: wait.
    Waiting,
}

impl Link {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                waker: Waker::noop().clone(),
                written: false,
                broken: false,
                probe: Probe::Off,
                turn: TURN,
            }),
            inside: AtomicBool::new(false),
            woken: AtomicBool::new(false),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request is about to be written.
    pub(super) fn begin(&self) {
        self.state().written = false;
    }

    /// Whether any byte of the request was handed to the socket.
    pub(super) fn written(&self) -> bool {
        self.state().written
    }

    /// Runs `poll` with the socket waking `cx`.
    ///
    /// hyper wakes the task that reads a body when the connection has parsed a piece of it, and the
    /// other way round. Here both are this task, which is running; passing those wake-ups on would
    /// poll it once more for nothing. `poll` gets a waker that swallows them, while the socket uses
    /// the real one. A wake-up that `poll` needs (hyper yields after some rounds) is passed on.
    pub(super) fn drive<T>(
        &self,
        own: &Waker,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        {
            let mut state = self.state();
            if !state.waker.will_wake(cx.waker()) {
                state.waker.clone_from(cx.waker());
            }
            state.turn = TURN;
        }
        self.inside.store(true, Ordering::Relaxed);
        self.woken.store(false, Ordering::Relaxed);
        let result = poll(&mut Context::from_waker(own));
        self.inside.store(false, Ordering::Relaxed);
        if result.is_pending() && self.woken.load(Ordering::Relaxed) {
            cx.waker().wake_by_ref();
        }
        result
    }

    /// Asks for the next read to look at the socket itself.
    pub(super) fn look(&self) {
        self.state().probe = Probe::Look;
    }

    /// Ends the look; true if bytes are on their way that must be read first.
    pub(super) fn looked(&self) -> bool {
        std::mem::replace(&mut self.state().probe, Probe::Off) == Probe::Waiting
    }
}

impl Wake for Link {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.inside.load(Ordering::Relaxed) {
            self.woken.store(true, Ordering::Relaxed);
        } else {
            let waker = self.state().waker.clone();
            waker.wake();
        }
    }
}

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
        write: impl FnOnce(Pin<&mut Stream>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let mut state = self.link.state();
        if state.broken {
            return Poll::Pending;
        }
        let result = write(
            Pin::new(&mut self.stream),
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
    /// A server may answer (413, 401) and close before it has read the whole request. Its answer
    /// lies in the socket and wins, so the write does not fail: reading goes on to the answer or to
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
            match socket2::SockRef::from(stream.tcp()).peek(&mut byte) {
                Ok(0) => return Poll::Ready(Ok(())),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Pin::new(stream).poll_read(&mut Context::from_waker(&self.waker), buf);
                }
                Err(error) => return Poll::Ready(Err(error)),
                Ok(_) => {}
            }
            let mut cx = Context::from_waker(&self.waker);
            match stream {
                Stream::Tcp(_) => {
                    return Poll::Ready(Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        "bytes that nobody asked for",
                    )));
                }
                // May be a session ticket, or the end of the session.
                Stream::Tls(tls) => {
                    if tls.get_ref().0.tcp().poll_read_ready(&mut cx)?.is_pending() {
                        self.probe = Probe::Waiting;
                        return Poll::Pending;
                    }
                    match Pin::new(tls).poll_read(&mut cx, buf) {
                        Poll::Pending => {}
                        ready @ Poll::Ready(_) => return ready,
                    }
                }
            }
        }
    }
}

// The contexts that come with the calls are hyper's inner ones; see `Link::drive`.
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
        if state.turn == 0 {
            state.waker.wake_by_ref();
            return Poll::Pending;
        }
        let before = buf.filled().len();
        let stream = Pin::new(&mut this.stream);
        let result = stream.poll_read(&mut Context::from_waker(&state.waker), buf);
        state.turn = state.turn.saturating_sub(buf.filled().len() - before);
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
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let Stream::Tls(tls) = &mut this.stream else {
            return Poll::Ready(Ok(()));
        };
        let mut state = this.link.state();
        if state.broken {
            return Poll::Pending;
        }
        match Pin::new(tls).poll_flush(&mut Context::from_waker(&state.waker)) {
            Poll::Ready(Err(error)) if is_gone(&error) => state.stop_writing(),
            result => result,
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let state = this.link.state();
        Pin::new(&mut this.stream).poll_shutdown(&mut Context::from_waker(&state.waker))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_wake_up_of_the_running_task_is_kept_to_itself_unless_it_has_to_run_again() {
        let count = Arc::new(Count(AtomicUsize::new(0)));
        let task = Waker::from(Arc::clone(&count));
        let wakes = || count.0.load(Ordering::Relaxed);
        let link = Link::new();
        let own = Waker::from(Arc::clone(&link));
        let mut cx = Context::from_waker(&task);

        let ready = link.drive(&own, &mut cx, |cx| {
            cx.waker().wake_by_ref();
            Poll::Ready(())
        });
        assert!(ready.is_ready());
        assert_eq!(wakes(), 0, "it runs already");

        let pending: Poll<()> = link.drive(&own, &mut cx, |cx| {
            cx.waker().wake_by_ref();
            Poll::Pending
        });
        assert!(pending.is_pending());
        assert_eq!(wakes(), 1, "it asked to be polled again");

        own.wake_by_ref();
        assert_eq!(wakes(), 2, "a later wake-up goes to the task");
    }
}
