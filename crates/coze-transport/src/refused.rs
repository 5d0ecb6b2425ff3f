//! What must not compile. Each example that is refused stands beside a twin that differs in one thing and is run, so that
//! it is that thing which is refused.

/// What is no layer does not fit a slot of the stack.
///
/// ```
/// # use coze_transport::{HttpStack, Response, ResponseBody, StackBuilder, TransportError};
/// # let leaf = HttpStack::from_fn(|_| async { Ok::<_, TransportError>(Response::new(ResponseBody::full("".into()))) });
/// StackBuilder::over(leaf).call_layer(tower::layer::util::Identity::new());
/// ```
///
/// The number is no `Layer<HttpStack>`, says the compiler:
///
/// ```compile_fail,E0277
/// # use coze_transport::{HttpStack, Response, ResponseBody, StackBuilder, TransportError};
/// # let leaf = HttpStack::from_fn(|_| async { Ok::<_, TransportError>(Response::new(ResponseBody::full("".into()))) });
/// StackBuilder::over(leaf).call_layer(5);
/// ```
///
/// ```compile_fail,E0277
/// # use coze_transport::{HttpStack, Response, ResponseBody, StackBuilder, TransportError};
/// # let leaf = HttpStack::from_fn(|_| async { Ok::<_, TransportError>(Response::new(ResponseBody::full("".into()))) });
/// StackBuilder::over(leaf).attempt_layer("five");
/// ```
mod no_layer {}

/// Nor does a layer whose service cannot be cloned: each call is made on a clone of its own.
///
/// ```
/// # use coze_transport::{HttpStack, Response, ResponseBody, StackBuilder, TransportError};
/// # let leaf = HttpStack::from_fn(|_| async { Ok::<_, TransportError>(Response::new(ResponseBody::full("".into()))) });
/// let layer = tower::layer::layer_fn(|inner: HttpStack| inner);
/// StackBuilder::over(leaf).attempt_layer(layer);
/// ```
///
/// ```compile_fail,E0277
/// # use coze_transport::{HttpStack, Response, ResponseBody, StackBuilder, TransportError};
/// # let leaf = HttpStack::from_fn(|_| async { Ok::<_, TransportError>(Response::new(ResponseBody::full("".into()))) });
/// let layer = tower::layer::layer_fn(|inner: HttpStack| tower::util::BoxService::new(inner));
/// StackBuilder::over(leaf).attempt_layer(layer);
/// ```
mod no_clone {}

/// A stack goes from thread to thread, and so must what it holds.
///
/// ```
/// # use coze_transport::{HttpStack, Request, Response, ResponseBody, TransportError};
/// let shared = std::sync::Arc::new(1);
/// HttpStack::new(tower::service_fn(move |_: Request| {
///     let _ = &shared;
///     async { Ok::<_, TransportError>(Response::new(ResponseBody::full("".into()))) }
/// }));
/// ```
///
/// ```compile_fail,E0277
/// # use coze_transport::{HttpStack, Request, Response, ResponseBody, TransportError};
/// let shared = std::rc::Rc::new(1);
/// HttpStack::new(tower::service_fn(move |_: Request| {
///     let _ = &shared;
///     async { Ok::<_, TransportError>(Response::new(ResponseBody::full("".into()))) }
/// }));
/// ```
mod no_send {}

/// A request is copied only by asking whether it can be: a body that is read once has no copy.
///
/// ```
/// # use coze_transport::RequestBody;
/// let once = RequestBody::once(http_body_util::Full::new(bytes::Bytes::from("x")));
/// let copy: Option<RequestBody> = once.try_clone();
/// assert!(copy.is_none());
/// ```
///
/// ```compile_fail,E0599
/// # use coze_transport::RequestBody;
/// let once = RequestBody::once(http_body_util::Full::new(bytes::Bytes::from("x")));
/// let copy: RequestBody = once.clone();
/// ```
///
/// Nor is it taken for one that can be opened anew:
///
/// ```
/// # use coze_transport::RequestBody;
/// let body = http_body_util::Full::new(bytes::Bytes::from("x"));
/// RequestBody::reopened(http_body::SizeHint::with_exact(1), move || body.clone());
/// ```
///
/// ```compile_fail,E0507
/// # use coze_transport::RequestBody;
/// let body = http_body_util::Full::new(bytes::Bytes::from("x"));
/// RequestBody::reopened(http_body::SizeHint::with_exact(1), move || body);
/// ```
mod read_once {}

/// A secret is not written by accident, and not compared in a time that tells.
///
/// ```
/// # use coze_transport::Secret;
/// assert_eq!(format!("{:?}", Secret::from("pat_1")), "Secret(***)");
/// ```
///
/// ```compile_fail,E0277
/// # use coze_transport::Secret;
/// assert_eq!(format!("{}", Secret::from("pat_1")), "Secret(***)");
/// ```
///
/// ```compile_fail,E0369
/// # use coze_transport::Secret;
/// assert!(Secret::from("pat_1") == Secret::from("pat_1"));
/// ```
///
/// The header made of it is not written either:
///
/// ```
/// # use coze_transport::{Authorization, Generation, Secret};
/// format!("{:?}", Authorization::bearer(&Secret::from("pat_1"), Generation(1)).unwrap());
/// ```
///
/// ```compile_fail,E0277
/// # use coze_transport::{Authorization, Generation, Secret};
/// format!("{}", Authorization::bearer(&Secret::from("pat_1"), Generation(1)).unwrap());
/// ```
mod secret {}

/// Settings and kinds of errors may grow without breaking anybody.
///
/// ```
/// # use coze_transport::CallOptions;
/// let mut options = CallOptions::default();
/// options.max_attempts = Some(2);
/// ```
///
/// ```compile_fail,E0639
/// # use coze_transport::CallOptions;
/// let options = CallOptions { max_attempts: Some(2), ..CallOptions::default() };
/// ```
///
/// ```
/// # use coze_transport::Stage;
/// match Stage::Done {
///     Stage::Prepare | Stage::Connect | Stage::Head | Stage::Body | Stage::Done => {}
///     _ => {}
/// }
/// ```
///
/// ```compile_fail,E0004
/// # use coze_transport::Stage;
/// match Stage::Done {
///     Stage::Prepare | Stage::Connect | Stage::Head | Stage::Body | Stage::Done => {}
/// }
/// ```
mod growth {}

/// Requests and responses are `Sync`, whatever their bodies are made of: a body of what is none is taken as well.
///
/// ```
/// # use coze_transport::{Request, RequestBody, Response, ResponseBody};
/// fn shared<T: Sync>(_: &T) {}
/// # struct Local(std::cell::Cell<u8>);
/// # impl http_body::Body for Local {
/// #     type Data = bytes::Bytes;
/// #     type Error = std::convert::Infallible;
/// #     fn poll_frame(
/// #         self: std::pin::Pin<&mut Self>,
/// #         _: &mut std::task::Context<'_>,
/// #     ) -> std::task::Poll<Option<Result<http_body::Frame<bytes::Bytes>, Self::Error>>> {
/// #         std::task::Poll::Ready(None)
/// #     }
/// # }
/// let local = || Local(std::cell::Cell::new(0));
/// shared(&Request::new(RequestBody::once(local())));
/// shared(&Response::new(ResponseBody::stream(local())));
/// ```
///
/// ```compile_fail,E0277
/// fn shared<T: Sync>(_: &T) {}
/// shared(&std::cell::Cell::new(0));
/// ```
mod sync {}
