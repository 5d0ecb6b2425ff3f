//! The interface.

use std::{any::Any, fmt, future::Future, pin::Pin, time::Duration};

use crate::{
    Answer, Cancelled, Capabilities, EngineError, FileRef, InputSchema, Question, RunId,
    RunRequest, RunSnapshot, RunStream, UploadFile,
};

/// A future in a box, as trait objects return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A server that runs workflows.
///
/// It is used as `&dyn Engine` or `Arc<dyn Engine>`. What an engine cannot do, [`capabilities`](Self::capabilities)
/// does not name, and the call fails with [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported); nothing is sent
/// then.
///
/// An `Ok` of [`run`](Self::run), [`wait`](Self::wait) and [`resume`](Self::resume) is a run that succeeded, wholly or
/// partly. One that failed, was stopped or waits for an answer is an error of the kind
/// [`Api`](crate::ErrorKind::Api), [`Cancelled`](crate::ErrorKind::Cancelled) or
/// [`Interrupted`](crate::ErrorKind::Interrupted), so that `?` does not take it for a success.
///
/// A future that is dropped stops the call and not the run.
pub trait Engine: Any + fmt::Debug + Send + Sync {
    /// Its name in settings and errors: `cloud`, `studio`, `dify`, `runs`.
    fn name(&self) -> &'static str;

    /// What it can do besides [`run`](Self::run).
    fn capabilities(&self) -> Capabilities;

    /// Runs a workflow and waits for its output.
    ///
    /// # Errors
    ///
    /// [`EngineError`]; where [`EngineError::may_have_run`] is true, the run may have been started.
    fn run(&self, request: RunRequest) -> BoxFuture<'_, Result<RunSnapshot, EngineError>>;

    /// Starts a workflow in the background. The id can be written down and used by another process.
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run).
    fn start(&self, request: RunRequest) -> BoxFuture<'_, Result<RunId, EngineError>> {
        let _ = request;
        self.refuse("start")
    }

    /// How a run stands, asked once. Any status is an `Ok`.
    ///
    /// # Errors
    ///
    /// [`EngineError`], if the server does not say it.
    fn status<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<RunSnapshot, EngineError>> {
        let _ = run;
        self.refuse("status")
    }

    /// Waits for the end of a run, `deadline` at most; without one, as long as the engine lets a run go on.
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run).
    fn wait<'a>(
        &'a self,
        run: &'a RunId,
        deadline: Option<Duration>,
    ) -> BoxFuture<'a, Result<RunSnapshot, EngineError>> {
        let _ = (run, deadline);
        self.refuse("wait")
    }

    /// Runs a workflow and hands over its events as they arrive.
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run).
    fn stream(&self, request: RunRequest) -> BoxFuture<'_, Result<RunStream, EngineError>> {
        let _ = request;
        self.refuse("stream")
    }

    /// Answers what a run waits for, and waits for its output. The question is that of
    /// [`EngineError::question`], [`RunSnapshot::question`] or [`RunEvent::Interrupted`](crate::RunEvent::Interrupted),
    /// read back from JSON if need be.
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run); [`ErrorKind::Build`](crate::ErrorKind::Build) where the answer does not fit the
    /// question, which was not sent then.
    fn resume<'a>(
        &'a self,
        run: &'a RunId,
        question: &'a Question,
        answer: Answer,
    ) -> BoxFuture<'a, Result<RunSnapshot, EngineError>> {
        let _ = (run, question, answer);
        self.refuse("resume")
    }

    /// Stops a run.
    ///
    /// # Errors
    ///
    /// [`EngineError`], if the server does not take the request.
    fn cancel<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<Cancelled, EngineError>> {
        let _ = run;
        self.refuse("cancel")
    }

    /// Uploads a file; [`FileRef::value`] is what an input takes.
    ///
    /// # Errors
    ///
    /// [`EngineError`], if the server does not take the file.
    fn upload(&self, file: UploadFile) -> BoxFuture<'_, Result<FileRef, EngineError>> {
        let _ = file;
        self.refuse("upload")
    }

    /// What a workflow takes; `None` where the server does not tell it.
    ///
    /// # Errors
    ///
    /// [`EngineError`], if the call fails.
    fn inputs<'a>(
        &'a self,
        workflow: &'a str,
    ) -> BoxFuture<'a, Result<Option<InputSchema>, EngineError>> {
        let _ = workflow;
        Box::pin(std::future::ready(Ok(None)))
    }
}

/// What the default of a call does.
trait Refuse {
    fn refuse<'a, T: Send + 'a>(&self, call: &'static str)
    -> BoxFuture<'a, Result<T, EngineError>>;
}

impl<E: Engine + ?Sized> Refuse for E {
    fn refuse<'a, T: Send + 'a>(
        &self,
        call: &'static str,
    ) -> BoxFuture<'a, Result<T, EngineError>> {
        let refused = EngineError::unsupported(self.name(), call);
        Box::pin(std::future::ready(Err(refused)))
    }
}

impl dyn Engine {
    /// The engine itself, for what only it has.
    ///
    /// ```
    /// # use coze_engine::{BoxFuture, Capabilities, Engine, EngineError, RunRequest, RunSnapshot, RunStatus};
    /// # #[derive(Debug)]
    /// # struct Dify;
    /// # impl Dify { fn logs(&self) -> usize { 3 } }
    /// # impl Engine for Dify {
    /// #     fn name(&self) -> &'static str { "dify" }
    /// #     fn capabilities(&self) -> Capabilities { Capabilities::NONE }
    /// #     fn run(&self, _: RunRequest) -> BoxFuture<'_, Result<RunSnapshot, EngineError>> {
    /// #         Box::pin(async { Ok(RunSnapshot::new(RunStatus::Succeeded)) })
    /// #     }
    /// # }
    /// let engine: Box<dyn Engine> = Box::new(Dify);
    /// if let Some(dify) = engine.downcast_ref::<Dify>() {
    ///     assert_eq!(dify.logs(), 3);
    /// }
    /// ```
    pub fn downcast_ref<E: Engine>(&self) -> Option<&E> {
        (self as &dyn Any).downcast_ref()
    }
}
