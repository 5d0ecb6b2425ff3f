//! A tunnel through a proxy by CONNECT.

use http::HeaderValue;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::origin::Origin;
use crate::TransportError;

/// Bytes of the proxy's response.
const HEAD: usize = 16 * 1024;

/// Asks the proxy at the other end of `stream` for a way to `origin`; `failed` makes its errors.
pub(super) async fn open<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    authorization: Option<&HeaderValue>,
    origin: &Origin,
    failed: impl Fn(&str) -> TransportError,
) -> Result<S, TransportError> {
    // With the brackets of an IPv6 address.
    let host = origin.uri().host().unwrap_or_default();
    let host = format!("{host}:{}", origin.port);
    let mut request = format!("CONNECT {host} HTTP/1.1\r\nhost: {host}\r\n").into_bytes();
    if let Some(authorization) = authorization {
        request.extend_from_slice(b"proxy-authorization: ");
        request.extend_from_slice(authorization.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    let lost = |error| failed("closed the connection before the tunnel stood").with_source(error);
    stream.write_all(&request).await.map_err(lost)?;
    stream.flush().await.map_err(lost)?;

    let mut head = Vec::new();
    let end = loop {
        if let Some(end) = head.windows(4).position(|end| end == b"\r\n\r\n") {
            break end + 4;
        }
        if head.len() >= HEAD {
            return Err(failed("responded to CONNECT with a head over 16 KiB"));
        }
        if stream.read_buf(&mut head).await.map_err(lost)? == 0 {
            return Err(failed("closed the connection before the tunnel stood"));
        }
    };
    match status(&head) {
        // In TLS the client speaks first, so whatever follows is not the server's.
        Some(200..=299) if head.len() > end => {
            Err(failed("sent bytes that do not belong to the tunnel"))
        }
        Some(200..=299) => Ok(stream),
        Some(407) => {
            Err(failed("wants a user name and password, or refused those given (407)").permanent())
        }
        Some(status) => Err(failed(&format!(
            "refused a tunnel to {} with status {status}",
            origin.name()
        ))),
        None => Err(failed("did not respond to CONNECT in HTTP")),
    }
}

/// The status of an HTTP/1 head.
fn status(head: &[u8]) -> Option<u16> {
    let rest = head
        .strip_prefix(b"HTTP/1.1 ")
        .or_else(|| head.strip_prefix(b"HTTP/1.0 "))?;
    std::str::from_utf8(rest.get(..3)?).ok()?.parse().ok()
}
