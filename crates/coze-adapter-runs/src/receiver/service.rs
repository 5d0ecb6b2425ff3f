//! The receiver as a tower service.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header::ALLOW};
use http_body::Body;
use http_body_util::Empty;
use tower_service::Service;

use super::CallbackReceiver;

type ResponseFuture =
    Pin<Box<dyn Future<Output = Result<Response<Empty<Bytes>>, Infallible>> + Send>>;

impl<B> Service<Request<B>> for CallbackReceiver
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<coze_transport::BoxError>,
{
    type Response = Response<Empty<Bytes>>;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> ResponseFuture {
        let receiver = self.clone();
        Box::pin(async move {
            let status = receiver.receive(request).await;
            let mut response = Response::new(Empty::new());
            *response.status_mut() = status;
            if status == StatusCode::METHOD_NOT_ALLOWED {
                let post = HeaderValue::from_static(Method::POST.as_str());
                response.headers_mut().insert(ALLOW, post);
            }
            Ok(response)
        })
    }
}
