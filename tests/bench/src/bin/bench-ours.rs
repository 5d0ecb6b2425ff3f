//! Our transport with its whole default stack.
#![expect(
    clippy::unwrap_used,
    reason = "a measurement that went wrong must stop"
)]

use bytes::Bytes;
use coze_bench::{Events, RUN};
use coze_transport::{
    BearerToken, CallOptions, HttpStack, OperationId, ReplaySafety, Request, RequestBody,
    ResponseBody, ResponseMode, StackBuilder, hyper::HyperTransport,
};
use http::{
    HeaderValue, Method, Uri,
    header::{ACCEPT, CONTENT_TYPE},
};
use http_body_util::BodyExt;

struct Ours {
    stack: HttpStack,
    run: Uri,
    stream: Uri,
}

impl Ours {
    fn request(uri: &Uri, accept: &'static str, mode: ResponseMode) -> Request {
        let body = serde_json::to_vec(&RUN).unwrap();
        let mut request = Request::new(RequestBody::from(Bytes::from(body)));
        *request.method_mut() = Method::POST;
        uri.clone_into(request.uri_mut());
        let headers = request.headers_mut();
        // Room for what the layers add.
        headers.reserve(8);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        let mut options = CallOptions::default();
        options.operation = Some(OperationId("workflow.run"));
        options.replay = Some(ReplaySafety::IfNotSent);
        options.mode = Some(mode);
        request.extensions_mut().insert(options);
        request
    }

    async fn events(&self) -> ResponseBody {
        let request = Self::request(&self.stream, "text/event-stream", ResponseMode::Streaming);
        let response = self.stack.send(request).await.unwrap();
        assert!(response.status().is_success());
        response.into_body()
    }
}

impl coze_bench::Client for Ours {
    fn new(base: &str, stream: &str) -> Self {
        let token = BearerToken::new("pat_0123456789abcdef0123456789abcdef").unwrap();
        Self {
            stack: StackBuilder::over(HyperTransport::new())
                .base_uri(base.parse().unwrap())
                .credentials(token)
                .log_id_headers(coze_wire::LOG_ID_HEADERS)
                .build(),
            run: Uri::from_static("/v1/workflow/run"),
            stream: stream.parse().unwrap(),
        }
    }

    async fn unary(&self) -> u64 {
        let request = Self::request(&self.run, "application/json", ResponseMode::Buffered);
        let response = self.stack.send(request).await.unwrap();
        assert!(response.status().is_success());
        coze_bench::decode(response.body().buffered().unwrap())
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
        Box::new(self.events().await)
    }
}

fn main() {
    coze_bench::run::<Ours>();
}
