//! The emulator on a socket.

use std::{fmt, io, net::SocketAddr, time::Duration};

use axum::Router;
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::Instant,
};

use crate::{builder::EmulatorBuilder, connection, emulator::Emulator, error::StartError, feed};

/// How long [`RunningEmulator::shutdown`] waits for open responses.
const GRACE: Duration = Duration::from_secs(5);

/// Connections that may wait to be accepted; the system may allow fewer.
const WAITING: u32 = 16_384;

/// How long nothing is accepted after the system had no descriptor or memory for a connection.
const EXHAUSTED: Duration = Duration::from_secs(1);

/// An emulator that listens. It stops when it is dropped.
pub struct RunningEmulator {
    emulator: Emulator,
    address: SocketAddr,
    stopping: watch::Sender<bool>,
    server: JoinHandle<()>,
}

impl Emulator {
    /// Listens on the address of the builder and responds from now on.
    ///
    /// # Errors
    ///
    /// [`StartError::Listen`] when the address is taken or not allowed.
    #[expect(
        clippy::unused_async,
        reason = "a socket needs a runtime, and who awaits is in one"
    )]
    pub async fn start(self) -> Result<RunningEmulator, StartError> {
        let listen = self.0.settings().listen;
        RunningEmulator::start(self, listen)
    }
}

impl EmulatorBuilder {
    /// Builds the emulator and starts it, see [`Emulator::start`].
    ///
    /// # Errors
    ///
    /// [`StartError`].
    pub async fn start(self) -> Result<RunningEmulator, StartError> {
        self.build()?.start().await
    }
}

impl RunningEmulator {
    pub(crate) fn start(emulator: Emulator, listen: SocketAddr) -> Result<Self, StartError> {
        let failed = |source| StartError::Listen {
            address: listen,
            source,
        };
        let listener = bind(listen).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (stopping, stopped) = watch::channel(false);
        let server = tokio::spawn(serve(listener, emulator.router(), stopped));
        Ok(Self {
            emulator,
            address,
            stopping,
            server,
        })
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL for a client, such as `http://127.0.0.1:49152`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The emulator itself.
    pub fn emulator(&self) -> &Emulator {
        &self.emulator
    }

    /// Stops to accept, lets open responses end for up to 5 seconds, closes what is left, and returns.
    pub async fn shutdown(mut self) {
        self.stopping.send_replace(true);
        let feed = &self.emulator.0.core().feed;
        feed.tell(feed::SHUTDOWN, Default::default);
        let _ = tokio::time::timeout(GRACE, &mut self.server).await;
        #[cfg(feature = "state")]
        self.emulator.0.close();
    }
}

impl Drop for RunningEmulator {
    fn drop(&mut self) {
        // The connections are tasks of this one and end with it.
        self.server.abort();
    }
}

/// Thousands of connections may come at once; the usual bound of 1,024 that wait would let the others try again for a minute.
fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    // An address that was just in use can be taken again; on Windows the option means something else.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(WAITING)
}

/// Accepts connections and gives each a task, until the server stops; then waits for those that are open.
async fn serve(listener: TcpListener, router: Router, mut stopping: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    let stopped = stopping.clone();
    loop {
        tokio::select! {
            accepted = accept(&listener) => {
                connections.spawn(connection::serve(accepted, router.clone(), stopped.clone()));
            }
            // Forgets those that ended.
            Some(_) = connections.join_next() => {}
            _ = stopping.wait_for(|stopping| *stopping) => break,
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((socket, _)) => return socket,
            // The client went before it was looked at.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::ConnectionAborted
                        | io::ErrorKind::ConnectionRefused
                        | io::ErrorKind::ConnectionReset
                ) => {}
            Err(_) => tokio::time::sleep_until(Instant::now() + EXHAUSTED).await,
        }
    }
}

impl fmt::Debug for RunningEmulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningEmulator")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
