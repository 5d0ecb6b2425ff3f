//! The codec alone, in memory: `bench-codec floor|ours call SIZE COUNT`, or `bench-codec input|floor|ours events
//! PER_CHUNK COUNT`, where 0 events a chunk are pieces of awkward sizes and `input` makes the chunks and no more.
//!
//! Nothing is printed: count with `valgrind --tool=callgrind`, as the difference of two counts.
#![expect(
    clippy::unwrap_used,
    reason = "a measurement that went wrong must stop"
)]

use std::hint::black_box;

use bytes::Bytes;
use coze_bench::Events;
use coze_wire::{Output, OutputOrigin, decode, stream::EventReader};
use coze_workflow::models::{RunWorkflow, WorkflowEvent};
use serde::Deserialize;

/// Sizes of pieces that cut line ends, names and characters.
const AWKWARD: [usize; 10] = [1, 2, 3, 5, 7, 11, 13, 67, 127, 1021];

#[derive(Deserialize)]
struct Text {
    output: String,
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().unwrap();
    let (who, work) = (next(), next());
    let (size, count) = (next().parse().unwrap(), next().parse().unwrap());
    match work.as_str() {
        "call" => calls(who == "ours", size, count),
        _ => events(&who, size, count),
    }
}

/// A run whose output is a text with an escape about every thirty bytes.
fn calls(ours: bool, size: usize, count: u64) {
    let phrase = "It said \"ok\" and went on.\n结果：工作流运行成功，共 3 项。\t";
    let text = phrase.repeat(size / phrase.len() + 1);
    let output = serde_json::to_string(&serde_json::json!({ "output": text })).unwrap();
    let output = serde_json::to_string(&output).unwrap();
    let body: Bytes = format!(
        r#"{{"code":0,"msg":"Success","data":{output},"debug_url":"https://www.coze.cn/work_flow?execute_id=741364789030728","execute_id":"741364789030728","token":98}}"#
    )
    .into();
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

fn events(who: &str, per_chunk: usize, count: u64) {
    let done = format!("id: {count}\nevent: Done\ndata: {{}}\n\n");
    let events: Vec<String> = (0..count).map(coze_bench::event).chain([done]).collect();
    let mut chunks: Vec<Bytes> = Vec::new();
    if per_chunk == 0 {
        let mut rest = Bytes::from(events.concat());
        for size in AWKWARD.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            chunks.push(rest.split_to(rest.len().min(*size)));
        }
    } else {
        chunks.extend(
            events
                .chunks(per_chunk)
                .map(|events| events.concat().into()),
        );
    }
    let seen = match who {
        "input" => count,
        "floor" => floor(chunks),
        _ => typed(chunks),
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
    events.finish()
}
