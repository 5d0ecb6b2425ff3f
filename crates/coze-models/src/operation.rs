//! What an operation of the API is: a request type with its method, path and reply.

use alloc::string::String;
use serde::{Serialize, de::DeserializeOwned};

/// A request that knows where it goes and what comes back.
///
/// Generated request types implement it; a codec turns any implementor into an HTTP request and its
/// response into [`Operation::Reply`], so an operation that is missing here can be added outside.
/// The type's own serialization is the JSON body (path and query fields are skipped in it).
pub trait Operation: Serialize {
    /// The decoded response. What part of the response it is read from is told by [`OperationMeta::reply`].
    type Reply: DeserializeOwned;

    /// The constant facts about the operation.
    const META: &'static OperationMeta;

    /// Appends the path, beginning with `/`, with its placeholders filled in.
    ///
    /// # Errors
    ///
    /// [`InvalidSegment`] when a value cannot stand in a path: it is empty, longer than 64
    /// characters, or holds anything but ASCII letters, digits, `-` and `_`.
    fn write_path(&self, out: &mut String) -> Result<(), InvalidSegment> {
        out.push_str(Self::META.path);
        Ok(())
    }

    /// Hands each query pair to `pair`, unencoded, in the order of the documentation table.
    fn write_query(&self, pair: &mut dyn FnMut(&str, &str)) {
        let _ = pair;
    }
}

/// Constant facts about an operation, taken from its documentation page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OperationMeta {
    /// Stable snake-case name, e.g. `run_workflow`; used in errors, spans and settings.
    pub id: &'static str,
    /// Title of the documentation page.
    pub title: &'static str,
    /// HTTP method.
    pub method: Method,
    /// Path with placeholders in braces, e.g. `/v1/workflows/{workflow_id}`.
    pub path: &'static str,
    /// Permission the token needs; empty when the page names none.
    pub scope: &'static str,
    /// What the request carries.
    pub body: BodyKind,
    /// Where the payload stands in the response.
    pub reply: ReplyShape,
    /// What a second send may do.
    pub replay: ReplaySafety,
    /// Whether the request starts a run or lets one go on. A failure without proof that the server
    /// did not accept the request then leaves open whether something ran.
    pub starts_run: bool,
    /// Attempts that suffice, the first included; `None` leaves the number to the caller's policy.
    pub max_attempts: Option<u32>,
    /// Address of the vendor's page.
    pub docs: &'static str,
}

impl OperationMeta {
    /// Facts of an operation with an empty scope, no body, `data` reply, no replay and no run.
    pub const fn new(id: &'static str, method: Method, path: &'static str) -> Self {
        Self {
            id,
            title: id,
            method,
            path,
            scope: "",
            body: BodyKind::None,
            reply: ReplyShape::Data,
            replay: ReplaySafety::Never,
            starts_run: false,
            max_attempts: None,
            docs: "",
        }
    }

    /// Sets the page's title.
    #[must_use]
    pub const fn title(mut self, title: &'static str) -> Self {
        self.title = title;
        self
    }

    /// Sets the permission the token needs.
    #[must_use]
    pub const fn scope(mut self, scope: &'static str) -> Self {
        self.scope = scope;
        self
    }

    /// Sets what the request carries.
    #[must_use]
    pub const fn body(mut self, body: BodyKind) -> Self {
        self.body = body;
        self
    }

    /// Sets where the payload stands.
    #[must_use]
    pub const fn reply(mut self, reply: ReplyShape) -> Self {
        self.reply = reply;
        self
    }

    /// Sets what a second send may do.
    #[must_use]
    pub const fn replay(mut self, replay: ReplaySafety) -> Self {
        self.replay = replay;
        self
    }

    /// Says that the request starts a run or lets one go on.
    #[must_use]
    pub const fn starts_run(mut self) -> Self {
        self.starts_run = true;
        self
    }

    /// Bounds the attempts, the first included.
    #[must_use]
    pub const fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = Some(attempts);
        self
    }

    /// Sets the address of the vendor's page.
    #[must_use]
    pub const fn docs(mut self, docs: &'static str) -> Self {
        self.docs = docs;
        self
    }
}

/// HTTP methods the API uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `DELETE`
    Delete,
}

impl Method {
    /// The method as it stands in a request line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// What a request carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BodyKind {
    /// Nothing.
    None,
    /// The operation itself, as JSON.
    Json,
    /// `multipart/form-data`; the caller supplies the parts.
    Multipart,
}

/// Where the payload stands in a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReplyShape {
    /// Under `data` of the `{code, msg, data, detail}` envelope.
    Data,
    /// Beside `code` in the envelope.
    Flat,
    /// The whole body, without an envelope.
    Bare,
    /// A stream of server-sent events.
    Events,
}

/// What a second send of the same request may do.
///
/// Starting a workflow has side effects and the service has no idempotency key, so this is a
/// property of each operation and not of its HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReplaySafety {
    /// Harmless: the call reads, or its effect is the same when repeated.
    Always,
    /// Allowed only when the first request certainly was not accepted.
    IfNotSent,
    /// Never repeated by a library.
    Never,
}

/// A value that cannot stand in a path segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidSegment {
    field: &'static str,
}

impl InvalidSegment {
    /// The field whose value was refused.
    pub const fn field(&self) -> &'static str {
        self.field
    }
}

impl core::fmt::Display for InvalidSegment {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            f,
            "`{}` must be 1 to 64 characters of A-Z, a-z, 0-9, `-` and `_`",
            self.field
        )
    }
}

impl core::error::Error for InvalidSegment {}

/// Longest id that may stand in a path.
const MAX_SEGMENT: usize = 64;

/// Appends `value` to a path if it is a plain id.
///
/// # Errors
///
/// [`InvalidSegment`], naming `field`, when it is not.
pub fn push_segment(
    out: &mut String,
    field: &'static str,
    value: &str,
) -> Result<(), InvalidSegment> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if value.is_empty() || value.len() > MAX_SEGMENT || !value.bytes().all(plain) {
        return Err(InvalidSegment { field });
    }
    out.push_str(value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_ids_pass_and_everything_else_is_refused() {
        let mut path = String::from("/v1/");
        push_segment(&mut path, "id", "7366_a-B").unwrap();
        assert_eq!(path, "/v1/7366_a-B");
        for bad in ["", "a/b", "..", "a b", "a%2f", "ü", &"9".repeat(65)] {
            let mut path = String::new();
            let error = push_segment(&mut path, "workflow_id", bad).unwrap_err();
            assert_eq!(error.field(), "workflow_id");
            assert!(path.is_empty());
        }
    }
}
