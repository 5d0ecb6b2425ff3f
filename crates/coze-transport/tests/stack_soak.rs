//! No run twice: submits through a server that fails a third of the time in every way it can.
//!
//! `COZE_SOAK=100000 cargo test -p coze-transport --release --test stack_soak` is the long form.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use coze_transport::{
    Attempts, BoxError, CallOptions, ErrorKind, HttpStack, Outcome, ReplaySafety, Request,
    RequestBody, Response, ResponseBody, RetryPolicy, StackBuilder, TimeoutKind, TransportError,
};
use http_body_util::{BodyExt, StreamBody};

#[derive(Default)]
struct Server {
    /// Runs by the key in the request.
    runs: HashMap<Bytes, u32>,
    /// Requests by the key, run or not.
    requests: HashMap<Bytes, u32>,
    rng: Option<fastrand::Rng>,
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    None,
    Refused,
    ClosedUnread,
    Throttled,
    Unavailable,
    ResetBefore,
    ResetAfter,
    FailedAfter,
    Gateway,
    SilentAfter,
    HalfBody,
}

impl Fault {
    fn draw(rng: &mut fastrand::Rng) -> Self {
        if rng.u32(..100) >= 30 {
            return Self::None;
        }
        [
            Self::Refused,
            Self::ClosedUnread,
            Self::Throttled,
            Self::Unavailable,
            Self::ResetBefore,
            Self::ResetAfter,
            Self::FailedAfter,
            Self::Gateway,
            Self::SilentAfter,
            Self::HalfBody,
        ][rng.usize(..10)]
    }

    /// Whether the workflow ran.
    fn runs(self) -> bool {
        matches!(
            self,
            Self::None | Self::ResetAfter | Self::FailedAfter | Self::SilentAfter | Self::HalfBody
        )
    }
}

async fn serve(server: Arc<Mutex<Server>>, request: Request) -> Result<Response, BoxError> {
    let key = request.into_body().collect().await?.to_bytes();
    let fault = {
        let mut server = server.lock().unwrap();
        let fault = Fault::draw(server.rng.as_mut().unwrap());
        *server.requests.entry(key.clone()).or_default() += 1;
        if fault.runs() {
            *server.runs.entry(key.clone()).or_default() += 1;
        }
        fault
    };
    tokio::time::sleep_until(tokio::time::Instant::now() + Duration::from_millis(5)).await;
    let fail = |kind, outcome| Err(TransportError::new(kind, outcome, "a fault").into());
    let respond = |status, body: Bytes| {
        let mut response = Response::new(ResponseBody::full(body));
        *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
        response
    };
    match fault {
        Fault::None => Ok(respond(200, key)),
        Fault::Refused => fail(ErrorKind::Connect, Outcome::NotAccepted),
        Fault::ClosedUnread => fail(ErrorKind::Closed, Outcome::NotAccepted),
        Fault::ResetBefore | Fault::ResetAfter => fail(ErrorKind::Closed, Outcome::Unknown),
        Fault::Throttled => Ok(respond(429, Bytes::new())),
        Fault::Unavailable => {
            let mut response = respond(503, Bytes::new());
            response.headers_mut().insert("retry-after", "1".parse()?);
            Ok(response)
        }
        Fault::FailedAfter => Ok(respond(500, Bytes::new())),
        Fault::Gateway => Ok(respond(502, Bytes::new())),
        Fault::SilentAfter => std::future::pending().await,
        Fault::HalfBody => {
            let frames = [
                Ok(http_body::Frame::data(Bytes::from_static(b"{"))),
                Err(BoxError::from("cut")),
            ];
            let body = StreamBody::new(Frames(frames.into_iter()));
            Ok(Response::new(ResponseBody::stream(body)))
        }
    }
}

struct Frames<I>(I);

impl<I: Iterator + Unpin> futures_core::Stream for Frames<I> {
    type Item = I::Item;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<I::Item>> {
        std::task::Poll::Ready(self.0.next())
    }
}

/// Submits `total` workflows; what the server counted, and what each caller was told.
async fn soak(total: u32, vouched: bool) -> (Arc<Mutex<Server>>, HashMap<Bytes, Outcome>) {
    let server = Arc::new(Mutex::new(Server {
        rng: Some(fastrand::Rng::with_seed(20_240_601)),
        ..Server::default()
    }));
    let shared = Arc::clone(&server);
    let leaf = HttpStack::from_fn(move |request| serve(Arc::clone(&shared), request));
    let stack = StackBuilder::over(leaf)
        .retry(RetryPolicy::default().seed(9))
        .build();

    let mut told: HashMap<Bytes, Outcome> = HashMap::new();
    let mut tasks = tokio::task::JoinSet::new();
    let mut next = 0;
    while next < total || !tasks.is_empty() {
        while next < total && tasks.len() < 64 {
            let stack = stack.clone();
            let key = Bytes::from(format!("run-{next}"));
            next += 1;
            tasks.spawn(async move {
                let mut options = CallOptions::default();
                options.replay = Some(ReplaySafety::IfNotSent);
                options.assume_idempotent = vouched;
                options.head_timeout = Some(Duration::from_secs(2));
                let request = http::Request::post("/v1/workflow/run").extension(options);
                let request = request.body(RequestBody::from(key.clone())).unwrap();
                let outcome = match stack.send(request).await {
                    Ok(response) => {
                        let outcome = response.extensions().get::<Attempts>().unwrap().outcome();
                        assert_eq!(response.status() == 200, outcome == Outcome::Accepted);
                        outcome
                    }
                    Err(error) => {
                        let known = [
                            ErrorKind::Connect,
                            ErrorKind::Closed,
                            ErrorKind::Timeout(TimeoutKind::Head),
                        ];
                        assert!(known.contains(&error.kind()), "{error:?}");
                        error.outcome()
                    }
                };
                (key, outcome)
            });
        }
        if let Some(done) = tasks.join_next().await {
            let (key, outcome) = done.unwrap();
            told.insert(key, outcome);
        }
    }
    (server, told)
}

#[tokio::test(start_paused = true)]
async fn no_submit_runs_twice() {
    let total: u32 = std::env::var("COZE_SOAK").map_or(10_000, |text| text.parse().unwrap());
    let (server, told) = soak(total, false).await;
    let server = server.lock().unwrap();
    let twice = server.runs.values().filter(|runs| **runs > 1).count();
    assert_eq!(twice, 0, "workflows ran twice");
    assert_eq!(told.len(), total as usize, "results were lost");
    let mut counts = [0; 3];
    for (key, outcome) in &told {
        let runs = server.runs.get(key).copied().unwrap_or_default();
        match outcome {
            Outcome::Accepted => assert_eq!(runs, 1, "accepted, but it did not run"),
            Outcome::NotAccepted => assert_eq!(runs, 0, "not accepted, but it ran"),
            // Either is possible; that is what it says.
            Outcome::Unknown => {}
        }
        counts[*outcome as usize] += 1;
    }
    // Faults did happen and most of what may be repeated came through.
    let [not_accepted, accepted, unknown] = counts;
    let sent: u32 = server.requests.values().sum();
    println!(
        "{total} submits, {sent} requests: {accepted} accepted, {not_accepted} not, {unknown} unknown"
    );
    assert!(sent > total + total / 10 && unknown > total / 10 && accepted > total / 2);
}

/// The counter can count: whoever repeats what may have run, runs some twice.
#[tokio::test(start_paused = true)]
async fn repeating_unknown_outcomes_would_run_some_twice() {
    let (server, _) = soak(500, true).await;
    let server = server.lock().unwrap();
    assert!(server.runs.values().any(|runs| *runs > 1));
}
