//! TLS: trusted, refused, and what is said about it.
#![expect(clippy::unwrap_used, reason = "the tests assert by it")]

mod peer;

use std::time::Duration;

use coze_transport::{
    ErrorKind, Outcome,
    hyper::{HyperTransport, TlsRoots},
};
use peer::{
    call, chain,
    server::Peer,
    steps::{Step, ok, serving, text},
    tls::Authority,
};
use rustls::ServerConfig;

fn leaf(authority: &Authority) -> HyperTransport {
    HyperTransport::builder()
        .tls_roots(TlsRoots::Empty)
        .add_root_pem(authority.pem())
        .build()
        .unwrap()
}

#[tokio::test]
async fn an_added_authority_is_trusted_and_the_connection_kept() {
    let authority = Authority::new();
    let server = Peer::follow_tls(authority.server(&["localhost"], false), serving());
    let leaf = leaf(&authority);
    for _ in 0..5 {
        assert_eq!(call(&leaf, &server.url).await.unwrap(), "{}");
    }
    assert_eq!((server.connections(), server.requests()), (1, 5));
}

#[tokio::test]
async fn an_added_authority_joins_those_of_the_platform() {
    let authority = Authority::new();
    let server = Peer::follow_tls(authority.server(&["localhost"], false), serving());
    let leaf = HyperTransport::builder()
        .add_root_pem(authority.pem())
        .build()
        .unwrap();
    assert_eq!(call(&leaf, &server.url).await.unwrap(), "{}");
}

/// Fault 25 over TLS.
#[tokio::test]
async fn a_tls_connection_that_was_closed_while_idle_is_replaced() {
    let authority = Authority::new();
    let config = authority.server(&["localhost"], false);
    let closing = vec![Step::Read, ok("{}"), Step::Sleep(1), Step::Fin];
    let server = Peer::follow_tls(config, vec![closing]);
    let leaf = leaf(&authority);
    for n in 1..=3 {
        call(&leaf, &server.url).await.unwrap();
        assert_eq!((server.connections(), server.requests()), (n, n));
        tokio::time::timeout(Duration::from_millis(20), std::future::pending::<()>())
            .await
            .ok();
    }
}

/// Fault 11.
#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_final() {
    let authority = Authority::new();
    let stranger = Authority::new();
    for (config, host, why) in [
        (
            stranger.server(&["localhost"], false),
            "localhost",
            "UnknownIssuer",
        ),
        (
            authority.server(&["localhost"], true),
            "localhost",
            "expired",
        ),
        (
            authority.server(&["api.example"], false),
            "localhost",
            "not valid for name",
        ),
    ] {
        let server = Peer::follow_tls(config, serving());
        let error = call(&leaf(&authority), &server.url_at(host))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Tls);
        assert_eq!(error.outcome(), Outcome::NotAccepted);
        assert!(error.is_permanent());
        let text = error.to_string();
        assert!(text.contains("localhost") && text.contains(why), "{text}");
        assert_eq!(server.requests(), 0);
    }
}

#[tokio::test]
async fn certificates_that_are_odd_are_final_too() {
    let authority = Authority::new();
    let odd: [(&str, ServerConfig); 5] = [
        (
            "not yet valid",
            authority.server_with(&["localhost"], |params| {
                params.not_before = rcgen::date_time_ymd(2090, 1, 1);
                params.not_after = rcgen::date_time_ymd(2091, 1, 1);
            }),
        ),
        // The name stands where no client looks any more.
        (
            "common name alone",
            authority.server_with(&[], |params| {
                let name = &mut params.distinguished_name;
                name.push(rcgen::DnType::CommonName, "localhost");
            }),
        ),
        ("wildcard of a top domain", authority.server(&["*"], false)),
        (
            "wildcard beside the host",
            authority.server(&["*.localhost"], false),
        ),
        (
            "for clients",
            authority.server_with(&["localhost"], |params| {
                params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
            }),
        ),
    ];
    for (name, config) in odd {
        let server = Peer::follow_tls(config, serving());
        let error = call(&leaf(&authority), &server.url).await;
        let error = error.expect_err(name);
        assert_eq!(
            (error.kind(), error.outcome(), error.is_permanent()),
            (ErrorKind::Tls, Outcome::NotAccepted, true),
            "{name}: {}",
            chain(&error)
        );
        assert_eq!(server.requests(), 0);
    }
    let server = Peer::follow_tls(authority.server(&["127.0.0.1"], false), serving());
    assert_eq!(
        call(&leaf(&authority), &server.url_at("127.0.0.1"))
            .await
            .unwrap(),
        "{}"
    );
}

#[tokio::test]
async fn a_client_certificate_that_is_wanted_and_not_there_is_final() {
    let authority = Authority::new();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let clients = authority.wants_clients();
        let config = authority.configure(&["localhost"], |_| {}, &[version], clients);
        let server = Peer::follow_tls(config, serving());
        let error = call(&leaf(&authority), &server.url).await;
        let error = error.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome(), error.is_permanent()),
            (ErrorKind::Tls, Outcome::NotAccepted, true),
            "{version:?}: {}",
            chain(&error)
        );
        assert_eq!(server.requests(), 0);
        // Without it, each version serves.
        let clients = std::sync::Arc::new(rustls::server::NoClientAuth);
        let config = authority.configure(&["localhost"], |_| {}, &[version], clients);
        let server = Peer::follow_tls(config, serving());
        let leaf = leaf(&authority);
        assert_eq!(call(&leaf, &server.url).await.unwrap(), "{}");
    }
}

#[tokio::test]
async fn a_client_certificate_is_shown_to_a_server_that_asks() {
    let (servers, clients) = (Authority::new(), Authority::new());
    let (certificate, key) = clients.client();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let config = servers.configure(&["localhost"], |_| {}, &[version], clients.wants_clients());
        let server = Peer::follow_tls(config, serving());
        for identity in [
            format!("{certificate}{key}"),
            format!("{key}\r\n{certificate}"),
        ] {
            let leaf = HyperTransport::builder()
                .tls_roots(TlsRoots::Empty)
                .add_root_pem(servers.pem())
                .identity_pem(identity);
            let leaf = leaf.build().unwrap();
            assert_eq!(call(&leaf, &server.url).await.unwrap(), "{}");
        }
        assert_eq!(server.requests(), 2);

        // One of another authority is as good as none.
        let (certificate, key) = servers.client();
        let stranger = HyperTransport::builder()
            .tls_roots(TlsRoots::Empty)
            .add_root_pem(servers.pem())
            .identity_pem(certificate + &key);
        let error = call(&stranger.build().unwrap(), &server.url).await;
        let error = error.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome(), error.is_permanent()),
            (ErrorKind::Tls, Outcome::NotAccepted, true),
            "{version:?}: {}",
            chain(&error)
        );
        assert_eq!(server.requests(), 2);
    }
    // Beside the authorities of the platform too, and not in the way of a server that asks for none.
    for config in [
        servers.configure(
            &["localhost"],
            |_| {},
            rustls::ALL_VERSIONS,
            clients.wants_clients(),
        ),
        servers.server(&["localhost"], false),
    ] {
        let server = Peer::follow_tls(config, serving());
        let leaf = HyperTransport::builder()
            .add_root_pem(servers.pem())
            .identity_pem(format!("{certificate}{key}"));
        assert_eq!(
            call(&leaf.build().unwrap(), &server.url).await.unwrap(),
            "{}"
        );
    }
}

#[test]
fn a_client_certificate_that_cannot_be_used_is_told_at_once_and_not_repeated() {
    let authority = Authority::new();
    let (certificate, key) = authority.client();
    let (_, other) = authority.client();
    let encrypted = key.replace("PRIVATE", "ENCRYPTED PRIVATE");
    let damaged = key.replacen("MI", "!!", 1);
    for (pem, reason) in [
        (String::new(), "holds no certificate"),
        (key.clone(), "holds no certificate"),
        (certificate.clone(), "holds no private key"),
        (
            format!("{certificate}{encrypted}"),
            "is encrypted: decrypt it first",
        ),
        (format!("{certificate}{damaged}"), "cannot be read"),
        (format!("{certificate}{other}"), "cannot be used"),
    ] {
        let error = HyperTransport::builder().identity_pem(&pem).build();
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Tls);
        let text = format!("{} {error:?}", chain(&error));
        assert!(text.contains(reason), "{text} lacks {reason}");
        for secret in [&key, &other] {
            assert!(
                !text.contains(&secret.lines().nth(1).unwrap()[..12]),
                "{text}"
            );
        }
    }
}

/// Fault 10.
#[tokio::test]
async fn plain_text_in_place_of_tls_is_named() {
    let server = Peer::follow(vec![vec![
        text("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"),
        Step::AwaitClose,
    ]]);
    let authority = Authority::new();
    let url = format!("https://localhost:{}/", server.address.port());
    let error = call(&leaf(&authority), &url).await.unwrap_err();
    assert!(error.to_string().contains("not TLS"), "{}", chain(&error));
    assert_eq!(error.outcome(), Outcome::NotAccepted);
    assert!(!error.is_permanent());
}

/// Fault 12.
#[tokio::test]
async fn a_server_with_old_tls_alone_is_final() {
    // The alert `protocol_version`, as such a server sends it.
    let server = Peer::follow(vec![vec![
        Step::Send(vec![0x15, 3, 1, 0, 2, 2, 70]),
        Step::AwaitClose,
    ]]);
    let url = format!("https://localhost:{}/", server.address.port());
    let error = call(&leaf(&Authority::new()), &url).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls);
    assert!(error.is_permanent(), "{}", chain(&error));
}

/// Fault 13.
#[tokio::test]
async fn a_stalled_handshake_ends_with_the_connect_timeout() {
    let server = Peer::follow(vec![vec![Step::AwaitClose]]);
    let leaf = HyperTransport::builder()
        .tls_roots(TlsRoots::Empty)
        .connect_timeout(Duration::from_millis(100))
        .build()
        .unwrap();
    let url = format!("https://localhost:{}/", server.address.port());
    let error = call(&leaf, &url).await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(error.outcome(), Outcome::NotAccepted);
    assert!(server.sees_closed(1, Duration::from_millis(200)));
}

#[test]
fn a_pem_text_without_certificates_is_refused() {
    for pem in [
        "",
        "hello",
        "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----",
    ] {
        let error = HyperTransport::builder()
            .add_root_pem(pem)
            .build()
            .unwrap_err();
        assert!(error.to_string().contains("PEM"), "{error}");
    }
}
