//! Connections that can be closed from inside a call.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll, Waker},
};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};

const OPEN: u8 = 0;
const CLOSE: u8 = 1;
const RESET: u8 = 2;

/// Ends a connection from the outside of the server that drives it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Control(Arc<State>);

#[derive(Debug, Default)]
struct State {
    wish: AtomicU8,
    reader: Mutex<Option<Waker>>,
}

impl Control {
    /// Closes the connection as a process that ends would.
    pub(crate) fn close(&self) {
        self.wish(CLOSE);
    }

    /// Closes the connection with a TCP reset.
    pub(crate) fn reset(&self) {
        self.wish(RESET);
    }

    fn wish(&self, wish: u8) {
        self.0.wish.fetch_max(wish, Ordering::SeqCst);
        let reader = self
            .0
            .reader
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    fn wished(&self) -> u8 {
        self.0.wish.load(Ordering::SeqCst)
    }

    fn watch(&self, waker: &Waker) {
        let mut reader = self.0.reader.lock().unwrap_or_else(PoisonError::into_inner);
        *reader = Some(waker.clone());
    }
}

/// All open connections of a server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connections(Arc<Mutex<Vec<Weak<State>>>>);

impl Connections {
    fn add(&self, control: &Control) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Forgets those that are gone whenever the list would grow, so that it stays in proportion.
        if all.len() == all.capacity() {
            all.retain(|state| state.strong_count() > 0);
        }
        all.push(Arc::downgrade(&control.0));
    }

    /// Closes all of them.
    pub(crate) fn close(&self) {
        let all = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for state in all.iter().filter_map(Weak::upgrade) {
            Control(state).close();
        }
    }
}

/// Accepts controlled connections.
#[derive(Debug)]
pub(crate) struct ControlledListener {
    pub(crate) inner: TcpListener,
    pub(crate) open: Connections,
}

impl Listener for ControlledListener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        // The implementation for the inner listener waits when the system is out of descriptors.
        let (socket, address) = Listener::accept(&mut self.inner).await;
        // Small events must not wait for more; a socket that cannot do this still works.
        let _ = socket.set_nodelay(true);
        let control = Control::default();
        self.open.add(&control);
        (Connection { socket, control }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }
}

impl Connected<IncomingStream<'_, ControlledListener>> for Control {
    fn connect_info(stream: IncomingStream<'_, ControlledListener>) -> Self {
        stream.io().control.clone()
    }
}

/// A TCP connection with its control.
#[derive(Debug)]
pub(crate) struct Connection {
    socket: TcpStream,
    control: Control,
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // Watched first: a wish that comes in between wakes this task.
        self.control.watch(cx.waker());
        if self.control.wished() != OPEN {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.socket).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.control.wished() == RESET {
            // An orderly end would come before the reset.
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(cx, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.control.wished() == RESET {
            // Without it the peer sees an ordinary end; nothing else depends on it.
            let _ = self.socket.set_zero_linger();
        }
    }
}
