//! The two slots, the order of things, and the contract of layers.

use std::{
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use coze_transport::{
    AuthLayer, Authorization, Authorize, BearerToken, BoxError, BufferResponseLayer, CallOptions,
    Credentials, DeadlineLayer, ErrorKind, Generation, HttpStack, LogIdLayer, OperationId, Outcome,
    ReplaySafety, Request, RequestBody, RequestDefaultsLayer, Response, ResponseBody, RetryLayer,
    RetryPolicy, Secret, SpanLayer, StackBuilder, TimeoutKind,
    testing::{Chunking, Recorder, Reply, Scripted, check_readiness},
};
use tower::{Layer, Service};

fn get(replay: ReplaySafety) -> Request {
    let mut options = CallOptions::default();
    options.replay = Some(replay);
    options.operation = Some(OperationId("get"));
    let request = http::Request::get("/x").extension(options);
    request.body(RequestBody::empty()).unwrap()
}

/// Notes what passes it, both ways.
#[derive(Clone)]
struct Note(&'static str, Arc<Mutex<Vec<String>>>);

impl<S> Layer<S> for Note {
    type Service = Noting<S>;

    fn layer(&self, inner: S) -> Noting<S> {
        Noting(inner, self.clone())
    }
}

#[derive(Clone)]
struct Noting<S>(S, Note);

impl<S> Service<Request> for Noting<S>
where
    S: Service<Request, Response = Response, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = BoxError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let Note(name, notes) = self.1.clone();
        let token = request.headers().contains_key("authorization");
        let operation = CallOptions::resolve(request.extensions())
            .operation
            .unwrap()
            .0;
        notes
            .lock()
            .unwrap()
            .push(format!("{name} {operation} token={token}"));
        let future = self.0.call(request);
        Box::pin(async move {
            let result = future.await;
            let told = match &result {
                Ok(response) => format!(
                    "{} buffered={}",
                    response.status().as_u16(),
                    response.body().buffered().is_some()
                ),
                Err(error) => error.to_string(),
            };
            notes.lock().unwrap().push(format!("{name} {told}"));
            result
        })
    }
}

#[tokio::test(start_paused = true)]
async fn call_layers_see_a_call_and_attempt_layers_each_attempt() {
    let notes = Arc::new(Mutex::new(Vec::new()));
    let note = |name| Note(name, Arc::clone(&notes));
    let stack = StackBuilder::over(Scripted::new([Reply::status(500), Reply::json(200, "{}")]))
        .credentials(BearerToken::new("pat_1").unwrap())
        .call_layer(note("call-1"))
        .call_layer(note("call-2"))
        .attempt_layer(note("try-1"))
        .attempt_layer(note("try-2"))
        .build();
    stack.send(get(ReplaySafety::Always)).await.unwrap();
    assert_eq!(
        *notes.lock().unwrap(),
        [
            "call-1 get token=false",
            "call-2 get token=false",
            "try-1 get token=false",
            "try-2 get token=false",
            "try-2 500 buffered=true",
            "try-1 500 buffered=true",
            "try-1 get token=false",
            "try-2 get token=false",
            "try-2 200 buffered=true",
            "try-1 200 buffered=true",
            "call-2 200 buffered=true",
            "call-1 200 buffered=true",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn towers_own_layers_fit_both_slots() {
    let server = Scripted::new([Reply::never(), Reply::json(200, "{}")]);
    let stack = StackBuilder::over(server.clone())
        .call_layer(tower::timeout::TimeoutLayer::new(Duration::from_secs(100)))
        .attempt_layer(tower::limit::ConcurrencyLimitLayer::new(1))
        .attempt_layer(tower::timeout::TimeoutLayer::new(Duration::from_secs(2)))
        .build();
    let response = stack.send(get(ReplaySafety::Always)).await.unwrap();
    assert_eq!(response.body().buffered().unwrap(), "{}");
    assert_eq!(server.requests().len(), 2);

    // The failure of a layer, once the request was sent, tells nothing about the server.
    let server = Scripted::repeating(Reply::never());
    let stack = StackBuilder::over(server.clone())
        .attempt_layer(tower::timeout::TimeoutLayer::new(Duration::from_secs(2)))
        .build();
    let error = stack.send(get(ReplaySafety::IfNotSent)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Timeout(TimeoutKind::Layer), Outcome::Unknown)
    );
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_layer_that_changes_the_body_type_fits() {
    let server = Scripted::new([Reply::json(200, r#"{"a":1}"#)]);
    let stack = StackBuilder::over(server)
        .attempt_layer(Chunking::new(2))
        .build();
    let response = stack.send(get(ReplaySafety::Never)).await.unwrap();
    let body = http_body_util::BodyExt::collect(response.into_body())
        .await
        .unwrap();
    assert_eq!(body.to_bytes(), r#"{"a":1}"#);
}

#[derive(Debug)]
struct Waits;

impl Credentials for Waits {
    fn authorize(&self) -> Authorize {
        Authorize::later(async {
            tokio::task::yield_now().await;
            Ok(Authorization::bearer(&Secret::from("t"), Generation(0))?)
        })
    }

    fn rejected(&self, _: Generation) -> bool {
        false
    }
}

#[tokio::test]
async fn the_crates_own_layers_keep_the_readiness_contract() {
    check_readiness(DeadlineLayer::new(Some(Duration::from_secs(1))))
        .await
        .unwrap();
    check_readiness(SpanLayer::new()).await.unwrap();
    check_readiness(RetryLayer::new(RetryPolicy::default()))
        .await
        .unwrap();
    check_readiness(BufferResponseLayer::default())
        .await
        .unwrap();
    check_readiness(LogIdLayer::new([])).await.unwrap();
    check_readiness(AuthLayer::none()).await.unwrap();
    check_readiness(AuthLayer::new(Arc::new(BearerToken::new("t").unwrap())))
        .await
        .unwrap();
    check_readiness(AuthLayer::new(Arc::new(Waits)))
        .await
        .unwrap();
    check_readiness(RequestDefaultsLayer::new()).await.unwrap();
    check_readiness(Recorder::new()).await.unwrap();
    check_readiness(Chunking::new(1)).await.unwrap();
    // An erased stack readies what it holds.
    let erase =
        tower::layer::layer_fn(HttpStack::new::<tower::util::BoxCloneSyncService<_, _, BoxError>>);
    check_readiness(erase).await.unwrap();
}

/// The mistake that layers make: to ready one instance and to call another.
#[derive(Clone)]
struct CallsItsClone<S>(S);

impl<S> Service<Request> for CallsItsClone<S>
where
    S: Service<Request> + Clone,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> S::Future {
        self.0.clone().call(request)
    }
}

/// The other one: to call twice for one readiness.
#[derive(Clone)]
struct CallsTwice<S>(S);

impl<S> Service<Request> for CallsTwice<S>
where
    S: Service<Request>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> S::Future {
        drop(self.0.call(get(ReplaySafety::Never)));
        self.0.call(request)
    }
}

#[tokio::test]
async fn a_layer_that_breaks_the_contract_is_caught() {
    let error = check_readiness(tower::layer::layer_fn(CallsItsClone))
        .await
        .unwrap_err();
    assert_eq!(error.depth(), 1);
    assert!(error.to_string().contains("mem::replace"), "{error}");
    check_readiness(tower::layer::layer_fn(CallsTwice))
        .await
        .unwrap_err();
}

#[tokio::test]
async fn requests_are_completed_on_their_way_down() {
    let server = Scripted::repeating(Reply::status(200));
    let stack = StackBuilder::over(server.clone())
        .base_uri("https://gateway.example/coze/".parse().unwrap())
        .user_agent("mine/1.0".parse().unwrap())
        .header("x-trace".parse().unwrap(), "7".parse().unwrap())
        .unwrap()
        .build();
    let plain = http::Request::get("/v1/x?y=%20z")
        .body(RequestBody::empty())
        .unwrap();
    stack.send(plain).await.unwrap();
    let own = http::Request::get("/v1/x")
        .header("x-trace", "8")
        .header("user-agent", "its/2");
    stack
        .send(own.body(RequestBody::empty()).unwrap())
        .await
        .unwrap();
    let seen = server.requests();
    assert_eq!(seen[0].uri(), "https://gateway.example/coze/v1/x?y=%20z");
    assert_eq!(seen[0].headers()["user-agent"], "mine/1.0");
    assert_eq!(seen[0].headers()["x-trace"], "7");
    assert_eq!(seen[0].headers()["accept-encoding"], "identity");
    assert_eq!(seen[1].headers()["x-trace"], "8");
    assert_eq!(seen[1].headers()["user-agent"], "its/2");
}

#[tokio::test]
async fn headers_that_steer_the_connection_are_refused_by_name() {
    for name in [
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "cookie",
        "te",
        "proxy-connection",
    ] {
        let server = Scripted::repeating(Reply::status(200));
        let stack = StackBuilder::over(server.clone()).build();
        let request = http::Request::get("/x").header(name, "1");
        let error = stack
            .send(request.body(RequestBody::empty()).unwrap())
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Request, Outcome::NotAccepted)
        );
        assert!(error.to_string().contains(name), "{error}");
        assert_eq!(server.requests().len(), 0);

        let builder =
            StackBuilder::over(server).header(name.parse().unwrap(), "1".parse().unwrap());
        assert!(builder.unwrap_err().to_string().contains(name));
    }
    let builder = StackBuilder::over(Scripted::new([]));
    let error = builder
        .header(http::header::AUTHORIZATION, "Bearer x".parse().unwrap())
        .unwrap_err();
    assert!(error.to_string().contains("credentials"), "{error}");
}

#[tokio::test]
async fn own_log_id_headers() {
    let server = Scripted::new([Reply::status(200)
        .header("x-request-id", "R")
        .header("x-tt-logid", "L")]);
    let stack = StackBuilder::over(server)
        .log_id_headers([http::HeaderName::from_static("x-request-id")])
        .build();
    let response = stack.send(get(ReplaySafety::Never)).await.unwrap();
    assert_eq!(
        response
            .extensions()
            .get::<coze_transport::LogId>()
            .unwrap()
            .as_str(),
        "R"
    );
}

/// Each layer is usable alone, by tower's own means.
#[tokio::test]
async fn a_layer_works_without_the_others() {
    let leaf = tower::service_fn(|request: Request| async move {
        let value = request.headers().get("authorization").cloned();
        let mut response = http::Response::new(ResponseBody::full("".into()));
        response.headers_mut().insert("x-echo", value.unwrap());
        Ok::<_, BoxError>(response)
    });
    let mut service = AuthLayer::new(Arc::new(Waits)).layer(leaf);
    let response = service.call(get(ReplaySafety::Never)).await.unwrap();
    assert_eq!(response.headers()["x-echo"], "Bearer t");
    assert_eq!(
        response.extensions().get::<Generation>(),
        Some(&Generation(0))
    );
}

#[test]
fn the_builder_and_the_stack_can_be_stored_and_shared() {
    const fn check<T: Clone + Send + Sync + std::fmt::Debug + 'static>() {}
    check::<StackBuilder>();
    check::<HttpStack>();
    let builder = StackBuilder::over(Scripted::new([]));
    let _ = (builder.clone().build(), builder.build());
}
