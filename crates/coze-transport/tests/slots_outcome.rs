//! What a layer in a slot fails with, refuses or holds up: whether anything was sent, and the deadline.

mod retry;

use std::{
    task::{Context, Poll},
    time::Duration,
};

use coze_transport::{
    Attempts, BoxError, ErrorKind, HttpStack, Outcome, ReplaySafety, Request, Response,
    StackBuilder, Stage, TimeoutKind,
    testing::{Reply, Scripted},
};
use retry::{post, with};
use tokio::time::Instant;
use tower::{Layer, Service, ServiceBuilder, limit::ConcurrencyLimitLayer, timeout::TimeoutLayer};

const SECOND: Duration = Duration::from_secs(1);

/// Lets time pass, and the tasks of layers run.
async fn pass(time: Duration) {
    let _ = tokio::time::timeout(time, std::future::pending::<()>()).await;
}

/// An error of a layer around that of the service within.
#[derive(Debug, thiserror::Error)]
#[error("wrapped")]
struct Wrapped(#[source] BoxError);

/// Refuses every call before it begins.
#[derive(Clone, Copy)]
struct Broken<S>(std::marker::PhantomData<S>);

fn broken() -> impl Layer<HttpStack, Service = Broken<HttpStack>> + Send + Sync + 'static {
    tower::layer::layer_fn(|_: HttpStack| Broken(std::marker::PhantomData))
}

impl<S: Service<Request>> Service<Request> for Broken<S> {
    type Response = Response;
    type Error = BoxError;
    type Future = std::future::Ready<Result<Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Err("out of order".into()))
    }

    fn call(&mut self, _: Request) -> Self::Future {
        std::future::ready(Err("called without being ready".into()))
    }
}

type Build = fn(StackBuilder) -> StackBuilder;

fn shed_all() -> tower::layer::util::Stack<
    ConcurrencyLimitLayer,
    tower::layer::util::Stack<tower::load_shed::LoadShedLayer, tower::layer::util::Identity>,
> {
    ServiceBuilder::new()
        .load_shed()
        .concurrency_limit(0)
        .into_inner()
}

/// Nothing reached the leaf, so nothing can have been accepted.
#[tokio::test(start_paused = true)]
async fn what_never_reached_the_leaf_was_not_accepted() {
    let cases: [(&str, Build, ErrorKind); 6] = [
        (
            "load shed, call",
            |b| b.call_layer(shed_all()),
            ErrorKind::Layer,
        ),
        (
            "load shed, attempt",
            |b| b.attempt_layer(shed_all()),
            ErrorKind::Layer,
        ),
        ("broken, call", |b| b.call_layer(broken()), ErrorKind::Layer),
        (
            "broken, attempt",
            |b| b.attempt_layer(broken()),
            ErrorKind::Layer,
        ),
        (
            "no permit, call",
            |b| b.call_layer(ConcurrencyLimitLayer::new(0)),
            ErrorKind::Timeout(TimeoutKind::Deadline),
        ),
        (
            "no permit, attempt",
            |b| b.attempt_layer(ConcurrencyLimitLayer::new(0)),
            ErrorKind::Timeout(TimeoutKind::Deadline),
        ),
    ];
    for (name, layer, kind) in cases {
        let server = Scripted::repeating(Reply::json(200, "{}"));
        let stack = layer(StackBuilder::over(server.clone())).build();
        let began = Instant::now();
        let request = with(ReplaySafety::IfNotSent, |options| {
            options.deadline = Some(20 * SECOND);
        });
        let error = stack.send(request).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome(), error.stage()),
            (kind, Outcome::NotAccepted, Stage::Prepare),
            "{name}: {error:?}"
        );
        assert!(began.elapsed() <= 20 * SECOND, "{name}");
        assert_eq!(server.requests().len(), 0, "{name}");
        let last = error.attempts().last().map(|last| last.outcome);
        assert!(
            last.is_none_or(|outcome| outcome == Outcome::NotAccepted),
            "{name}"
        );
    }
}

/// A limit of the rate is no `Clone`, so it stands behind a buffer; its turn comes after the deadline.
#[tokio::test(start_paused = true)]
async fn a_rate_limit_that_outlasts_the_deadline_sent_nothing() {
    let slow = || {
        ServiceBuilder::new()
            .buffer(8)
            .rate_limit(1, 100 * SECOND)
            .into_inner()
    };
    for call in [false, true] {
        let server = Scripted::repeating(Reply::json(200, "{}"));
        let builder = StackBuilder::over(server.clone());
        let stack = if call {
            builder.call_layer(slow()).build()
        } else {
            builder.attempt_layer(slow()).build()
        };
        let request = || {
            with(ReplaySafety::IfNotSent, |options| {
                options.deadline = Some(10 * SECOND);
            })
        };
        stack.send(request()).await.unwrap();
        let began = Instant::now();
        let error = stack.send(request()).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (
                ErrorKind::Timeout(TimeoutKind::Deadline),
                Outcome::NotAccepted
            )
        );
        assert_eq!(began.elapsed(), 10 * SECOND);
        // Its turn comes and finds that the call is over.
        pass(200 * SECOND).await;
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_bounds_what_waits_in_the_call_slot() {
    let server = Scripted::repeating(Reply::json(200, "{}").after(100 * SECOND));
    let stack = StackBuilder::over(server.clone())
        .call_layer(ConcurrencyLimitLayer::new(1))
        .build();
    let long = with(ReplaySafety::IfNotSent, |options| {
        options.deadline = Some(200 * SECOND);
        options.head_timeout = Some(200 * SECOND);
    });
    let first = tokio::spawn({
        let stack = stack.clone();
        async move { stack.send(long).await }
    });
    tokio::task::yield_now().await;
    let began = Instant::now();
    let short = with(ReplaySafety::IfNotSent, |options| {
        options.deadline = Some(Duration::from_millis(500));
    });
    let error = stack.send(short).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutKind::Deadline));
    assert_eq!(error.outcome(), Outcome::NotAccepted);
    assert_eq!(began.elapsed(), Duration::from_millis(500));
    first.await.unwrap().unwrap();
    assert_eq!(server.requests().len(), 1);
}

/// A timeout of a layer is a timeout, in either slot, also where another layer has wrapped it.
#[tokio::test(start_paused = true)]
async fn a_timeout_of_towers_layer_is_a_timeout() {
    let two = || TimeoutLayer::new(2 * SECOND);
    let wrap =
        || tower::layer::layer_fn(|inner: HttpStack| tower::ServiceExt::map_err(inner, Wrapped));
    let cases: [&dyn Fn(StackBuilder) -> StackBuilder; 3] = [
        &|b| b.call_layer(two()),
        &|b| b.attempt_layer(two()),
        &|b| {
            b.call_layer(wrap())
                .attempt_layer(wrap())
                .attempt_layer(two())
        },
    ];
    for (n, layer) in cases.iter().enumerate() {
        let stack = layer(StackBuilder::over(Scripted::repeating(Reply::never()))).build();
        let error = stack.send(post(ReplaySafety::IfNotSent)).await.unwrap_err();
        assert!(error.is_timeout(), "{n}: {error:?}");
        assert_eq!(error.outcome(), Outcome::Unknown, "{n}");
    }
}

/// What an inner layer knows of a failure is not lost when an outer one wraps it.
#[tokio::test(start_paused = true)]
async fn an_error_that_a_layer_wraps_keeps_its_outcome() {
    let wrap =
        tower::layer::layer_fn(|inner: HttpStack| tower::ServiceExt::map_err(inner, Wrapped));
    let server = Scripted::new([
        retry::fail(ErrorKind::Connect, Outcome::NotAccepted),
        Reply::json(200, "{}"),
    ]);
    let stack = StackBuilder::over(server).attempt_layer(wrap).build();
    let response = stack.send(post(ReplaySafety::IfNotSent)).await.unwrap();
    let attempts = response.extensions().get::<Attempts>().unwrap();
    let first = attempts.iter().next().unwrap();
    assert_eq!(
        (first.outcome, first.error),
        (Outcome::NotAccepted, Some(ErrorKind::Connect))
    );
}

/// A layer that sends from a task of its own, which goes on when the call is given up.
#[tokio::test(start_paused = true)]
async fn a_request_that_comes_down_after_its_call_ended_is_not_sent() {
    let late = |after: Duration| {
        tower::layer::layer_fn(move |inner: HttpStack| {
            tower::service_fn(move |request: Request| {
                let inner = inner.clone();
                let task = tokio::spawn(async move {
                    pass(after).await;
                    inner.send(request).await
                });
                async move { Ok::<_, BoxError>(task.await??) }
            })
        })
    };
    let slots: [fn(StackBuilder, _) -> StackBuilder; 3] = [
        StackBuilder::call_layer,
        StackBuilder::attempt_layer,
        StackBuilder::connection_layer,
    ];
    for (n, slot) in slots.into_iter().enumerate() {
        for (after, sent) in [(2, 1), (20, 0)] {
            let server = Scripted::repeating(Reply::json(200, "{}"));
            let stack = slot(StackBuilder::over(server.clone()), late(after * SECOND)).build();
            let request = with(ReplaySafety::IfNotSent, |options| {
                options.deadline = Some(10 * SECOND);
            });
            let result = stack.send(request).await;
            if let Err(error) = &result {
                assert_eq!(error.outcome(), Outcome::NotAccepted, "{n}");
            }
            assert_eq!(result.is_ok(), sent == 1, "{n}");
            pass(60 * SECOND).await;
            assert_eq!(server.requests().len(), sent, "{n}");
        }
    }
}

/// A layer that makes its requests anew leaves no trace of them, so what it sent is unknown.
#[tokio::test(start_paused = true)]
async fn a_request_without_its_extensions_may_have_been_accepted() {
    let anew = tower::layer::layer_fn(|inner: HttpStack| {
        tower::ServiceExt::map_request(inner, |request: Request| {
            let (parts, body) = request.into_parts();
            let mut anew = Request::new(body);
            (*anew.method_mut(), *anew.uri_mut()) = (parts.method, parts.uri);
            anew
        })
    });
    let server = Scripted::repeating(Reply::never());
    let stack = StackBuilder::over(server.clone())
        .call_layer(anew)
        .call_layer(TimeoutLayer::new(100 * SECOND))
        .build();
    let request = with(ReplaySafety::IfNotSent, |options| {
        options.deadline = Some(10 * SECOND);
    });
    let error = stack.send(request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutKind::Deadline));
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert_eq!(server.requests().len(), 1);
}

/// A layer that asks another server afterwards: that one refused the connection, this one took the request.
#[tokio::test(start_paused = true)]
async fn the_failure_of_another_request_does_not_send_this_one_again() {
    let audited = tower::layer::layer_fn(|inner: HttpStack| {
        tower::ServiceExt::and_then(inner, |_: Response| async {
            let audit = Scripted::repeating(retry::fail(ErrorKind::Connect, Outcome::NotAccepted));
            let audit = StackBuilder::over(audit).build();
            Ok::<Response, BoxError>(audit.send(post(ReplaySafety::Never)).await?)
        })
    });
    let server = Scripted::repeating(Reply::json(200, "{}"));
    let stack = StackBuilder::over(server.clone())
        .attempt_layer(audited)
        .build();
    let error = stack.send(post(ReplaySafety::IfNotSent)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Connect, Outcome::Unknown)
    );
    assert_eq!(server.requests().len(), 1);
}

/// A wait below the limit of the head, above the leaf.
#[tokio::test(start_paused = true)]
async fn a_limit_of_the_attempt_that_passes_above_the_leaf_sent_nothing() {
    let server = Scripted::repeating(Reply::json(200, "{}"));
    let stack = StackBuilder::over(server.clone())
        .connection_layer(ConcurrencyLimitLayer::new(0))
        .build();
    let request = with(ReplaySafety::IfNotSent, |options| {
        options.head_timeout = Some(SECOND);
        options.max_attempts = Some(1);
    });
    let error = stack.send(request).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Timeout(TimeoutKind::Head), Outcome::NotAccepted)
    );
    assert_eq!(server.requests().len(), 0);
}
