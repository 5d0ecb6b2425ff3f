//! Operation → HTTP request.

use alloc::{string::String, vec::Vec};
use core::{error::Error, fmt};

use bytes::Bytes;
use coze_models::{BodyKind, InvalidSegment, Method, Operation, ReplyShape};
use http::{
    HeaderValue, Request, Uri,
    header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE},
    uri::PathAndQuery,
};

/// Most bodies are no longer, in bytes, and so are written without a second allocation.
const BODY: usize = 512;

/// Encodes an operation. The URI is relative: its path begins with `/`, and whoever sends the request knows the origin.
///
/// The request carries `Accept`, `Accept-Encoding: identity` and, with a body, `Content-Type`;
/// credentials are the business of whoever sends it. A multipart operation comes back with an empty
/// body and no `Content-Type`, both of which its sender supplies.
///
/// # Errors
///
/// [`EncodeError`] when a value cannot stand in the path or the body cannot be written as JSON.
pub fn encode<O: Operation>(op: &O) -> Result<Request<Bytes>, EncodeError> {
    let meta = O::META;
    let mut target = String::with_capacity(meta.path.len() + 64);
    op.write_path(&mut target).map_err(EncodeError::Path)?;
    let mut separator = '?';
    op.write_query(&mut |name, value| {
        target.push(separator);
        push_escaped(&mut target, name);
        target.push('=');
        push_escaped(&mut target, value);
        separator = '&';
    });
    let uri = if target == meta.path {
        // Cloning and dropping one that is static costs nothing.
        let path = Bytes::from_static(meta.path.as_bytes());
        PathAndQuery::from_maybe_shared(path).map(Uri::from)
    } else {
        Uri::try_from(target)
    };
    let uri = uri.map_err(EncodeError::Uri)?;

    let body = match meta.body {
        BodyKind::Json => {
            let mut body = Vec::with_capacity(BODY);
            let mut json = serde_json::Serializer::new(&mut body);
            op.serialize(&mut json).map_err(EncodeError::Body)?;
            Bytes::from(body)
        }
        _ => Bytes::new(),
    };
    let mut request = Request::new(body);
    *request.method_mut() = match meta.method {
        Method::Post => http::Method::POST,
        Method::Put => http::Method::PUT,
        Method::Delete => http::Method::DELETE,
        _ => http::Method::GET,
    };
    *request.uri_mut() = uri;
    let headers = request.headers_mut();
    headers.reserve(8);
    let accept = match meta.reply {
        ReplyShape::Events => "text/event-stream",
        _ => "application/json",
    };
    headers.insert(ACCEPT, HeaderValue::from_static(accept));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if meta.body == BodyKind::Json {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    Ok(request)
}

/// Percent-encodes all but the characters that are never special in a query.
fn push_escaped(out: &mut String, text: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            _ => {
                out.push('%');
                out.push(char::from(HEX[usize::from(byte >> 4)]));
                out.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
}

/// A request that cannot be written. Nothing was sent.
#[derive(Debug)]
#[non_exhaustive]
pub enum EncodeError {
    /// A value cannot stand in the path.
    Path(InvalidSegment),
    /// The address cannot be written.
    Uri(http::uri::InvalidUri),
    /// The body cannot be written as JSON.
    Body(serde_json::Error),
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Path(_) => "a value cannot stand in the path",
            Self::Uri(_) => "the address cannot be written",
            Self::Body(_) => "the request cannot be written as JSON",
        })
    }
}

impl Error for EncodeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(match self {
            Self::Path(error) => error,
            Self::Uri(error) => error,
            Self::Body(error) => error,
        })
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use coze_models::{OperationMeta, push_segment};
    use serde::Serialize;

    use super::*;

    #[derive(Serialize)]
    struct Update {
        #[serde(skip)]
        id: &'static str,
        #[serde(skip)]
        note: &'static str,
        count: u64,
    }

    impl Operation for Update {
        type Reply = ();
        const META: &'static OperationMeta =
            &OperationMeta::new("update", Method::Post, "/v1/things/{id}").body(BodyKind::Json);

        fn write_path(&self, out: &mut String) -> Result<(), InvalidSegment> {
            out.push_str("/v1/things/");
            push_segment(out, "id", self.id)
        }

        fn write_query(&self, pair: &mut dyn FnMut(&str, &str)) {
            pair("note", self.note);
            pair("page size", "1");
        }
    }

    #[test]
    fn path_query_body_and_headers_are_exact() {
        let op = Update {
            id: "73-a",
            note: "ü&=/?#\r\n",
            count: 9_007_199_254_740_993,
        };
        let request = encode(&op).unwrap();
        assert_eq!(request.method(), "POST");
        assert_eq!(
            request.uri(),
            "/v1/things/73-a?note=%C3%BC%26%3D%2F%3F%23%0D%0A&page%20size=1"
        );
        assert_eq!(request.body(), r#"{"count":9007199254740993}"#.as_bytes());
        assert_eq!(request.headers()["content-type"], "application/json");
        assert_eq!(request.headers()["accept"], "application/json");
        assert_eq!(request.headers()["accept-encoding"], "identity");
    }

    #[test]
    fn an_id_that_would_leave_the_path_is_refused() {
        for id in ["../admin", "a/b", "a?b", ""] {
            let op = Update {
                id,
                note: "",
                count: 0,
            };
            let error = encode(&op).unwrap_err();
            assert!(matches!(error, EncodeError::Path(_)));
            assert!(
                error
                    .source()
                    .unwrap()
                    .to_string()
                    .starts_with("`id` must be")
            );
        }
    }
}
