//! The kinds of failure.

/// What kind of failure an [`Error`](crate::Error) is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client or the request cannot be built. Nothing was sent.
    Build,
    /// The service said no, or the run failed; see [`Error::code`](crate::Error::code).
    Api,
    /// The credentials are missing or were refused.
    Auth,
    /// The HTTP status is not a success, and the response tells no code.
    Http,
    /// The response, or the output in it, does not have the shape that was asked for.
    Decode,
    /// No response: connecting, sending or receiving failed.
    Transport,
    /// A time limit passed; see [`Error::may_have_run`](crate::Error::may_have_run).
    Timeout,
    /// The stream was over before its end: the connection broke, or the server said no more. What
    /// became of the run is not known; see [`Error::execute_id`](crate::Error::execute_id).
    Truncated,
    /// The stream fell silent for longer than its idle timeout.
    Stalled,
    /// Events of the stream were lost, and the stream was to be
    /// [strict](crate::StreamCall::strict_gaps) about it.
    Gap,
    /// The run waits for an answer; see [`Error::question`](crate::Error::question).
    Interrupted,
    /// The run was cancelled.
    Cancelled,
    /// The chosen server does not have the operation. Nothing was sent.
    Unsupported,
    /// What was to be sent, a file, could not be read to its end. The service got a part at most.
    Input,
    /// The service cut the output, and the rest of it cannot be read; see
    /// [`RunOutput::truncated`](crate::RunOutput::truncated).
    OutputTruncated,
    /// The response is about another run than the one that was asked for.
    WrongRun,
    /// The pages of a list do not come to an end: one is empty and promises more, a token or a page came
    /// twice, or there are more than a list may have.
    Paging,
}
