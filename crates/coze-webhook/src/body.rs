//! What any receiver of callbacks needs: a bound on bodies, and secrets that are compared in constant time.

use bytes::Bytes;
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use subtle::ConstantTimeEq;

use crate::Refused;

/// The largest body that is taken, in bytes: 1 MiB.
pub const MAX_BODY: usize = 1024 * 1024;

/// Reads a body to its end, up to `limit` bytes. It waits as long as the sender does: bound it in time.
///
/// # Errors
///
/// [`Refused::TooLarge`] above the limit, before more than that is in memory; [`Refused::Body`] when the body breaks off.
pub async fn read_body<B>(body: B, limit: usize) -> Result<Bytes, Refused>
where
    B: Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    // What says beforehand that it is too large is not read at all.
    if usize::try_from(body.size_hint().lower()).map_or(true, |least| least > limit) {
        return Err(Refused::TooLarge);
    }
    match Limited::new(body, limit).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refused::TooLarge),
        Err(_) => Err(Refused::Body),
    }
}

/// Whether two secrets are the same. The time it takes tells their lengths at most.
///
/// ```
/// assert!(coze_webhook::is_same_secret("s3cret", "s3cret"));
/// assert!(!coze_webhook::is_same_secret("s3cre", "s3cret"));
/// ```
pub fn is_same_secret(given: impl AsRef<[u8]>, expected: impl AsRef<[u8]>) -> bool {
    given.as_ref().ct_eq(expected.as_ref()).into()
}
