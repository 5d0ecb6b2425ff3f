//! One call of one operation: settings, request, response, typed reply.

mod classify;
mod exchange;
mod reply;

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
};

use coze_models::Operation;

use crate::{
    Client, Error,
    settings::{CallSettings, call_settings},
};

pub use classify::CozeClassifier;
pub(crate) use classify::{Gateway, outcome_of_code};
pub(crate) use exchange::{Exchange, OwnBody};
pub use reply::{Reply, json_reply};

/// A call that is not sent yet; `.await` sends it.
///
/// A request of more than 20 MB, files apart, is refused with [`ErrorKind::Build`](crate::ErrorKind::Build) before it
/// is sent.
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<O> {
    client: Client,
    operation: O,
    pub(crate) settings: CallSettings,
    body: Option<OwnBody>,
}

impl Client {
    /// Calls one operation of the API as it is documented.
    ///
    /// ```
    /// # use coze_workflow::{Client, HttpStack, json_reply};
    /// use coze_workflow::models::GetRunHistory;
    /// # let coze = Client::new(HttpStack::from_fn(|_| async {
    /// #     json_reply(r#"{"data":[{"execute_status":"Success"}],"detail":{"logid":"2026"}}"#) }));
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let history = coze.call(GetRunHistory::new("7366", "7413")).await?;
    /// assert_eq!(history.log_id(), Some("2026"));
    /// assert_eq!(history.get_ref()[0].execute_status.as_ref().unwrap().as_str(), "Success");
    /// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn call<O: Operation>(&self, operation: O) -> Call<O> {
        Call {
            client: self.clone(),
            operation,
            settings: self.settings().clone(),
            body: None,
        }
    }
}

impl<O: Operation> Call<O> {
    call_settings!(
        settings,
        deadline =
            "Default: 60 s; 11 minutes for a call that runs a workflow, whose server limit is 10.",
        head_timeout = "Default: 15 s; 100 s for a call that runs a workflow, where the server gives up after 90."
    );

    /// Says that a second start of the same run does no harm, for instance because the workflow
    /// recognises a key in its parameters. A call whose outcome is unknown is then tried again.
    pub fn assume_idempotent(mut self, yes: bool) -> Self {
        self.settings.assume_idempotent = yes;
        self
    }

    /// The same call of a changed request.
    pub(crate) fn map(mut self, change: impl FnOnce(O) -> O) -> Self {
        self.operation = change(self.operation);
        self
    }

    pub(crate) fn settings(mut self, settings: CallSettings) -> Self {
        self.settings = settings;
        self
    }

    /// The body of an operation whose body is not JSON.
    pub(crate) fn body(mut self, body: OwnBody) -> Self {
        self.body = Some(body);
        self
    }

    pub(crate) async fn send(self) -> Result<Reply<O::Reply>, Error> {
        // The request is made by the first poll, as a blocking call has its runtime only then.
        let exchange = Exchange::new(&self.client, &self.operation, self.settings, self.body);
        exchange.await?.reply::<O>().await
    }
}

impl<O> IntoFuture for Call<O>
where
    O: Operation + Send + Sync + 'static,
    O::Reply: Send,
{
    type Output = Result<Reply<O::Reply>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// What is to be sent may be personal.
impl<O: Operation> fmt::Debug for Call<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("operation", &O::META.id)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
