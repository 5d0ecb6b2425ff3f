//! Faults 59 and 60, by what they cost: alone in its process, whose memory it measures.
#![cfg(target_os = "linux")]

mod peer;

use std::time::Duration;

use bytes::Bytes;
use coze_transport::{ErrorKind, Outcome, ReplaySafety, ResponseMode};
use peer::{
    gzip,
    row::{request, stack},
    script::{Act, respond},
    server::{Peer, Wire},
};

/// The most memory that this process ever had, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.unwrap().trim().trim_end_matches(" kB").trim();
    kib.parse::<u64>().unwrap() * 1024
}

#[tokio::test]
async fn faults_59_60_a_bomb_is_neither_inflated_nor_read() {
    // 32 MB that would be 5 GB; and a few KB that would be 32 MB that would be 5 GB.
    let member = gzip::bomb(16 * 1024 * 1024);
    let bomb = Bytes::from(member.repeat(32_000_000 / member.len()));
    let twice = Bytes::from(gzip::again(&member).repeat(300));
    let before = peak();
    for wire in Wire::ALL {
        for (body, codings) in [
            (&bomb, &["gzip"][..]),
            (&twice, &["gzip, gzip"]),
            (&twice, &["gzip", "gzip"]),
        ] {
            for streaming in [false, true] {
                let coded = codings
                    .iter()
                    .fold(respond(200, body.clone()), |response, coding| {
                        response.header("content-encoding", coding)
                    });
                let peer = Peer::start(*wire, vec![Act::Respond(coded)]);
                let stack = stack(peer.leaf());
                let request = if streaming {
                    request(&peer.url, ReplaySafety::Always, 9, |options| {
                        options.mode = Some(ResponseMode::Streaming);
                    })
                } else {
                    request(&peer.url, ReplaySafety::Always, 9, |_| {})
                };
                let sent = tokio::time::timeout(Duration::from_secs(5), stack.send(request));
                let error = sent.await.expect("it reads on").unwrap_err();
                assert_eq!(
                    (error.kind(), error.outcome()),
                    (ErrorKind::Protocol, Outcome::Unknown)
                );
                assert!(error.to_string().contains("gzip"), "{error}");
                peer::pause(20).await;
                assert_eq!(peer.requests(), 1);
                if body.len() > 30_000_000 {
                    assert!(peer.sees_closed(1, Duration::from_secs(1)), "{wire:?}");
                    // What the sockets hold between them.
                    assert!(peer.written() < 16_000_000, "{wire:?}: {}", peer.written());
                }
            }
        }
    }
    let grown = peak() - before;
    assert!(grown < 16_000_000, "{grown}");

    // That the measure measures: the same bytes, called plain, are read up to the limit.
    let peer = Peer::start(Wire::H1, vec![Act::Respond(respond(200, bomb.clone()))]);
    let request = request(&peer.url, ReplaySafety::Never, 9, |_| {});
    let got = stack(peer.leaf()).send(request).await.unwrap();
    assert_eq!(got.body().buffered().unwrap().len(), bomb.len());
    assert!(peak() - before > 30_000_000);
}
