//! `fetch`, as browsers, workers and Node have it, for `wasm32-unknown-unknown`. Behind the feature `fetch`.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{CONTENT_ENCODING, CONTENT_LENGTH},
};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use js_sys::{Array, Function, Promise, Reflect, Uint8Array};
use send_wrapper::SendWrapper;
use tower::Service;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, Headers, ReadableStreamDefaultReader, RequestCache, RequestCredentials,
    RequestInit, RequestRedirect,
};

use crate::{ErrorKind, Outcome, Request, Response, ResponseBody, TransportError};

/// Sends requests with the `fetch` of the JavaScript host.
///
/// Streams stay streams, and a request or a body that is dropped is aborted. Redirects are not followed, cookies are not sent
/// and nothing is cached. A request body is sent whole.
///
/// `fetch` does not tell why it failed, so no failure counts as not accepted: [`Outcome::Unknown`]. In a browser the API has
/// to allow the page's origin (CORS), and a token in a page is open to whoever reads it.
#[derive(Clone, Copy, Debug, Default)]
pub struct FetchTransport;

impl Service<Request> for FetchTransport {
    type Response = Response;
    type Error = TransportError;
    type Future = Pin<Box<dyn Future<Output = Result<Response, TransportError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        // Nothing leaves the thread on which the host called us.
        Box::pin(SendWrapper::new(send(request)))
    }
}

async fn send(request: Request) -> Result<Response, TransportError> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|error| {
        let message = "the body of the request could not be read";
        TransportError::new(ErrorKind::Request, Outcome::NotAccepted, message).with_source(error)
    })?;
    let body = body.to_bytes();
    let unsent = |error: JsValue| {
        let message = format!("fetch cannot send the request: {}", text_of(&error));
        TransportError::new(ErrorKind::Request, Outcome::NotAccepted, message)
    };
    let init = RequestInit::new();
    init.set_method(parts.method.as_str());
    init.set_headers(&headers_to_js(&parts.headers).map_err(unsent)?.into());
    if !body.is_empty() {
        init.set_body(&Uint8Array::from(&body[..]));
    }
    init.set_redirect(RequestRedirect::Manual);
    init.set_credentials(RequestCredentials::Omit);
    init.set_cache(RequestCache::NoStore);
    let abort = Abort(AbortController::new().map_err(unsent)?);
    init.set_signal(Some(&abort.0.signal()));

    let global = js_sys::global();
    let fetch: Function = Reflect::get(&global, &"fetch".into())
        .and_then(JsCast::dyn_into)
        .map_err(|_| unsent("the host has no fetch".into()))?;
    let sent: Promise = fetch
        .call2(&global, &parts.uri.to_string().into(), &init)
        .and_then(JsCast::dyn_into)
        .map_err(unsent)?;
    let response = JsFuture::from(sent).await.map_err(|error| {
        let message = format!("fetch failed: {}", text_of(&error));
        TransportError::new(ErrorKind::Closed, Outcome::Unknown, message)
    })?;
    let response: web_sys::Response = response.unchecked_into();
    received(&response, abort)
}

fn received(response: &web_sys::Response, abort: Abort) -> Result<Response, TransportError> {
    // A browser hides a redirect that is not followed behind status 0.
    let status = StatusCode::from_u16(response.status()).map_err(|_| {
        let message = "the server redirects, which is not followed";
        TransportError::new(ErrorKind::Protocol, Outcome::Unknown, message)
    })?;
    let reader = response
        .body()
        .map(|body| body.get_reader().unchecked_into());
    let body = FetchBody(SendWrapper::new(Reading {
        reader,
        next: None,
        _abort: abort,
    }));
    let mut out = Response::new(ResponseBody::stream(body));
    *out.status_mut() = status;
    *out.headers_mut() = headers_from_js(&response.headers());
    Ok(out)
}

/// Ends the exchange when it goes; of no effect once the body has ended.
struct Abort(AbortController);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

struct FetchBody(SendWrapper<Reading>);

struct Reading {
    reader: Option<ReadableStreamDefaultReader>,
    next: Option<JsFuture>,
    _abort: Abort,
}

impl Body for FetchBody {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let this = &mut *self.0;
        let Some(reader) = &this.reader else {
            return Poll::Ready(None);
        };
        let next = this
            .next
            .get_or_insert_with(|| JsFuture::from(reader.read()));
        let read = ready!(Pin::new(next).poll(cx));
        this.next = None;
        // `{ done: false, value: Uint8Array }` or `{ done: true }`.
        let value = read.and_then(|read| Reflect::get(&read, &"value".into()));
        match value.map(JsCast::dyn_into::<Uint8Array>) {
            Ok(Ok(piece)) => Poll::Ready(Some(Ok(Frame::data(piece.to_vec().into())))),
            Ok(Err(_)) => {
                this.reader = None;
                Poll::Ready(None)
            }
            Err(error) => {
                this.reader = None;
                let message = format!("the body broke off: {}", text_of(&error));
                let error = TransportError::new(ErrorKind::Closed, Outcome::Unknown, message);
                Poll::Ready(Some(Err(error)))
            }
        }
    }
}

fn headers_to_js(headers: &HeaderMap) -> Result<Headers, JsValue> {
    let out = Headers::new()?;
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        out.append(name.as_str(), &value)?;
    }
    Ok(out)
}

/// Without those of an encoding that the host has taken off: they describe another body.
fn headers_from_js(headers: &Headers) -> HeaderMap {
    let mut out = HeaderMap::new();
    let pairs = js_sys::try_iter(headers).ok().flatten();
    for pair in pairs.into_iter().flatten().flatten() {
        let pair: Array = pair.unchecked_into();
        let text = |at| pair.get(at).as_string().unwrap_or_default();
        if let (Ok(name), Ok(value)) = (
            text(0).parse::<HeaderName>(),
            HeaderValue::from_str(&text(1)),
        ) {
            out.append(name, value);
        }
    }
    if out.remove(CONTENT_ENCODING).is_some() {
        out.remove(CONTENT_LENGTH);
    }
    out
}

/// The message of an error, or what else was thrown.
fn text_of(error: &JsValue) -> String {
    let message = error
        .dyn_ref::<js_sys::Error>()
        .map(|error| error.message().into());
    message
        .or_else(|| error.as_string())
        .unwrap_or_else(|| "no reason was given".to_owned())
}
