//! Requests, and calls over the leaf alone.

use bytes::Bytes;
use coze_transport::{
    BoxError, Request, RequestBody, TransportError,
    hyper::{HyperBody, HyperTransport},
};
use http::{Method, header};
use http_body::Body;
use http_body_util::BodyExt;
use tower::ServiceExt;

/// A request as the encoder makes it.
pub fn post(url: &str) -> Request {
    let mut request = Request::new(RequestBody::from(Bytes::from_static(
        br#"{"workflow_id":"7"}"#,
    )));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = url.parse().unwrap();
    request.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("application/json"),
    );
    request
}

/// Sends one request.
pub async fn send(
    leaf: &HyperTransport,
    request: Request,
) -> Result<http::Response<HyperBody>, TransportError> {
    leaf.clone().oneshot(request).await
}

/// The whole body, or the error that ended it.
pub async fn read(response: http::Response<HyperBody>) -> Result<Bytes, TransportError> {
    let mut body = response.into_body();
    let mut all = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(TransportError::from_box)?;
        if let Ok(data) = frame.into_data() {
            all.extend_from_slice(&data);
        }
        if body.is_end_stream() {
            break;
        }
    }
    Ok(all.into())
}

/// One call: request, head, body.
pub async fn call(leaf: &HyperTransport, url: &str) -> Result<Bytes, TransportError> {
    read(send(leaf, post(url)).await?).await
}

/// An error with its sources, as a log would show it. None of them says what the next one says.
pub fn chain(error: &TransportError) -> String {
    let mut text = error.to_string();
    let mut last = text.clone();
    let mut next = std::error::Error::source(error);
    while let Some(source) = next {
        let told = source.to_string();
        assert!(!last.contains(&told), "{last:?} repeats {told:?}");
        text.push_str(": ");
        text.push_str(&told);
        last = told;
        next = source.source();
    }
    text
}

/// The error of a body.
pub fn from_box(error: BoxError) -> TransportError {
    TransportError::from_box(error)
}
