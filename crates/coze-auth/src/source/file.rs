//! A token in a file.

use std::{
    error::Error,
    fmt, io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use coze_transport::{Authorization, Authorize, Credentials, Generation, InvalidToken, Secret};

use super::files::{is_shared, read_text};

/// A token in a file, which is read when it is first needed and again when the server refuses the
/// token. So whoever rotates tokens need only rewrite the file.
///
/// Space and line ends around the token are ignored, and so is a byte order mark. The file must be a regular one of
/// at most 64 KiB: it is read within the call, and a pipe or a device might keep it waiting for ever. One that other
/// users of the machine can read or change is used, and a warning tells of it.
pub struct TokenFile {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    token: Option<Secret>,
    header: Option<Authorization>,
    generation: Generation,
}

impl TokenFile {
    /// The token in the file at `path`, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held, and each assignment leaves the state whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the file; tells whether it holds another token than before.
    fn read(&self, state: &mut State) -> Result<bool, TokenFileError> {
        let text = read_text(&self.path)
            .map_err(|source| TokenFileError::new(&self.path, Cause::Read(source)))?;
        let token = Secret::new(super::token(&text));
        if state
            .token
            .as_ref()
            .is_some_and(|old| old.expose() == token.expose())
        {
            return Ok(false);
        }
        let generation = Generation(state.generation.0 + 1);
        let header = Authorization::bearer(&token, generation)
            .map_err(|source| TokenFileError::new(&self.path, Cause::Token(source)))?;
        if is_shared(&self.path) {
            tracing::warn!(
                path = %self.path.display(), "other users can read or change the token file: chmod 600");
        }
        *state = State {
            token: Some(token),
            header: Some(header),
            generation,
        };
        Ok(true)
    }
}

impl Credentials for TokenFile {
    fn authorize(&self) -> Authorize {
        let mut state = self.state();
        if state.header.is_none()
            && let Err(error) = self.read(&mut state)
        {
            return Authorize::Ready(Err(error.into()));
        }
        let missing =
            || TokenFileError::new(&self.path, Cause::Read(io::ErrorKind::NotFound.into()));
        Authorize::Ready(state.header.clone().ok_or_else(|| missing().into()))
    }

    fn rejected(&self, generation: Generation) -> bool {
        let mut state = self.state();
        // Another call may have read the newer token already.
        state.generation > generation || self.read(&mut state).unwrap_or(false)
    }
}

impl fmt::Debug for TokenFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenFile")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// A file that holds no token. Its contents are not repeated.
#[derive(Debug)]
pub struct TokenFileError {
    path: PathBuf,
    cause: Cause,
}

#[derive(Debug)]
enum Cause {
    Read(io::Error),
    Token(InvalidToken),
}

impl TokenFileError {
    fn new(path: &Path, cause: Cause) -> Self {
        Self {
            path: path.to_owned(),
            cause,
        }
    }
}

impl fmt::Display for TokenFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.cause {
            Cause::Read(_) => write!(f, "the token file {path} cannot be read"),
            Cause::Token(_) => write!(f, "the token file {path} holds no usable token"),
        }
    }
}

impl Error for TokenFileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(match &self.cause {
            Cause::Read(error) => error,
            Cause::Token(error) => error,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn header(file: &TokenFile) -> Result<(String, Generation), String> {
        match file.authorize() {
            Authorize::Ready(Ok(token)) => {
                let text = token.header().to_str().unwrap().to_owned();
                Ok((text, token.generation().unwrap()))
            }
            Authorize::Ready(Err(error)) => Err(error.to_string()),
            Authorize::Pending(_) => panic!("a file is read at once"),
        }
    }

    #[test]
    fn a_refused_token_is_read_again_and_only_a_new_one_helps() {
        let path = std::env::temp_dir().join(format!("coze-auth-{}", std::process::id()));
        let file = TokenFile::new(&path);
        assert!(header(&file).unwrap_err().contains("cannot be read"));

        fs::write(&path, " pat_one\n").unwrap();
        let (first, one) = header(&file).unwrap();
        assert_eq!(first, "Bearer pat_one");
        assert!(
            !file.rejected(one),
            "the same token again would be refused again"
        );

        fs::write(&path, "pat_two").unwrap();
        assert_eq!(
            header(&file).unwrap().0,
            "Bearer pat_one",
            "not read without need"
        );
        assert!(file.rejected(one));
        let (second, two) = header(&file).unwrap();
        assert_eq!(second, "Bearer pat_two");
        assert!(
            file.rejected(one),
            "a call that was late with the old token"
        );

        fs::write(&path, "not a token").unwrap();
        assert!(!file.rejected(two));
        assert_eq!(header(&file).unwrap().0, "Bearer pat_two");
        fs::remove_file(&path).unwrap();
        assert!(!format!("{file:?}").contains("pat_"));
    }
}
