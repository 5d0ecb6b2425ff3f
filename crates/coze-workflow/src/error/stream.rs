//! How streams fail.

use coze_engine::http::stream_failure;
use coze_transport::{Outcome, TransportError, scrub, scrub_id};
use coze_wire::stream::StreamError;

use super::{Error, ErrorContext, ErrorKind, is_credential};

/// Why the data of an event cannot be decoded. It says no more of the data than a scrubbed clause.
#[derive(Debug)]
struct RedactedJsonError(String);

impl RedactedJsonError {
    fn new(error: &coze_models::EventError) -> Self {
        use std::error::Error as _;
        Self(
            error
                .source()
                .map(|source| scrub(&source.to_string()))
                .unwrap_or_default(),
        )
    }
}

impl std::fmt::Display for RedactedJsonError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RedactedJsonError {}

impl Error {
    /// The data of the event that could not be decoded, as it came; none for any other error. It may hold
    /// anything, and unlike the rest of an error it is not redacted.
    ///
    /// ```
    /// # use coze_workflow::{Client, HttpStack, Response};
    /// # let coze = Client::new(HttpStack::from_fn(|_| async {
    /// #     let events = "event: Message\ndata: {oops\n\nevent: Done\ndata: {}\n\n";
    /// #     let mut answer = Response::new(coze_transport::ResponseBody::full(events.into()));
    /// #     answer.headers_mut().insert("content-type", "text/event-stream".parse()?);
    /// #     Ok::<_, coze_workflow::BoxError>(answer)
    /// # }));
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let mut events = coze.workflow("7366").stream().await?;
    /// let error = events.try_next().await.unwrap_err();
    /// assert_eq!(error.event_name(), Some("Message"));
    /// assert_eq!(error.event_data(), Some("{oops"));
    /// // The stream goes on.
    /// assert_eq!(events.end(), None);
    /// assert!(events.try_next().await?.is_some());
    /// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn event_data(&self) -> Option<&str> {
        self.0.event.as_ref()?;
        // It was text when it was taken in.
        std::str::from_utf8(&self.0.body).ok()
    }

    /// The name of the event that could not be decoded; none for any other error.
    pub fn event_name(&self) -> Option<&str> {
        self.0.event.as_deref()
    }

    /// What the reader of a stream says; `outcome` is what it proves.
    pub(crate) fn stream(error: StreamError, outcome: Outcome, mut context: ErrorContext) -> Self {
        context.outcome = Some(outcome);
        match error {
            StreamError::Failed(failure) => {
                context.code = failure.code();
                let kind = if failure.code().is_some_and(is_credential) {
                    ErrorKind::Auth
                } else {
                    ErrorKind::Api
                };
                // The service may repeat what it was sent.
                Self::new(kind, scrub(&failure.to_string()))
            }
            StreamError::Undecodable(error) => {
                let (message, source) = (error.to_string(), RedactedJsonError::new(&error));
                let event = scrub_id(error.name().into());
                let mut this = Self::new(ErrorKind::Decode, message).with_source(source);
                this.0.event = Some(event.into());
                this.with_body(error.into_data().into())
            }
            StreamError::Gap(gap) => {
                Self::new(ErrorKind::Gap, "the stream has a gap").with_source(gap)
            }
            StreamError::Truncated(truncated) => {
                Self::new(ErrorKind::Truncated, truncated.to_string())
            }
            error => Self::new(ErrorKind::Decode, error.to_string()),
        }
        .with_context(context)
    }

    /// The body of a stream failed.
    pub(crate) fn stream_body(error: TransportError, context: ErrorContext) -> Self {
        let (kind, message) = stream_failure(&error);
        let mut this = Self::transport(error, context);
        this.0.kind = kind;
        this.0.message = message.into();
        this.0.context.outcome = Some(Outcome::Unknown);
        this
    }
}
