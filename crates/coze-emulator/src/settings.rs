//! What an emulator is made from.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use crate::{
    definition::Definition, dialect::Dialect, faults::Fault, limits::Limits, oauth::OAuthApp, runs,
    store::Keep, upstream::Upstream,
};

/// What the builder of an emulator was told.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) listen: SocketAddr,
    pub(crate) builtins: bool,
    pub(crate) workflows: Vec<Definition>,
    /// Files of definitions, and folders with such files.
    pub(crate) paths: Vec<PathBuf>,
    pub(crate) dialect: Dialect,
    pub(crate) tokens: Vec<String>,
    pub(crate) known_tokens_only: bool,
    pub(crate) other_region: Option<String>,
    pub(crate) apps: Vec<OAuthApp>,
    pub(crate) base_url: Option<String>,
    pub(crate) seed: Option<u64>,
    pub(crate) unix_time: Option<Duration>,
    pub(crate) speed: f64,
    pub(crate) keep: usize,
    pub(crate) limits: Limits,
    pub(crate) files: Keep,
    pub(crate) faults: Vec<Fault>,
    pub(crate) random: Option<(u64, f64, Vec<Fault>)>,
    pub(crate) loopback_callbacks: bool,
    /// Responds to calls in place of the emulated server.
    pub(crate) upstream: Option<Upstream>,
    /// Where runs are kept for the next start.
    #[cfg(feature = "state")]
    pub(crate) state: Option<PathBuf>,
    /// Origins of web pages that may call the API; `None` for the default.
    pub(crate) origins: Option<Vec<String>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            builtins: true,
            workflows: Vec::new(),
            paths: Vec::new(),
            dialect: Dialect::Cloud,
            tokens: Vec::new(),
            known_tokens_only: false,
            other_region: None,
            apps: Vec::new(),
            base_url: None,
            seed: None,
            unix_time: None,
            speed: 1.0,
            keep: runs::DEFAULT_KEEP,
            limits: Limits::default(),
            files: Keep::Memory,
            faults: Vec::new(),
            random: None,
            loopback_callbacks: false,
            upstream: None,
            #[cfg(feature = "state")]
            state: None,
            origins: None,
        }
    }
}

impl Settings {
    /// Whether other machines can reach the emulator.
    pub(crate) fn is_exposed(&self) -> bool {
        !self.listen.ip().is_loopback()
    }
}
