//! Layers of the user that change how a body comes, in each slot of each engine's stack.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use coze_adapter_dify::Dify;
use coze_adapter_runs::Runs;
use coze_workflow::{
    BoxError, Client, Dialect, HttpStack, Response,
    engine::{Engine, ErrorKind, RunRequest},
    transport::{CallOptions, Request, ResponseBody, ResponseMode, StackBuilder},
};
use http_body_util::BodyExt;
use serde_json::json;
use tower::{
    layer::layer_fn,
    service_fn,
    util::{MapRequestLayer, MapResponseLayer},
};
use tower_http::map_response_body::MapResponseBodyLayer;

/// Where a layer stands.
#[derive(Clone, Copy, Debug)]
enum Place {
    Call,
    Attempt,
    Connection,
}

const PLACES: [Place; 3] = [Place::Call, Place::Attempt, Place::Connection];

macro_rules! put {
    ($stack:expr, $place:expr, $layer:expr) => {
        match $place {
            Place::Call => $stack.call_layer($layer),
            Place::Attempt => $stack.attempt_layer($layer),
            Place::Connection => $stack.connection_layer($layer),
        }
    };
}

/// Wraps each body, as decompression and tracing do.
fn wraps(stack: StackBuilder, place: Place) -> StackBuilder {
    let layer = MapResponseBodyLayer::new(<ResponseBody as BodyExt>::boxed_unsync);
    put!(stack, place, layer)
}

/// Asks for a stream in place of a body in memory.
fn streams(stack: StackBuilder, place: Place) -> StackBuilder {
    let layer = MapRequestLayer::new(|mut request: Request| {
        let mut options = CallOptions::resolve(request.extensions());
        options.mode = Some(ResponseMode::Streaming);
        request.extensions_mut().insert(options);
        request
    });
    put!(stack, place, layer)
}

/// The body of a server's response to a run.
fn ended(name: &str) -> &'static str {
    match name {
        "dify" => {
            r#"{"workflow_run_id": "r", "data": {"status": "succeeded", "outputs": {"a": 1}}}"#
        }
        "runs" => r#"{"run_id": "r", "status": "completed", "output": {"a": 1}}"#,
        _ => r#"{"code": 0, "data": "{\"a\": 1}", "execute_id": "7413"}"#,
    }
}

/// Each engine, whose server ends a run with `{"a": 1}` and does not say that its response is JSON.
fn engines(step: fn(StackBuilder, Place) -> StackBuilder, place: Place) -> [Arc<dyn Engine>; 4] {
    engines_over(step, place, |name| {
        let body = ended(name);
        HttpStack::from_fn(move |_| async move {
            Ok::<_, BoxError>(Response::new(ResponseBody::full(body.into())))
        })
    })
}

fn engines_over(
    step: fn(StackBuilder, Place) -> StackBuilder,
    place: Place,
    leaf: impl Fn(&'static str) -> HttpStack,
) -> [Arc<dyn Engine>; 4] {
    let step = move |stack| step(stack, place);
    let coze = |dialect, leaf| {
        let builder = Client::builder().dialect(dialect).transport(leaf);
        let builder = builder.base_url("http://studio.test").stack(step);
        builder.build().unwrap()
    };
    let dify = Dify::builder().blocking_mode(true).transport(leaf("dify"));
    let runs = Runs::builder().transport(leaf("runs"));
    let runs = runs.base_url("http://runs.test");
    [
        Arc::new(coze(Dialect::Cloud, leaf("cloud"))),
        Arc::new(coze(Dialect::Studio, leaf("studio"))),
        Arc::new(dify.stack(step).build().unwrap()),
        Arc::new(runs.stack(step).build().unwrap()),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_body_is_whole_whatever_a_layer_makes_of_it() {
    for place in PLACES {
        for step in [wraps, streams] {
            for engine in engines(step, place) {
                let run = engine.run(RunRequest::new("7366")).await;
                let run = run.unwrap_or_else(|error| panic!("{place:?}: {error:?}"));
                assert_eq!(run.output, json!({"a": 1}), "{} {place:?}", engine.name());
            }
        }
    }
}

/// Reads the body and hands on what is left of it.
fn swallows(stack: StackBuilder, place: Place) -> StackBuilder {
    let layer = MapResponseLayer::new(|mut response: Response| {
        let waker = std::task::Waker::noop();
        let mut read = std::pin::pin!(response.body_mut().frame());
        let _ = read
            .as_mut()
            .poll(&mut std::task::Context::from_waker(waker));
        response
    });
    put!(stack, place, layer)
}

#[tokio::test(start_paused = true)]
async fn a_body_that_a_layer_has_read_is_an_error_that_says_so() {
    for place in [Place::Call, Place::Attempt] {
        for engine in engines(swallows, place) {
            let error = engine.run(RunRequest::new("7366")).await.unwrap_err();
            let name = engine.name();
            assert_eq!(error.kind(), ErrorKind::Transport, "{name}: {error:?}");
            assert!(
                error.to_string().contains("a layer has read the body"),
                "{name}: {error}"
            );
            assert!(error.may_have_run(), "{name}: {error:?}");
        }
    }
}

/// Responds in place of the server.
fn refuses(stack: StackBuilder, place: Place) -> StackBuilder {
    let layer = layer_fn(|_: HttpStack| {
        service_fn(|_: Request| async {
            let mut response = Response::new(ResponseBody::full("busy".into()));
            *response.status_mut() = http::StatusCode::BAD_GATEWAY;
            Ok::<_, BoxError>(response)
        })
    });
    put!(stack, place, layer)
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_responds_in_place_of_the_server_starts_nothing() {
    for place in PLACES {
        for engine in engines(refuses, place) {
            let error = engine.run(RunRequest::new("7366")).await.unwrap_err();
            let name = engine.name();
            assert_eq!(error.kind(), ErrorKind::Http, "{name} {place:?}: {error:?}");
            assert!(!error.may_have_run(), "{name} {place:?}: {error:?}");
            assert!(error.is_retryable(), "{name} {place:?}: {error:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_a_layer_has_read_is_not_sent_again() {
    // It may have shown that a run was started.
    let sent = Arc::new(AtomicUsize::new(0));
    let leaf = |name| {
        let (sent, body) = (Arc::clone(&sent), ended(name));
        HttpStack::from_fn(move |request: Request| {
            if request.method() == http::Method::POST {
                sent.fetch_add(1, Ordering::Relaxed);
            }
            async move {
                let mut response = Response::new(ResponseBody::full(body.into()));
                *response.status_mut() = http::StatusCode::TOO_MANY_REQUESTS;
                Ok::<_, BoxError>(response)
            }
        })
    };
    for step in [swallows, wraps] {
        for engine in engines_over(step, Place::Attempt, leaf) {
            let error = engine.run(RunRequest::new("7366")).await.unwrap_err();
            assert!(error.may_have_run(), "{}: {error:?}", engine.name());
            assert_eq!(sent.swap(0, Ordering::Relaxed), 1, "{}", engine.name());
        }
    }
}
