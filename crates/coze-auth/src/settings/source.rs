//! A place of a token.

use std::{fmt, path::PathBuf};

use coze_transport::Secret;

use super::SettingsError;
#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
use crate::JwtApp;
#[cfg(not(target_family = "wasm"))]
use crate::TokenCommand;
use crate::{KeyringEntry, SessionFile, TokenFile};

/// A place of a token. Shown, it is the place and never the token.
#[derive(Debug)]
#[non_exhaustive]
pub enum TokenSource {
    /// A token in hand.
    Text {
        /// The token.
        token: Secret,
        /// Where it was found.
        place: String,
    },
    /// A file with a token.
    File {
        /// The file.
        file: TokenFile,
        /// Where it is.
        path: PathBuf,
    },
    /// A command that prints a token.
    #[cfg(not(target_family = "wasm"))]
    Command(TokenCommand),
    /// An entry of the keychain with a token.
    Keyring(KeyringEntry),
    /// A service app.
    #[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
    App {
        /// The app.
        app: JwtApp,
        /// The file that it was read from.
        path: PathBuf,
    },
    /// A user who has signed in.
    Session(SessionFile),
}

impl TokenSource {
    /// The first word is the program.
    #[cfg(not(target_family = "wasm"))]
    pub(super) fn command(words: &[String]) -> Result<Self, &'static str> {
        let mut words = words.iter();
        let program = words.next().ok_or("its token_command is empty")?;
        let command = words.fold(TokenCommand::new(program), TokenCommand::arg);
        Ok(Self::Command(command))
    }

    #[cfg(target_family = "wasm")]
    pub(super) fn command(_: &[String]) -> Result<Self, &'static str> {
        Err("its token_command cannot be run here")
    }

    #[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
    pub(super) fn app(
        path: PathBuf,
        _: impl Fn(&'static str) -> SettingsError,
    ) -> Result<Self, SettingsError> {
        let app = JwtApp::from_file(&path).map_err(SettingsError::App)?;
        Ok(Self::App { app, path })
    }

    #[cfg(not(any(feature = "ring", feature = "aws-lc-rs")))]
    pub(super) fn app(
        _: PathBuf,
        failed: impl Fn(&'static str) -> SettingsError,
    ) -> Result<Self, SettingsError> {
        Err(failed(
            "its app_file needs the feature `ring` or `aws-lc-rs`",
        ))
    }
}

impl fmt::Display for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { place, .. } => f.write_str(place),
            Self::File { path, .. } => write!(f, "the file {}", path.display()),
            #[cfg(not(target_family = "wasm"))]
            Self::Command(command) => write!(f, "the command `{}`", command.program().display()),
            #[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
            Self::App { path, .. } => write!(f, "the service app in {}", path.display()),
            Self::Keyring(entry) => entry.fmt(f),
            Self::Session(file) => write!(f, "the session in {}", file.place()),
        }
    }
}
