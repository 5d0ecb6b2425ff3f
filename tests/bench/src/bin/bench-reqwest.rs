//! reqwest with its default features.
#![expect(
    clippy::unwrap_used,
    reason = "a measurement that went wrong must stop"
)]

use coze_bench::{Events, RUN, TOKEN};
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
    fn new(base: &str) -> Self {
        let (base, stream) = base.split_once(' ').unwrap_or((base, "1"));
        Self {
            client: Client::builder()
                .user_agent("coze-bench/0")
                .build()
                .unwrap(),
            run: format!("{base}/v1/workflow/run"),
            stream: format!("{base}/stream/{stream}"),
        }
    }

    async fn unary(&self) -> u64 {
        coze_bench::decode(&self.send(&self.run).await.bytes().await.unwrap())
    }

    async fn stream(&self) -> u64 {
        let mut response = self.send(&self.stream).await;
        let mut events = Events::default();
        while let Some(chunk) = response.chunk().await.unwrap() {
            events.push(&chunk);
        }
        events.finish()
    }
}

fn main() {
    coze_bench::run::<Reqwest>();
}
