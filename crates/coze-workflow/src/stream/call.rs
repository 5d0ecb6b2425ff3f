//! Opening a stream.

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    time::Duration,
};

use coze_models::Operation;

use super::{EventStream, kind::StreamKind, settings::StreamSettings};
use crate::{Client, Error, settings::call_settings};

/// A stream that is not opened yet; `.await` opens it.
///
/// Made by [`Workflow::stream`](crate::Workflow::stream), [`Workflow::chat`](crate::Workflow::chat),
/// [`EventStream::resume`], and by [`Client::stream`] for any operation whose response is a stream of events.
///
/// ```
/// # use coze_workflow::{Client, Error};
/// # async fn f(coze: Client) -> Result<(), Error> {
/// use std::time::Duration;
///
/// let run = coze.workflow("7366").parameter("city", "Lyon");
/// let events = run
///     .stream()
///     .deadline(Duration::from_secs(120))
///     .idle_timeout(Duration::from_secs(20))
///     .strict_gaps(true)
///     .await?;
/// # Ok(()) }
/// ```
#[must_use = "a stream does nothing until it is awaited"]
pub struct StreamCall<K: StreamKind> {
    client: Client,
    /// Bad input is told when the stream is opened.
    pub(super) request: Result<K::Request, Error>,
    settings: StreamSettings,
}

impl Client {
    /// Opens the stream of one operation whose response is a stream of events.
    ///
    /// ```
    /// # use coze_workflow::{Client, HttpStack, Response, models};
    /// # let coze = Client::new(HttpStack::from_fn(|_| async {
    /// #     let events = "id: 0\nevent: Message\ndata: {\"content\":\"Hi\"}\n\nid: 1\nevent: Done\ndata: {}\n\n";
    /// #     let mut response = Response::new(coze_transport::ResponseBody::full(events.into()));
    /// #     response.headers_mut().insert("content-type", "text/event-stream".parse()?);
    /// #     Ok::<_, coze_workflow::BoxError>(response)
    /// # }));
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let operation = models::StreamWorkflow::new("7366").parameters([("city", "Lyon")]);
    /// let mut events = coze.stream(operation).await?;
    /// while let Some(event) = events.try_next().await? {
    ///     if let models::WorkflowEvent::Message(message) = event {
    ///         println!("{}", message.content);
    ///     }
    /// }
    /// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stream<O>(&self, operation: O) -> StreamCall<O>
    where
        O: Operation + StreamKind<Request = O>,
    {
        let settings = StreamSettings::from(self.settings().clone());
        StreamCall::new(self.clone(), Ok(operation), settings)
    }
}

impl<K: StreamKind> StreamCall<K> {
    pub(super) const fn new(
        client: Client,
        request: Result<K::Request, Error>,
        settings: StreamSettings,
    ) -> Self {
        Self {
            client,
            request,
            settings,
        }
    }

    call_settings!(
        settings.call,
        deadline = "It counts to the last event. Default: 11 minutes for a call that runs a workflow, whose server \
                    limit is 10; 60 s for any other. A resume is a call of its own; the time in which a question is \
                    answered does not count.",
        head_timeout = "Default: 30 s."
    );

    /// Bounds the silence within the stream.
    ///
    /// Default: 120 s until the server's first ping, then three and a half times as long as its
    /// pings are apart, but at least 35 s. What is set here holds from beginning to end.
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.settings.call.idle_timeout = Some(limit);
        self
    }

    /// Hands over pings as well. Default: `false`.
    pub fn include_pings(mut self, yes: bool) -> Self {
        self.settings.reading.pings = yes;
        self
    }

    /// Ends the stream with [`ErrorKind::Gap`](crate::ErrorKind::Gap) when events were lost or came
    /// twice. Default: `false`; a warning is traced, and [`EventStream::gaps`] has them.
    pub fn strict_gaps(mut self, yes: bool) -> Self {
        self.settings.reading.strict = yes;
        self
    }

    /// The largest event, in bytes. Default: 16 MiB. A larger one ends the stream with an error.
    pub fn event_limit(mut self, bytes: usize) -> Self {
        self.settings.reading.event_limit = Some(bytes);
        self
    }

    async fn send(self) -> Result<EventStream<K>, Error> {
        let request = self.request?;
        let state = K::begin(&request);
        let events = K::open(&self.client, request, self.settings.clone()).await?;
        Ok(EventStream::new(self.client, self.settings, state, events))
    }
}

/// What is to be sent may be personal.
impl<K: StreamKind> fmt::Debug for StreamCall<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamCall")
            .field("refused", &self.request.as_ref().err())
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl<K: StreamKind> IntoFuture for StreamCall<K> {
    type Output = Result<EventStream<K>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
