//! One call of an operation that answers with a stream.

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
};

use coze_models::Operation;
use coze_wire::stream::StreamSemantics;

use super::{
    events::EventStream,
    settings::{StreamSettings, stream_settings},
};
use crate::{Call, Error};

/// A stream that is not opened yet; `.await` opens it.
///
/// Made by [`Client::stream`](crate::Client::stream), for any operation that answers with events.
///
/// ```
/// # use coze_workflow::{Client, HttpStack, Response, models};
/// # let coze = Client::new(HttpStack::from_fn(|_| async {
/// #     let events = "id: 0\nevent: Message\ndata: {\"content\":\"Hi\"}\n\nid: 1\nevent: Done\ndata: {}\n\n";
/// #     let mut answer = Response::new(coze_transport::ResponseBody::full(events.into()));
/// #     answer.headers_mut().insert("content-type", "text/event-stream".parse()?);
/// #     Ok::<_, Box<dyn std::error::Error + Send + Sync>>(answer)
/// # }));
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// use std::time::Duration;
///
/// let operation = models::StreamWorkflow::new("7366").parameters([("city", "Lyon")]);
/// let mut events = coze.stream(operation).idle_timeout(Duration::from_secs(30)).await?;
/// while let Some(event) = events.try_next().await? {
///     if let models::WorkflowEvent::Message(message) = event {
///         println!("{}", message.content);
///     }
/// }
/// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a stream does nothing until it is awaited"]
pub struct StreamCall<O> {
    call: Call<O>,
    settings: StreamSettings,
}

impl<O: Operation> StreamCall<O> {
    pub(crate) fn new(call: Call<O>) -> Self {
        Self {
            call,
            settings: StreamSettings::default(),
        }
    }

    pub(crate) fn settings(mut self, settings: StreamSettings) -> Self {
        self.settings = settings;
        self
    }

    stream_settings!();
}

impl<O: Operation> StreamCall<O>
where
    O::Reply: StreamSemantics,
{
    pub(crate) async fn send(self) -> Result<EventStream<O::Reply>, Error> {
        let StreamCall { mut call, settings } = self;
        if let Some(limit) = settings.deadline {
            call = call.deadline(limit);
        }
        if let Some(limit) = settings.head {
            call = call.head_timeout(limit);
        }
        if let Some(limit) = settings.idle {
            call = call.idle_timeout(limit);
        }
        if settings.assume_idempotent {
            call = call.assume_idempotent(true);
        }
        for (name, value) in settings.headers {
            call = call.header(name, value);
        }
        let adapts = call.options().idle_timeout.is_none();
        EventStream::open(call.exchange().await?, settings.reading, adapts).await
    }
}

impl<O: Operation> fmt::Debug for StreamCall<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamCall")
            .field("call", &self.call)
            .field("settings", &self.settings)
            .finish()
    }
}

impl<O> IntoFuture for StreamCall<O>
where
    O: Operation + Send + Sync + 'static,
    O::Reply: StreamSemantics,
{
    type Output = Result<EventStream<O::Reply>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
