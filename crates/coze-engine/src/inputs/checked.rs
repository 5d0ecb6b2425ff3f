//! An engine that checks inputs.

use std::{sync::Arc, time::Duration};

use super::{CheckInputs, SchemaCache};
use crate::{
    Answer, BoxFuture, Cancelled, Capabilities, Engine, EngineError, ErrorClass, ErrorKind,
    FileRef, InputSchema, Outcome, Question, RunId, RunRequest, RunSnapshot, RunStream, UploadFile,
};

/// An engine whose inputs are checked before a run is sent, as far as the engine within tells what its workflows take.
///
/// A request for a certain version is not checked, because engines tell of the latest one. Where the engine fails to tell,
/// for instance because the credentials may not ask, the run is sent unchecked.
///
/// ```
/// # use coze_engine::{BoxFuture, Capabilities, EngineError, InputField, InputKind, InputSchema, RunSnapshot, RunStatus};
/// # #[derive(Debug)]
/// # struct Local;
/// # impl Engine for Local {
/// #     fn name(&self) -> &'static str { "local" }
/// #     fn capabilities(&self) -> Capabilities { Capabilities::SCHEMA }
/// #     fn run(&self, _: RunRequest) -> BoxFuture<'_, Result<RunSnapshot, EngineError>> {
/// #         Box::pin(async { Ok(RunSnapshot::new(RunStatus::Succeeded)) })
/// #     }
/// #     fn inputs<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<InputSchema>, EngineError>> {
/// #         let fields = vec![InputField::new("name", InputKind::Text)];
/// #         Box::pin(async { Ok(Some(InputSchema::new(fields))) })
/// #     }
/// # }
/// # let engine = std::sync::Arc::new(Local);
/// use coze_engine::{CheckInputs, Checked, Engine, RunRequest};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let engine = Checked::new(engine, CheckInputs::Enforce);
/// let request = RunRequest::new("greeting").parameter("nam", "Ada");
/// let error = engine.run(request).await.unwrap_err();
/// assert!(error.is_invalid_input() && !error.may_have_run());
/// assert_eq!(
///     error.to_string(),
///     "run: the inputs do not fit the workflow: there is no input `nam`; did you mean `name`?"
/// );
/// # Ok::<(), EngineError>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Checked {
    engine: Arc<dyn Engine>,
    check: CheckInputs,
    schemas: SchemaCache,
}

impl Checked {
    /// The engine with its inputs checked.
    pub fn new(engine: Arc<dyn Engine>, check: CheckInputs) -> Self {
        Self {
            engine,
            check,
            schemas: SchemaCache::new(),
        }
    }

    /// The engine within.
    pub fn inner(&self) -> &dyn Engine {
        &*self.engine
    }

    async fn check(
        &self,
        operation: &'static str,
        request: &RunRequest,
    ) -> Result<(), EngineError> {
        if self.check == CheckInputs::Off || request.version.is_some() {
            return Ok(());
        }
        let (workflow, inputs) = (&request.workflow, &request.parameters);
        let problems = self.schemas.problems(self.inner(), workflow, inputs).await;
        let problems = problems.unwrap_or_else(|error| {
            tracing::debug!(workflow, %error, "the inputs are not checked");
            Vec::new()
        });
        self.check.judge(workflow, &problems).map_err(|told| {
            EngineError::new(self.name(), ErrorKind::Build, operation, told)
                .with_class(ErrorClass::InvalidInput)
                .starting_run(Outcome::NotAccepted)
        })
    }
}

impl Engine for Checked {
    fn name(&self) -> &'static str {
        self.engine.name()
    }

    fn capabilities(&self) -> Capabilities {
        self.engine.capabilities()
    }

    fn run(&self, request: RunRequest) -> BoxFuture<'_, Result<RunSnapshot, EngineError>> {
        Box::pin(async move {
            self.check("run", &request).await?;
            self.engine.run(request).await
        })
    }

    fn start(&self, request: RunRequest) -> BoxFuture<'_, Result<RunId, EngineError>> {
        Box::pin(async move {
            self.check("start", &request).await?;
            self.engine.start(request).await
        })
    }

    fn status<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<RunSnapshot, EngineError>> {
        self.engine.status(run)
    }

    fn wait<'a>(
        &'a self,
        run: &'a RunId,
        deadline: Option<Duration>,
    ) -> BoxFuture<'a, Result<RunSnapshot, EngineError>> {
        self.engine.wait(run, deadline)
    }

    fn stream(&self, request: RunRequest) -> BoxFuture<'_, Result<RunStream, EngineError>> {
        Box::pin(async move {
            self.check("stream", &request).await?;
            self.engine.stream(request).await
        })
    }

    fn resume<'a>(
        &'a self,
        run: &'a RunId,
        question: &'a Question,
        answer: Answer,
    ) -> BoxFuture<'a, Result<RunSnapshot, EngineError>> {
        self.engine.resume(run, question, answer)
    }

    fn cancel<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<Cancelled, EngineError>> {
        self.engine.cancel(run)
    }

    fn upload(&self, file: UploadFile) -> BoxFuture<'_, Result<FileRef, EngineError>> {
        self.engine.upload(file)
    }

    fn inputs<'a>(
        &'a self,
        workflow: &'a str,
    ) -> BoxFuture<'a, Result<Option<InputSchema>, EngineError>> {
        self.engine.inputs(workflow)
    }
}
