//! A body in one piece, wherever it is.

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::{ResponseBody, collect::too_large};
use crate::{ErrorKind, Outcome, TransportError};

impl ResponseBody {
    /// The whole body, of at most `limit` bytes where it still has to be read.
    ///
    /// A [`StackBuilder`](crate::StackBuilder)'s stack has read it unless it is a stream. A layer may have asked for a stream in
    /// place of that, and a stack that is built by hand may read nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLarge`], whatever fails while the body is received, and [`ErrorKind::Layer`] where a layer has read the
    /// body and handed on what was left of it.
    ///
    /// ```
    /// use coze_transport::ResponseBody;
    /// use http_body_util::Full;
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let body = ResponseBody::stream(Full::new("pong".into()));
    /// assert_eq!(body.whole(1024).await?, "pong");
    /// # Ok::<(), coze_transport::TransportError>(()) }).unwrap();
    /// ```
    pub async fn whole(self, limit: usize) -> Result<Bytes, TransportError> {
        if let Some(bytes) = self.buffered() {
            return Ok(bytes.clone());
        }
        if self.is_in_memory() {
            let message = "a layer has read the body of the response and did not hand it on";
            return Err(TransportError::new(
                ErrorKind::Layer,
                Outcome::Unknown,
                message,
            ));
        }
        match Limited::new(self, limit).collect().await {
            Ok(body) => Ok(body.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => Err(too_large(limit)),
            Err(error) => Err(TransportError::from_box(error)),
        }
    }
}
