//! Tokens: those that are let in, those that were given out, and what can be exchanged for them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{app::OAuthApp, device::Device, jwt::Used};

/// What decides about tokens. Clones share those that were given out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens {
    /// Always let in.
    pub(crate) fixed: Vec<String>,
    /// Whether tokens that nobody knows are refused.
    pub(crate) strict: bool,
    /// Whether the emulator can be reached from other machines.
    pub(crate) exposed: bool,
    pub(crate) apps: Vec<OAuthApp>,
    /// What the tokens of the other region begin with.
    pub(crate) other_region: Option<String>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    /// Access tokens with the Unix second at which they end.
    pub(crate) issued: HashMap<String, i64>,
    /// Refresh tokens with their end and client.
    pub(crate) refresh: HashMap<String, (i64, String)>,
    pub(crate) codes: HashMap<String, Code>,
    pub(crate) devices: HashMap<String, Device>,
    pub(crate) used: Used,
}

/// An authorization code.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    /// Method and challenge of PKCE.
    pub(crate) challenge: Option<(String, String)>,
    pub(crate) ends: i64,
}

/// Whether a token is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accepted,
    Refused,
    /// It looks like a token of the real service, and others could have sent it here by mistake.
    LooksReal,
    /// It belongs to the other region.
    OtherRegion,
}

impl Tokens {
    pub(crate) fn new(
        fixed: Vec<String>,
        strict: bool,
        exposed: bool,
        apps: Vec<OAuthApp>,
    ) -> Self {
        Self {
            strict: strict || !fixed.is_empty(),
            fixed,
            exposed,
            apps,
            other_region: None,
            state: Arc::default(),
        }
    }

    /// Refuses the tokens of another region.
    pub(crate) fn with_other_region(mut self, prefix: Option<String>) -> Self {
        self.other_region = prefix;
        self
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn judge(&self, token: &str, now: i64) -> Verdict {
        let of_bool = |accepted| {
            if accepted {
                Verdict::Accepted
            } else {
                Verdict::Refused
            }
        };
        let prefix = self.other_region.as_deref();
        if prefix.is_some_and(|prefix| token.starts_with(prefix)) {
            return Verdict::OtherRegion;
        }
        if self.fixed.iter().any(|fixed| fixed == token) {
            return Verdict::Accepted;
        }
        match self.lock().issued.get(token) {
            Some(ends) => of_bool(now < *ends),
            None if self.exposed && looks_real(token) => Verdict::LooksReal,
            None => of_bool(!self.strict),
        }
    }

    /// Lets one more token in, and from now on no unknown one.
    pub(crate) fn accept(&mut self, token: String) {
        self.strict = true;
        self.fixed.push(token);
    }

    /// The same settings without the tokens that were given out.
    pub(crate) fn without_issued(&self) -> Self {
        Self {
            state: Arc::default(),
            ..self.clone()
        }
    }

    /// Ends all tokens that were given out.
    pub(crate) fn expire(&self) {
        for ends in self.lock().issued.values_mut() {
            *ends = 0;
        }
    }

    /// Decides about a device; false when nobody waits with this code.
    pub(crate) fn decide(&self, user_code: &str, approved: bool) -> bool {
        let mut state = self.lock();
        let device = state
            .devices
            .values_mut()
            .find(|device| device.user_code == user_code);
        device
            .map(|device| device.approved = Some(approved))
            .is_some()
    }
}

/// The prefixes of personal, service and OAuth tokens, followed by as many characters as those have.
fn looks_real(token: &str) -> bool {
    ["pat_", "sat_", "czu_", "czs_"]
        .iter()
        .any(|prefix| token.starts_with(prefix))
        && token.len() >= 44
}
