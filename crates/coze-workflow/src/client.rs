//! The client: a stack and what to do with it.

#[cfg(feature = "blocking")]
use std::sync::OnceLock;
use std::{fmt, sync::Arc};

use coze_engine::SchemaCache;
use coze_transport::{Credentials, HttpStack};

#[cfg(feature = "blocking")]
use crate::blocking::Driver;
use crate::{
    Dialect, Region,
    settings::CallSettings,
    tenants::{Anonymous, Tenants},
};

/// A client of the Coze API. Cloning it is cheap, and clones share their connections.
///
/// Build one for each runtime and keep it: the connections of a client belong to the runtime on
/// which they were made.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    stack: HttpStack,
    dialect: Dialect,
    region: Option<Region>,
    tenants: Option<Arc<Tenants>>,
    /// What its calls begin with.
    settings: CallSettings,
    /// What workflows take, as far as it was asked.
    schemas: SchemaCache,
    /// What drives the connections that blocking calls leave behind.
    #[cfg(feature = "blocking")]
    driver: OnceLock<Arc<Driver>>,
}

impl Client {
    /// A client over any stack, which has to know where the API is and to add the credentials.
    ///
    /// [`Client::builder`](crate::Client::builder) makes such a stack; a closure will do in a test:
    ///
    /// ```
    /// use coze_workflow::{Client, HttpStack, json_reply};
    ///
    /// let stack = HttpStack::from_fn(|request: coze_workflow::Request| async move {
    ///     assert_eq!(request.uri(), "/v1/workflow/run");
    ///     json_reply(r#"{"code":0,"data":"hello"}"#)
    /// });
    /// let coze = Client::new(stack);
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// assert_eq!(coze.workflow("7366").run().await?.raw(), "hello");
    /// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(stack: HttpStack) -> Self {
        Self {
            inner: Arc::new(Inner {
                stack,
                dialect: Dialect::default(),
                region: None,
                tenants: None,
                settings: CallSettings::default(),
                schemas: SchemaCache::new(),
                #[cfg(feature = "blocking")]
                driver: OnceLock::new(),
            }),
        }
    }

    /// A client over the stack of these tenants, with credentials of its own.
    pub(crate) fn of(tenants: Tenants, credentials: Option<Arc<dyn Credentials>>) -> Self {
        let Anonymous {
            stack,
            dialect,
            region,
            settings,
            ..
        } = &tenants.stack;
        let (stack, dialect, region) = (stack.clone(), *dialect, *region);
        let settings = settings.clone();
        let stack = match credentials {
            Some(credentials) => stack.shared_credentials(credentials),
            None => stack,
        };
        Self::new(stack.build()).with(|inner| {
            inner.dialect = dialect;
            inner.region = region;
            inner.settings = settings;
            inner.tenants = Some(Arc::new(tenants));
        })
    }

    /// The same client for another kind of server. [`ClientBuilder::dialect`](crate::ClientBuilder::dialect) is the way where there is a
    /// builder.
    ///
    /// ```
    /// use coze_workflow::{Client, Dialect, HttpStack, json_reply};
    ///
    /// # let stack = HttpStack::from_fn(|_| async { json_reply("{}") });
    /// let studio = Client::new(stack).with_dialect(Dialect::Studio);
    /// assert_eq!(studio.dialect(), Dialect::Studio);
    /// ```
    #[must_use]
    pub fn with_dialect(self, dialect: Dialect) -> Self {
        self.with(|inner| inner.dialect = dialect)
    }

    /// The same client over another stack.
    #[must_use]
    #[cfg_attr(
        not(any(feature = "ring", feature = "aws-lc-rs")),
        allow(dead_code, reason = "other tenants need one of these")
    )]
    pub(crate) fn with_stack(self, stack: HttpStack) -> Self {
        self.with(|inner| inner.stack = stack)
    }

    /// Where the tokens of other apps and users come from, if a builder made the client.
    #[cfg_attr(
        not(any(feature = "ring", feature = "aws-lc-rs")),
        allow(dead_code, reason = "other tenants need one of these")
    )]
    pub(crate) fn tenants(&self) -> Option<&Tenants> {
        self.inner.tenants.as_deref()
    }

    /// What its calls begin with.
    pub(crate) fn settings(&self) -> &CallSettings {
        &self.inner.settings
    }

    /// What workflows take, as far as it was asked.
    pub(crate) fn schemas(&self) -> &SchemaCache {
        &self.inner.schemas
    }

    fn with(self, change: impl FnOnce(&mut Inner)) -> Self {
        let mut inner = Inner {
            stack: self.inner.stack.clone(),
            dialect: self.inner.dialect,
            region: self.inner.region,
            tenants: self.inner.tenants.clone(),
            settings: self.inner.settings.clone(),
            // Another server or tenant may have other workflows.
            schemas: SchemaCache::new(),
            #[cfg(feature = "blocking")]
            driver: self.inner.driver.clone(),
        };
        change(&mut inner);
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The region that the client calls; none where it is another server, or where a stack knows.
    pub(crate) fn region(&self) -> Option<Region> {
        self.inner.region
    }

    /// Which kind of server the client talks to.
    pub fn dialect(&self) -> Dialect {
        self.inner.dialect
    }

    /// The stack, for a request that is sent at once.
    pub(crate) fn stack(&self) -> &HttpStack {
        #[cfg(feature = "blocking")]
        if self.inner.driver.get().is_none()
            && let Some(driver) = Driver::current()
        {
            // Another thread may have set it; to the same, as there is one at a time.
            let _ = self.inner.driver.set(driver);
        }
        &self.inner.stack
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("dialect", &self.inner.dialect)
            .finish_non_exhaustive()
    }
}
