//! The configuration file: everything that the builder can be told, in YAML.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;
use serde_json::Value;

use crate::{
    builder::EmulatorBuilder, dialect::Dialect, error::StartError, faults::Fault, limits::Limits,
    oauth::OAuthApp,
};

/// The file. Paths in it are relative to its folder.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Config {
    listen: Option<SocketAddr>,
    dialect: Option<Dialect>,
    builtins: bool,
    workflows: Vec<PathBuf>,
    tokens: Tokens,
    /// Paths, or the content of such files.
    apps: Vec<Value>,
    allow_origins: Vec<String>,
    base_url: Option<String>,
    seed: Option<u64>,
    unix_time: Option<u64>,
    clock_speed: Option<f64>,
    keep_runs: Option<usize>,
    limits: Option<Limits>,
    files: Option<PathBuf>,
    discard_files: bool,
    faults: Vec<String>,
    random_faults: Option<RandomFaults>,
    loopback_callbacks: bool,
    #[cfg(feature = "state")]
    state: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: None,
            dialect: None,
            builtins: true,
            workflows: Vec::new(),
            tokens: Tokens::default(),
            apps: Vec::new(),
            allow_origins: Vec::new(),
            base_url: None,
            seed: None,
            unix_time: None,
            clock_speed: None,
            keep_runs: None,
            limits: None,
            files: None,
            discard_files: false,
            faults: Vec::new(),
            random_faults: None,
            loopback_callbacks: false,
            #[cfg(feature = "state")]
            state: None,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Tokens {
    accept: Vec<String>,
    known_only: bool,
    other_region: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RandomFaults {
    seed: u64,
    share: f64,
    faults: Vec<String>,
}

impl EmulatorBuilder {
    /// Takes in what a configuration file says; the guide of the emulator describes it. Paths in the file are relative to
    /// its folder. What is called on the builder afterwards counts more, and lists grow.
    ///
    /// # Errors
    ///
    /// [`StartError::Config`] when the file cannot be read, has a key that is not known or a value that does not fit.
    pub fn config_file(self, path: impl AsRef<Path>) -> Result<Self, StartError> {
        let path = path.as_ref();
        let failed = |message: String| StartError::Config {
            path: path.to_owned(),
            message,
        };
        let text = fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
        let config: Config = serde_saphyr::from_str(&text)
            .map_err(|error| failed(error.without_snippet().to_string()))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        config.onto(self, folder).map_err(failed)
    }
}

impl Config {
    fn onto(self, mut builder: EmulatorBuilder, folder: &Path) -> Result<EmulatorBuilder, String> {
        /// Calls a method of the builder for what is there.
        macro_rules! set {
            ($($value:expr => $method:ident,)*) => {
                $(if let Some(value) = $value {
                    builder = builder.$method(value);
                })*
            };
        }
        /// The same for each entry of a list.
        macro_rules! add {
            ($($values:expr => $method:ident,)*) => {
                $(for value in $values {
                    builder = builder.$method(value);
                })*
            };
        }
        set! {
            self.listen => listen,
            self.dialect => dialect,
            self.tokens.other_region => other_region_tokens,
            self.base_url => base_url,
            self.seed => seed,
            self.unix_time.map(Duration::from_secs) => unix_time,
            self.clock_speed => clock_speed,
            self.keep_runs => keep_runs,
            self.limits => limits,
            self.files.map(|path| folder.join(path)) => files_dir,
        }
        add! {
            self.workflows.iter().map(|path| folder.join(path)) => workflows_dir,
            self.tokens.accept => accept_token,
            self.allow_origins => allow_origin,
            faults(&self.faults)? => fault,
        }
        if let Some(random) = self.random_faults {
            let faults = faults(&random.faults)?;
            builder = builder.random_faults(random.seed, random.share, faults);
        }
        for app in self.apps {
            builder = builder.oauth_app(read_app(app, folder)?);
        }
        if !self.builtins {
            builder = builder.without_builtins();
        }
        if self.tokens.known_only {
            builder = builder.known_tokens_only();
        }
        if self.discard_files {
            builder = builder.discard_files();
        }
        if self.loopback_callbacks {
            builder = builder.loopback_callbacks(true);
        }
        #[cfg(feature = "state")]
        if let Some(path) = self.state {
            builder = builder.state_file(folder.join(path));
        }
        Ok(builder)
    }
}

fn faults(words: &[String]) -> Result<Vec<Fault>, String> {
    let faults = words.iter().map(|words| words.parse());
    faults
        .collect::<Result<_, _>>()
        .map_err(|error: crate::ParseFaultError| error.to_string())
}

/// An app, from its file or written out.
fn read_app(app: Value, folder: &Path) -> Result<OAuthApp, String> {
    let (name, text) = match app {
        Value::String(path) => {
            let path = folder.join(path);
            let name = path.display().to_string();
            let text = fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"))?;
            (name, text)
        }
        app => ("apps".to_owned(), app.to_string()),
    };
    OAuthApp::from_config(&text).map_err(|error| format!("{name}: {error}"))
}
