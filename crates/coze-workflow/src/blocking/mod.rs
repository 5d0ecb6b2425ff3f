//! The client in code without async: scripts, tests, threads.
//!
//! It is the same client, and [`Block`] adds two methods: [`block`](Block::block) stands where async code has
//! `.await`, and [`blocking`](Block::blocking) makes an iterator of a stream or a list.
//!
//! ```
//! # use coze_workflow::{HttpStack, json_reply};
//! use coze_workflow::{Client, blocking::Block};
//!
//! # let stack = HttpStack::from_fn(|_| async { json_reply(r#"{"code":0,"data":"{\"degrees\":21}"}"#) });
//! # let from_env = || Client::new(stack);
//! let coze = from_env(); // Client::from_env()? reads COZE_API_TOKEN and COZE_API_BASE
//! let run = coze.workflow("7366000000000000001").parameter("city", "Lyon").run().block()?;
//! assert_eq!(run.output_value()["degrees"], 21);
//! # Ok::<(), coze_workflow::Error>(())
//! ```
//!
//! # Closures
//!
//! A closure that answers questions returns a future; [`std::future::ready`] makes one of an answer. The closure is
//! called in the thread that makes the call, and may block and make further calls.
//!
//! ```
//! # use coze_workflow::{Client, HttpStack, json_reply};
//! # let coze = Client::new(HttpStack::from_fn(|request: coze_workflow::Request| async move {
//! #     json_reply(if request.uri().path().ends_with("/resume") { r#"{"data":"{\"weather\":\"rain\"}"}"# }
//! #     else { r#"{"interrupt_data":{"event_id":"7424/2691","type":2,"data":"{\"content_type\":\"text\",\"content\":\"Which city?\"}"}}"# }) }));
//! use std::future::ready;
//! use coze_workflow::blocking::Block;
//!
//! let mut asked = Vec::new();
//! let answering = coze.workflow("7366").answer_with(|question| {
//!     asked.push(question.text().to_owned());
//!     ready(Ok("Lyon".into()))
//! });
//! assert_eq!(answering.run().block()?.output_value()["weather"], "rain");
//! assert_eq!(asked, ["Which city?"]);
//! # Ok::<(), coze_workflow::Error>(())
//! ```
//!
//! # Threads and runtimes
//!
//! The first call starts a thread with a runtime, which all blocking calls of the process share. It ends with the last
//! client that made such a call and with its runs and streams. It looks after connections and timers only: requests
//! are made, and closures called, in the thread that makes the call. Any number of threads may use one client at once.
//!
//! A call within an async task is refused with [`ErrorKind::Build`](crate::ErrorKind::Build), because it would hold
//! up the task's runtime; nothing is sent. Within `tokio::task::spawn_blocking` calls are welcome. A client, a run or a
//! stream may be dropped anywhere.

mod driver;
mod iter;

use futures_core::Stream;

use crate::Error;

pub(crate) use driver::Driver;
pub use iter::BlockingIter;

/// Waits for what async code awaits.
pub trait Block: Sized {
    /// Waits for the result in this thread; stands where async code has `.await`.
    ///
    /// ```
    /// # use coze_workflow::{Client, HttpStack, json_reply};
    /// use coze_workflow::{blocking::Block, models::GetRunHistory};
    /// # let coze = Client::new(HttpStack::from_fn(|_| async {
    /// #     json_reply(r#"{"data":[{"execute_status":"Success"}],"detail":{"logid":"2026"}}"#) }));
    /// let history = coze.call(GetRunHistory::new("7366", "7413")).block()?;
    /// assert_eq!(history.log_id(), Some("2026"));
    /// # Ok::<(), coze_workflow::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of what is waited for; [`ErrorKind::Build`](crate::ErrorKind::Build) within an async task, where nothing
    /// is sent, and where the runtime cannot be started.
    fn block<T>(self) -> Result<T, Error>
    where
        Self: IntoFuture<Output = Result<T, Error>>,
    {
        driver::block_on(self.into_future())
    }

    /// An iterator over a stream or a list, which waits for each item in the thread that reads it.
    ///
    /// ```
    /// # use coze_workflow::{Client, HttpStack, Response};
    /// # let coze = Client::new(HttpStack::from_fn(|_| async {
    /// #     let events = "id: 0\nevent: Message\ndata: {\"content\":\"Hi\"}\n\nid: 1\nevent: Done\ndata: {}\n\n";
    /// #     let mut response = Response::new(coze_transport::ResponseBody::full(events.into()));
    /// #     response.headers_mut().insert("content-type", "text/event-stream".parse()?);
    /// #     Ok::<_, coze_workflow::BoxError>(response)
    /// # }));
    /// use coze_workflow::{StreamEnd, blocking::Block, models::WorkflowEvent};
    ///
    /// let mut events = coze.workflow("7366").stream().block()?.blocking();
    /// let mut text = String::new();
    /// for event in &mut events {
    ///     if let WorkflowEvent::Message(message) = event? {
    ///         text.push_str(&message.content);
    ///     }
    /// }
    /// assert_eq!(text, "Hi");
    /// assert_eq!(events.get_ref().end(), Some(StreamEnd::Done));
    /// # Ok::<(), coze_workflow::Error>(())
    /// ```
    ///
    /// Within an async task the iterator has one item, an error of
    /// [`ErrorKind::Build`](crate::ErrorKind::Build).
    fn blocking<T>(self) -> BlockingIter<Self>
    where
        Self: Stream<Item = Result<T, Error>> + Unpin,
    {
        BlockingIter::new(self)
    }
}

impl<T> Block for T {}
