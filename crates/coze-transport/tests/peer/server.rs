//! One server for three transports: HTTP/1.1, the same over TLS, HTTP/2 over TLS. It runs on a thread and a
//! runtime of its own, so that what the client's runtime does cannot touch it.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    thread,
    time::Duration,
};

use coze_transport::hyper::{HyperTransport, HyperTransportBuilder, TlsRoots};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};
use tokio_rustls::TlsAcceptor;

use super::{
    h1,
    script::{Act, End},
    tap::{Tap, Valve},
    tls::Authority,
};

/// What lies below the requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    H1,
    H1Tls,
    #[cfg(feature = "http2")]
    H2Tls,
}

impl Wire {
    pub const ALL: &[Self] = &[
        Self::H1,
        Self::H1Tls,
        #[cfg(feature = "http2")]
        Self::H2Tls,
    ];

    pub fn is_tls(self) -> bool {
        self != Self::H1
    }

    pub fn is_h1(self) -> bool {
        matches!(self, Self::H1 | Self::H1Tls)
    }
}

/// What the server saw, and what it is to do.
pub struct Recording {
    script: Vec<Act>,
    requests: AtomicUsize,
    connections: AtomicUsize,
    /// Bodies of requests that were read whole.
    pub bodies: Mutex<Vec<Vec<u8>>>,
    pub authorizations: Mutex<Vec<String>>,
    /// Connections, or streams of HTTP/2, that the client closed within a response.
    pub abandoned: AtomicUsize,
    valves: Mutex<Vec<Arc<Valve>>>,
}

impl Recording {
    /// The act for the next request.
    pub fn next(&self) -> Act {
        let n = self.requests.fetch_add(1, SeqCst);
        self.script[n.min(self.script.len() - 1)].clone()
    }
}

pub struct Peer {
    pub address: SocketAddr,
    pub url: String,
    pub wire: Wire,
    authority: Authority,
    seen: Arc<Recording>,
    _stop: oneshot::Sender<()>,
}

impl Peer {
    /// The n-th request meets the n-th act; the last act serves all further ones.
    pub fn start(wire: Wire, script: Vec<Act>) -> Self {
        Self::listen("127.0.0.1:0", wire, script)
    }

    pub fn listen(at: &'static str, wire: Wire, script: Vec<Act>) -> Self {
        let authority = Authority::new();
        let mut config = authority.server(&["localhost", "api.example", "::1"], false);
        config.alpn_protocols = if wire.is_h1() {
            vec![b"http/1.1".to_vec()]
        } else {
            vec![b"h2".to_vec()]
        };
        let acceptor = wire.is_tls().then(|| TlsAcceptor::from(Arc::new(config)));
        let seen = Arc::new(Recording {
            script,
            requests: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            bodies: Mutex::default(),
            authorizations: Mutex::default(),
            abandoned: AtomicUsize::new(0),
            valves: Mutex::default(),
        });
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = mpsc::channel();
        let shared = Arc::clone(&seen);
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::bind(at).await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                tokio::select! {
                    () = accept(listener, acceptor, wire, shared) => {}
                    _ = stopped => {}
                }
            });
        });
        let address = told.recv().unwrap();
        let url = if wire.is_tls() {
            format!("https://localhost:{}/v1/workflow/run", address.port())
        } else {
            format!("http://{address}/v1/workflow/run")
        };
        Self {
            address,
            url,
            wire,
            authority,
            seen,
            _stop: stop,
        }
    }

    /// A client that trusts this server.
    pub fn trusted(&self) -> HyperTransportBuilder {
        HyperTransport::builder()
            .tls_roots(TlsRoots::Empty)
            .add_root_pem(self.authority.pem())
            .no_proxy()
    }

    pub fn leaf(&self) -> HyperTransport {
        self.trusted().build().unwrap()
    }

    /// Requests whose head was read.
    pub fn requests(&self) -> usize {
        self.seen.requests.load(SeqCst)
    }

    /// TCP connections.
    pub fn connections(&self) -> usize {
        self.seen.connections.load(SeqCst)
    }

    pub fn seen(&self) -> &Recording {
        &self.seen
    }

    /// Bytes that went out, TLS not counted.
    pub fn written(&self) -> u64 {
        let valves = self.seen.valves.lock().unwrap();
        valves.iter().map(|valve| valve.written()).sum()
    }

    /// Whether the client gives up a response within `limit`.
    pub fn sees_abandoned(&self, limit: Duration) -> bool {
        let step = Duration::from_millis(2);
        for _ in 0..=limit.as_millis() / step.as_millis() {
            if self.seen.abandoned.load(SeqCst) > 0 {
                return true;
            }
            thread::sleep(step);
        }
        false
    }
}

async fn accept(
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    wire: Wire,
    seen: Arc<Recording>,
) {
    while let Ok((tcp, _)) = listener.accept().await {
        seen.connections.fetch_add(1, SeqCst);
        let (acceptor, seen) = (acceptor.clone(), Arc::clone(&seen));
        tokio::spawn(async move {
            let _ = tcp.set_nodelay(true);
            // A second handle on the socket, to say how it closes.
            let tcp = tcp.into_std().unwrap();
            let handle = tcp.try_clone().unwrap();
            let tcp = TcpStream::from_std(tcp).unwrap();
            let valve = Arc::new(Valve::default());
            seen.valves.lock().unwrap().push(Arc::clone(&valve));
            let end = match acceptor {
                None => {
                    serve(
                        Tap::new(tcp, Arc::clone(&valve)),
                        wire,
                        &seen,
                        &valve,
                        &handle,
                    )
                    .await
                }
                Some(acceptor) => match acceptor.accept(tcp).await {
                    Ok(tls) => {
                        let tap = Tap::new(tls, Arc::clone(&valve));
                        serve(tap, wire, &seen, &valve, &handle).await
                    }
                    Err(_) => End::Fin,
                },
            };
            debug_assert!(end != End::Keep);
        });
    }
}

/// Closes the socket with a reset when its last handle goes.
pub fn reset_on_close(handle: &std::net::TcpStream) {
    let _ = socket2::SockRef::from(handle).set_linger(Some(Duration::ZERO));
}

async fn serve<S>(
    io: Tap<S>,
    wire: Wire,
    seen: &Arc<Recording>,
    valve: &Arc<Valve>,
    handle: &std::net::TcpStream,
) -> End
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    match wire {
        Wire::H1 | Wire::H1Tls => h1::serve(io, seen, valve, handle).await,
        #[cfg(feature = "http2")]
        Wire::H2Tls => super::h2::serve(io, seen, valve, handle).await,
    }
}
