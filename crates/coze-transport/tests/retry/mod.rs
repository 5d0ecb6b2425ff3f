//! Requests, a stack and failures for the tests of the retry layer.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up must stop")]
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary uses a part of it"
)]

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use coze_transport::{
    Authorization, Authorize, CallOptions, Classification, Classify, Credentials, ErrorKind,
    Generation, HttpClassifier, HttpStack, Outcome, ReplaySafety, Request, RequestBody, Response,
    RetryPolicy, Secret, StackBuilder, TransportError,
    testing::{Reply, Scripted},
};

pub fn post(replay: ReplaySafety) -> Request {
    with(replay, |_| {})
}

pub fn with(replay: ReplaySafety, set: impl FnOnce(&mut CallOptions)) -> Request {
    let mut options = CallOptions::default();
    options.replay = Some(replay);
    set(&mut options);
    http::Request::post("/v1/workflow/run")
        .header("content-type", "application/json")
        .extension(options)
        .body(RequestBody::from_static(br#"{"a":1}"#))
        .unwrap()
}

pub fn stack(server: &Scripted) -> HttpStack {
    StackBuilder::over(server.clone())
        .retry(RetryPolicy::default().seed(1))
        .log_id_headers(["x-tt-logid", "x-log-id"].map(http::HeaderName::from_static))
        .build()
}

pub fn fail(kind: ErrorKind, outcome: Outcome) -> Reply {
    Reply::failure(kind, outcome)
}

/// Tells failures within a 200 by their codes, as an API's own classifier would: 4009 asks for another attempt, 4100
/// refuses the token.
#[derive(Clone, Copy, Debug)]
pub struct Codes;

impl Classify for Codes {
    fn classify(
        &self,
        replay: ReplaySafety,
        result: Result<&Response, &TransportError>,
    ) -> Classification {
        let body = result.ok().and_then(|response| response.body().buffered());
        match body {
            Some(body) if body.starts_with(b"{\"code\":4009") => Classification::Retry {
                outcome: Outcome::NotAccepted,
                throttled: true,
                once: false,
                after: None,
            },
            Some(body) if body.starts_with(b"{\"code\":4100") => Classification::Unauthorized,
            _ => HttpClassifier.classify(replay, result),
        }
    }
}

/// Tokens `t0`, `t1`, …, each until it is refused.
#[derive(Clone, Debug, Default)]
pub struct Renewing(Arc<AtomicU64>);

impl Credentials for Renewing {
    fn authorize(&self) -> Authorize {
        let generation = self.0.load(Ordering::Relaxed);
        let token = Secret::new(format!("t{generation}"));
        let authorization = Authorization::bearer(&token, Generation(generation));
        Authorize::Ready(authorization.map_err(Into::into))
    }

    fn rejected(&self, generation: Generation) -> bool {
        self.0.fetch_max(generation.0 + 1, Ordering::Relaxed);
        true
    }
}
