//! A row of the matrix: one fault, and what has to come of it over each transport and for both kinds of calls.

use std::time::Duration;

use coze_transport::{
    Attempts, CallOptions, ErrorKind, HttpStack, Outcome, ReplaySafety, Request, RequestBody,
    Response, RetryPolicy, StackBuilder, Timeouts, TransportError, hyper::HyperTransport,
};

use super::{
    script::Act,
    server::{Peer, Wire},
};

/// How a call ends.
#[derive(Clone, Copy, Debug)]
pub enum Ends {
    /// With a response of this status, and this body where one is given.
    Response(u16, Option<&'static str>),
    Error(ErrorKind, Outcome),
}

/// A fault.
pub struct Row {
    /// Its numbers in `docs/checks.md`.
    pub faults: &'static [u32],
    pub what: &'static str,
    pub script: Vec<Act>,
    pub set: fn(&mut CallOptions),
    /// Bytes of the request's body.
    pub body: usize,
    /// How long a body may bring less than a byte a second.
    pub slow: Duration,
    pub ends: Ends,
    /// Requests that the server counts when the call starts a run, which is sent again only when it certainly
    /// was not accepted.
    pub run: usize,
    /// Requests that it counts when the call may be repeated freely.
    pub free: usize,
}

impl Row {
    pub fn new(faults: &'static [u32], what: &'static str, script: Vec<Act>) -> Self {
        Self {
            faults,
            what,
            script,
            set: |_| {},
            body: 20,
            slow: Duration::from_secs(5),
            ends: Ends::Response(200, Some("{}")),
            run: 1,
            free: 1,
        }
    }

    /// Ends with an error, after so many requests.
    pub fn fails(mut self, kind: ErrorKind, outcome: Outcome, run: usize, free: usize) -> Self {
        self.ends = Ends::Error(kind, outcome);
        (self.run, self.free) = (run, free);
        self
    }

    /// Ends with a response, after so many requests.
    pub fn responds(mut self, status: u16, run: usize, free: usize) -> Self {
        self.ends = Ends::Response(status, None);
        (self.run, self.free) = (run, free);
        self
    }

    pub fn body(mut self, bytes: usize) -> Self {
        self.body = bytes;
        self
    }

    pub fn set(mut self, set: fn(&mut CallOptions)) -> Self {
        self.set = set;
        self
    }

    /// Plays the row over all transports.
    pub async fn check(self) {
        self.check_over(Wire::ALL).await;
    }

    pub async fn check_over(self, wires: &[Wire]) {
        for wire in wires {
            for (replay, requests) in [
                (ReplaySafety::IfNotSent, self.run),
                (ReplaySafety::Always, self.free),
            ] {
                let about = format!("{:?} {} over {wire:?}, {replay:?}", self.faults, self.what);
                let peer = Peer::start(*wire, self.script.clone());
                let stack = builder(peer.leaf()).timeouts(timeouts(self.slow)).build();
                let request = request(&peer.url, replay, self.body, self.set);
                let called = tokio::time::timeout(Duration::from_secs(25), stack.send(request));
                let result = called.await.unwrap_or_else(|_| panic!("{about}: it hangs"));
                self.judge(&about, &result);
                let connections = peer.connections();
                assert_eq!(
                    peer.requests(),
                    requests,
                    "{about}, {connections} connections: {result:?}"
                );
                for body in &*peer.seen().bodies.lock().unwrap() {
                    assert_eq!(body.len(), self.body, "{about}: each request is whole");
                }
                let attempts = match &result {
                    Ok(response) => response.extensions().get::<Attempts>().unwrap(),
                    Err(error) => error.attempts(),
                };
                assert_eq!(attempts.len(), requests, "{about}");
            }
        }
    }

    fn judge(&self, about: &str, result: &Result<Response, TransportError>) {
        match (self.ends, result) {
            (Ends::Response(status, body), Ok(response)) => {
                assert_eq!(response.status(), status, "{about}");
                if let Some(body) = body {
                    assert_eq!(response.body().buffered().unwrap(), body, "{about}");
                }
            }
            (Ends::Error(kind, outcome), Err(error)) => {
                assert_eq!(
                    (error.kind(), error.outcome()),
                    (kind, outcome),
                    "{about}: {error:?}"
                );
            }
            (ends, result) => panic!("{about}: {result:?} in place of {ends:?}"),
        }
    }
}

/// The whole stack, with waits between attempts that a test can sit through.
pub fn stack(leaf: HyperTransport) -> HttpStack {
    builder(leaf).build()
}

pub fn builder(leaf: HyperTransport) -> StackBuilder {
    let mut policy = RetryPolicy::default();
    policy.base_connect = Duration::from_millis(1);
    policy.base_failure = Duration::from_millis(1);
    StackBuilder::over(leaf)
        .retry(policy)
        .log_id_headers([http::HeaderName::from_static("x-tt-logid")])
}

fn timeouts(slow: Duration) -> Timeouts {
    let mut timeouts = Timeouts::default();
    timeouts.slow_body = Some(slow);
    timeouts
}

pub fn request(url: &str, replay: ReplaySafety, body: usize, set: fn(&mut CallOptions)) -> Request {
    let mut options = CallOptions::default();
    options.replay = Some(replay);
    set(&mut options);
    http::Request::post(url)
        .header("content-type", "application/json")
        .extension(options)
        .body(RequestBody::from(vec![b'x'; body]))
        .unwrap()
}
