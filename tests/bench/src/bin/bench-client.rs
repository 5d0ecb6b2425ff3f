//! The whole client: an operation in, a typed output or typed events out.
#![expect(
    clippy::unwrap_used,
    reason = "a measurement that went wrong must stop"
)]

use coze_bench::{Output, typed::Stream};
use coze_workflow::{Client, EventStream, StreamEnd, models::WorkflowEvent};

struct Whole {
    client: Client,
    stream: Stream,
}

impl Whole {
    async fn events(&self) -> EventStream<Stream> {
        self.client.stream(self.stream.clone()).await.unwrap()
    }
}

impl coze_bench::Client for Whole {
    fn new(base: &str, stream: &str) -> Self {
        let client = Client::builder().base_url(base);
        let client = client.token("pat_0123456789abcdef0123456789abcdef");
        Self {
            client: client.build().unwrap(),
            stream: Stream(stream.to_owned()),
        }
    }

    async fn unary(&self) -> u64 {
        let run = self.client.workflow("7412345678901234567");
        let run = run.parameter("input", "What is the weather in Berlin today?");
        let run = run.parameter("n", 3).run().await.unwrap();
        run.output::<Output>().unwrap().output.len() as u64
    }

    async fn stream(&self) -> u64 {
        let mut events = self.events().await;
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

    async fn open(&self) -> Box<dyn Send> {
        let mut events = self.events().await;
        assert!(events.try_next().await.unwrap().is_some());
        Box::new(events)
    }
}

fn main() {
    coze_bench::run::<Whole>();
}
