//! The service.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use coze_transport::{Request, Response, ResponseBody, TransportError};
use http_body_util::BodyExt;
use reqwest::{Client, ClientBuilder, redirect::Policy, retry};
use tower::Service;

use crate::fail::{self, check_plaintext};

/// Sends requests with reqwest. Clones share their connections.
#[derive(Clone, Debug)]
pub struct ReqwestTransport {
    client: Client,
    allow_plaintext: bool,
}

impl ReqwestTransport {
    /// A transport over a client of these settings, with redirects, retries and decompression switched off.
    ///
    /// # Errors
    ///
    /// What [`ClientBuilder::build`] says.
    pub fn from_builder(builder: ClientBuilder) -> Result<Self, reqwest::Error> {
        let client = builder
            .redirect(Policy::none())
            .retry(retry::never())
            .referer(false)
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd();
        Ok(Self {
            client: client.build()?,
            allow_plaintext: false,
        })
    }

    /// Allows plain `http` to hosts other than this one, such as a self-hosted server in the local network. The token
    /// then travels in the clear. Default: `false`.
    #[must_use]
    pub fn allow_plaintext(mut self, allow: bool) -> Self {
        self.allow_plaintext = allow;
        self
    }
}

impl Service<Request> for ReqwestTransport {
    type Response = Response;
    type Error = TransportError;
    type Future = Pin<Box<dyn Future<Output = Result<Response, TransportError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let Self {
            client,
            allow_plaintext,
        } = self.clone();
        Box::pin(async move {
            let uri = request.uri();
            let host = uri.host().unwrap_or_default().to_owned();
            if uri.scheme_str() == Some("http") && !allow_plaintext {
                check_plaintext(&host)?;
            }
            let fail = |error| fail::head(error, &host);
            let request = request.map(reqwest::Body::wrap);
            let request = reqwest::Request::try_from(request).map_err(fail)?;
            let response = client.execute(request).await.map_err(fail)?;
            let response: http::Response<reqwest::Body> = response.into();
            Ok(response.map(|body| ResponseBody::stream(body.map_err(fail::body))))
        })
    }
}
