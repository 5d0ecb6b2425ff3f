//! Why a call fails, before it has the form of one server or the other.

use http::StatusCode;

/// A call that fails. Its renderer knows the code, and the status unless there is one here.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) kind: Kind,
    pub(crate) status: Option<StatusCode>,
    pub(crate) message: String,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The body cannot be read, or does not have the fields of the operation.
    Body,
    /// The access token is not accepted.
    Token,
    /// The access token belongs to the other region.
    OtherRegion,
    /// No operation has this path and method.
    NoOperation,
    /// A required value is missing.
    Missing,
    /// A value is not allowed.
    Value,
    /// The workflow cannot take these inputs.
    Inputs,
    UnknownWorkflow,
    NotPublished,
    NotAChatflow,
    UnknownRun,
    /// The run has ended, or waits at another event.
    NotWaiting,
    UnknownConversation,
    Upload(Upload),
    /// A failure with a code of its own.
    Code(i64),
}

/// What is wrong with an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Upload {
    /// The body is not a form.
    NoForm,
    NoFile,
    ManyFiles,
    TooLarge,
    /// The form cannot be read to its end.
    Broken,
    /// The folder of the files cannot be written to.
    Store,
}

impl Problem {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            status: None,
            message: message.into(),
        }
    }

    pub(crate) fn value(message: impl Into<String>) -> Self {
        Self::new(Kind::Value, message)
    }

    pub(crate) fn code(code: i64, message: impl Into<String>) -> Self {
        Self::new(Kind::Code(code), message)
    }

    pub(crate) fn missing(name: &str) -> Self {
        Self::new(
            Kind::Missing,
            format!("Missing required parameter '{name}'"),
        )
    }

    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = Some(status);
        self
    }
}

/// A text that is there and not empty.
pub(crate) fn required<'a>(name: &str, value: Option<&'a str>) -> Result<&'a str, Problem> {
    value
        .filter(|value| !value.is_empty())
        .ok_or_else(|| Problem::missing(name))
}
