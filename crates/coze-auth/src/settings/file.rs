//! The file of profiles.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{SettingsError, folder};
use crate::{
    KeyringEntry, SessionFile,
    source::{read_object, read_text, replace},
};

/// What a profile says. It holds no token itself. Paths are relative to the folder of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Profile {
    /// The region of the service: `com` or `cn`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Where the API is, in place of a region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// What kind of server it is: `cloud`, `studio`, `dify` or `runs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// The variable that holds the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_env: Option<String>,
    /// The file that holds the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
    /// The command that prints the token, and its arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_command: Option<Vec<String>>,
    /// The keychain's entry that holds the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_keyring: Option<KeyringEntry>,
    /// The file of a service app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_file: Option<PathBuf>,
    /// The file of a user's session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_file: Option<PathBuf>,
    /// The keychain's entry that holds a user's session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_keyring: Option<KeyringEntry>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default: Option<String>,
    #[serde(default)]
    profiles: BTreeMap<String, Profile>,
}

/// The file of profiles, see [`Settings`](super::Settings).
#[derive(Clone, Debug)]
pub struct ProfileFile {
    path: PathBuf,
}

impl ProfileFile {
    /// That of this user; `None` when there is no folder for it. The file itself need not exist.
    pub fn of_user() -> Option<Self> {
        folder().map(Self::in_folder)
    }

    /// The one in a folder.
    pub fn in_folder(folder: impl AsRef<Path>) -> Self {
        Self {
            path: folder.as_ref().join("config.json"),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The names of the profiles, the default one marked.
    ///
    /// # Errors
    ///
    /// [`SettingsError::File`] when the file cannot be read.
    pub fn names(&self) -> Result<Vec<(String, bool)>, SettingsError> {
        let contents = self.read()?;
        let names = contents.profiles.into_keys();
        Ok(names
            .map(|name| {
                let is_default = contents.default.as_ref() == Some(&name);
                (name, is_default)
            })
            .collect())
    }

    /// Where the session is that a profile names; `None` when it names none.
    pub fn session(&self, profile: &Profile) -> Option<SessionFile> {
        if let Some(path) = &profile.session_file {
            return Some(SessionFile::new(self.folder().join(path)));
        }
        let entry = profile.session_keyring.clone()?;
        Some(SessionFile::in_keyring(
            entry,
            self.folder().join("sessions"),
        ))
    }

    /// What the paths in profiles are relative to.
    pub(super) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// A profile; `None` when there is none of that name.
    ///
    /// # Errors
    ///
    /// [`SettingsError::File`] when the file cannot be read.
    pub fn profile(&self, name: &str) -> Result<Option<Profile>, SettingsError> {
        Ok(self.read()?.profiles.remove(name))
    }

    /// The profile that counts where none is named, with its name.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] when the file cannot be read, or names a profile that is not there.
    pub fn default_profile(&self) -> Result<Option<(String, Profile)>, SettingsError> {
        let mut contents = self.read()?;
        let Some(name) = contents.default else {
            return Ok(None);
        };
        match contents.profiles.remove(&name) {
            Some(profile) => Ok(Some((name, profile))),
            None => Err(SettingsError::NoProfile {
                name,
                path: self.path.clone(),
            }),
        }
    }

    /// Adds or replaces a profile. The first one becomes the default.
    ///
    /// # Errors
    ///
    /// [`SettingsError::File`] when the file cannot be read or written.
    pub fn set(&self, name: &str, profile: Profile) -> Result<(), SettingsError> {
        let mut contents = self.read()?;
        contents.default.get_or_insert_with(|| name.to_owned());
        contents.profiles.insert(name.to_owned(), profile);
        self.write(&contents)
    }

    /// Removes a profile; it is what it said, `None` when there was none.
    ///
    /// # Errors
    ///
    /// [`SettingsError::File`] when the file cannot be read or written.
    pub fn remove(&self, name: &str) -> Result<Option<Profile>, SettingsError> {
        let mut contents = self.read()?;
        let removed = contents.profiles.remove(name);
        if removed.is_some() {
            contents.default = contents.default.filter(|default| default != name);
            self.write(&contents)?;
        }
        Ok(removed)
    }

    fn read(&self) -> Result<Contents, SettingsError> {
        let text = match read_text(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Contents::default()),
            Err(error) => return Err(self.failed(error)),
        };
        // Its own words are left out: they may repeat a token that was written into the wrong place.
        read_object(&text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let text = format!("line {line}, column {column} is not as a file of profiles has it");
            self.failed(io::Error::new(io::ErrorKind::InvalidData, text))
        })
    }

    fn write(&self, contents: &Contents) -> Result<(), SettingsError> {
        let text =
            serde_json::to_vec_pretty(contents).map_err(|error| self.failed(error.into()))?;
        replace(&self.path, &text).map_err(|error| self.failed(error))
    }

    fn failed(&self, error: io::Error) -> SettingsError {
        let path = self.path.clone();
        SettingsError::File { path, error }
    }
}
