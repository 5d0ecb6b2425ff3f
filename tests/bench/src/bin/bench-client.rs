//! The whole client: an operation in, a typed output or typed events out.
#![expect(
    clippy::unwrap_used,
    reason = "a measurement that went wrong must stop"
)]

use coze_bench::RUN;
use coze_workflow::{
    Client, StreamEnd,
    models::{
        BodyKind, InvalidSegment, Method, Operation, OperationMeta, ReplyShape, WorkflowEvent,
    },
};
use serde::{Deserialize, Serialize, Serializer};

struct Whole {
    client: Client,
    stream: u64,
}

/// A streamed run at the path where the server of the comparison has it.
struct Stream {
    events: u64,
}

impl Serialize for Stream {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RUN.serialize(serializer)
    }
}

impl Operation for Stream {
    type Reply = WorkflowEvent;
    const META: &'static OperationMeta = &OperationMeta::new("stream", Method::Post, "/stream/{n}")
        .body(BodyKind::Json)
        .reply(ReplyShape::Events);

    fn write_path(&self, out: &mut String) -> Result<(), InvalidSegment> {
        out.push_str("/stream/");
        out.push_str(&self.events.to_string());
        Ok(())
    }
}

#[derive(Deserialize)]
struct Output {
    output: String,
}

impl coze_bench::Client for Whole {
    fn new(base: &str) -> Self {
        let (base, stream) = base.split_once(' ').unwrap_or((base, "1"));
        let client = Client::builder().base_url(base);
        let client = client.token("pat_0123456789abcdef0123456789abcdef");
        Self {
            client: client.build().unwrap(),
            stream: stream.parse().unwrap(),
        }
    }

    async fn unary(&self) -> u64 {
        let run = self.client.workflow("7412345678901234567");
        let run = run.parameter("input", "What is the weather in Berlin today?");
        let run = run.parameter("n", 3).run().await.unwrap();
        run.output::<Output>().unwrap().output.len() as u64
    }

    async fn stream(&self) -> u64 {
        let mut events = self
            .client
            .stream(Stream {
                events: self.stream,
            })
            .await
            .unwrap();
        let (mut count, mut length) = (0, 0);
        while let Some(event) = events.try_next().await.unwrap() {
            if let WorkflowEvent::Message(message) = event {
                count += 1;
                length += message.content.len();
            }
        }
        assert!(length > 0 && events.gaps().is_empty());
        assert_eq!(events.end(), Some(StreamEnd::Done));
        count
    }
}

fn main() {
    coze_bench::run::<Whole>();
}
