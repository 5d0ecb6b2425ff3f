//! Proxies: tunnels by CONNECT and by SOCKS5. Numbers are those of `docs/design/leaf.md`.
#![expect(clippy::unwrap_used, reason = "the tests assert by it")]

mod peer;

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
};

use coze_transport::{
    ErrorKind, Outcome, TransportError,
    hyper::{HyperTransport, HyperTransportBuilder, TlsRoots},
};
use peer::{call, chain, server::Peer, steps::serving, tls::Authority};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

fn not_accepted(error: &TransportError, kind: ErrorKind, permanent: bool) {
    assert_eq!(
        (error.kind(), error.outcome(), error.is_permanent()),
        (kind, Outcome::NotAccepted, permanent),
        "{}",
        chain(error)
    );
}

/// A proxy that responds to CONNECT with `response` and, where that is a 200, tunnels to `target`.
struct Proxy {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    async fn start(
        response: &'static str,
        target: SocketAddr,
        tls: Option<rustls::ServerConfig>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&heads);
        let acceptor = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (seen, acceptor) = (Arc::clone(&seen), acceptor.clone());
                tokio::spawn(async move {
                    match acceptor {
                        None => tunnel(tcp, response, target, &seen).await,
                        Some(acceptor) => {
                            let tls = acceptor.accept(tcp).await.unwrap();
                            tunnel(tls, response, target, &seen).await;
                        }
                    }
                });
            }
        });
        Self { address, heads }
    }

    fn head(&self) -> String {
        self.heads.lock().unwrap()[0].clone()
    }
}

async fn tunnel(
    mut client: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    response: &str,
    target: SocketAddr,
    seen: &Mutex<Vec<String>>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match client.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    seen.lock().unwrap().push(String::from_utf8(head).unwrap());
    client.write_all(response.as_bytes()).await.unwrap();
    client.flush().await.unwrap();
    if response.contains(" 200 ") {
        let mut server = tokio::net::TcpStream::connect(target).await.unwrap();
        let _ = copy_bidirectional(&mut client, &mut server).await;
    }
}

const ESTABLISHED: &str = "HTTP/1.1 200 Connection established\r\n\r\n";

fn trusting(authority: &Authority) -> HyperTransportBuilder {
    HyperTransport::builder()
        .tls_roots(TlsRoots::Empty)
        .add_root_pem(authority.pem())
}

#[tokio::test]
async fn a_tunnel_through_a_proxy_carries_tls_to_the_server() {
    let authority = Authority::new();
    let server = Peer::follow_tls(authority.server(&["api.example"], false), serving());
    let proxy = Proxy::start(ESTABLISHED, server.address, None).await;
    let leaf = trusting(&authority)
        .proxy(&format!("http://user:pa%3Ass@{}", proxy.address), "")
        .build()
        .unwrap();
    for _ in 0..2 {
        assert_eq!(call(&leaf, "https://api.example/v1").await.unwrap(), "{}");
    }
    assert_eq!((server.connections(), server.requests()), (1, 2));
    let head = proxy.head();
    assert!(
        head.starts_with("CONNECT api.example:443 HTTP/1.1\r\nhost: api.example:443\r\n"),
        "{head}"
    );
    assert!(
        head.contains("proxy-authorization: Basic dXNlcjpwYTpzcw==\r\n"),
        "{head}"
    );
    // The server itself is this machine here, and that is reached directly.
    assert!(call(&leaf, &server.url).await.is_err());
    assert_eq!(proxy.heads.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_tunnel_to_an_ipv6_address_is_asked_for_in_brackets() {
    let authority = Authority::new();
    let server = Peer::follow_tls(authority.server(&["fd12::1"], false), serving());
    let proxy = Proxy::start(ESTABLISHED, server.address, None).await;
    let leaf = trusting(&authority)
        .proxy(&proxy.address.to_string(), "")
        .build()
        .unwrap();
    assert_eq!(call(&leaf, "https://[fd12::1]/v1").await.unwrap(), "{}");
    let head = proxy.head();
    assert!(
        head.starts_with("CONNECT [fd12::1]:443 HTTP/1.1\r\nhost: [fd12::1]:443\r\n"),
        "{head}"
    );
}

#[tokio::test]
async fn a_proxy_may_be_reached_by_tls() {
    let authority = Authority::new();
    let server = Peer::follow_tls(authority.server(&["api.example"], false), serving());
    let config = authority.server(&["localhost"], false);
    let proxy = Proxy::start(ESTABLISHED, server.address, Some(config)).await;
    let leaf = trusting(&authority)
        .proxy(&format!("https://localhost:{}", proxy.address.port()), "")
        .build()
        .unwrap();
    assert_eq!(call(&leaf, "https://api.example/v1").await.unwrap(), "{}");
    assert!(proxy.head().starts_with("CONNECT api.example:443 "));
}

/// What a proxy that responds so makes of a call.
async fn proxied(response: &'static str) -> TransportError {
    let authority = Authority::new();
    let server = Peer::follow_tls(authority.server(&["api.example"], false), serving());
    let proxy = Proxy::start(response, server.address, None).await;
    let leaf = trusting(&authority)
        .proxy(&format!("http://user:canary@{}", proxy.address), "")
        .build()
        .unwrap();
    let error = call(&leaf, "https://api.example/v1").await.unwrap_err();
    let shown = format!("{} {error:?}", chain(&error));
    assert!(
        !shown.contains("canary") && !shown.contains("Basic"),
        "{shown}"
    );
    assert_eq!(server.requests(), 0);
    error
}

#[tokio::test]
async fn faults_15_16_17_a_proxy_that_opens_no_tunnel_is_not_accepted() {
    let error = proxied("HTTP/1.1 502 Bad Gateway\r\n\r\n").await;
    not_accepted(&error, ErrorKind::Connect, false);
    assert!(error.to_string().contains("502"), "{error}");
    let error = proxied("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await;
    not_accepted(&error, ErrorKind::Connect, true);
    assert!(error.to_string().contains("407"), "{error}");
    let error = proxied("HTTP/1.1 200 OK\r\n\r\nSSH-2.0-junk\r\n").await;
    assert_eq!(error.outcome(), Outcome::NotAccepted, "{}", chain(&error));
    let error = proxied("ICY 200 OK\r\n\r\n").await;
    not_accepted(&error, ErrorKind::Connect, false);

    let leaf = HyperTransport::builder()
        .proxy("http://127.0.0.1:1", "")
        .build()
        .unwrap();
    let error = call(&leaf, "https://api.example/v1").await.unwrap_err();
    not_accepted(&error, ErrorKind::Connect, false);
    let leaf = HyperTransport::builder()
        .proxy("socks4://127.0.0.1:1", "")
        .build()
        .unwrap();
    let error = call(&leaf, "https://api.example/v1").await.unwrap_err();
    not_accepted(&error, ErrorKind::Connect, true);
}

/// A SOCKS5 proxy that wants a user name and password, replies to them with `login` and the request with
/// `reply`. What it is told comes back.
async fn socks5(
    login: u8,
    reply: u8,
    target: SocketAddr,
) -> (SocketAddr, Arc<Mutex<Vec<Vec<u8>>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let said = Arc::clone(&heard);
    tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        for response in [
            &[5, 2][..],
            &[1, login],
            &[5, reply, 0, 1, 127, 0, 0, 1, 0, 80],
        ] {
            let mut message = Vec::new();
            if client.read_buf(&mut message).await.unwrap_or(0) == 0 {
                return;
            }
            said.lock().unwrap().push(message);
            client.write_all(response).await.unwrap();
        }
        let mut server = tokio::net::TcpStream::connect(target).await.unwrap();
        let _ = copy_bidirectional(&mut client, &mut server).await;
    });
    (address, heard)
}

#[tokio::test]
async fn a_socks5_proxy_is_told_the_name_and_carries_tls_to_the_server() {
    let authority = Authority::new();
    for scheme in ["socks5", "socks5h"] {
        let server = Peer::follow_tls(authority.server(&["api.example"], false), serving());
        let (proxy, heard) = socks5(0, 0, server.address).await;
        let leaf = trusting(&authority)
            .proxy(&format!("{scheme}://user:pa%3Ass@{proxy}"), "")
            .resolver(|_| async { panic!("it was looked up") as io::Result<Vec<IpAddr>> })
            .build()
            .unwrap();
        for _ in 0..2 {
            assert_eq!(call(&leaf, "https://api.example/v1").await.unwrap(), "{}");
        }
        assert_eq!((server.connections(), server.requests()), (1, 2));
        assert_eq!(
            *heard.lock().unwrap(),
            [
                b"\x05\x01\x02".to_vec(),
                b"\x01\x04user\x05pa:ss".to_vec(),
                b"\x05\x01\x00\x03\x0bapi.example\x01\xbb".to_vec(),
            ]
        );
    }
}

#[tokio::test]
async fn a_socks5_proxy_that_opens_no_tunnel_is_not_accepted() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nowhere = free.local_addr().unwrap();
    // Refused credentials, host unreachable.
    for (login, reply, permanent) in [(1, 0, true), (0, 4, false)] {
        let (proxy, _) = socks5(login, reply, nowhere).await;
        let leaf = HyperTransport::builder()
            .proxy(&format!("socks5://user:canary@{proxy}"), "")
            .build()
            .unwrap();
        let error = call(&leaf, "https://api.example/v1").await.unwrap_err();
        not_accepted(&error, ErrorKind::Connect, permanent);
        let shown = format!("{} {error:?}", chain(&error));
        assert!(
            shown.contains(&proxy.to_string()) && !shown.contains("canary"),
            "{shown}"
        );
    }
    // One that wants a password and is given none.
    let (proxy, _) = socks5(0, 0, nowhere).await;
    let leaf = HyperTransport::builder()
        .proxy(&format!("socks5://{proxy}"), "")
        .build()
        .unwrap();
    let error = call(&leaf, "https://api.example/v1").await.unwrap_err();
    not_accepted(&error, ErrorKind::Connect, true);
}
