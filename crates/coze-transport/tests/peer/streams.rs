//! A server of HTTP/2 over TLS whose streams a test responds to by hand.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use coze_transport::{
    TransportError,
    hyper::{HyperTransport, TlsRoots},
};
use h2::server::SendResponse;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::{client::call, tls::Authority};

pub type Tls = TlsStream<TcpStream>;

pub struct H2Server {
    pub url: String,
    pub leaf: HyperTransport,
    connections: Arc<AtomicUsize>,
}

impl H2Server {
    /// Gives each TLS connection, with its number, to `serve`.
    pub async fn start<F, Fut>(serve: F) -> Self
    where
        F: Fn(usize, Tls) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let authority = Authority::new();
        let mut config = authority.server(&["localhost"], false);
        config.alpn_protocols = vec![b"h2".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!(
            "https://localhost:{}/v1",
            listener.local_addr().unwrap().port()
        );
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        let serve = Arc::new(serve);
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let n = count.fetch_add(1, Ordering::SeqCst);
                let (acceptor, serve) = (acceptor.clone(), Arc::clone(&serve));
                tokio::spawn(async move {
                    if let Ok(tls) = acceptor.accept(tcp).await {
                        serve(n, tls).await;
                    }
                });
            }
        });
        let leaf = HyperTransport::builder()
            .tls_roots(TlsRoots::Empty)
            .add_root_pem(authority.pem())
            .build()
            .unwrap();
        Self {
            url,
            leaf,
            connections,
        }
    }

    /// Gives each request, with its number over all connections, to `response`.
    pub async fn requests<F>(response: F) -> Self
    where
        F: Fn(usize, SendResponse<Bytes>) + Send + Sync + 'static,
    {
        let shared = Arc::new((response, AtomicUsize::new(0)));
        Self::start(move |_, tls| {
            let shared = Arc::clone(&shared);
            async move {
                let mut connection = h2::server::handshake(tls).await.unwrap();
                while let Some(Ok((_, respond))) = connection.accept().await {
                    let n = shared.1.fetch_add(1, Ordering::SeqCst);
                    (shared.0)(n, respond);
                }
            }
        })
        .await
    }

    pub async fn call(&self) -> Result<Bytes, TransportError> {
        tokio::time::timeout(Duration::from_secs(5), call(&self.leaf, &self.url))
            .await
            .expect("it hangs")
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

pub fn ok(mut respond: SendResponse<Bytes>) {
    let head = http::Response::builder()
        .header("content-length", "2")
        .body(())
        .unwrap();
    let mut body = respond.send_response(head, false).unwrap();
    body.send_data(Bytes::from_static(b"{}"), true).unwrap();
}

/// Reads to the head of a request, then writes `frames` and closes.
pub async fn raw_until(tls: &mut Tls, frames: &[u8]) {
    let mut preface = [0; 24];
    tls.read_exact(&mut preface).await.unwrap();
    tls.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
    read_to_headers(tls).await;
    tls.write_all(frames).await.unwrap();
    let _ = tls.shutdown().await;
}

pub async fn read_to_headers(tls: &mut Tls) {
    loop {
        let mut head = [0; 9];
        tls.read_exact(&mut head).await.unwrap();
        let length = usize::from(head[1]) << 8 | usize::from(head[2]);
        tls.read_exact(&mut vec![0; length]).await.unwrap();
        if head[3] == 1 {
            return;
        }
    }
}
