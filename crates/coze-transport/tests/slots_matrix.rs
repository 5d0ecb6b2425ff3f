//! Layers of tower and tower-http, each in each slot: what the stack promises holds in all combinations.

mod retry;

use std::{
    fmt,
    future::Ready,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use coze_transport::{
    Attempts, BoxError, ErrorKind, HttpStack, Outcome, ReplaySafety, Request, Response,
    ResponseBody, ResponseMode, StackBuilder, TimeoutKind, TransportError,
    testing::{Reply, Scripted},
};
use http::{HeaderValue, StatusCode};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use retry::{Codes, Renewing, fail, with};
use tokio::time::Instant;
use tower::{
    ServiceBuilder, limit::ConcurrencyLimitLayer, load_shed::LoadShedLayer, retry::RetryLayer,
    timeout::TimeoutLayer,
};
use tower_http::{
    decompression::DecompressionLayer, map_response_body::MapResponseBodyLayer,
    set_header::SetResponseHeaderLayer, trace::TraceLayer,
};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug)]
enum Slot {
    Call,
    Attempt,
    Connection,
}

const SLOTS: [Slot; 3] = [Slot::Call, Slot::Attempt, Slot::Connection];

macro_rules! put {
    ($builder:expr, $slot:expr, $layer:expr) => {
        match $slot {
            Slot::Call => $builder.call_layer($layer),
            Slot::Attempt => $builder.attempt_layer($layer),
            Slot::Connection => $builder.connection_layer($layer),
        }
    };
}

/// tower's retry that never tries again.
#[derive(Clone, Copy)]
struct Once;

impl<T, E> tower::retry::Policy<Request, T, E> for Once {
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut Request, _: &mut Result<T, E>) -> Option<Ready<()>> {
        None
    }

    fn clone_request(&mut self, _: &Request) -> Option<Request> {
        None
    }
}

/// A body around another.
struct Mapped(ResponseBody);

impl Body for Mapped {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }
}

/// A layer of somebody else's.
struct Foreign {
    name: &'static str,
    put: fn(StackBuilder, Slot) -> StackBuilder,
}

impl fmt::Debug for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Layers that let a call pass.
const PASSING: &[Foreign] = &[
    Foreign {
        name: "timeout",
        put: |b, slot| put!(b, slot, TimeoutLayer::new(100 * SECOND)),
    },
    Foreign {
        name: "load shed",
        put: |b, slot| put!(b, slot, LoadShedLayer::new()),
    },
    Foreign {
        name: "concurrency limit",
        put: |b, slot| put!(b, slot, ConcurrencyLimitLayer::new(1)),
    },
    Foreign {
        name: "buffer and rate limit",
        put: |b, slot| {
            let layers = ServiceBuilder::new().buffer(8).rate_limit(100, SECOND);
            put!(b, slot, layers.into_inner())
        },
    },
    Foreign {
        name: "retry, off",
        put: |b, slot| put!(b, slot, RetryLayer::new(Once)),
    },
    Foreign {
        name: "trace",
        put: |b, slot| put!(b, slot, TraceLayer::new_for_http()),
    },
    Foreign {
        name: "timeout of tower-http",
        put: |b, slot| put!(b, slot, timeout_408(100)),
    },
    Foreign {
        name: "set header",
        put: |b, slot| {
            let name = http::HeaderName::from_static("x-layer");
            let value = HeaderValue::from_static("1");
            put!(b, slot, SetResponseHeaderLayer::overriding(name, value))
        },
    },
    Foreign {
        name: "decompression, off",
        put: |b, slot| put!(b, slot, DecompressionLayer::new().no_gzip()),
    },
    Foreign {
        name: "map body",
        put: |b, slot| put!(b, slot, MapResponseBodyLayer::new(Mapped)),
    },
];

fn timeout_408(seconds: u32) -> tower_http::timeout::TimeoutLayer {
    let status = StatusCode::REQUEST_TIMEOUT;
    tower_http::timeout::TimeoutLayer::with_status_code(status, seconds * SECOND)
}

fn builder(server: &Scripted) -> StackBuilder {
    StackBuilder::over(server.clone())
        .classify(Codes)
        .credentials(Renewing::default())
}

fn run(mode: ResponseMode) -> Request {
    with(ReplaySafety::IfNotSent, |options| {
        options.mode = Some(mode);
        options.deadline = Some(50 * SECOND);
    })
}

async fn send(stack: &HttpStack, mode: ResponseMode) -> Result<Response, TransportError> {
    stack.send(run(mode)).await
}

/// Each layer in each slot, and twice in the same one, over `replies`.
async fn everywhere<F>(replies: &[Reply], mut check: F)
where
    F: AsyncFnMut(String, HttpStack, Scripted),
{
    for layer in PASSING {
        for slot in SLOTS {
            for times in [1, 2] {
                let server = Scripted::new(replies.iter().cloned());
                let mut builder = builder(&server);
                for _ in 0..times {
                    builder = (layer.put)(builder, slot);
                }
                let about = format!("{times} × {layer:?} in {slot:?}");
                check(about, builder.build(), server).await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_code_within_a_200_is_retried_and_a_refused_token_renewed() {
    let replies = [
        Reply::json(200, r#"{"code":4009}"#),
        Reply::json(200, r#"{"code":4100}"#),
        Reply::json(200, r#"{"code":0}"#),
    ];
    everywhere(&replies, async |about, stack, server| {
        for mode in [ResponseMode::Buffered, ResponseMode::Streaming] {
            let response = send(&stack, mode).await.unwrap();
            let body = response.body().buffered().unwrap();
            assert_eq!(body, r#"{"code":0}"#, "{about}");
            let tokens: Vec<_> = server.requests()[..3]
                .iter()
                .map(|request| request.headers()["authorization"].clone())
                .collect();
            assert_eq!(tokens, ["Bearer t0", "Bearer t0", "Bearer t1"], "{about}");
            // For the other mode.
            server.push(Reply::json(200, r#"{"code":0}"#));
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_stream_stays_a_stream() {
    let pieces = [(Duration::ZERO, "a"), (5 * SECOND, "b"), (5 * SECOND, "c")];
    everywhere(&[Reply::stream(pieces)], async |about, stack, _| {
        let began = Instant::now();
        let response = send(&stack, ResponseMode::Streaming).await.unwrap();
        let mut body = response.into_body();
        let first = body.frame().await.unwrap().unwrap();
        assert_eq!(first.into_data().unwrap(), "a", "{about}");
        assert!(began.elapsed() < SECOND, "{about}");
        assert_eq!(body.collect().await.unwrap().to_bytes(), "bc", "{about}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_the_leaf_knows_of_a_failure_decides() {
    let refused = fail(ErrorKind::Connect, Outcome::NotAccepted);
    let replies = [refused, Reply::json(200, "{}")];
    everywhere(&replies, async |about, stack, server| {
        let response = send(&stack, ResponseMode::Buffered).await.unwrap();
        assert_eq!(response.body().buffered().unwrap(), "{}", "{about}");
        assert_eq!(server.requests().len(), 2, "{about}");
    })
    .await;
    let lost = fail(ErrorKind::Closed, Outcome::Unknown);
    everywhere(&[lost], async |about, stack, server| {
        let error = send(&stack, ResponseMode::Buffered).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Closed, Outcome::Unknown),
            "{about}"
        );
        assert_eq!(server.requests().len(), 1, "{about}");
    })
    .await;
}

/// Nothing passes a gate further in, so nothing is sent before the deadline.
#[tokio::test(start_paused = true)]
async fn what_waits_before_a_closed_gate_was_not_accepted() {
    for layer in PASSING {
        for slot in SLOTS {
            for gate in SLOTS {
                let server = Scripted::repeating(Reply::json(200, "{}"));
                let builder = (layer.put)(builder(&server), slot);
                let stack = put!(builder, gate, ConcurrencyLimitLayer::new(0)).build();
                let about = format!("{layer:?} in {slot:?}, the gate in {gate:?}");
                let began = Instant::now();
                let error = send(&stack, ResponseMode::Streaming).await.unwrap_err();
                assert_eq!(error.outcome(), Outcome::NotAccepted, "{about}: {error:?}");
                assert!(began.elapsed() <= 50 * SECOND, "{about}");
                assert_eq!(server.requests().len(), 0, "{about}");
            }
        }
    }
}

/// What a layer does that gives up by itself.
enum GivesUp {
    Error(ErrorKind),
    Response(u16),
}

/// Layers that give up before a closed gate, within the time of the call.
#[tokio::test(start_paused = true)]
async fn a_layer_that_gives_up_before_anything_was_sent_says_so() {
    let closed = ConcurrencyLimitLayer::new(0);
    let layers = [
        (
            Foreign {
                name: "load shed",
                put: |b, slot| {
                    let layers = ServiceBuilder::new().load_shed().concurrency_limit(0);
                    put!(b, slot, layers.into_inner())
                },
            },
            GivesUp::Error(ErrorKind::Layer),
        ),
        (
            Foreign {
                name: "timeout",
                put: |b, slot| put!(b, slot, TimeoutLayer::new(SECOND)),
            },
            GivesUp::Error(ErrorKind::Timeout(TimeoutKind::Layer)),
        ),
        (
            Foreign {
                name: "timeout of tower-http",
                put: |b, slot| put!(b, slot, timeout_408(1)),
            },
            GivesUp::Response(408),
        ),
    ];
    for (layer, gives_up) in layers {
        for slot in SLOTS {
            let server = Scripted::repeating(Reply::json(200, "{}"));
            let builder = (layer.put)(builder(&server), slot);
            let stack = put!(builder, slot, closed.clone()).build();
            let about = format!("{layer:?} in {slot:?}");
            let result = send(&stack, ResponseMode::Buffered).await;
            assert_eq!(server.requests().len(), 0, "{about}");
            match (result, &gives_up) {
                (Err(error), GivesUp::Error(kind)) => {
                    let told = (error.kind(), error.outcome());
                    assert_eq!(told, (*kind, Outcome::NotAccepted), "{about}");
                }
                (Ok(response), GivesUp::Response(status)) => {
                    assert_eq!(response.status(), *status, "{about}");
                    let told = response.extensions().get::<Outcome>();
                    assert_eq!(told, Some(&Outcome::NotAccepted), "{about}");
                    if let Some(attempts) = response.extensions().get::<Attempts>() {
                        assert_eq!(attempts.outcome(), Outcome::NotAccepted, "{about}");
                    }
                }
                (result, _) => panic!("{about}: {result:?}"),
            }
        }
    }
}

/// The same layers around a server that took the request and is silent.
#[tokio::test(start_paused = true)]
async fn a_layer_that_gives_up_after_something_was_sent_leaves_it_unknown() {
    for slot in SLOTS {
        let server = Scripted::repeating(Reply::never());
        let stack = put!(builder(&server), slot, TimeoutLayer::new(SECOND)).build();
        let error = send(&stack, ResponseMode::Buffered).await.unwrap_err();
        assert!(error.is_timeout(), "{slot:?}");
        assert_eq!(error.outcome(), Outcome::Unknown, "{slot:?}");
        assert_eq!(server.requests().len(), 1, "{slot:?}");

        let server = Scripted::repeating(Reply::never());
        let stack = put!(builder(&server), slot, timeout_408(1)).build();
        let response = send(&stack, ResponseMode::Buffered).await.unwrap();
        assert_eq!(response.status(), 408, "{slot:?}");
        assert_eq!(response.extensions().get::<Outcome>(), None, "{slot:?}");
        assert_eq!(server.requests().len(), 1, "{slot:?}");
    }
}
