//! The codec alone, in memory: `bench-codec floor|ours call SIZE COUNT`, or `bench-codec input|floor|ours events
//! PER_CHUNK COUNT`, where `awkward` events a chunk are pieces of awkward sizes and `input` makes the chunks and no more.
//!
//! Nothing is printed: count with `valgrind --tool=callgrind`, as the difference of two counts.
#![expect(
    clippy::unwrap_used,
    reason = "a measurement that went wrong must stop"
)]

use std::hint::black_box;

use bytes::Bytes;
use coze_bench::{Events, Output as Text, payload};
use coze_wire::{Output, OutputOrigin, decode, stream::EventReader};
use coze_workflow::models::{RunWorkflow, WorkflowEvent};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().unwrap();
    let (who, work) = (next(), next());
    let (size, count) = (next(), next().parse().unwrap());
    match work.as_str() {
        "call" => calls(who == "ours", size.parse().unwrap(), count),
        _ => events(&who, &size, count),
    }
}

fn calls(ours: bool, size: usize, count: u64) {
    let body = Bytes::from(payload::run(size));
    let head = http::Response::new(()).into_parts().0;
    for _ in 0..count {
        let length = if ours {
            let reply = decode::<RunWorkflow>(&head, black_box(&body)).unwrap();
            let data = reply.value.data.as_ref().unwrap();
            let output = Output::new(data.as_str(), OutputOrigin::Run);
            output.parse::<Text>().unwrap().output.len() as u64
        } else {
            coze_bench::decode(black_box(&body))
        };
        assert!(length > 0);
    }
}

fn events(who: &str, cut: &str, count: u64) {
    let pieces = payload::pieces(count, cut);
    let pieces = pieces.into_iter().map(Bytes::from).collect();
    let seen = match who {
        "input" => count,
        "floor" => floor(pieces),
        _ => typed(pieces),
    };
    assert_eq!(seen, count);
}

fn typed(chunks: Vec<Bytes>) -> u64 {
    let mut reader = EventReader::<WorkflowEvent>::new();
    let mut seen = 0;
    for chunk in chunks {
        reader.push(chunk);
        while let Some(event) = reader.pull() {
            if let WorkflowEvent::Message(message) = event.unwrap() {
                seen += u64::from(!black_box(message).content.is_empty());
            }
        }
    }
    assert!(reader.gaps().is_empty());
    seen
}

fn floor(chunks: Vec<Bytes>) -> u64 {
    let mut events = Events::default();
    for chunk in chunks {
        events.push(&chunk);
    }
    events.seen.finish()
}
