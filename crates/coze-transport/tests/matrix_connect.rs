//! Faults before the request is written, over each transport: it certainly was not accepted, so a run is tried
//! three times and a call that may be repeated four times.

mod peer;

use std::{
    io::{Read, Write},
    net::{IpAddr, SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use coze_transport::{
    ErrorKind, Outcome, ReplaySafety, TimeoutKind, TransportError,
    hyper::{HyperTransport, HyperTransportBuilder},
};
use peer::{
    hole::BlackHole,
    row::{request, stack},
    script::{Act, End, ok},
    server::{Peer, Wire, reset_on_close},
};

const CONNECT: ErrorKind = ErrorKind::Timeout(TimeoutKind::Connect);

/// The errors of a run and of a call that may be repeated, which made so many attempts.
async fn failing(leaf: HyperTransport, url: &str, run: usize, free: usize) -> [TransportError; 2] {
    let stack = stack(leaf);
    let mut errors = Vec::new();
    for (replay, attempts) in [(ReplaySafety::IfNotSent, run), (ReplaySafety::Always, free)] {
        let called = stack.send(request(url, replay, 9, |_| {}));
        let called = tokio::time::timeout(Duration::from_secs(5), called).await;
        let error = called.expect("it hangs").unwrap_err();
        assert_eq!(error.outcome(), Outcome::NotAccepted, "{url}: {error:?}");
        assert_eq!(error.attempts().len(), attempts, "{url}: {error:?}");
        errors.push(error);
    }
    errors.try_into().unwrap()
}

fn is(errors: &[TransportError], kind: ErrorKind, part: &str) {
    for error in errors {
        assert_eq!(error.kind(), kind, "{error:?}");
        assert!(error.to_string().contains(part), "{error}");
    }
}

fn url(wire: Wire, host: &str, port: u16) -> String {
    let scheme = if wire.is_tls() { "https" } else { "http" };
    format!("{scheme}://{host}:{port}/v1/workflow/run")
}

fn resolving(builder: HyperTransportBuilder, addresses: &[&str]) -> HyperTransportBuilder {
    let addresses: Vec<IpAddr> = addresses.iter().map(|a| a.parse().unwrap()).collect();
    builder.resolver(move |_| {
        let addresses = addresses.clone();
        async move { Ok(addresses) }
    })
}

#[tokio::test]
async fn faults_1_2_a_name_without_address_or_reply() {
    for wire in Wire::ALL {
        let there = url(*wire, "studio", 1);
        let none = HyperTransport::builder()
            .resolver(|_| async { Err(std::io::Error::other("no such name")) })
            .build()
            .unwrap();
        is(
            &failing(none, &there, 3, 4).await,
            ErrorKind::Connect,
            "studio",
        );
        let silent = HyperTransport::builder()
            .resolver(|_| std::future::pending())
            .connect_timeout(Duration::from_millis(30))
            .build()
            .unwrap();
        is(&failing(silent, &there, 3, 4).await, CONNECT, "studio");
    }
}

#[tokio::test]
async fn faults_3_4_addresses_of_both_families() {
    for wire in Wire::ALL {
        let peer = Peer::start(*wire, vec![Act::Respond(ok())]);
        let hole = BlackHole::at(&format!("[::1]:{}", peer.address.port()));
        let leaf = resolving(peer.trusted(), &["::1", "127.0.0.1"])
            .build()
            .unwrap();
        let started = tokio::time::Instant::now();
        let there = url(*wire, "localhost", peer.address.port());
        stack(leaf)
            .send(request(&there, ReplaySafety::Never, 9, |_| {}))
            .await
            .unwrap();
        assert!(started.elapsed() < Duration::from_millis(1500), "{wire:?}");
        assert_eq!((peer.connections(), peer.requests()), (1, 1));
        drop(hole);

        let peer = Peer::listen("[::1]:0", *wire, vec![Act::Respond(ok())]);
        let there = url(*wire, "[::1]", peer.address.port());
        stack(peer.leaf())
            .send(request(&there, ReplaySafety::Never, 9, |_| {}))
            .await
            .unwrap();
        assert_eq!(peer.requests(), 1);
    }
}

#[tokio::test]
async fn faults_6_7_a_connection_that_is_refused_or_without_a_reply() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let hole = BlackHole::at("127.0.0.1:0");
    for wire in Wire::ALL {
        let there = url(*wire, "127.0.0.1", port);
        let errors = failing(HyperTransport::new(), &there, 3, 4).await;
        is(&errors, ErrorKind::Connect, "refused");
        let there = url(*wire, "127.0.0.1", hole.address.port());
        let leaf = HyperTransport::builder()
            .tcp_timeout(Duration::from_millis(50))
            .build()
            .unwrap();
        is(&failing(leaf, &there, 3, 4).await, CONNECT, "127.0.0.1");
    }
}

/// A listener that does `act` with each connection, and how many there were.
fn raw(act: fn(std::net::TcpStream)) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    thread::spawn(move || {
        for stream in listener.incoming() {
            counted.fetch_add(1, SeqCst);
            thread::spawn(move || act(stream.unwrap()));
        }
    });
    (address, count)
}

#[tokio::test]
async fn faults_8_10_12_13_a_handshake_that_fails() {
    for wire in Wire::ALL.iter().filter(|wire| wire.is_tls()) {
        // The reset meets the handshake or, now and then, the connect itself.
        let (address, count) = raw(|stream| reset_on_close(&stream));
        let there = url(*wire, "127.0.0.1", address.port());
        for error in failing(HyperTransport::new(), &there, 3, 4).await {
            assert!(
                matches!(error.kind(), ErrorKind::Tls | ErrorKind::Connect),
                "{error:?}"
            );
        }
        assert_eq!(count.load(SeqCst), 7);
        for (act, kind, part, run, free) in [
            (
                (|mut stream| {
                    let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
                    let _ = stream.read(&mut [0; 4096]);
                }) as fn(std::net::TcpStream),
                ErrorKind::Tls,
                "not TLS",
                3,
                4,
            ),
            // The alert `protocol_version`, as a server with TLS 1.0 sends it.
            (
                |mut stream| {
                    let _ = stream.read(&mut [0; 4096]);
                    let _ = stream.write_all(&[0x15, 3, 1, 0, 2, 2, 70]);
                },
                ErrorKind::Tls,
                "TLS 1.2 or 1.3",
                1,
                1,
            ),
            (
                |mut stream| while matches!(stream.read(&mut [0; 4096]), Ok(n) if n > 0) {},
                CONNECT,
                "usable connection",
                3,
                4,
            ),
        ] {
            let (address, count) = raw(act);
            let there = url(*wire, "127.0.0.1", address.port());
            let mut leaf = HyperTransport::builder();
            if kind == CONNECT {
                leaf = leaf.connect_timeout(Duration::from_millis(100));
            }
            let errors = failing(leaf.build().unwrap(), &there, run, free).await;
            is(&errors, kind, part);
            assert_eq!(count.load(SeqCst), run + free, "{part}");
        }
    }
}

#[tokio::test]
async fn fault_11_a_certificate_that_is_not_trusted() {
    for wire in Wire::ALL.iter().filter(|wire| wire.is_tls()) {
        let peer = Peer::start(*wire, vec![Act::Respond(ok())]);
        let stranger = Peer::start(*wire, vec![Act::Respond(ok())]);
        let errors = failing(stranger.leaf(), &peer.url, 1, 1).await;
        is(&errors, ErrorKind::Tls, "UnknownIssuer");
        let leaf = resolving(peer.trusted(), &["127.0.0.1"]).build().unwrap();
        let there = url(*wire, "elsewhere.example", peer.address.port());
        is(
            &failing(leaf, &there, 1, 1).await,
            ErrorKind::Tls,
            "not valid for name",
        );
        assert_eq!((peer.connections(), peer.requests()), (4, 0));
    }
}

#[tokio::test]
async fn faults_15_16_17_a_proxy_that_opens_no_tunnel() {
    for wire in Wire::ALL.iter().filter(|wire| wire.is_tls()) {
        let peer = Peer::start(*wire, vec![Act::Respond(ok())]);
        for (act, part, attempts) in [
            (
                (|stream| reply(stream, "HTTP/1.1 502 Bad Gateway\r\n\r\n"))
                    as fn(std::net::TcpStream),
                "502",
                (3, 4),
            ),
            (
                |stream| reply(stream, "HTTP/1.1 407 Who\r\n\r\n"),
                "407",
                (1, 1),
            ),
            (
                |stream| reply(stream, "HTTP/1.1 200 OK\r\n\r\nSSH-2.0-junk\r\n"),
                "",
                (3, 4),
            ),
        ] {
            let (proxy, count) = raw(act);
            let leaf = peer
                .trusted()
                .proxy(&format!("http://user:canary@{proxy}"), "")
                .build()
                .unwrap();
            let errors = failing(leaf, "https://api.example/", attempts.0, attempts.1).await;
            for error in errors {
                let shown = format!("{error} {error:?}");
                assert!(shown.contains(part) && !shown.contains("canary"), "{shown}");
            }
            assert_eq!(count.load(SeqCst), attempts.0 + attempts.1);
        }
        assert_eq!(peer.connections(), 0);
    }
}

fn reply(mut stream: std::net::TcpStream, response: &str) {
    let _ = stream.read(&mut [0; 4096]);
    let _ = stream.write_all(response.as_bytes());
    let _ = stream.read(&mut [0; 4096]);
}

#[tokio::test]
async fn fault_25_a_connection_closed_while_idle_is_replaced() {
    for wire in Wire::ALL {
        for end in [End::Fin, End::Rst] {
            let peer = Peer::start(
                *wire,
                vec![Act::Respond(ok().then(end)), Act::Respond(ok())],
            );
            let stack = stack(peer.leaf());
            for n in 1..=2 {
                // Of the class that no layer sends again.
                stack
                    .send(request(&peer.url, ReplaySafety::Never, 9, |_| {}))
                    .await
                    .unwrap();
                assert_eq!(
                    (peer.connections(), peer.requests()),
                    (n, n),
                    "{wire:?} {end:?}"
                );
                peer::pause(100).await;
            }
        }
    }
}

#[tokio::test]
async fn fault_27_a_server_that_closes_after_each_response_causes_no_errors() {
    for wire in Wire::ALL {
        let peer = Peer::start(*wire, vec![Act::Respond(ok().then(End::Fin))]);
        let stack = stack(peer.leaf());
        // With one connection for all, its end would end the others' responses.
        let parallel = if wire.is_h1() { 20 } else { 1 };
        for _ in 0..3 {
            let calls: Vec<_> = (0..parallel)
                .map(|_| {
                    let (stack, url) = (stack.clone(), peer.url.clone());
                    tokio::spawn(async move {
                        stack
                            .send(request(&url, ReplaySafety::Never, 9, |_| {}))
                            .await
                    })
                })
                .collect();
            for call in calls {
                call.await.unwrap().unwrap();
            }
            peer::pause(100).await;
        }
        assert_eq!(
            (peer.connections(), peer.requests()),
            (3 * parallel, 3 * parallel),
            "{wire:?}"
        );
    }
}
