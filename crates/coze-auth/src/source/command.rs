//! A token that a command prints.

use std::{
    error::Error,
    ffi::{OsStr, OsString},
    fmt, io,
    process::ExitStatus,
    time::Duration,
};

use coze_models::OauthToken;
use secrecy::zeroize::Zeroizing;

use crate::{FreshToken, Refreshing, clock::wall_clock};

#[cfg(not(target_family = "wasm"))]
/// The most that is read of what a command prints.
const LONGEST: u64 = 64 * 1024;
/// A token whose life nobody tells is used until it is refused.
const UNTOLD: Duration = Duration::from_secs(366 * 24 * 60 * 60);

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
        let text = super::token(&text);
        if !text.starts_with('{') {
            let token = Some(text).filter(|text| !text.is_empty());
            let token = token.ok_or_else(|| failed(Cause::Empty))?;
            return Ok(FreshToken::lasting(token, UNTOLD));
        }
        let token: OauthToken = serde_json::from_str(text).map_err(|_| failed(Cause::Empty))?;
        let access = token.access_token.ok_or_else(|| failed(Cause::Empty))?;
        match token.expires_in {
            None => Ok(FreshToken::lasting(access, UNTOLD)),
            Some(at) => FreshToken::expiring(access, at.get(), wall_clock())
                .map_err(|_| failed(Cause::Over)),
        }
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
    Empty,
    Over,
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
            Cause::Empty => write!(f, "the token command `{program}` printed no token"),
            Cause::Over => write!(
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
