//! Why an emulator could not be made.

use std::{error, fmt, io, net::SocketAddr, path::PathBuf};

use crate::{definition::DefinitionError, faults::ParseFaultError};

/// The emulator could not be built or started.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// A workflow definition is wrong; the source tells where.
    Definition(DefinitionError),
    /// The folder of definitions cannot be listed.
    #[non_exhaustive]
    WorkflowsDir {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A configuration file cannot be used.
    #[non_exhaustive]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where.
        message: String,
    },
    /// The file that runs are kept in cannot be used.
    #[cfg(feature = "state")]
    #[non_exhaustive]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A line is not a fault.
    #[non_exhaustive]
    Faults {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        source: ParseFaultError,
    },
    /// The address cannot be listened on.
    #[non_exhaustive]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Definition(_) => f.write_str("a workflow definition cannot be used"),
            Self::WorkflowsDir { path, .. } => {
                write!(f, "cannot list the workflows in {}", path.display())
            }
            Self::Config { path, message } => write!(f, "{}: {message}", path.display()),
            #[cfg(feature = "state")]
            Self::State { path, message } => {
                write!(f, "cannot keep runs in {}: {message}", path.display())
            }
            Self::Faults { line, .. } => write!(f, "line {line} of the faults cannot be used"),
            Self::Listen { address, .. } => write!(f, "cannot listen on {address}"),
        }
    }
}

impl error::Error for StartError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Definition(source) => Some(source),
            Self::Faults { source, .. } => Some(source),
            Self::Config { .. } => None,
            #[cfg(feature = "state")]
            Self::State { .. } => None,
            Self::WorkflowsDir { source, .. } | Self::Listen { source, .. } => Some(source),
        }
    }
}

impl From<DefinitionError> for StartError {
    fn from(error: DefinitionError) -> Self {
        Self::Definition(error)
    }
}
