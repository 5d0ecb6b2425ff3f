//! The floor: hyper-util's pooling client by hand, and nothing else.
#![expect(
    clippy::unwrap_used,
    reason = "a measurement that went wrong must stop"
)]

use bytes::Bytes;
use coze_bench::{Events, RUN, TOKEN};
use http::{
    HeaderValue, Method, Request, Uri,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT},
};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

struct Floor {
    client: Client<HttpConnector, Full<Bytes>>,
    run: Uri,
    stream: Uri,
    token: HeaderValue,
}

impl Floor {
    fn request(&self, uri: &Uri, accept: &'static str) -> Request<Full<Bytes>> {
        let body = serde_json::to_vec(&RUN).unwrap();
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = Method::POST;
        uri.clone_into(request.uri_mut());
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, self.token.clone());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static("coze-bench/0"));
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        request
    }

    async fn events(&self) -> Incoming {
        let request = self.request(&self.stream, "text/event-stream");
        let response = self.client.request(request).await.unwrap();
        assert!(response.status().is_success());
        response.into_body()
    }
}

/// A single frame as it came, several into one buffer.
async fn whole(mut body: Incoming) -> Bytes {
    let length = body.size_hint().exact();
    let Some(first) = body.frame().await else {
        return Bytes::new();
    };
    let first = first.unwrap().into_data().unwrap_or_default();
    if body.is_end_stream() {
        return first;
    }
    let room = length.and_then(|length| length.try_into().ok());
    let mut all = Vec::with_capacity(room.unwrap_or(2 * first.len()));
    all.extend_from_slice(&first);
    drop(first);
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.unwrap().into_data() {
            all.extend_from_slice(&data);
        }
    }
    all.into()
}

impl coze_bench::Client for Floor {
    fn new(base: &str, stream: &str) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            run: format!("{base}/v1/workflow/run").parse().unwrap(),
            stream: format!("{base}{stream}").parse().unwrap(),
            token: HeaderValue::from_static(TOKEN),
        }
    }

    async fn unary(&self) -> u64 {
        let request = self.request(&self.run, "application/json");
        let response = self.client.request(request).await.unwrap();
        assert!(response.status().is_success());
        coze_bench::decode(&whole(response.into_body()).await)
    }

    async fn stream(&self) -> u64 {
        let mut body = self.events().await;
        let mut events = Events::default();
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame.unwrap().into_data() {
                events.push(&data);
            }
        }
        events.seen.finish()
    }

    async fn open(&self) -> Box<dyn Send> {
        let mut body = self.events().await;
        let mut events = Events::default();
        while events.seen.count == 0 {
            events.push(body.frame().await.unwrap().unwrap().data_ref().unwrap());
        }
        Box::new((body, events))
    }
}

fn main() {
    coze_bench::run::<Floor>();
}
