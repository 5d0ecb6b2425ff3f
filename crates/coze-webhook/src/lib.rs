//! Verifies the event callbacks of Coze.
//!
//! ```
//! use std::sync::Arc;
//!
//! use axum::{Router, body::Bytes, extract::{DefaultBodyLimit, State}, http::{HeaderMap, StatusCode}, routing::post};
//! use coze_webhook::{Delivery, MAX_BODY, Verifier};
//!
//! async fn callback(State(verifier): State<Arc<Verifier>>, headers: HeaderMap, body: Bytes) -> StatusCode {
//!     match verifier.verify(&headers, body) {
//!         Ok(Delivery::First(event)) => println!("{}: {}", event.kind(), event.payload()),
//!         Ok(Delivery::Again(_)) => {} // responded to before
//!         Err(refused) => return refused.status(),
//!     }
//!     StatusCode::OK
//! }
//!
//! let verifier = Arc::new(Verifier::new("token of the callback app"));
//! let app: Router = Router::new()
//!     .route("/coze/callback", post(callback))
//!     .layer(DefaultBodyLimit::max(MAX_BODY))
//!     .with_state(verifier);
//! # drop(app);
//! ```
//!
//! Coze sends a POST with an event to the address of a callback app, and waits 3 s for the response (10 s for
//! `bot.published`). Any status but 200, or none in time, and it sends the event again. So respond first and do what
//! takes long in a task of its own.
//!
//! # What is checked
//!
//! | check | default | otherwise |
//! |---|---|---|
//! | the body is at most [`MAX_BODY`] | 1 MiB | 413 |
//! | `X-Coze-Timestamp`, `X-Coze-Nonce` and `X-Coze-Signature` are there, once each | | 400 |
//! | the signature, in constant time | | 401 |
//! | the timestamp is at most so far from now, to either side | 300 s | 401 |
//! | the body is UTF-8 and one JSON document with a `header` | | 400 |
//! | the delivery was not seen before | 10 minutes, 10,000 of them | [`Delivery::Again`] |
//! | the event was not seen before, by its `event_id` | 24 hours, 10,000 of them | [`Delivery::Again`] |
//!
//! The signature is SHA-1 over timestamp, nonce, token and body, written one after the other. That is no HMAC, and the
//! verifier closes what it leaves open:
//!
//! - Who has seen a delivery can compute the signature of one with a longer body, without the token. Such a body has
//!   bytes that no UTF-8 text has after its end, so it is refused.
//! - Digits can be moved from the timestamp to the nonce without changing the signature. So a timestamp has 10 digits
//!   (seconds) or 13 (milliseconds), which are then the same instant, and a delivery is known by its signature, not
//!   by its nonce.
//!
//! # What is known of the wire
//!
//! | fact | from |
//! |---|---|
//! | header names; the order timestamp, nonce, token, body; SHA-1, in hexadecimal digits | the vendor's page on callbacks, and three sample programs |
//! | `X-Coze-Timestamp` is in milliseconds | the vendor's page; seconds are taken as well |
//! | fields of `header`, repeated events to be known by `event_id`, the times to respond in | the vendor's page |
//! | whether an event that is sent again has a new timestamp and nonce | not documented: [`Verifier::max_age`] can be widened |
//!
//! None of it was confirmed on a live call. The vendor's page: <https://www.coze.cn/open/docs/guides/configure_callback_message>.
//!
//! # More than one process
//!
//! What was seen before is kept in memory. Several processes behind one address need a common place for the ids:
//! store [`Event::id`] where the effect of the event is stored, in the same transaction.

mod body;
mod event;
mod refused;
mod seen;
mod verifier;

pub use self::{
    body::{MAX_BODY, is_same_secret, read_body},
    event::Event,
    refused::Refused,
    seen::Seen,
    verifier::{Delivery, NONCE, SIGNATURE, TIMESTAMP, Verifier, sign},
};

/// Compiles and runs the examples of the README and of the guide.
#[cfg(doctest)]
mod examples {
    #[doc = include_str!("../README.md")]
    mod readme {}
    #[doc = include_str!("../../../docs/guide/webhooks.md")]
    mod guide {}
}
