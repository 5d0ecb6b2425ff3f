//! The stack that requests for tokens take, and the stacks that are made of it.

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, PoisonError},
};

#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
use coze_auth::JwtApp;
use coze_auth::{Refreshing, Session, SessionFile};
use coze_transport::{HttpStack, StackBuilder};

use crate::{Dialect, Error, ErrorKind, Region, settings::CallSettings};

/// Stacks of other apps and users that are kept. The one that was not used for longest goes first.
const KEPT: usize = 1000;

/// What a client is made of, before it has credentials.
pub(crate) struct Anonymous {
    pub(crate) stack: StackBuilder,
    pub(crate) base_url: String,
    /// Whom signed requests are for.
    #[cfg_attr(
        not(any(feature = "ring", feature = "aws-lc-rs")),
        allow(dead_code, reason = "signing needs one of these")
    )]
    pub(crate) host: String,
    pub(crate) dialect: Dialect,
    pub(crate) region: Option<Region>,
    /// What calls begin with.
    pub(crate) settings: CallSettings,
}

impl Anonymous {
    /// A stack for the requests that get tokens: the caller's connections and layers, and no credentials.
    pub(crate) fn bare(&self) -> HttpStack {
        self.stack.clone().build()
    }
}

/// How a client signs in.
pub(crate) enum SignIn {
    #[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
    App(JwtApp),
    File(SessionFile),
    Session(Session, Renew),
}

/// What makes credentials of a session.
pub(crate) type Renew = Box<dyn FnOnce(&Session, HttpStack) -> Refreshing + Send>;

impl SignIn {
    /// Where the API is, if the app or the session says so.
    pub(crate) fn base_url(&self) -> Result<Option<String>, Error> {
        let url = match self {
            #[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
            Self::App(app) => app.base_url(),
            Self::Session(session, _) => session.app().base_url(),
            Self::File(file) => {
                let session = file.read().map_err(|error| {
                    Error::new(ErrorKind::Auth, "the session cannot be used").with_source(error)
                })?;
                return Ok(session.and_then(|one| Some(one.app().base_url()?.to_owned())));
            }
        };
        Ok(url.map(str::to_owned))
    }

    /// The credentials, and whose tokens other than these may be asked for over the same stack.
    pub(crate) fn credentials(self, stack: Anonymous) -> (Refreshing, Tenants) {
        let bare = stack.bare();
        match self {
            #[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
            Self::App(app) => {
                let credentials = app.credentials(bare, stack.host.as_str());
                let mut tenants = Tenants::new(stack);
                tenants.app = Some(app);
                (credentials, tenants)
            }
            Self::File(file) => (file.credentials(bare), Tenants::new(stack)),
            Self::Session(session, renew) => (renew(&session, bare), Tenants::new(stack)),
        }
    }
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            #[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
            Self::App(app) => app.fmt(f),
            Self::File(file) => file.fmt(f),
            Self::Session(session, _) => session.fmt(f),
        }
    }
}

/// Where the tokens of other apps and users come from.
pub(crate) struct Tenants {
    pub(crate) stack: Anonymous,
    /// The app of the client itself.
    #[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
    pub(crate) app: Option<JwtApp>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    stacks: HashMap<String, (HttpStack, u64)>,
    uses: u64,
}

impl Tenants {
    pub(crate) fn new(stack: Anonymous) -> Self {
        Self {
            stack,
            #[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
            app: None,
            kept: Mutex::default(),
        }
    }

    /// The stack of a tenant, which is made when there is none.
    #[cfg_attr(
        not(any(feature = "ring", feature = "aws-lc-rs")),
        allow(dead_code, reason = "other tenants need one of these")
    )]
    pub(crate) fn stack_of(
        &self,
        key: String,
        credentials: impl FnOnce(HttpStack) -> Refreshing,
    ) -> HttpStack {
        // Nothing panics while it is held but the caller's own layers, before anything is changed.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.uses += 1;
        let now = kept.uses;
        if let Some((stack, used)) = kept.stacks.get_mut(&key) {
            *used = now;
            return stack.clone();
        }
        let credentials = credentials(self.stack.bare());
        let stack = self.stack.stack.clone().credentials(credentials).build();
        if kept.stacks.len() >= KEPT {
            let oldest = kept.stacks.iter().min_by_key(|(_, (_, used))| *used);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                kept.stacks.remove(&oldest);
            }
        }
        kept.stacks.insert(key, (stack.clone(), now));
        stack
    }
}
