//! The emulator on a socket.

use std::{fmt, net::SocketAddr, time::Duration};

use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::{
    Emulator, StartError,
    connection::{Connections, Control, ControlledListener},
};

/// How long [`RunningEmulator::shutdown`] waits for open replies.
const GRACE: Duration = Duration::from_secs(5);

/// An emulator that listens. It stops when it is dropped.
pub struct RunningEmulator {
    emulator: Emulator,
    address: SocketAddr,
    open: Connections,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
}

impl RunningEmulator {
    pub(crate) async fn start(emulator: Emulator, listen: SocketAddr) -> Result<Self, StartError> {
        let failed = |source| StartError::Listen {
            address: listen,
            source,
        };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let service = emulator
            .router()
            .into_make_service_with_connect_info::<Control>();
        let open = Connections::default();
        let listener = ControlledListener {
            inner: listener,
            open: open.clone(),
        };
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(async move {
            // The error type is there for axum's future; serving does not end by itself.
            let _ = axum::serve(listener, service)
                .with_graceful_shutdown(async {
                    let _ = stopped.await;
                })
                .await;
        });
        Ok(Self {
            emulator,
            address,
            open,
            stop: Some(stop),
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

    /// Stops to accept, lets open replies end for up to 5 seconds, closes what is left, and returns.
    pub async fn shutdown(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        let _ = tokio::time::timeout(GRACE, &mut self.server).await;
    }
}

impl Drop for RunningEmulator {
    fn drop(&mut self) {
        // Without the task no connection is accepted; those that are open would go on by themselves.
        drop(self.stop.take());
        self.server.abort();
        self.open.close();
    }
}

impl fmt::Debug for RunningEmulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningEmulator")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
