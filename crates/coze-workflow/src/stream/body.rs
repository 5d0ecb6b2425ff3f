//! Whether the response to a stream call is a stream, and what it is if not.

use bytes::{Bytes, BytesMut};
use coze_transport::{ResponseBody, TransportError};
use coze_wire::stream::{BodySniff, sniff};
use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use http_body_util::BodyExt;
use tokio::sync::OwnedSemaphorePermit;

use crate::{
    Error,
    call::{Exchange, Gateway},
    error::ErrorContext,
};

/// Most that is read of a response that is no stream, in bytes: a failure or the beginning of a page.
const DOCUMENT: usize = 64 * 1024;

/// As much of a body as is wanted of one that is no stream.
async fn beginning(mut body: ResponseBody) -> Result<Bytes, TransportError> {
    if let Some(bytes) = body.buffered() {
        return Ok(bytes.clone());
    }
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        if let Ok(piece) = frame.map_err(TransportError::from_box)?.into_data() {
            bytes.extend_from_slice(&piece);
        }
        if bytes.len() >= DOCUMENT {
            bytes.truncate(DOCUMENT);
            break;
        }
    }
    Ok(bytes.freeze())
}

/// What the head of a response says about its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
    Events,
    /// Nothing, or nothing that can be relied on: the body decides.
    Unknown,
    Other,
}

fn label(headers: &HeaderMap) -> Label {
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return Label::Unknown;
    };
    let value = value.as_bytes();
    let end = value.iter().position(|byte| *byte == b';');
    let media = value[..end.unwrap_or(value.len())].trim_ascii();
    let is = |name: &[u8]| media.eq_ignore_ascii_case(name);
    if is(b"text/event-stream") {
        Label::Events
    } else if is(b"") || is(b"text/plain") || is(b"application/octet-stream") {
        Label::Unknown
    } else {
        Label::Other
    }
}

/// The response's head, kept until its body has shown what it is.
#[derive(Debug)]
pub(super) struct BodySniffer {
    status: StatusCode,
    headers: HeaderMap,
    gateway: Gateway,
    labelled: bool,
    start: BytesMut,
    document: bool,
}

/// What the beginning of the body turned out to be.
pub(super) enum Sniffed {
    Unclear,
    /// A stream, which begins with these bytes.
    Events(Bytes),
    /// Something else, and all of it that is wanted.
    Document(Error),
}

impl BodySniffer {
    /// Judges the head.
    ///
    /// # Errors
    ///
    /// The failure that the response tells, where its head already says that it is no stream.
    pub(super) async fn new(
        exchange: Exchange,
    ) -> Result<
        (
            Self,
            ResponseBody,
            ErrorContext,
            Option<OwnedSemaphorePermit>,
        ),
        Error,
    > {
        let Exchange {
            head,
            body,
            gateway,
            context,
            permit,
        } = exchange;
        let context = *context;
        let label = label(&head.headers);
        let no_body = matches!(
            head.status,
            StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT
        );
        let this = Self {
            status: head.status,
            headers: head.headers,
            gateway,
            labelled: label == Label::Events,
            start: BytesMut::new(),
            document: false,
        };
        if head.status.is_success() && !no_body && label != Label::Other {
            return Ok((this, body, context, permit));
        }
        Err(match beginning(body).await {
            Ok(bytes) => this.refusal(&bytes, context),
            Err(error) => Error::stream_body(error, context),
        })
    }

    /// Takes a piece of the body.
    pub(super) fn push(&mut self, piece: Bytes, context: &ErrorContext) -> Sniffed {
        // As a rule the first piece tells, and is not copied.
        if self.start.is_empty() && sniff(&piece) == BodySniff::Events {
            return Sniffed::Events(piece);
        }
        self.start.extend_from_slice(&piece);
        if !self.document {
            match sniff(&self.start) {
                BodySniff::Events => return Sniffed::Events(self.start.split().freeze()),
                BodySniff::Document => self.document = true,
                BodySniff::Unclear => {}
            }
        }
        if self.start.len() < DOCUMENT {
            return Sniffed::Unclear;
        }
        if self.document {
            self.start.truncate(DOCUMENT);
            return Sniffed::Document(self.told(context));
        }
        Sniffed::Events(self.start.split().freeze())
    }

    /// The body is over, or broke, before it was clear, or within a document.
    pub(super) fn close(&mut self, context: &ErrorContext) -> Sniffed {
        if self.document || !self.labelled {
            Sniffed::Document(self.told(context))
        } else {
            Sniffed::Events(self.start.split().freeze())
        }
    }

    /// The failure that the beginning of the body tells.
    fn told(&mut self, context: &ErrorContext) -> Error {
        let body = self.start.split().freeze();
        self.refusal(&body, context.clone())
    }

    fn refusal(&self, body: &Bytes, context: ErrorContext) -> Error {
        let error = coze_wire::no_stream(self.status, &self.headers, body);
        let outcome = self.gateway.outcome(&error);
        Error::reply(error, outcome, context)
    }
}
