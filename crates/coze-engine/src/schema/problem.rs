//! What is wrong with an input.

use std::fmt;

/// Why inputs do not fit a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InputProblem {
    /// The workflow has no such input.
    Unknown {
        /// The name that was given.
        name: String,
        /// The name that was most likely meant.
        nearest: Option<String>,
    },
    /// It is required and was not given, or is null.
    Missing {
        /// The input, or the member of it: `address.city`.
        path: String,
    },
    /// Its value does not fit.
    Misfit {
        /// The input, or the place in it: `cities[2]`.
        path: String,
        /// What it takes, e.g. `a text`.
        wanted: String,
        /// What was given, e.g. `a number`.
        got: String,
    },
}

impl fmt::Display for InputProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown {
                name,
                nearest: Some(nearest),
            } => write!(f, "there is no input `{name}`; did you mean `{nearest}`?"),
            Self::Unknown { name, .. } => write!(f, "there is no input `{name}`"),
            Self::Missing { path } => write!(f, "the input `{path}` is required"),
            Self::Misfit { path, wanted, got } => {
                write!(f, "the input `{path}` takes {wanted}, not {got}")
            }
        }
    }
}
