//! One workflow over many inputs.

use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::{FusedStream, Stream, future::BoxFuture};
use futures_util::stream::{FuturesOrdered, FuturesUnordered};
use serde::Serialize;

use crate::{Error, RunOutput, Workflow};

/// How many runs are under way at once, unless told otherwise.
const CONCURRENCY: usize = 4;

/// A workflow that is run with each of many inputs; made by [`Workflow::map`]. A [`Stream`] of inputs and results.
///
/// Runs are begun while the stream is read. Dropping it leaves those that are under way to the service; to end
/// without losing one, [`stop`](Map::stop) it and read on.
#[must_use = "runs are begun while the stream is read"]
pub struct Map<I: Iterator> {
    workflow: Workflow,
    /// None once there is to be no further run.
    inputs: Option<I>,
    concurrency: usize,
    runs: Runs<I::Item>,
}

/// An input with its result.
type Pair<T> = (T, Result<RunOutput, Error>);
type Run<T> = BoxFuture<'static, Pair<T>>;

enum Runs<T> {
    InOrder(FuturesOrdered<Run<T>>),
    AsTheyEnd(FuturesUnordered<Run<T>>),
}

impl Workflow {
    /// Runs the workflow with each of `inputs`, several at once, and hands over each input with its result, in the
    /// order of the inputs. An input is a struct or a map of [`parameters`](Workflow::parameters), beside those that
    /// are set already.
    ///
    /// A failure is the result of its input and ends nothing else: [`Error::may_have_run`] tells for each whether it
    /// can be repeated.
    ///
    /// ```
    /// # use coze_workflow::{Client, HttpStack, json_reply};
    /// # let coze = Client::new(HttpStack::from_fn(|_| async { json_reply(r#"{"data":"sunny"}"#) }));
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let cities = ["Lyon", "Oslo"].map(|city| serde_json::json!({ "city": city }));
    /// let mut runs = coze.workflow("7366").map(cities).concurrency(2);
    /// while let Some((input, result)) = runs.next().await {
    ///     println!("{}: {}", input["city"], result?.text());
    /// }
    /// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn map<I>(self, inputs: I) -> Map<I::IntoIter>
    where
        I: IntoIterator<Item: Serialize + Send + 'static>,
    {
        Map {
            workflow: self,
            inputs: Some(inputs.into_iter()),
            concurrency: CONCURRENCY,
            runs: Runs::InOrder(FuturesOrdered::new()),
        }
    }
}

impl<I> Map<I>
where
    I: Iterator<Item: Serialize + Send + 'static>,
{
    /// How many runs are under way at once, at least 1. Default: 4. In the order of the inputs, results that wait for
    /// an earlier one count as well.
    pub fn concurrency(mut self, runs: usize) -> Self {
        self.concurrency = runs.max(1);
        self
    }

    /// Hands over results as runs end, and not in the order of the inputs: a slow run then holds up no other.
    pub fn unordered(mut self) -> Self {
        self.runs = Runs::AsTheyEnd(FuturesUnordered::new());
        self
    }

    /// Begins no further run; what is under way is still handed over. The inputs that were not begun come back, unless
    /// all were.
    pub fn stop(&mut self) -> Option<I> {
        self.inputs.take()
    }

    /// The next input with its result; `None` after the last.
    ///
    /// It may be cancelled at any time without losing a result.
    pub async fn next(&mut self) -> Option<(I::Item, Result<RunOutput, Error>)> {
        poll_fn(|cx| self.poll_result(cx)).await
    }

    fn poll_result(&mut self, cx: &mut Context<'_>) -> Poll<Option<Pair<I::Item>>> {
        while self.under_way() < self.concurrency {
            let Some(input) = self.inputs.as_mut().and_then(Iterator::next) else {
                self.inputs = None;
                break;
            };
            let workflow = self.workflow.clone().parameters(&input);
            let run: Run<I::Item> = Box::pin(async move {
                let result = match workflow {
                    Ok(workflow) => workflow.run().await,
                    Err(error) => Err(error),
                };
                (input, result)
            });
            match &mut self.runs {
                Runs::InOrder(runs) => runs.push_back(run),
                Runs::AsTheyEnd(runs) => runs.push(run),
            }
        }
        match &mut self.runs {
            Runs::InOrder(runs) => Pin::new(runs).poll_next(cx),
            Runs::AsTheyEnd(runs) => Pin::new(runs).poll_next(cx),
        }
    }
}

impl<I: Iterator> Map<I> {
    /// Runs that began and whose results were not handed over.
    fn under_way(&self) -> usize {
        match &self.runs {
            Runs::InOrder(runs) => runs.len(),
            Runs::AsTheyEnd(runs) => runs.len(),
        }
    }
}

impl<I: Iterator> Unpin for Map<I> {}

impl<I> Stream for Map<I>
where
    I: Iterator<Item: Serialize + Send + 'static>,
{
    type Item = Pair<I::Item>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_result(cx)
    }
}

impl<I> FusedStream for Map<I>
where
    I: Iterator<Item: Serialize + Send + 'static>,
{
    fn is_terminated(&self) -> bool {
        self.inputs.is_none() && self.under_way() == 0
    }
}

impl<I: Iterator> fmt::Debug for Map<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map")
            .field("workflow", &self.workflow)
            .field("concurrency", &self.concurrency)
            .field("under_way", &self.under_way())
            .finish_non_exhaustive()
    }
}
