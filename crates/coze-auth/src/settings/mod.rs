//! Which token is used, and where: variables, and profiles in a file.

mod file;
mod source;

use std::{env, error::Error, fmt, io, path::PathBuf};

use coze_transport::Secret;

use crate::{TokenEnvError, TokenFile, oauth::AppFileError, text_from_env};
pub use file::{Profile, ProfileFile};
pub use source::TokenSource;

/// The variable that holds an access token.
pub const TOKEN_VARIABLE: &str = "COZE_API_TOKEN";
/// The variable that says where the API is.
pub const BASE_VARIABLE: &str = "COZE_API_BASE";
/// The variable that names a profile.
pub const PROFILE_VARIABLE: &str = "COZE_PROFILE";
/// The variable that says where the file of profiles is, in place of the system's folder for settings.
pub const FOLDER_VARIABLE: &str = "COZE_CONFIG_DIR";

/// Where a token comes from and where it is used, found in this order:
///
/// 1. the profile that was asked for, or that `COZE_PROFILE` names: it counts as a whole, and the variables beside it do not;
/// 2. `COZE_API_TOKEN`, with `COZE_API_BASE`;
/// 3. the profile that the file names as its default.
///
/// The file is `config.json` in the system's folder for the settings of `coze`: `~/.config/coze` on Linux,
/// `~/Library/Application Support/coze` on macOS, `%APPDATA%\coze\config` on Windows; `COZE_CONFIG_DIR` names another.
///
/// ```json
/// {
///   "default": "work",
///   "profiles": {
///     "work": {"region": "cn", "app_file": "/etc/coze/app.json"},
///     "me":   {"region": "com", "session_file": "sessions/me.json"},
///     "lab":  {"base_url": "http://localhost:8888", "token_command": ["pass", "show", "coze/lab"]}
///   }
/// }
/// ```
#[derive(Debug)]
pub struct Settings {
    /// Where the API is and which setting says so, if one does.
    pub base_url: Option<(String, String)>,
    /// Where the token comes from, or the places that were looked at.
    pub token: Result<TokenSource, NoToken>,
    /// The profile that counts.
    pub profile: Option<String>,
    /// What kind of server that profile is for, in its own word; `None` where it does not say.
    pub engine: Option<String>,
}

impl Settings {
    /// Looks for them. `profile` is one that was asked for.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] when what counts cannot be used: a profile that is not there, a damaged file, a variable that is
    /// not text.
    pub fn find(profile: Option<&str>) -> Result<Self, SettingsError> {
        let variable = |name: &str| text_from_env(name).map_err(SettingsError::Variable);
        let named = match profile {
            Some(name) => Some(name.to_owned()),
            None => variable(PROFILE_VARIABLE)?,
        };
        let base = variable(BASE_VARIABLE)?.map(|url| (url, BASE_VARIABLE.to_owned()));
        if let Some(name) = named {
            let file = ProfileFile::of_user().ok_or(SettingsError::NoFolder)?;
            let Some(profile) = file.profile(&name)? else {
                let path = file.path().to_owned();
                return Err(SettingsError::NoProfile { name, path });
            };
            return Self::of(&name, &profile, &file, None);
        }
        if let Some(token) = variable(TOKEN_VARIABLE)? {
            return Ok(Self {
                base_url: base,
                token: Ok(TokenSource::Text {
                    token: Secret::new(token),
                    place: TOKEN_VARIABLE.to_owned(),
                }),
                profile: None,
                engine: None,
            });
        }
        let mut tried = vec![format!("{TOKEN_VARIABLE} is not set")];
        let Some(file) = ProfileFile::of_user() else {
            tried.push("this user has no folder for settings".to_owned());
            return Ok(Self::without(base, tried));
        };
        match file.default_profile()? {
            Some((name, profile)) => Self::of(&name, &profile, &file, base),
            None if file.path().exists() => {
                tried.push(format!(
                    "{} names no default profile",
                    file.path().display()
                ));
                Ok(Self::without(base, tried))
            }
            None => {
                tried.push(format!("there is no {}", file.path().display()));
                Ok(Self::without(base, tried))
            }
        }
    }

    fn without(base_url: Option<(String, String)>, tried: Vec<String>) -> Self {
        Self {
            base_url,
            token: Err(NoToken { tried }),
            profile: None,
            engine: None,
        }
    }

    fn of(
        name: &str,
        profile: &Profile,
        file: &ProfileFile,
        base: Option<(String, String)>,
    ) -> Result<Self, SettingsError> {
        let place = format!("the profile {name}");
        let folder = file.folder();
        let failed = |problem: &'static str| SettingsError::Profile {
            name: name.to_owned(),
            problem,
        };
        let base_url = match (&profile.base_url, profile.region.as_deref()) {
            (Some(url), _) => Some((url.clone(), place.clone())),
            (None, Some("com")) => Some(("https://api.coze.com".to_owned(), place.clone())),
            (None, Some("cn")) => Some(("https://api.coze.cn".to_owned(), place.clone())),
            (None, Some(_)) => return Err(failed("its region is neither com nor cn")),
            (None, None) => base,
        };
        let Profile {
            token_env,
            token_file,
            token_command,
            token_keyring,
            app_file,
            session_file,
            session_keyring,
            ..
        } = profile;
        let sources = [
            token_env.is_some(),
            token_file.is_some(),
            token_command.is_some(),
            token_keyring.is_some(),
            app_file.is_some(),
            session_file.is_some(),
            session_keyring.is_some(),
        ];
        if sources.iter().filter(|is_there| **is_there).count() > 1 {
            return Err(failed("it names more than one place of a token"));
        }
        let token = if let Some(variable) = token_env {
            match text_from_env(variable).map_err(SettingsError::Variable)? {
                Some(token) => Ok(TokenSource::Text {
                    token: Secret::new(token),
                    place: variable.clone(),
                }),
                None => Err(NoToken {
                    tried: vec![format!("{place} names {variable}, which is not set")],
                }),
            }
        } else if let Some(path) = token_file {
            let path = folder.join(path);
            Ok(TokenSource::File {
                file: TokenFile::new(&path),
                path,
            })
        } else if let Some(command) = token_command {
            Ok(TokenSource::command(command).map_err(failed)?)
        } else if let Some(entry) = token_keyring {
            Ok(TokenSource::Keyring(entry.clone()))
        } else if let Some(path) = app_file {
            Ok(TokenSource::app(folder.join(path), failed)?)
        } else if let Some(session) = file.session(profile) {
            Ok(TokenSource::Session(session))
        } else {
            Err(NoToken {
                tried: vec![format!("{place} names no place of a token")],
            })
        };
        Ok(Self {
            base_url,
            token,
            profile: Some(name.to_owned()),
            engine: profile.engine.clone(),
        })
    }
}

/// The folder with the settings of this user.
fn folder() -> Option<PathBuf> {
    if let Some(folder) = env::var_os(FOLDER_VARIABLE).filter(|text| !text.is_empty()) {
        return Some(folder.into());
    }
    #[cfg(target_family = "wasm")]
    return None;
    #[cfg(not(target_family = "wasm"))]
    directories::ProjectDirs::from("", "", "coze").map(|folders| folders.config_dir().to_owned())
}

/// No place holds a token. It says which were looked at.
#[derive(Clone, Debug)]
pub struct NoToken {
    tried: Vec<String>,
}

impl fmt::Display for NoToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no access token: {}", self.tried.join("; "))
    }
}

impl Error for NoToken {}

/// Settings that cannot be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum SettingsError {
    /// A variable is not text.
    Variable(TokenEnvError),
    /// This user has no folder for settings.
    NoFolder,
    /// There is no such profile.
    NoProfile {
        /// The name that was asked for.
        name: String,
        /// The file of profiles.
        path: PathBuf,
    },
    /// A profile cannot be used.
    Profile {
        /// Its name.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The file of profiles cannot be read or written.
    File {
        /// Where it is.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file of an app cannot be used.
    App(AppFileError),
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(error) => error.fmt(f),
            Self::NoFolder => write!(
                f,
                "this user has no folder for settings: set {FOLDER_VARIABLE}"
            ),
            Self::NoProfile { name, path } => {
                let name = coze_transport::redact(name);
                write!(f, "there is no profile '{name}' in {}", path.display())
            }
            Self::Profile { name, problem } => {
                let name = coze_transport::redact(name);
                write!(f, "the profile '{name}' cannot be used: {problem}")
            }
            Self::File { path, .. } => {
                write!(f, "the file of profiles {} cannot be used", path.display())
            }
            Self::App(error) => error.fmt(f),
        }
    }
}

impl Error for SettingsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Variable(error) => error.source(),
            Self::File { error, .. } => Some(error),
            Self::App(error) => error.source(),
            _ => None,
        }
    }
}
