//! The engines, each before a server that the emulator plays on a socket.

use std::sync::Arc;

use coze_adapter_dify::Dify;
use coze_adapter_runs::Runs;
use coze_emulator::{Dialect, Emulator, RunningEmulator};
use coze_workflow::{
    Client,
    engine::{Engine, EngineError, Question, RunEvent, RunId, RunRequest, RunStream},
};

use crate::{EXACT, FAILS, GREET, SLOW, TOKEN, TRIP, server};

/// An engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The cloud service.
    Cloud,
    /// Coze Studio.
    Studio,
    /// Dify.
    Dify,
    /// A server of the runs dialect.
    Runs,
}

/// A server and engines that use it.
#[derive(Debug)]
pub struct EngineSetup {
    /// Which engine it is.
    pub kind: Kind,
    /// Plays the server, and counts.
    pub emulator: Emulator,
    running: RunningEmulator,
}

impl EngineSetup {
    /// Starts a server and makes an engine.
    ///
    /// # Panics
    ///
    /// Where that cannot be done; so do the other functions, since a test is all they serve.
    pub async fn new(kind: Kind) -> Self {
        let mut server = server(kind.dialect());
        if kind == Kind::Dify {
            // An app has a key of its own.
            for workflow in [GREET, EXACT, FAILS, TRIP, SLOW] {
                server = server.accept_token(format!("app-{workflow}"));
            }
        }
        let running = server.start().await;
        let running = running.expect("a port is free");
        Self {
            kind,
            emulator: running.emulator().clone(),
            running,
        }
    }

    /// An engine with a good token, for a workflow.
    pub fn of(&self, workflow: &str) -> Arc<dyn Engine> {
        match self.kind {
            Kind::Dify => self.with_token(&format!("app-{workflow}")),
            _ => self.with_token(TOKEN),
        }
    }

    /// A run of a workflow.
    pub fn request(&self, workflow: &str) -> RunRequest {
        RunRequest::new(match self.kind {
            Kind::Dify => "-",
            _ => workflow,
        })
    }

    /// An engine with another token.
    pub fn with_token(&self, token: &str) -> Arc<dyn Engine> {
        engine(self.kind, &self.running, token)
    }

    /// Lets something go wrong with the next call that runs a workflow, or opens a stream of one; the words are those
    /// of [`coze_emulator::Fault`].
    ///
    /// # Panics
    ///
    /// If `fault` is none.
    pub fn inject(&self, streams: bool, fault: &str) {
        let path = match (self.kind, streams) {
            (Kind::Dify, _) => "/v1/workflows/run",
            (_, false) => "/v1/workflow/run",
            (_, true) => "/v1/workflow/stream_run",
        };
        let fault = format!("on={path} {fault}");
        self.emulator.inject(fault.parse().expect("it is a fault"));
    }

    /// Whether the engine streams.
    pub fn streams(&self) -> bool {
        let can = self.of(GREET).capabilities();
        can.contains(coze_workflow::Capabilities::STREAM)
    }

    /// How often a workflow really ran.
    ///
    /// # Panics
    ///
    /// If the server does not know it.
    pub fn ran(&self, workflow: &str) -> u64 {
        self.emulator.runs_started(workflow).expect("it is known")
    }

    /// Runs a workflow until it asks something.
    ///
    /// # Panics
    ///
    /// If it ends without a question.
    pub async fn asked(&self, workflow: &str) -> (RunId, Question) {
        let mut events = self
            .of(workflow)
            .stream(self.request(workflow))
            .await
            .unwrap();
        let mut run = None;
        loop {
            match events.try_next().await.unwrap() {
                Some(RunEvent::Started(id)) => run = Some(id),
                Some(RunEvent::Interrupted(question)) => {
                    return (run.expect("the run was named"), *question);
                }
                Some(_) => {}
                None => panic!("the stream ended without a question"),
            }
        }
    }
}

impl Kind {
    const fn dialect(self) -> Dialect {
        match self {
            Self::Cloud => Dialect::Cloud,
            Self::Studio => Dialect::Studio,
            Self::Dify => Dialect::Dify,
            Self::Runs => Dialect::Runs,
        }
    }
}

fn engine(kind: Kind, running: &RunningEmulator, token: &str) -> Arc<dyn Engine> {
    let base_url = running.base_url();
    if kind == Kind::Dify {
        let dify = Dify::builder().base_url(format!("{base_url}/v1"));
        let dify = dify.token(token).build();
        return Arc::new(dify.expect("the settings are valid"));
    }
    if kind == Kind::Runs {
        let runs = Runs::builder().base_url(base_url).token(token).build();
        return Arc::new(runs.expect("the settings are valid"));
    }
    let client = Client::builder()
        .dialect(match kind {
            Kind::Studio => coze_workflow::Dialect::Studio,
            _ => coze_workflow::Dialect::Cloud,
        })
        .base_url(base_url)
        .token(token)
        .build();
    Arc::new(client.expect("the settings are valid"))
}

/// All events of a stream, and the error that ended it, if one did.
///
/// # Panics
///
/// If something comes after an error.
pub async fn drain(mut events: RunStream) -> (Vec<RunEvent>, Option<EngineError>) {
    let mut all = Vec::new();
    loop {
        match events.try_next().await {
            Ok(Some(event)) => all.push(event),
            Ok(None) => return (all, None),
            Err(error) => {
                assert!(events.try_next().await.is_ok_and(|next| next.is_none()));
                return (all, Some(error));
            }
        }
    }
}

/// Makes a test of each case for each engine.
#[macro_export]
macro_rules! engine_contract {
    ($($case:ident)*) => {
        $crate::engine_contract! { @kind cloud Cloud $($case)* }
        $crate::engine_contract! { @kind studio Studio $($case)* }
        $crate::engine_contract! { @kind dify Dify $($case)* }
        $crate::engine_contract! { @kind runs Runs $($case)* }
    };
    (@kind $module:ident $kind:ident $($case:ident)*) => {
        mod $module {
            $(
                #[tokio::test]
                async fn $case() {
                    let kind = $crate::engines::Kind::$kind;
                    super::$case($crate::engines::EngineSetup::new(kind).await).await;
                }
            )*
        }
    };
}
