//! What a stream can be of: a run, a chat, or any operation whose response is a stream of events.

use std::future::Future;

use coze_models::Operation;
use coze_wire::stream::{StreamEnd, StreamSemantics};

use super::{events::Events, settings::StreamSettings};
use crate::{Answer, AnswerError, Client, Error, Question, call::Exchange};

/// Makes of an answer the request that goes on.
pub(super) type Resume<R> = Box<dyn Fn(&Question, &Answer) -> Result<R, AnswerError> + Send + Sync>;

/// What a stream is of: [`RunEvents`](super::RunEvents), [`ChatEvents`](super::ChatEvents), or any operation whose
/// response is a stream of events.
pub trait StreamKind: Sized + 'static {
    /// The events.
    type Event: StreamSemantics;
    /// What opens the stream.
    #[doc(hidden)]
    type Request: Send + Sync;
    /// What is known from the events so far.
    #[doc(hidden)]
    type State: Send + Sync + Unpin;

    /// What is known before the first event.
    #[doc(hidden)]
    fn begin(request: &Self::Request) -> Self::State;

    /// Sends the request.
    #[doc(hidden)]
    fn open(
        client: &Client,
        request: Self::Request,
        settings: StreamSettings,
    ) -> impl Future<Output = Result<Events<Self::Event>, Error>> + Send;

    /// Takes note of an event, after which the stream has ended or not; the question, where the run stops for one.
    #[doc(hidden)]
    fn note(_: &mut Self::State, _: &Self::Event, _: Option<StreamEnd>) -> Option<Question> {
        None
    }
}

/// A kind of stream that stops when the run waits for an answer, and goes on in the response to the next request.
pub trait Resumable: StreamKind {
    /// How an answer becomes the next request, from what is known now.
    #[doc(hidden)]
    fn resume(state: &Self::State) -> Resume<Self::Request>;
}

impl<O> StreamKind for O
where
    O: Operation<Reply: StreamSemantics> + Send + Sync + 'static,
{
    type Event = O::Reply;
    type Request = O;
    type State = ();

    fn begin(_: &O) {}

    async fn open(
        client: &Client,
        request: O,
        settings: StreamSettings,
    ) -> Result<Events<O::Reply>, Error> {
        // Without a bound set by the caller, pings move the bound on silence.
        let adapts = settings.call.idle_timeout.is_none();
        let hooks = settings.call.hooks.clone();
        let exchange = Exchange::new(client, &request, settings.call, None).await?;
        let events = Events::open(exchange, settings.reading, adapts).await?;
        if let Some(hooks) = hooks {
            hooks.accepted(events.context());
        }
        Ok(events)
    }
}
