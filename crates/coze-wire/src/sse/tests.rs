//! What decoding costs: bytes copied and memory held, which the outside cannot see.

use alloc::format;

use super::*;

/// A body of one event with so many bytes of data, in pieces of one size.
fn copied_of(length: usize, piece: usize) -> usize {
    let body = format!("id: 1\nevent: Message\ndata: {}\n\n", "x".repeat(length));
    let mut decoder = EventDecoder::new();
    let mut events = 0;
    for mut input in body.as_bytes().chunks(piece) {
        while let Some(event) = decoder.next_event(&mut input) {
            assert_eq!(event.unwrap().data_bytes().unwrap().len(), length);
            events += 1;
        }
    }
    assert_eq!(events, 1);
    decoder.carry.event.copied
}

#[test]
fn each_byte_is_copied_at_most_once_however_long_the_event() {
    for length in [1_000, 64 * 1024, 256 * 1024] {
        for piece in [1, 16, 1400, 64 * 1024] {
            let copied = copied_of(length, piece);
            assert!(copied <= length + 8, "{length} in {piece}: {copied} copied");
        }
        assert_eq!(copied_of(length, usize::MAX), 0);
    }
}

#[test]
fn many_data_lines_are_copied_once() {
    let lines = 10_000;
    let body = "data: twenty bytes of text\n".repeat(lines) + "\n";
    for piece in [1, 16, 1400, usize::MAX] {
        let mut decoder = EventDecoder::new();
        for mut input in body.as_bytes().chunks(piece) {
            while let Some(event) = decoder.next_event(&mut input) {
                assert_eq!(event.unwrap().data_bytes().unwrap().len(), 21 * lines - 1);
            }
        }
        assert_eq!(
            decoder.carry.event.copied,
            20 * lines,
            "in pieces of {piece}"
        );
    }
}

#[test]
fn the_memory_of_a_huge_event_is_given_back() {
    let huge = "x".repeat(4 << 20);
    for body in [
        format!("data: {huge}\n\n"),
        format!("event: {huge}\n\n"),
        format!("id: {huge}\nid: 1\ndata: a\n\n"),
        format!("id: {huge}\0\ndata: a\n\n"),
        format!("data: {huge}\nid: {huge}\nevent: b\n\n"),
    ] {
        let mut decoder = EventDecoder::new();
        let capacity =
            |decoder: &EventDecoder| decoder.carry.event.capacity() + decoder.carry.line.capacity();
        let mut most = 0;
        for mut input in body.as_bytes().chunks(1400) {
            while let Some(event) = decoder.next_event(&mut input) {
                event.unwrap();
            }
            most = most.max(capacity(&decoder));
        }
        assert!(most > huge.len(), "{most} bytes at most: nothing was kept");
        assert!(decoder.is_between_events());
        assert!(capacity(&decoder) <= 128 * 1024, "{decoder:?}");
    }
}

#[test]
fn a_line_that_is_passed_over_takes_no_memory() {
    let mut decoder = EventDecoder::new();
    for _ in 0..1_000 {
        assert!(
            decoder
                .next_event(&mut &b": ping, ping, ping"[..])
                .is_none()
        );
    }
    assert_eq!(decoder.carry.event.capacity(), 0);
    assert!(decoder.carry.line.capacity() < 64);
}

#[test]
fn what_was_too_large_is_not_held() {
    let mut decoder = EventDecoder::with_event_limit(100_000);
    let long = format!("data: {}", "x".repeat(99_000));
    assert_eq!(decoder.next_event(&mut long.as_bytes()), None);
    let error = decoder.next_event(&mut long.as_bytes());
    assert_eq!(error, Some(Err(EventTooLarge { limit: 100_000 })));
    assert_eq!(
        decoder.carry.event.capacity() + decoder.carry.line.capacity(),
        0
    );
}
