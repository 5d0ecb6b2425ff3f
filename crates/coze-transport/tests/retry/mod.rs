//! Requests, a stack and failures for the tests of the retry layer.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up must stop")]
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary uses a part of it"
)]

use coze_transport::{
    CallOptions, ErrorKind, HttpStack, Outcome, ReplaySafety, Request, RequestBody, RetryPolicy,
    StackBuilder,
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
