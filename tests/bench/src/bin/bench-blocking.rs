//! The whole client without async: `bench-blocking BASE STREAM unary|stream COUNT`.
#![expect(
    clippy::unwrap_used,
    reason = "a measurement that went wrong must stop"
)]

use coze_bench::{Output, typed::Stream};
use coze_workflow::{Client, StreamEnd, blocking::Block, models::WorkflowEvent};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().unwrap_or_default();
    let (base, stream, mode, count) = (next(), next(), next(), next());
    let count: u64 = count.parse().unwrap();
    let client = Client::builder().base_url(&base);
    let client = client.token("pat_0123456789abcdef0123456789abcdef");
    let client = client.build().unwrap();
    if mode == "stream" {
        let mut events = client.stream(Stream(stream)).block().unwrap().blocking();
        let messages = events
            .by_ref()
            .filter(|event| matches!(event, Ok(WorkflowEvent::Message(message)) if !message.content.is_empty()));
        assert_eq!(messages.count() as u64, count);
        assert_eq!(events.get_ref().end(), Some(StreamEnd::Done));
    } else {
        for _ in 0..count {
            let run = client.workflow("7412345678901234567");
            let run = run.parameter("input", "What is the weather in Berlin today?");
            let run = run.parameter("n", 3).run().block().unwrap();
            assert!(!run.output::<Output>().unwrap().output.is_empty());
        }
    }
    coze_bench::finished();
}
