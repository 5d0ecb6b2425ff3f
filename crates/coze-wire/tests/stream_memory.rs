//! What a stream keeps of what a server sends, by the memory of this process.
#![cfg(target_os = "linux")]

#[path = "support/memory.rs"]
mod memory;

use bytes::Bytes;
use coze_models::{ChatEvent, WorkflowEvent};
use coze_wire::stream::{EventReader, StreamEnd, StreamSemantics};
use memory::{MIB, alone, peak_of};

fn pull_all<E: StreamSemantics>(reader: &mut EventReader<E>) -> usize {
    std::iter::from_fn(|| reader.pull()).count()
}

#[test]
fn nothing_large_is_kept_of_an_event_that_was_dropped() {
    if !alone("nothing_large_is_kept_of_an_event_that_was_dropped", "kept") {
        return;
    }
    let long = "n".repeat(MIB);
    let mut workflow = EventReader::<WorkflowEvent>::new();
    let mut chat = EventReader::<ChatEvent>::new();
    let kept = peak_of(|| {
        for number in 0..24 {
            // A node of its own, and a gap; an id that is no number; a page and a run.
            let message = format!(
                "id: {number}{long}\nevent: Message\ndata: {{\"node_title\":\"{number}{long}\",\"node_seq_id\":\"7\"}}\n\n"
            );
            workflow.push(message.into());
            assert_eq!(pull_all(&mut workflow), 1);
            let chat_event = format!(
                "event: conversation.chat.created\ndata: {{\"execute_id\":\"{number}{long}\"}}\n\n"
            );
            chat.push(chat_event.into());
            assert_eq!(pull_all(&mut chat), 1);
        }
        assert_eq!(workflow.gap_count(), 24);
    });
    assert!(kept < 10 * MIB, "{} KiB", kept / 1024);
    let done = format!("event: Done\ndata: {{\"debug_url\":\"https://h/?execute_id={long}\"}}\n\n");
    workflow.push(done.into());
    assert_eq!(pull_all(&mut workflow), 1);
    assert_eq!(workflow.end(), Some(StreamEnd::Done));
    let kept = [
        workflow.last_id().map(|id| id.len()),
        workflow
            .gaps()
            .iter()
            .filter_map(|gap| Some(gap.node()?.len()))
            .max(),
        workflow.execute_id().map(str::len),
        chat.execute_id().map(str::len),
        Some(workflow.debug_url().map_or(0, str::len)),
    ];
    assert!(
        kept.iter()
            .all(|length| length.is_some_and(|length| length <= 256)),
        "{kept:?}"
    );
}

#[test]
fn nodes_are_told_apart_by_the_whole_of_a_long_name() {
    let long = "n".repeat(1000);
    let mut reader = EventReader::<WorkflowEvent>::new();
    for seq in 0..3 {
        for node in ["a", "b"] {
            let message =
                format!("data: {{\"node_title\":\"{long}{node}\",\"node_seq_id\":\"{seq}\"}}\n\n");
            reader.push(message.into());
            assert_eq!(pull_all(&mut reader), 1);
        }
    }
    assert_eq!(reader.gap_count(), 0);
}

#[test]
fn an_event_costs_twice_its_size_however_it_is_written_and_cut() {
    let size = 4 * MIB;
    let json = format!("{{\"content\":\"{}\"}}", "x".repeat(size));
    let lines = json.replacen(':', "\ndata: :\ndata: ", 1);
    for (name, event) in [
        ("line", format!("data: {json}\n\n")),
        ("lines", format!("data: {lines}\n\n")),
        (
            "more lines",
            format!("event: other\n{}\n", "data: 0123456\n".repeat(size / 14)),
        ),
        ("undecodable", format!("data: {json}}}\n\n")),
        ("undecodable lines", format!("data: {lines}}}\n\n")),
    ] {
        for piece in [16 * 1024, usize::MAX] {
            let case = format!("{name} in pieces of {piece}");
            if !alone(
                "an_event_costs_twice_its_size_however_it_is_written_and_cut",
                &case,
            ) {
                continue;
            }
            // What follows in the same piece does not keep it.
            let body = event.clone() + "id: 1\nevent: Done\ndata: {}\n\n";
            // The code is loaded.
            let mut small = EventReader::<WorkflowEvent>::new();
            small.push(body.replace(['x', '0'], "").into());
            assert_eq!(pull_all(&mut small), 2);
            let mut reader = EventReader::<WorkflowEvent>::new();
            let cost = peak_of(|| {
                let parts = body.as_bytes().chunks(piece);
                let held = parts.filter_map(|part| {
                    reader.push(Bytes::copy_from_slice(part));
                    reader.pull().filter(|_| reader.end().is_none())
                });
                assert_eq!(held.count(), 1);
            });
            println!("{case}: {} KiB", cost / 1024);
            assert!(cost < 2 * event.len() + MIB);
            assert_eq!(
                pull_all(&mut reader) + usize::from(reader.end().is_some()),
                2
            );
        }
    }
}
