//! Faults in the body of a response, over each transport.

mod peer;

use std::time::Duration;

use bytes::Bytes;
use coze_transport::{CallOptions, ErrorKind, Outcome, ReplaySafety, ResponseMode, TimeoutKind};
use http_body_util::BodyExt;
use peer::{
    gzip,
    row::{Row, request, stack},
    script::{Act, End, Length, ScriptedResponse, ok, respond},
    server::{Peer, Wire},
};

const UNKNOWN: Outcome = Outcome::Unknown;
const IDLE: ErrorKind = ErrorKind::Timeout(TimeoutKind::Idle);

fn row(faults: &'static [u32], what: &'static str, response: ScriptedResponse) -> Row {
    Row::new(faults, what, vec![Act::Respond(response)])
}

#[tokio::test]
async fn faults_45_48_49_64_68_a_body_that_ends_early_is_an_error() {
    let claimed = |end| ok().length(Length::Claimed(10)).then(end);
    let untold = |end| ok().length(Length::Untold).then(end);
    for row in [
        row(&[45], "length, then FIN", claimed(End::Fin)),
        row(&[48], "length, then RST", claimed(End::Rst)),
        row(&[49], "no length, then FIN", untold(End::Fin)),
        row(&[48, 49], "no length, then RST", untold(End::Rst)),
    ] {
        let row = row.fails(ErrorKind::Closed, UNKNOWN, 1, 4);
        row.check().await;
    }
    #[cfg(feature = "http2")]
    row(
        &[68],
        "length, then the end of the stream",
        claimed(End::Keep),
    )
    .fails(ErrorKind::Closed, UNKNOWN, 1, 4)
    .check_over(&[Wire::H2Tls])
    .await;
}

#[tokio::test]
async fn faults_51_53_54_what_belongs_to_no_body_is_left_out() {
    row(&[51], "a trailer", ok().length(Length::Untold).trailer(20))
        .check()
        .await;
    for wire in Wire::ALL {
        let large = ok().length(Length::Untold).trailer(200 * 1024);
        let row = row(&[51], "a large trailer", large);
        // h2 leaves it out.
        let row = if wire.is_h1() {
            row.fails(ErrorKind::Protocol, UNKNOWN, 1, 4)
        } else {
            row
        };
        row.check_over(&[*wire]).await;
    }
    for status in [204, 304] {
        let mut row = row(
            &[53],
            "a body where there can be none",
            respond(status, "{}"),
        );
        row.ends = peer::row::Ends::Response(status, Some(""));
        row.check().await;
    }
    let mut row = row(&[54], "an empty response", respond(200, ""));
    row.ends = peer::row::Ends::Response(200, Some(""));
    row.check().await;
}

#[tokio::test]
async fn fault_55_a_body_above_its_limit_is_not_read_on() {
    let large = || respond(200, vec![b' '; 64 * 1024]).endless();
    for (what, response) in [
        ("told", large().length(Length::Claimed(1_000_000_000))),
        ("untold", large().length(Length::Untold)),
    ] {
        row(&[55], what, response.clone())
            .set(|options| options.body_limit = Some(1_000_000))
            .fails(ErrorKind::TooLarge, UNKNOWN, 1, 1)
            .check()
            .await;
        for wire in Wire::ALL {
            let peer = Peer::start(*wire, vec![Act::Respond(response.clone())]);
            let request = request(&peer.url, ReplaySafety::Never, 1, |options| {
                options.body_limit = Some(1_000_000);
            });
            stack(peer.leaf()).send(request).await.unwrap_err();
            // The task of an HTTP/2 connection needs a turn.
            peer::pause(20).await;
            assert!(
                peer.sees_closed(1, Duration::from_secs(1)),
                "{what} {wire:?}"
            );
            // What the sockets hold between them comes on top.
            assert!(
                peer.written() < 12_000_000,
                "{what} {wire:?}: {}",
                peer.written()
            );
        }
    }
}

#[tokio::test]
async fn faults_56_57_a_body_that_drips_or_stalls_yields_to_a_timeout() {
    let drips = ok().length(Length::Untold).piece(400, " ").endless();
    for row in [
        row(&[56], "a byte now and then", drips),
        row(&[57], "no end", ok().length(Length::Untold).stalls()),
        row(&[57], "no byte", ok().length(Length::Claimed(9)).stalls()),
    ] {
        let row = row.fails(IDLE, UNKNOWN, 1, 4);
        let slow = Duration::from_millis(150);
        Row { slow, ..row }.check().await;
    }
}

#[tokio::test]
async fn faults_58_59_60_61_codings_that_nobody_asked_for_are_refused() {
    let bomb = gzip::bomb(16 * 1024 * 1024);
    let twice = gzip::again(&bomb);
    assert!(bomb.len() < 120_000 && twice.len() < 5_000);
    let mut broken = gzip::bomb(1000);
    let end = broken.len() - 8;
    broken[end] ^= 1;
    let coded = |body: &[u8], codings: &[&str]| {
        codings.iter().fold(
            respond(200, Bytes::copy_from_slice(body)).header("content-type", "application/json"),
            |response, coding| response.header("content-encoding", coding),
        )
    };
    for (faults, what, response) in [
        (&[58][..], "gzip", coded(&gzip::bomb(10), &["gzip"])),
        (&[59], "a bomb", coded(&bomb, &["gzip"])),
        (&[59], "a failure's bomb", {
            let mut it = coded(&bomb, &["gzip"]);
            it.status = 500;
            it
        }),
        (
            &[60],
            "gzip twice, in one line",
            coded(&twice, &["gzip, gzip"]),
        ),
        (
            &[60],
            "gzip twice, in two lines",
            coded(&twice, &["gzip", "gzip"]),
        ),
        (&[60], "behind none", coded(&bomb, &["identity", "gzip"])),
        (
            &[60],
            "behind none, in one line",
            coded(&bomb, &["identity, gzip"]),
        ),
        (
            &[60],
            "truncated",
            coded(&bomb[..bomb.len() / 2], &["x-gzip"]),
        ),
        (&[60], "a wrong checksum", coded(&broken, &["GZip"])),
        (&[61], "plain, called br", coded(b"{}", &["br"])),
        (&[61], "plain, called zstd", coded(b"{}", &["zstd"])),
        (&[61], "plain, called deflate", coded(b"{}", &["deflate"])),
    ] {
        for streaming in [false, true] {
            let row = row(faults, what, response.clone()).fails(ErrorKind::Protocol, UNKNOWN, 1, 1);
            let row = if streaming { row.set(stream) } else { row };
            row.check().await;
        }
    }
    // Without a coding these are bytes like any other: none is inflated.
    for wire in Wire::ALL {
        let peer = Peer::start(*wire, vec![Act::Respond(respond(200, bomb.clone()))]);
        let stack = stack(peer.leaf());
        let got = stack.send(request(&peer.url, ReplaySafety::Never, 1, |_| {}));
        assert_eq!(got.await.unwrap().body().buffered().unwrap(), &bomb);
    }
}

fn stream(options: &mut CallOptions) {
    options.mode = Some(ResponseMode::Streaming);
    options.idle_timeout = Some(Duration::from_millis(150));
}

fn event_stream() -> ScriptedResponse {
    let response = respond(200, "data: 1\n\n").header("content-type", "text/event-stream");
    response.length(Length::Untold)
}

#[tokio::test]
async fn faults_97_103_a_stream_may_not_fall_silent_and_can_be_dropped() {
    for wire in Wire::ALL {
        for dropped in [false, true] {
            let peer = Peer::start(*wire, vec![Act::Respond(event_stream().stalls())]);
            let stack = stack(peer.leaf());
            let sent = stack.send(request(&peer.url, ReplaySafety::Never, 1, stream));
            let mut body = sent.await.unwrap().into_body();
            let first = body.frame().await.unwrap().unwrap();
            assert_eq!(first.into_data().unwrap(), "data: 1\n\n");
            if !dropped {
                let error = body.frame().await.unwrap().unwrap_err();
                let error = coze_transport::TransportError::from_box(error);
                assert_eq!((error.kind(), error.outcome()), (IDLE, UNKNOWN), "{wire:?}");
                assert!(body.frame().await.is_none(), "{wire:?}");
            }
            drop(body);
            // The task of an HTTP/2 connection needs a turn.
            peer::pause(20).await;
            assert!(peer.sees_closed(1, Duration::from_millis(80)), "{wire:?}");
        }
    }
}

#[tokio::test]
async fn fault_102_a_slow_reader_slows_the_server_and_loses_nothing() {
    const PIECE: usize = 64 * 1024;
    const PIECES: usize = 500;
    for wire in Wire::ALL {
        let mut response = event_stream();
        response.pieces = vec![(Duration::ZERO, Bytes::from(vec![b'e'; PIECE])); PIECES];
        let peer = Peer::start(*wire, vec![Act::Respond(response)]);
        let stack = stack(peer.leaf());
        let sent = stack.send(request(&peer.url, ReplaySafety::Never, 1, stream));
        let mut body = sent.await.unwrap().into_body();
        let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
        // Longer than the bound on silence.
        peer::pause(400).await;
        let written = peer.written();
        assert!(written < (PIECE * PIECES / 2) as u64, "{wire:?}: {written}");
        let rest = body.collect().await.unwrap().to_bytes();
        assert_eq!(first.len() + rest.len(), PIECE * PIECES, "{wire:?}");
    }
}
