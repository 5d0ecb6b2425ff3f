//! What a command works with.

use std::{
    ops::Deref,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use shell_words::quote;
use tokio::time::Instant;

use crate::{args::Global, output};

/// The options of every command, and what is going on. Clones share both.
#[derive(Clone, Debug)]
pub(crate) struct Session(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    global: Global,
    begin: Instant,
    ongoing: Mutex<Option<Ongoing>>,
    run_started: AtomicBool,
}

/// What goes on at the service if the command is stopped now.
#[derive(Clone, Debug)]
pub(crate) enum Ongoing {
    /// A call that runs a workflow was perhaps sent.
    Perhaps,
    /// A run that can be taken up again.
    Run {
        workflow: String,
        execute_id: String,
    },
    /// A run that waits for an answer, and the command that gives it.
    Question(String),
}

impl Ongoing {
    /// The command that takes a run up again.
    pub(crate) fn how_to_go_on(&self) -> String {
        match self {
            Self::Perhaps => "check the workflow's runs before you run it again".to_owned(),
            Self::Question(command) => format!("to answer: {command}"),
            Self::Run {
                workflow,
                execute_id,
            } => format!(
                "to wait for it: coze wait {} {}",
                quote(workflow),
                quote(execute_id)
            ),
        }
    }
}

impl Session {
    pub(crate) fn new(global: Global) -> Self {
        Self(Arc::new(Shared {
            global,
            begin: Instant::now(),
            ongoing: Mutex::new(None),
            run_started: AtomicBool::new(false),
        }))
    }

    /// A call with the deadline of the options, if there is one.
    pub(crate) fn bounded<C>(&self, call: C, deadline: impl FnOnce(C, Duration) -> C) -> C {
        match self.deadline {
            Some(limit) => deadline(call, limit),
            None => call,
        }
    }

    /// Remembers what goes on without this command.
    pub(crate) fn goes_on(&self, what: Ongoing) {
        // An emulator of this command's own ends with it.
        if !self.emulator {
            *self.lock() = Some(what);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Ongoing>> {
        let ongoing = self.0.ongoing.lock();
        ongoing.unwrap_or_else(PoisonError::into_inner)
    }

    /// The service has shown that a run was started: whatever fails from here on, to repeat the command would start
    /// another one.
    pub(crate) fn started(&self) {
        self.0.run_started.store(true, Ordering::Relaxed);
    }

    pub(crate) fn run_started(&self) -> bool {
        self.0.run_started.load(Ordering::Relaxed)
    }

    /// Nothing goes on any more, and the command begins anew.
    pub(crate) fn ended(&self) {
        *self.lock() = None;
        self.0.run_started.store(false, Ordering::Relaxed);
    }

    pub(crate) fn ongoing(&self) -> Option<Ongoing> {
        self.lock().clone()
    }

    /// With `-v`: what is known beside the output, on standard error.
    pub(crate) fn tell(&self, facts: &[(&str, Option<&str>)]) {
        if self.verbose == 0 {
            return;
        }
        for (name, value) in facts {
            output::fact(name, *value);
        }
        let time = format!("{:.3} s", self.0.begin.elapsed().as_secs_f64());
        output::fact("time", Some(&time));
    }
}

impl Deref for Session {
    type Target = Global;

    fn deref(&self) -> &Global {
        &self.0.global
    }
}
