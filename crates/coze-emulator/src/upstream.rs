//! A server that responds in place of the emulated one.

use std::{error::Error, fmt, pin::Pin, sync::Arc};

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{StatusCode, Uri};
use serde_json::json;

pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

type Passed = Pin<Box<dyn Future<Output = Result<Response, BoxError>> + Send>>;

/// What passes calls on.
#[derive(Clone)]
pub(crate) struct Upstream(Arc<dyn Fn(http::Request<Bytes>) -> Passed + Send + Sync>);

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Upstream")
    }
}

impl Upstream {
    pub(crate) fn new<F, Fut, B>(pass_on: F) -> Self
    where
        F: Fn(http::Request<Bytes>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<http::Response<B>, BoxError>> + Send + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self(Arc::new(move |request| {
            let response = pass_on(request);
            Box::pin(async move { Ok(response.await?.map(Body::new)) })
        }))
    }

    /// Takes every path.
    pub(crate) fn router(&self) -> Router {
        let upstream = self.clone();
        Router::new().fallback(move |request: Request| async move {
            upstream.respond(request).await.unwrap_or_else(|error| {
                let message = format!("the call could not be passed on: {}", causes(&*error));
                let body = Json(json!({ "code": -1, "msg": message }));
                (StatusCode::BAD_GATEWAY, body).into_response()
            })
        })
    }

    async fn respond(&self, request: Request) -> Result<Response, BoxError> {
        let (mut parts, body) = request.into_parts();
        let body = to_bytes(body, usize::MAX).await?;
        parts.uri = match parts.uri.path_and_query() {
            Some(path) => Uri::from(path.clone()),
            None => Uri::from_static("/"),
        };
        (self.0)(http::Request::from_parts(parts, body)).await
    }
}

/// An error with what it came from.
fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
