//! A server that never responds.

use std::{
    convert::Infallible,
    future::{Pending, pending},
    task::{Context, Poll},
};

use tower::Service;

use crate::{Request, Response};

/// Takes every request and responds to none.
///
/// ```
/// use coze_transport::{ErrorKind, StackBuilder, TimeoutKind, testing::NeverResponds};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), http::Error> {
/// let stack = StackBuilder::over(NeverResponds).build();
/// let error = stack.send(http::Request::get("/").body(Default::default())?).await.unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutKind::Head));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct NeverResponds;

impl Service<Request> for NeverResponds {
    type Response = Response;
    type Error = Infallible;
    type Future = Pending<Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request) -> Self::Future {
        pending()
    }
}
