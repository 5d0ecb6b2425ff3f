//! What is known about the present token.

use std::time::Duration;

use coze_transport::time::Instant;
use coze_transport::{Authorization, Generation};

use super::{
    FreshToken, RefreshError,
    flight::{Ended, Flight},
};

/// The first and the longest pause after a failed fetch.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// A token is not used in the last part of its life: a tenth, within these bounds.
const SLACK: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(60));

#[derive(Debug, Default)]
pub(super) struct State {
    token: Option<Token>,
    generation: Generation,
    flight: Option<Flight>,
    failure: Option<Failure>,
}

#[derive(Debug)]
struct Token {
    header: Authorization,
    /// From here on the next one is fetched.
    ageing: Instant,
    /// From here on it is not used any more.
    over: Instant,
}

#[derive(Debug)]
struct Failure {
    error: RefreshError,
    pause: Duration,
    until: Instant,
}

impl Failure {
    /// Whether nothing is fetched now.
    fn rests(&self, now: Instant) -> bool {
        self.error.is_final || now < self.until
    }
}

/// What a call that wants a token has to do.
pub(super) enum Need {
    /// Use this one.
    Nothing(Authorization),
    /// Use this one, and have the next one fetched.
    Soon(Authorization),
    /// Wait for a fetch.
    Now,
    /// Give up: a fetch has failed a moment ago.
    Later(RefreshError),
}

impl State {
    pub(super) fn need(&self) -> Need {
        let now = Instant::now();
        let resting = self.failure.as_ref().filter(|failure| failure.rests(now));
        match &self.token {
            Some(token) if now < token.ageing => Need::Nothing(token.header.clone()),
            Some(token) if now < token.over && resting.is_some() => {
                Need::Nothing(token.header.clone())
            }
            Some(token) if now < token.over => Need::Soon(token.header.clone()),
            _ => match resting {
                Some(failure) => Need::Later(failure.error.clone()),
                None => Need::Now,
            },
        }
    }

    pub(super) fn flight(&self) -> Option<Flight> {
        self.flight.clone()
    }

    /// Whether the fetch that ends with `ended` is the one under way.
    pub(super) fn awaits(&self, ended: &Ended) -> bool {
        let flight = self.flight.as_ref();
        flight.is_some_and(|flight| flight.ended().same_channel(ended))
    }

    pub(super) fn take_off(&mut self, flight: Flight) {
        self.flight = Some(flight);
    }

    /// Forgets a fetch that makes no progress, so that the next caller begins another.
    pub(super) fn abandon(&mut self, stuck: &Flight) {
        if self.awaits(stuck.ended()) {
            self.flight = None;
        }
    }

    /// A token was fetched.
    pub(super) fn land(&mut self, token: &FreshToken) -> Result<(), RefreshError> {
        let generation = Generation(self.generation.0 + 1);
        let header = Authorization::bearer(&token.secret, generation)
            .map_err(|error| RefreshError::new("the fetched token cannot be used", error))?;
        let received = token.received;
        let life = token.lifetime;
        let slack = (life / 10).clamp(SLACK.0, SLACK.1);
        // Clients that were started together do not refresh together.
        let slack = slack.mul_f64(1.0 + 0.5 * fastrand::f64()).min(life / 2);
        let useful = life.saturating_sub(slack);
        self.token = Some(Token {
            header,
            ageing: received + life.mul_f64(0.8).min(useful),
            over: received + useful,
        });
        self.generation = generation;
        self.flight = None;
        self.failure = None;
        Ok(())
    }

    /// A fetch failed.
    pub(super) fn crash(&mut self, error: RefreshError) {
        let pause = match &self.failure {
            Some(failure) => (failure.pause * 2).min(PAUSE.1),
            None => PAUSE.0,
        };
        self.failure = Some(Failure {
            error,
            pause,
            until: Instant::now() + pause,
        });
        self.flight = None;
    }

    /// What a fetch that is over has brought; `None` when its token was refused in the meantime.
    pub(super) fn outcome(&self) -> Option<Result<Authorization, RefreshError>> {
        match (&self.token, &self.failure) {
            (_, Some(failure)) => Some(Err(failure.error.clone())),
            (Some(token), None) => Some(Ok(token.header.clone())),
            (None, None) => None,
        }
    }

    /// A token was refused; tells whether another may be had.
    pub(super) fn reject(&mut self, generation: Generation) -> bool {
        if generation == self.generation {
            self.token = None;
        }
        let resting = self
            .failure
            .as_ref()
            .is_some_and(|failure| failure.rests(Instant::now()));
        self.token.is_some() || !resting
    }
}
