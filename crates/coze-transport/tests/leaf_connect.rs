//! Names and addresses. Numbers are those of `docs/design/leaf.md`.
#![expect(clippy::unwrap_used, reason = "the tests assert by it")]

mod peer;

use std::{
    io,
    net::IpAddr,
    time::{Duration, SystemTime},
};

use coze_transport::{
    ErrorKind, Outcome, TransportError,
    hyper::{HyperTransport, HyperTransportBuilder},
};
use peer::{
    call, chain,
    hole::BlackHole,
    server::Peer,
    steps::{Step, ok},
};

fn not_accepted(error: &TransportError, kind: ErrorKind, permanent: bool) {
    assert_eq!(
        (error.kind(), error.outcome(), error.is_permanent()),
        (kind, Outcome::NotAccepted, permanent),
        "{}",
        chain(error)
    );
}

fn resolving(addresses: &[&str]) -> HyperTransportBuilder {
    let addresses: Vec<IpAddr> = addresses.iter().map(|a| a.parse().unwrap()).collect();
    HyperTransport::builder().resolver(move |_| {
        let addresses = addresses.clone();
        async move { Ok(addresses) }
    })
}

#[tokio::test]
async fn faults_1_2_a_name_without_address_or_reply_is_not_accepted() {
    let leaf = HyperTransport::builder()
        .resolver(|_| async { Err(io::Error::other("no such name")) })
        .build()
        .unwrap();
    let error = call(&leaf, "https://nowhere.example/").await.unwrap_err();
    not_accepted(&error, ErrorKind::Connect, false);
    assert!(error.to_string().contains("nowhere.example"), "{error}");

    let leaf = resolving(&[]).build().unwrap();
    let error = call(&leaf, "https://nowhere.example/").await.unwrap_err();
    not_accepted(&error, ErrorKind::Connect, false);

    let leaf = HyperTransport::builder()
        .resolver(|_| std::future::pending())
        .connect_timeout(Duration::from_millis(50))
        .build()
        .unwrap();
    let error = call(&leaf, "https://nowhere.example/").await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(error.outcome(), Outcome::NotAccepted);
}

#[tokio::test]
async fn fault_3_a_silent_address_does_not_hold_up_the_next() {
    let server = Peer::responding(ok("{}"));
    let port = server.address.port();
    let hole = BlackHole::at(&format!("[::1]:{port}"));
    let leaf = resolving(&["::1", "127.0.0.1"]).build().unwrap();
    let start = SystemTime::now();
    call(&leaf, &format!("http://studio:{port}/"))
        .await
        .unwrap();
    let took = start.elapsed().unwrap();
    assert!((280..600).contains(&took.as_millis()), "{took:?}");
    drop(hole);
    // One that refuses does not cost the delay.
    let leaf = resolving(&["::1", "127.0.0.1"]).build().unwrap();
    let start = SystemTime::now();
    call(&leaf, &format!("http://studio:{port}/"))
        .await
        .unwrap();
    assert!(start.elapsed().unwrap() < Duration::from_millis(250));
}

#[tokio::test]
async fn a_silent_address_leaves_time_for_the_next_of_its_family() {
    let server = Peer::responding(ok("{}"));
    let port = server.address.port();
    let _hole = BlackHole::at(&format!("127.0.0.2:{port}"));
    let leaf = resolving(&["127.0.0.2", "127.0.0.1"])
        .tcp_timeout(Duration::from_millis(400))
        .build()
        .unwrap();
    let start = SystemTime::now();
    call(&leaf, &format!("http://studio:{port}/"))
        .await
        .unwrap();
    let took = start.elapsed().unwrap();
    assert!((180..1000).contains(&took.as_millis()), "{took:?}");
}

#[tokio::test]
async fn fault_6_a_refused_connection_is_not_accepted() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let leaf = HyperTransport::new();
    let error = call(&leaf, &format!("http://{address}/"))
        .await
        .unwrap_err();
    not_accepted(&error, ErrorKind::Connect, false);
    assert!(error.to_string().contains("refused"), "{error}");
}

#[tokio::test]
async fn faults_7_9_a_connection_without_a_reply_times_out() {
    let hole = BlackHole::at("127.0.0.1:0");
    let leaf = HyperTransport::builder()
        .tcp_timeout(Duration::from_millis(100))
        .build()
        .unwrap();
    let error = call(&leaf, &format!("http://{}/", hole.address))
        .await
        .unwrap_err();
    assert!(error.is_timeout(), "{}", chain(&error));
    assert_eq!(error.outcome(), Outcome::NotAccepted);
}

#[tokio::test]
async fn fault_8_a_reset_before_anything_was_read_is_no_success() {
    let server = Peer::follow(vec![vec![Step::Rst]]);
    let error = call(&HyperTransport::new(), &server.url).await.unwrap_err();
    assert!(matches!(
        error.kind(),
        ErrorKind::Connect | ErrorKind::Closed
    ));
    // Once a byte is written nothing tells whether it was read.
    let connected = error.kind() == ErrorKind::Closed;
    assert!(connected || error.outcome() == Outcome::NotAccepted);
}

/// Fault 20.
#[tokio::test]
async fn plain_http_to_a_public_name_is_refused_before_it_is_looked_up() {
    let leaf = HyperTransport::builder()
        .resolver(|_| async { panic!("it was looked up") as io::Result<Vec<IpAddr>> })
        .build()
        .unwrap();
    let error = call(&leaf, "http://api.coze.cn/").await.unwrap_err();
    not_accepted(&error, ErrorKind::Request, true);
}
