//! Faults between the request and the body of its response, over each transport.

mod peer;

use std::time::Duration;

use coze_transport::{ErrorKind, Outcome, TimeoutKind};
use peer::{
    row::{Ends, Row},
    script::{Act, End, Length, ok, respond},
    server::Wire,
};

const UNKNOWN: Outcome = Outcome::Unknown;
const HEAD: ErrorKind = ErrorKind::Timeout(TimeoutKind::Head);

#[tokio::test]
async fn faults_21_23_24_26_31_a_connection_that_ends_leaves_it_unknown() {
    let closed = |row: Row| row.fails(ErrorKind::Closed, UNKNOWN, 1, 4);
    for row in [
        closed(Row::new(
            &[23, 26],
            "FIN after the request",
            vec![Act::End(End::Fin)],
        )),
        closed(Row::new(
            &[24, 26],
            "RST after the request",
            vec![Act::End(End::Rst)],
        )),
        closed(Row::new(
            &[31],
            "FIN in the head",
            vec![Act::EndInHead(End::Fin)],
        )),
        closed(Row::new(
            &[31],
            "RST in the head",
            vec![Act::EndInHead(End::Rst)],
        )),
        closed(
            Row::new(
                &[21],
                "RST in the request",
                vec![Act::EndInRequest(End::Rst)],
            )
            .body(8_000_000),
        ),
    ] {
        row.check().await;
    }
}

#[tokio::test]
async fn fault_22_a_response_before_the_end_of_the_request_wins() {
    for end in [End::Fin, End::Rst] {
        let early = Act::Early(respond(413, "large").then(end));
        let mut row = Row::new(&[22], "413 before the body is read", vec![early]).body(8_000_000);
        row.ends = Ends::Response(413, Some("large"));
        row.check().await;
    }
}

#[tokio::test]
async fn faults_28_29_informational_responses_are_passed_over_within_the_time() {
    for (status, count) in [(100, 1), (103, 1), (102, 1000)] {
        let script = vec![Act::Interim(status, count, Some(ok()))];
        Row::new(&[28], "informational responses", script)
            .check()
            .await;
    }
    let script = vec![Act::Interim(102, usize::MAX, None)];
    Row::new(&[29], "endless informational responses", script)
        .set(|options| options.head_timeout = Some(Duration::from_millis(150)))
        .fails(HEAD, UNKNOWN, 1, 4)
        .check()
        .await;
}

#[tokio::test]
async fn fault_32_a_head_that_does_not_come_yields_to_a_timeout() {
    for (what, act) in [
        ("no head", Act::Silent),
        ("a dripping head", Act::Drip(Duration::from_millis(40))),
    ] {
        Row::new(&[32], what, vec![act])
            .set(|options| options.head_timeout = Some(Duration::from_millis(150)))
            .fails(HEAD, UNKNOWN, 1, 4)
            .check()
            .await;
    }
}

#[tokio::test]
async fn faults_33_34_heads_have_a_limit() {
    let mut many = ok();
    for _ in 0..101 {
        many = many.header("x-many", "1");
    }
    let long = ok().header("x-long", vec![b'x'; 140 * 1024]);
    Row::new(&[33], "101 fields", vec![Act::Respond(many)])
        .fails(ErrorKind::TooLarge, UNKNOWN, 1, 1)
        .check()
        .await;
    for wire in Wire::ALL {
        let row = Row::new(&[34], "140 KiB", vec![Act::Respond(long.clone())]);
        // Over HTTP/2 hyper does not tell it from a malformed one.
        let row = if wire.is_h1() {
            row.fails(ErrorKind::TooLarge, UNKNOWN, 1, 1)
        } else {
            row.fails(ErrorKind::Protocol, UNKNOWN, 1, 4)
        };
        row.check_over(&[*wire]).await;
    }
}

#[tokio::test]
async fn faults_38_41_malformed_and_unasked_heads_are_protocol_errors() {
    for (what, value) in [
        ("a negative length", "-1"),
        ("a length beyond 64 bits", "99999999999999999999"),
    ] {
        let script = vec![Act::Respond(
            ok().length(Length::Untold).header("content-length", value),
        )];
        Row::new(&[38], what, script)
            .fails(ErrorKind::Protocol, UNKNOWN, 1, 4)
            .check()
            .await;
    }
    Row::new(&[41], "status 999", vec![Act::Respond(respond(999, "{}"))])
        .fails(ErrorKind::Protocol, UNKNOWN, 1, 1)
        .check()
        .await;
}
