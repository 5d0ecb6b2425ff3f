//! Tokens: one refresh for many refusals, and nowhere but where they belong.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use coze_transport::{
    Attempts, Authorization, Authorize, BearerToken, BoxError, CallOptions, Classification,
    Classify, Credentials, ErrorKind, Generation, HttpClassifier, HttpStack, InvalidToken, Outcome,
    ReplaySafety, Request, RequestBody, Response, ResponseBody, Secret, StackBuilder, TimeoutKind,
    TransportError,
    testing::{Reply, Scripted},
};

fn post(replay: ReplaySafety) -> Request {
    let mut options = CallOptions::default();
    options.replay = Some(replay);
    http::Request::post("/v1/run")
        .extension(options)
        .body(RequestBody::from_static(b"{}"))
        .unwrap()
}

/// Tokens `t0`, `t1`, …: a refused one is replaced by the next, once for all who hold it.
#[derive(Clone, Debug, Default)]
struct Tokens {
    state: Arc<Mutex<State>>,
    refreshes: Arc<AtomicUsize>,
}

#[derive(Debug, Default)]
struct State {
    generation: u64,
    stale: bool,
}

fn bearer(generation: u64) -> Result<Authorization, BoxError> {
    let token = Secret::new(format!("t{generation}"));
    Ok(Authorization::bearer(&token, Generation(generation))?)
}

impl Credentials for Tokens {
    fn authorize(&self) -> Authorize {
        let this = self.clone();
        let state = self.state.lock().unwrap();
        if !state.stale {
            return Authorize::Ready(bearer(state.generation));
        }
        Authorize::later(async move {
            tokio::task::yield_now().await;
            let mut state = this.state.lock().unwrap();
            if state.stale {
                state.stale = false;
                state.generation += 1;
                this.refreshes.fetch_add(1, Ordering::Relaxed);
            }
            bearer(state.generation)
        })
    }

    fn rejected(&self, generation: Generation) -> bool {
        let mut state = self.state.lock().unwrap();
        if generation.0 == state.generation {
            state.stale = true;
        }
        true
    }
}

/// Refuses all tokens before `from`, by `refusal`.
fn server(from: u64, refusal: fn() -> Response) -> (HttpStack, Arc<Mutex<Vec<String>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let stack = HttpStack::from_fn(move |request: Request| {
        let value = request.headers().get("authorization");
        let value = value.map_or_else(String::new, |value| value.to_str().unwrap().to_owned());
        log.lock().unwrap().push(value.clone());
        async move {
            tokio::task::yield_now().await;
            let number = value
                .strip_prefix("Bearer t")
                .and_then(|text| text.parse().ok());
            Ok::<_, BoxError>(match number {
                Some(number) if from <= number => Response::new(ResponseBody::full("{}".into())),
                _ => refusal(),
            })
        }
    });
    (stack, seen)
}

fn unauthorized() -> Response {
    let mut response = Response::new(ResponseBody::full("".into()));
    *response.status_mut() = http::StatusCode::UNAUTHORIZED;
    response
}

fn refused_in_body() -> Response {
    Response::new(ResponseBody::full(r#"{"code":4100}"#.into()))
}

/// As an API's own classifier would tell a refusal within a 200.
struct Codes;

impl Classify for Codes {
    fn classify(
        &self,
        replay: ReplaySafety,
        result: Result<&Response, &TransportError>,
    ) -> Classification {
        match result {
            Ok(response)
                if response
                    .body()
                    .buffered()
                    .is_some_and(|body| body == r#"{"code":4100}"#) =>
            {
                Classification::Unauthorized
            }
            other => HttpClassifier.classify(replay, other),
        }
    }
}

/// Fault 79: a refusal once, by status or by body, and twice.
#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    for refusal in [unauthorized, refused_in_body] {
        for replay in [ReplaySafety::Always, ReplaySafety::IfNotSent] {
            let (leaf, seen) = server(1, refusal);
            let tokens = Tokens::default();
            let stack = StackBuilder::over(leaf)
                .credentials(tokens.clone())
                .classify(Codes)
                .build();
            let response = stack.send(post(replay)).await.unwrap();
            assert_eq!(response.body().buffered().unwrap(), "{}");
            assert_eq!(*seen.lock().unwrap(), ["Bearer t0", "Bearer t1"]);
            let attempts = response.extensions().get::<Attempts>().unwrap();
            assert_eq!(
                attempts.iter().next().unwrap().outcome,
                Outcome::NotAccepted
            );
            assert_eq!(attempts.outcome(), Outcome::Accepted);

            // Always refused: one refresh, two requests, the refusal is the result.
            let (leaf, seen) = server(1000, refusal);
            let tokens = Tokens::default();
            let stack = StackBuilder::over(leaf)
                .credentials(tokens.clone())
                .classify(Codes)
                .build();
            let response = stack.send(post(replay)).await.unwrap();
            assert_eq!(*seen.lock().unwrap(), ["Bearer t0", "Bearer t1"]);
            assert_eq!(tokens.refreshes.load(Ordering::Relaxed), 1);
            let attempts = response.extensions().get::<Attempts>().unwrap();
            assert_eq!(attempts.outcome(), Outcome::NotAccepted);
        }
    }
}

#[tokio::test]
async fn a_call_that_may_not_be_repeated_still_reports_the_refusal() {
    let (leaf, seen) = server(1, unauthorized);
    let stack = StackBuilder::over(leaf)
        .credentials(Tokens::default())
        .build();
    assert_eq!(
        stack
            .send(post(ReplaySafety::Never))
            .await
            .unwrap()
            .status(),
        401
    );
    assert_eq!(
        stack
            .send(post(ReplaySafety::Never))
            .await
            .unwrap()
            .status(),
        200
    );
    assert_eq!(*seen.lock().unwrap(), ["Bearer t0", "Bearer t1"]);
}

#[tokio::test]
async fn a_fixed_token_is_not_tried_twice() {
    let server = Scripted::repeating(Reply::status(401));
    let stack = StackBuilder::over(server.clone())
        .credentials(BearerToken::new("pat_1").unwrap())
        .build();
    assert_eq!(
        stack
            .send(post(ReplaySafety::Always))
            .await
            .unwrap()
            .status(),
        401
    );
    assert_eq!(server.requests().len(), 1);
    assert!(server.requests()[0].headers()["authorization"].is_sensitive());
}

#[tokio::test]
async fn a_thousand_calls_with_one_expired_token_cause_one_refresh() {
    let (leaf, seen) = server(1, unauthorized);
    let tokens = Tokens::default();
    let stack = StackBuilder::over(leaf).credentials(tokens.clone()).build();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..1000 {
        let stack = stack.clone();
        tasks.spawn(async move {
            stack
                .send(post(ReplaySafety::IfNotSent))
                .await
                .unwrap()
                .status()
        });
    }
    while let Some(status) = tasks.join_next().await {
        assert_eq!(status.unwrap(), 200);
    }
    assert_eq!(tokens.refreshes.load(Ordering::Relaxed), 1);
    assert!(seen.lock().unwrap().len() <= 2000);
}

#[derive(Debug)]
struct Failing;

impl Credentials for Failing {
    fn authorize(&self) -> Authorize {
        Authorize::later(async { Err("the token server is down".into()) })
    }

    fn rejected(&self, _: Generation) -> bool {
        true
    }
}

#[tokio::test]
async fn without_a_token_nothing_is_sent() {
    let server = Scripted::repeating(Reply::status(200));
    let stack = StackBuilder::over(server.clone())
        .credentials(Failing)
        .build();
    let error = stack.send(post(ReplaySafety::Always)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Auth, Outcome::NotAccepted)
    );
    let cause = std::error::Error::source(&error).unwrap();
    assert_eq!(cause.to_string(), "the token server is down");
    assert_eq!(server.requests().len(), 0);
}

#[derive(Debug)]
struct Slow;

impl Credentials for Slow {
    fn authorize(&self) -> Authorize {
        Authorize::later(std::future::pending())
    }

    fn rejected(&self, _: Generation) -> bool {
        true
    }
}

#[tokio::test(start_paused = true)]
async fn the_wait_for_a_token_counts_towards_the_limits() {
    let server = Scripted::repeating(Reply::status(200));
    let stack = StackBuilder::over(server.clone()).credentials(Slow).build();
    let mut request = post(ReplaySafety::Always);
    request
        .extensions_mut()
        .get_mut::<CallOptions>()
        .unwrap()
        .deadline = Some(Duration::from_secs(5));
    let began = tokio::time::Instant::now();
    let error = stack.send(request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutKind::Deadline));
    assert_eq!(began.elapsed(), Duration::from_secs(5));
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn a_token_goes_to_its_own_server_only() {
    for (uri, sent) in [
        ("/v1/x", true),
        ("https://api.example/v1/x", true),
        ("https://API.example/v1/x", true),
        ("http://api.example/v1/x", false),
        ("https://api.example:444/v1/x", false),
        ("https://api.example.evil.example/v1/x", false),
        ("https://files.example/upload", false),
    ] {
        let server = Scripted::repeating(Reply::status(200));
        let stack = StackBuilder::over(server.clone())
            .base_uri("https://api.example".parse().unwrap())
            .credentials(BearerToken::new("pat_1").unwrap())
            .build();
        stack
            .send(http::Request::get(uri).body(RequestBody::empty()).unwrap())
            .await
            .unwrap();
        let has = server.requests()[0].headers().contains_key("authorization");
        assert_eq!(has, sent, "{uri}");
    }
}

#[tokio::test]
async fn a_request_that_brings_its_own_authorization_keeps_it() {
    let server = Scripted::repeating(Reply::status(200));
    let stack = StackBuilder::over(server.clone())
        .credentials(BearerToken::new("pat_1").unwrap())
        .build();
    let request = http::Request::post("/token").header("authorization", "Bearer jwt");
    stack
        .send(request.body(RequestBody::empty()).unwrap())
        .await
        .unwrap();
    assert_eq!(
        server.requests()[0].headers()["authorization"],
        "Bearer jwt"
    );
}

#[test]
fn a_token_that_cannot_stand_in_a_header_is_refused_without_showing_it() {
    for text in ["", "a b", "a\nb", "a\r\nHost: x", "tök", "a\u{0}"] {
        let error: InvalidToken = BearerToken::new(text).unwrap_err();
        assert!(text.is_empty() || !format!("{error} {error:?}").contains(text));
    }
}
