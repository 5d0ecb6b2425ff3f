//! Our leaf alone, without the stack above it.
#![expect(
    clippy::unwrap_used,
    reason = "a measurement that went wrong must stop"
)]

use bytes::Bytes;
use coze_bench::{Events, RUN, TOKEN};
use coze_transport::{
    Request, RequestBody,
    hyper::{HyperBody, HyperTransport},
};
use http::{
    HeaderValue, Method, Uri,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT},
};
use http_body::Body;
use http_body_util::BodyExt;
use tower::Service;

struct Leaf {
    connections: HyperTransport,
    run: Uri,
    stream: Uri,
    token: HeaderValue,
}

impl Leaf {
    fn request(&self, uri: &Uri, accept: &'static str) -> Request {
        let body = serde_json::to_vec(&RUN).unwrap();
        let mut request = Request::new(RequestBody::from(Bytes::from(body)));
        *request.method_mut() = Method::POST;
        uri.clone_into(request.uri_mut());
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, self.token.clone());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static("coze-bench/0"));
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        request
    }

    async fn send(&self, request: Request) -> HyperBody {
        let response = self.connections.clone().call(request).await.unwrap();
        assert!(response.status().is_success());
        response.into_body()
    }
}

async fn whole(mut body: HyperBody) -> Bytes {
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

impl coze_bench::Client for Leaf {
    fn new(base: &str, stream: &str) -> Self {
        Self {
            connections: HyperTransport::new(),
            run: format!("{base}/v1/workflow/run").parse().unwrap(),
            stream: format!("{base}{stream}").parse().unwrap(),
            token: HeaderValue::from_static(TOKEN),
        }
    }

    async fn unary(&self) -> u64 {
        let request = self.request(&self.run, "application/json");
        coze_bench::decode(&whole(self.send(request).await).await)
    }

    async fn stream(&self) -> u64 {
        let request = self.request(&self.stream, "text/event-stream");
        let mut body = self.send(request).await;
        let mut events = Events::default();
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame.unwrap().into_data() {
                events.push(&data);
            }
        }
        events.seen.finish()
    }

    async fn open(&self) -> Box<dyn Send> {
        let request = self.request(&self.stream, "text/event-stream");
        Box::new(self.send(request).await)
    }
}

fn main() {
    coze_bench::run::<Leaf>();
}
