//! How streams fail.

use coze_transport::{ErrorKind as Kind, Outcome, TimeoutKind, TransportError, scrub};
use coze_wire::stream::StreamError;

use super::{Error, ErrorKind, Facts, advice};

impl Error {
    /// What the reader of a stream says. `began` tells whether the run showed itself before.
    pub(crate) fn stream(error: StreamError, began: bool, mut facts: Facts) -> Self {
        facts.outcome = Some(Outcome::Unknown);
        match error {
            StreamError::Failed(failure) => {
                facts.code = failure.code();
                let ran = began || facts.execute_id.is_some();
                facts.outcome = Some(advice::code_outcome(failure.code().unwrap_or(0), ran));
                let kind = if failure.code().is_some_and(advice::is_credential_code) {
                    ErrorKind::Auth
                } else {
                    ErrorKind::Api
                };
                // The service may repeat what it was sent.
                Self::new(kind, scrub(&failure.to_string())).with_facts(facts)
            }
            StreamError::Undecodable(error) => {
                facts.outcome = Some(Outcome::Accepted);
                facts.body = error.data().to_owned().into();
                Self::new(ErrorKind::Decode, error.to_string())
                    .with_facts(facts)
                    .with_source(error)
            }
            StreamError::Gap(gap) => Self::new(ErrorKind::Gap, "the stream has a gap")
                .with_facts(facts)
                .with_source(gap),
            StreamError::TooLarge(error) => Self::new(ErrorKind::Decode, error.to_string())
                .with_facts(facts)
                .with_source(error),
            StreamError::Truncated(truncated) => {
                Self::new(ErrorKind::Truncated, truncated.to_string())
                    .with_facts(facts)
                    .with_source(truncated)
            }
            error => Self::new(ErrorKind::Decode, error.to_string()).with_facts(facts),
        }
    }

    /// The body of a stream failed.
    pub(crate) fn stream_body(error: TransportError, facts: Facts) -> Self {
        let (kind, message) = match error.kind() {
            Kind::Timeout(TimeoutKind::Idle) => (ErrorKind::Stalled, "the stream fell silent"),
            Kind::Timeout(_) => (
                ErrorKind::Timeout,
                "the time for the call passed within the stream",
            ),
            // What is no error of the stack is one of a body that broke.
            Kind::Closed | Kind::Layer => (
                ErrorKind::Truncated,
                "the connection broke before the end of the stream",
            ),
            _ => (ErrorKind::Transport, "the stream cannot be read"),
        };
        let mut this = Self::transport(error, facts);
        this.0.kind = kind;
        this.0.message = message.into();
        this.0.facts.outcome = Some(Outcome::Unknown);
        this
    }
}
