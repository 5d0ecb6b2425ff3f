//! A bottom that answers in order and notes what it was asked, and when.

#![allow(dead_code, reason = "each test file uses its part")]

use std::sync::{Arc, Mutex};

use coze_transport::{ErrorKind as Kind, Outcome, TransportError};
use coze_workflow::{Client, HttpStack, Request, json_reply};
use serde_json::Value;
use tokio::time::Instant;

/// One answer.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Json(String),
    /// Status, header fields, body.
    Answer(u16, Vec<(&'static str, &'static str)>, String),
    /// The connection breaks, with this outcome.
    Broken(Outcome),
}

impl From<&str> for Step {
    fn from(body: &str) -> Self {
        Self::Json(body.to_owned())
    }
}

impl From<Value> for Step {
    fn from(body: Value) -> Self {
        Self::Json(body.to_string())
    }
}

/// A request as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) target: String,
    pub(crate) body: Value,
    pub(crate) at: Instant,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Seen(Arc<Mutex<Vec<Sent>>>);

impl Seen {
    pub(crate) fn all(&self) -> Vec<Sent> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// Where the requests went.
    pub(crate) fn targets(&self) -> Vec<String> {
        self.all().into_iter().map(|sent| sent.target).collect()
    }

    /// The bodies of the resumes.
    pub(crate) fn resumes(&self) -> Vec<Value> {
        let resumes = self.all().into_iter();
        resumes
            .filter(|sent| sent.target == "POST /v1/workflows/resume")
            .map(|sent| sent.body)
            .collect()
    }
}

/// The answer by the number of the request, from 1.
pub(crate) fn stack<F>(answer: F) -> (HttpStack, Seen)
where
    F: Fn(usize) -> Step + Clone + Send + Sync + 'static,
{
    let seen = Seen::default();
    let notes = seen.clone();
    let stack = HttpStack::from_fn(move |request: Request| {
        let body = request
            .body()
            .as_bytes()
            .map(|bytes| &bytes[..])
            .unwrap_or_default();
        let sent = Sent {
            target: format!("{} {}", request.method(), request.uri().path()),
            body: serde_json::from_slice(body).unwrap_or_default(),
            at: Instant::now(),
        };
        let mut notes = notes.0.lock().unwrap();
        notes.push(sent);
        let step = answer(notes.len());
        async move {
            match step {
                Step::Json(body) => json_reply(body),
                Step::Answer(status, headers, body) => {
                    let mut reply = json_reply(body)?;
                    *reply.status_mut() = status.try_into()?;
                    for (name, value) in headers {
                        reply.headers_mut().insert(name, value.parse()?);
                    }
                    Ok(reply)
                }
                Step::Broken(outcome) => {
                    Err(TransportError::new(Kind::Closed, outcome, "the connection broke").into())
                }
            }
        }
    });
    (stack, seen)
}

/// A client without retries.
pub(crate) fn client<F>(answer: F) -> (Client, Seen)
where
    F: Fn(usize) -> Step + Clone + Send + Sync + 'static,
{
    let (stack, seen) = stack(answer);
    (Client::new(stack), seen)
}
