//! The client for code without async: scripts, tests, threads.
//!
//! It has the names of the asynchronous client, and one rule: where that is awaited, this is told to
//! [`block`](Call::block). What is an `async fn` there returns when it is done, and streams and lists are iterators.
//!
//! ```
//! # use coze_workflow::{HttpStack, json_reply};
//! use coze_workflow::blocking::Client;
//!
//! # let stack = HttpStack::from_fn(|_| async { json_reply(r#"{"code":0,"data":"{\"degrees\":21}"}"#) });
//! # let from_env = || Client::new(stack);
//! let coze = from_env(); // Client::from_env()? reads COZE_API_TOKEN and COZE_API_BASE
//! let run = coze.workflow("7366000000000000001").parameter("city", "Lyon").run()?;
//! assert_eq!(run.output_value()["degrees"], 21);
//! # Ok::<(), coze_workflow::Error>(())
//! ```
//!
//! | to | call |
//! |---|---|
//! | run and wait for the answer, up to 90 s | [`Workflow::run`] |
//! | run in the background, up to 24 h | [`Workflow::start`], then [`Run::wait`] and [`Wait::block`] |
//! | watch a run | [`Workflow::stream`], then `for event in` [`RunStreamCall::block`] |
//! | chat with a chatflow | [`Workflow::chat`], then [`ChatCall::block`] |
//! | answer questions | [`Workflow::answer_with`], [`Wait::answer_with`], [`RunStream::answer_with`] |
//! | list workflows, versions, workspaces | [`Client::workflows`], [`Workflow::versions`], [`Client::workspaces`] |
//! | upload a file | [`Client::upload`] |
//! | call any operation of the API | [`Client::call`] |
//!
//! # Threads and runtimes
//!
//! The first call of a client starts a thread with a runtime, which its clones, runs and streams share, and which ends
//! with the last of them. It looks after connections and timers only: requests are made, and closures called, in the
//! thread that makes the call. Any number of threads may use one client at once, and a closure may make further calls.
//!
//! A call within an async task is refused with [`ErrorKind::Build`](crate::ErrorKind::Build), because it would hold
//! up the task's runtime; nothing is sent. Within `tokio::task::spawn_blocking` calls are welcome. A client, a run or a
//! stream may be dropped anywhere.

mod call;
mod chat;
mod client;
mod driver;
mod list;
mod macros;
mod run;
mod stream;
mod upload;
mod workflow;

pub use call::{Call, EventStream, StreamCall};
pub use chat::{ChatCall, ChatStream};
pub use client::Client;
pub use list::{Items, List, Pages};
pub use run::{Resumed, Run, Wait};
pub use stream::{RunStream, RunStreamCall};
pub use upload::Upload;
pub use workflow::{WithAnswers, Workflow};
