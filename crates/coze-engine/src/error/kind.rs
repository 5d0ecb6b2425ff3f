//! The words in which a failure is told.

/// What kind of failure an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client or the request cannot be built. Nothing was sent.
    Build,
    /// The service refused the call, or the run failed; the code of the error tells more.
    Api,
    /// The credentials are missing or were refused.
    Auth,
    /// The HTTP status is not a success, and the response tells no code.
    Http,
    /// The response, or the output in it, does not have the shape that was asked for.
    Decode,
    /// No response: connecting, sending or receiving failed.
    Transport,
    /// A time limit passed; `may_have_run` tells whether a run may have been started.
    Timeout,
    /// The stream ended without its last event: the connection broke, or the server sent no more. What
    /// became of the run is not known.
    Truncated,
    /// The stream fell silent for longer than its idle timeout.
    Stalled,
    /// Events of the stream were lost, and the stream was to be strict about it.
    Gap,
    /// The run waits for an answer; `question` tells to what.
    Interrupted,
    /// The run was cancelled.
    Cancelled,
    /// The chosen server does not have the operation. Nothing was sent.
    Unsupported,
    /// What was to be sent, a file, could not be read to its end. The service got a part at most.
    Input,
    /// The service truncated the output, and the rest of it cannot be read.
    OutputTruncated,
    /// The response is about another run than the one that was asked for.
    WrongRun,
    /// The pages of a list do not come to an end: one is empty and promises more, a token or a page came
    /// twice, or there are more than a list may have.
    Paging,
}

/// What the service refused a call for, where it tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorClass {
    /// Too many requests.
    RateLimited,
    /// An input is missing, unknown or of another type.
    InvalidInput,
    /// The credentials are valid and may not do this.
    Permission,
    /// A balance, a plan or an allowance does not cover the call.
    Quota,
    /// What the request names does not exist.
    NotFound,
    /// The workflow is not published.
    NotPublished,
}

/// What is known about whether the server acted on a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The server certainly did not act on it; sending it again is safe.
    NotAccepted,
    /// The server responded, so it acted on it.
    Accepted,
    /// Bytes may have reached the server.
    Unknown,
}
