//! A token that a command prints.

use std::{
    error::Error,
    ffi::{OsStr, OsString},
    fmt, io,
    process::ExitStatus,
};

use secrecy::zeroize::Zeroizing;

use super::Unusable;
use crate::{FreshToken, Refreshing};

#[cfg(not(target_family = "wasm"))]
/// The most that is read of what a command prints.
const LONGEST: u64 = 64 * 1024;
/// A command that prints a token: a password manager, or a program of your own that signs in.
///
/// It is run, without a shell and without input, when a token is first needed, before it expires and when it is refused; after
/// 10 s it is ended. It prints the token alone, or JSON as a token endpoint does: `{"access_token": "…", "expires_in": 900}`.
/// What it writes to its standard error goes to this program's.
///
/// ```
/// use coze_auth::TokenCommand;
///
/// let credentials = TokenCommand::new("pass").arg("show").arg("coze/token").credentials();
/// ```
#[derive(Clone, Debug)]
pub struct TokenCommand {
    program: OsString,
    args: Vec<OsString>,
}

impl TokenCommand {
    /// The command's name or path.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        Self {
            program: program.as_ref().to_owned(),
            args: Vec::new(),
        }
    }

    /// Adds an argument. Other users of the machine can see it.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// The command's name or path.
    pub fn program(&self) -> &OsStr {
        &self.program
    }

    /// Credentials that run the command.
    pub fn credentials(self) -> Refreshing {
        Refreshing::new(move || {
            let this = self.clone();
            async move { Ok(this.run().await?) }
        })
    }

    #[cfg(not(target_family = "wasm"))]
    async fn printed(&self) -> Result<Zeroizing<String>, Cause> {
        use tokio::io::AsyncReadExt;

        let mut child = tokio::process::Command::new(&self.program)
            .args(&self.args)
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(Cause::Start)?;
        let mut text = Zeroizing::new(String::new());
        if let Some(stdout) = child.stdout.take() {
            let read = stdout.take(LONGEST).read_to_string(&mut text).await;
            read.map_err(Cause::Read)?;
        }
        let status = child.wait().await.map_err(Cause::Read)?;
        status
            .success()
            .then_some(text)
            .ok_or(Cause::Status(status))
    }

    #[cfg(target_family = "wasm")]
    async fn printed(&self) -> Result<Zeroizing<String>, Cause> {
        Err(Cause::Start(io::ErrorKind::Unsupported.into()))
    }

    async fn run(&self) -> Result<FreshToken, TokenCommandError> {
        let failed = |cause| TokenCommandError {
            program: self.program.clone(),
            cause,
        };
        let text = self.printed().await.map_err(failed)?;
        super::fresh(&text).map_err(|cause| failed(Cause::Token(cause)))
    }
}

/// A command that gave no token. What it printed is not repeated.
#[derive(Debug)]
pub struct TokenCommandError {
    program: OsString,
    cause: Cause,
}

#[derive(Debug)]
#[cfg_attr(
    target_family = "wasm",
    expect(dead_code, reason = "nothing can be started there")
)]
enum Cause {
    Start(io::Error),
    Read(io::Error),
    Status(ExitStatus),
    Token(Unusable),
}

impl fmt::Display for TokenCommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let program = self.program.display();
        match &self.cause {
            Cause::Start(_) => write!(f, "the token command `{program}` cannot be started"),
            Cause::Read(_) => write!(
                f,
                "the output of the token command `{program}` cannot be read"
            ),
            Cause::Status(status) => write!(f, "the token command `{program}` failed: {status}"),
            Cause::Token(Unusable::Missing) => {
                write!(f, "the token command `{program}` printed no token")
            }
            Cause::Token(Unusable::Expired) => write!(
                f,
                "the token command `{program}` printed a token that has expired"
            ),
        }
    }
}

impl Error for TokenCommandError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.cause {
            Cause::Start(error) | Cause::Read(error) => Some(error),
            _ => None,
        }
    }
}
