//! A layer of one's own. The same layer goes into both slots of the client: around a call it counts
//! calls, around an attempt it counts attempts.

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use coze_workflow::{Client, HttpStack, Request, json_reply};
use tower::{Layer, Service};

#[derive(Clone, Default)]
struct Count(Arc<AtomicUsize>);

impl<S> Layer<S> for Count {
    type Service = Counting<S>;

    fn layer(&self, inner: S) -> Counting<S> {
        let count = self.clone();
        Counting { inner, count }
    }
}

#[derive(Clone)]
struct Counting<S> {
    inner: S,
    count: Count,
}

impl<S: Service<Request>> Service<Request> for Counting<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> S::Future {
        self.count.0.fetch_add(1, Ordering::Relaxed);
        self.inner.call(request)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let asked = Count::default();
    let server = asked.clone();
    // The first request of three is refused with a code that lets it be sent again.
    let busy_at_first = HttpStack::from_fn(move |_| {
        let first = server.0.fetch_add(1, Ordering::Relaxed) == 0;
        async move {
            json_reply(if first {
                r#"{"code":4009,"msg":"busy"}"#
            } else {
                r#"{"code":0,"data":"done"}"#
            })
        }
    });

    let (calls, attempts) = (Count::default(), Count::default());
    let coze = Client::builder()
        .transport(busy_at_first)
        .token("any")
        .call_layer(calls.clone())
        .attempt_layer(attempts.clone())
        .build()?;
    for _ in 0..2 {
        assert_eq!(coze.workflow("7366").run().await?.raw(), "done");
    }

    assert_eq!(calls.0.load(Ordering::Relaxed), 2);
    assert_eq!(attempts.0.load(Ordering::Relaxed), 3);
    assert_eq!(asked.0.load(Ordering::Relaxed), 3);
    println!("2 calls, 3 attempts");
    Ok(())
}
