//! reqwest with its default features, and eventsource-stream: what people write.
#![expect(
    clippy::unwrap_used,
    reason = "a measurement that went wrong must stop"
)]

use coze_bench::{RUN, Seen, TOKEN};
use eventsource_stream::Eventsource;
use futures_util::StreamExt;
use reqwest::{Client, Response, header::AUTHORIZATION};

struct Reqwest {
    client: Client,
    run: String,
    stream: String,
}

impl Reqwest {
    async fn send(&self, url: &str) -> Response {
        let request = self
            .client
            .post(url)
            .header(AUTHORIZATION, TOKEN)
            .json(&RUN);
        request.send().await.unwrap().error_for_status().unwrap()
    }
}

impl coze_bench::Client for Reqwest {
    fn new(base: &str, stream: &str) -> Self {
        Self {
            client: Client::builder()
                .user_agent("coze-bench/0")
                .build()
                .unwrap(),
            run: format!("{base}/v1/workflow/run"),
            stream: format!("{base}{stream}"),
        }
    }

    async fn unary(&self) -> u64 {
        coze_bench::length(&self.send(&self.run).await.json().await.unwrap())
    }

    async fn stream(&self) -> u64 {
        let response = self.send(&self.stream).await;
        let mut events = response.bytes_stream().eventsource();
        let mut seen = Seen::default();
        while let Some(event) = events.next().await {
            let event = event.unwrap();
            seen.event(event.event.as_bytes(), event.data.as_bytes());
        }
        seen.finish()
    }

    async fn open(&self) -> Box<dyn Send> {
        let response = self.send(&self.stream).await;
        let mut events = Box::pin(response.bytes_stream().eventsource());
        assert!(events.next().await.is_some());
        Box::new(events)
    }
}

fn main() {
    coze_bench::run::<Reqwest>();
}
