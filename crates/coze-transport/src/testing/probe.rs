//! Whether a layer keeps tower's readiness contract.

use std::{
    future::{Ready, ready},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::Body;
use tower::{Layer, Service, ServiceExt, util::BoxCloneSyncService};

use crate::{BoxError, CallOptions, ReplaySafety, Request, RequestBody, Response, ResponseBody};

/// A layer called a service that had not said it is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "with the layer {depth} deep, the service within was called without being ready: a clone of a ready \
     service is not ready; swap the ready one out with `mem::replace` and call that"
)]
pub struct ReadinessViolated {
    depth: usize,
}

impl ReadinessViolated {
    /// How many of the layer were stacked when it happened: 1 or 10.
    pub const fn depth(&self) -> usize {
        self.depth
    }
}

/// Checks a layer, once and ten deep, over a service whose clones are not ready and which is not ready again
/// after a call.
///
/// Tower promises a ready service to who called `poll_ready` on that very instance, and layers get this wrong
/// with ease: it works over services that are always ready and panics over a rate limit.
///
/// ```
/// use coze_transport::{AuthLayer, testing::check_readiness};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// check_readiness(AuthLayer::none()).await.unwrap();
/// # }
/// ```
///
/// # Errors
///
/// [`ReadinessViolated`] where the layer breaks the contract.
pub async fn check_readiness<L, B>(layer: L) -> Result<(), ReadinessViolated>
where
    L: Layer<BoxCloneSyncService<Request, Response, BoxError>>,
    L::Service: Service<Request, Response = http::Response<B>> + Clone + Send + Sync + 'static,
    <L::Service as Service<Request>>::Error: Into<BoxError>,
    <L::Service as Service<Request>>::Future: Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    for depth in [1, 10] {
        let violations = Arc::new(AtomicUsize::new(0));
        let mut service = BoxCloneSyncService::new(Probe {
            ready: Readiness::No,
            violations: Arc::clone(&violations),
        });
        for _ in 0..depth {
            let layered = layer.layer(service).map_err(Into::into);
            service =
                BoxCloneSyncService::new(layered.map_response(|response: http::Response<B>| {
                    response.map(ResponseBody::stream)
                }));
        }
        // Its own result is the layer's business; that it is called when ready is ours.
        for _ in 0..3 {
            if let Ok(ready) = service.ready().await {
                let other = ready.clone();
                let _ = ready.call(request()).await;
                let _ = other.oneshot(request()).await;
            }
        }
        if violations.load(Ordering::Relaxed) > 0 {
            return Err(ReadinessViolated { depth });
        }
    }
    Ok(())
}

fn request() -> Request {
    let mut request = Request::new(RequestBody::from_static(b"{}"));
    let options = CallOptions {
        replay: Some(ReplaySafety::Always),
        ..CallOptions::default()
    };
    request.extensions_mut().insert(options);
    request
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Readiness {
    No,
    Asked,
    Yes,
}

#[derive(Debug)]
struct Probe {
    ready: Readiness,
    violations: Arc<AtomicUsize>,
}

impl Clone for Probe {
    fn clone(&self) -> Self {
        Self {
            ready: Readiness::No,
            violations: Arc::clone(&self.violations),
        }
    }
}

impl Service<Request> for Probe {
    type Response = Response;
    type Error = BoxError;
    type Future = Ready<Result<Response, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        match self.ready {
            Readiness::No => {
                self.ready = Readiness::Asked;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Readiness::Asked | Readiness::Yes => {
                self.ready = Readiness::Yes;
                Poll::Ready(Ok(()))
            }
        }
    }

    fn call(&mut self, _: Request) -> Self::Future {
        if self.ready != Readiness::Yes {
            self.violations.fetch_add(1, Ordering::Relaxed);
        }
        self.ready = Readiness::No;
        ready(Ok(Response::new(ResponseBody::full(Bytes::new()))))
    }
}
