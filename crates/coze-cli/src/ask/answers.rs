//! Where answers come from.

use std::{
    collections::VecDeque,
    future::Future,
    io::IsTerminal as _,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use coze_workflow::{Answer, BoxError, Client, Error, Outcome, Question};

use super::{read, terminal};
use crate::{
    args::{self, Format},
    failure::Failure,
    progress::Progress,
    session::{Ongoing, Session},
    stdin_lines::StdinLines,
};

/// Answers the questions of a run. Clones share the answers that are left.
#[derive(Clone)]
pub(crate) struct Answers {
    session: Session,
    client: Client,
    /// Whether somebody is there to be asked.
    terminal: bool,
    /// Lines that are answers once those of the command line are used up.
    lines: Option<StdinLines>,
    /// The command that answers a question later.
    later: Arc<Later>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    given: VecDeque<String>,
    /// The answer to a question that was asked before the client could ask it.
    ready: Option<Answer>,
    /// Why there was no answer; the client's error does not hold it.
    failure: Option<Failure>,
}

type Later = dyn Fn(&Question) -> Option<String> + Send + Sync;
type Answering = Pin<Box<dyn Future<Output = Result<Answer, BoxError>> + Send>>;

impl Answers {
    pub(crate) fn new(
        session: &Session,
        client: &Client,
        args: &args::Answers,
        later: impl Fn(&Question) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        let terminal = session.output == Format::Text
            && std::io::stdin().is_terminal()
            && std::io::stderr().is_terminal();
        let given = args.answers.iter().cloned().collect();
        Self {
            session: session.clone(),
            client: client.clone(),
            terminal,
            lines: None,
            later: Arc::new(later),
            state: Arc::new(Mutex::new(State {
                given,
                ..State::default()
            })),
        }
    }

    /// Takes lines as answers, too.
    pub(crate) fn or_lines(mut self, lines: StdinLines) -> Self {
        self.lines = Some(lines);
        self
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next answer; `None` if there is nobody to give one.
    pub(crate) async fn next(&self, question: &Question) -> Result<Option<Answer>, Failure> {
        let given = self.state().given.pop_front();
        if let Some(text) = given {
            let answer = read(&text, question)?;
            // Checked here, where it is known that nothing was sent.
            answer.resume_data(question).map_err(Error::from)?;
            return Ok(Some(answer));
        }
        if self.terminal {
            let answer = terminal::ask(&self.session, &self.client, question).await?;
            return Ok((!answer.is_declined()).then_some(answer));
        }
        let Some(lines) = &self.lines else {
            return Ok(None);
        };
        let line = lines.next().await?;
        Ok(line.filter(|line| !line.trim().is_empty()).map(Answer::raw))
    }

    /// Gives this answer to the first question that the client asks.
    pub(crate) fn begin_with(&self, answer: Answer) {
        self.state().ready = Some(answer);
    }

    /// What the client asks. Meanwhile the progress makes room.
    pub(crate) fn closure(
        &self,
        progress: Option<Arc<Progress>>,
    ) -> impl FnMut(Question) -> Answering + Send + 'static {
        let answers = self.clone();
        move |question| {
            let (answers, progress) = (answers.clone(), progress.clone());
            Box::pin(async move { answers.answer(&question, progress.as_deref()).await })
        }
    }

    async fn answer(
        &self,
        question: &Question,
        progress: Option<&Progress>,
    ) -> Result<Answer, BoxError> {
        let ready = self.state().ready.take();
        let answer = if ready.is_some() {
            Ok(ready)
        } else {
            self.session.started();
            self.waits(question);
            if let Some(progress) = progress {
                progress.pause();
            }
            self.next(question).await
        };
        match answer {
            Ok(Some(answer)) => {
                self.session.goes_on(Ongoing::Perhaps);
                if let Some(progress) = progress {
                    progress.go_on();
                }
                Ok(answer)
            }
            Ok(None) => Ok(Answer::decline()),
            Err(failure) => {
                self.state().failure = Some(failure);
                Err("no answer could be read".into())
            }
        }
    }

    /// Remembers that the run waits at this question.
    fn waits(&self, question: &Question) {
        if let Some(command) = (self.later)(question) {
            self.session.goes_on(Ongoing::Question(command));
        }
    }

    /// What the client returned; where there was no answer, why.
    pub(crate) fn settle<T>(&self, result: Result<T, Error>) -> Result<T, Failure> {
        result.map_err(|error| {
            if let Some(failure) = self.state().failure.take() {
                return failure;
            }
            // An answer that was not accepted leaves the run waiting.
            let waits = error.is_interrupted() || error.outcome() == Outcome::NotAccepted;
            if let Some(question) = error.question().filter(|_| waits) {
                self.waits(question);
            }
            error.into()
        })
    }
}
