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
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};
use tokio_rustls::TlsAcceptor;

use super::{
    h1,
    script::{Act, End},
    steps::{self, Step},
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

/// What the server is to do.
enum Script {
    /// With each request; the last one serves all further ones.
    Acts(Vec<Act>),
    /// With each connection; the last ones serve all further ones.
    Steps(Vec<Vec<Step>>),
}

/// What the server saw.
#[derive(Default)]
pub struct Recording {
    /// Acts: those whose head was read. Steps: those that were read whole.
    pub requests: AtomicUsize,
    connections: AtomicUsize,
    /// Bodies of requests that were read whole, in acts.
    pub bodies: Mutex<Vec<Vec<u8>>>,
    pub authorizations: Mutex<Vec<String>>,
    /// Requests that were read whole, in steps.
    pub raw: Mutex<Vec<Vec<u8>>>,
    /// Connections that the client closed; in acts those, or streams of HTTP/2, that it closed within a response.
    pub closed: AtomicUsize,
    /// Connections that the server is done with, their sockets closed.
    ended: AtomicUsize,
    valves: Mutex<Vec<Arc<Valve>>>,
}

impl Recording {
    /// The act for the next request.
    pub fn next(&self, acts: &[Act]) -> Act {
        let n = self.requests.fetch_add(1, SeqCst);
        acts[n.min(acts.len() - 1)].clone()
    }
}

pub struct Peer {
    pub address: SocketAddr,
    pub url: String,
    pub wire: Wire,
    /// Who signed its certificate, if that is its own.
    authority: Option<Authority>,
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
        let tls = wire.is_tls().then(|| {
            let mut config = authority.server(&["localhost", "api.example", "::1"], false);
            config.alpn_protocols = if wire.is_h1() {
                vec![b"http/1.1".to_vec()]
            } else {
                vec![b"h2".to_vec()]
            };
            config
        });
        let mut peer = Self::spawn(at, wire, tls, Script::Acts(script));
        peer.authority = Some(authority);
        peer
    }

    /// The n-th connection follows the n-th steps; the last steps serve all further ones.
    pub fn follow(steps: Vec<Vec<Step>>) -> Self {
        Self::follow_at("127.0.0.1:0", steps)
    }

    pub fn follow_at(at: &'static str, steps: Vec<Vec<Step>>) -> Self {
        Self::spawn(at, Wire::H1, None, Script::Steps(steps))
    }

    /// The same over TLS.
    pub fn follow_tls(config: ServerConfig, steps: Vec<Vec<Step>>) -> Self {
        Self::spawn(
            "127.0.0.1:0",
            Wire::H1Tls,
            Some(config),
            Script::Steps(steps),
        )
    }

    /// The same for every connection: read a request, send the response.
    pub fn responding(response: Step) -> Self {
        Self::follow(vec![vec![Step::Read, response, Step::Again]])
    }

    fn spawn(at: &'static str, wire: Wire, tls: Option<ServerConfig>, script: Script) -> Self {
        let acceptor = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
        let seen = Arc::new(Recording::default());
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
                    () = accept(listener, acceptor, wire, script, shared) => {}
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
            authority: None,
            seen,
            _stop: stop,
        }
    }

    /// A client that trusts this server.
    pub fn trusted(&self) -> HyperTransportBuilder {
        HyperTransport::builder()
            .tls_roots(TlsRoots::Empty)
            .add_root_pem(self.authority.as_ref().unwrap().pem())
            .no_proxy()
    }

    pub fn leaf(&self) -> HyperTransport {
        self.trusted().build().unwrap()
    }

    /// Its URL by another name of this machine.
    pub fn url_at(&self, host: &str) -> String {
        self.url.replace("localhost", host)
    }

    pub fn requests(&self) -> usize {
        self.seen.requests.load(SeqCst)
    }

    /// The n-th request that was read whole, in steps.
    pub fn request(&self, n: usize) -> String {
        String::from_utf8_lossy(&self.seen.raw.lock().unwrap()[n]).into_owned()
    }

    /// TCP connections.
    pub fn connections(&self) -> usize {
        self.seen.connections.load(SeqCst)
    }

    pub fn ended(&self) -> usize {
        self.seen.ended.load(SeqCst)
    }

    pub fn seen(&self) -> &Recording {
        &self.seen
    }

    /// Bytes that went out, TLS not counted.
    pub fn written(&self) -> u64 {
        let valves = self.seen.valves.lock().unwrap();
        valves.iter().map(|valve| valve.written()).sum()
    }

    /// Whether the client closes `n` connections, or gives up `n` responses, within `limit`.
    pub fn sees_closed(&self, n: usize, limit: Duration) -> bool {
        let step = Duration::from_millis(2);
        for _ in 0..=limit.as_millis() / step.as_millis() {
            if self.seen.closed.load(SeqCst) >= n {
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
    script: Script,
    seen: Arc<Recording>,
) {
    let script = Arc::new(script);
    while let Ok((tcp, _)) = listener.accept().await {
        let n = seen.connections.fetch_add(1, SeqCst);
        let (acceptor, script, seen) = (acceptor.clone(), Arc::clone(&script), Arc::clone(&seen));
        tokio::spawn(async move {
            let _ = tcp.set_nodelay(true);
            // A second handle on the socket, to say how it closes.
            let tcp = tcp.into_std().unwrap();
            let handle = tcp.try_clone().unwrap();
            let tcp = TcpStream::from_std(tcp).unwrap();
            let valve = Arc::new(Valve::default());
            seen.valves.lock().unwrap().push(Arc::clone(&valve));
            let connection = Connection {
                n,
                wire,
                script,
                seen: Arc::clone(&seen),
                valve,
                handle,
            };
            match acceptor {
                None => connection.serve(tcp).await,
                Some(acceptor) => match acceptor.accept(tcp).into_fallible().await {
                    Ok(tls) => connection.serve(tls).await,
                    // What the client has sent meanwhile is read, or the reset would overtake the alert.
                    Err((_, mut tcp)) => {
                        while matches!(tcp.read(&mut [0; 4096]).await, Ok(n) if n > 0) {}
                    }
                },
            }
            seen.ended.fetch_add(1, SeqCst);
        });
    }
}

struct Connection {
    n: usize,
    wire: Wire,
    script: Arc<Script>,
    seen: Arc<Recording>,
    valve: Arc<Valve>,
    handle: std::net::TcpStream,
}

impl Connection {
    async fn serve<S>(self, io: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut io = Tap::new(io, Arc::clone(&self.valve));
        let acts = match &*self.script {
            Script::Steps(all) => {
                let steps = &all[self.n.min(all.len() - 1)];
                if steps::follow(&mut io, steps, &self.seen).await == End::Rst {
                    reset_on_close(&self.handle);
                } else {
                    let _ = io.shutdown().await;
                }
                return;
            }
            Script::Acts(acts) => acts,
        };
        let end = match self.wire {
            Wire::H1 | Wire::H1Tls => {
                h1::serve(io, acts, &self.seen, &self.valve, &self.handle).await
            }
            #[cfg(feature = "http2")]
            Wire::H2Tls => super::h2::serve(io, acts, &self.seen, &self.valve, &self.handle).await,
        };
        debug_assert!(end != End::Keep);
    }
}

/// Closes the socket with a reset when its last handle goes.
pub fn reset_on_close(handle: &std::net::TcpStream) {
    let _ = socket2::SockRef::from(handle).set_linger(Some(Duration::ZERO));
}
