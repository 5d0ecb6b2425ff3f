//! Shorthand over the scripted server of `coze_workflow::testing`.

#![allow(dead_code, reason = "each test file uses its part")]

use coze_transport::{ErrorKind as Kind, Outcome};
use coze_workflow::{
    Client, HttpStack,
    testing::{Script, SentRequest},
};
use serde_json::Value;

pub(crate) use coze_transport::testing::Reply;

/// A response with these header fields.
pub(crate) fn response(
    status: u16,
    headers: &[(&'static str, &str)],
    body: impl Into<String>,
) -> Reply {
    let reply = Reply::json(status, body.into());
    let add = |reply: Reply, (name, value): &(&'static str, &str)| reply.header(name, value);
    headers.iter().fold(reply, add)
}

/// The connection breaks, with this outcome.
pub(crate) fn broken(outcome: Outcome) -> Reply {
    Reply::failure(Kind::Closed, outcome)
}

/// The response by the number of the request, from 1.
pub(crate) fn stack(
    respond: impl Fn(usize) -> Reply + Send + Sync + 'static,
) -> (HttpStack, Script) {
    let script = Script::from_fn(move |request| respond(request.number()));
    (script.transport(), script)
}

/// A client without retries.
pub(crate) fn client(respond: impl Fn(usize) -> Reply + Send + Sync + 'static) -> (Client, Script) {
    let (stack, script) = stack(respond);
    (Client::new(stack), script)
}

/// Where the requests went.
pub(crate) fn targets(script: &Script) -> Vec<String> {
    script.requests().iter().map(SentRequest::target).collect()
}

/// The bodies of the resumes.
pub(crate) fn answers_sent(script: &Script) -> Vec<Value> {
    let mut requests = script.requests();
    requests.retain(|sent| sent.target() == "POST /v1/workflows/resume");
    requests.iter().map(SentRequest::body).collect()
}

/// Each request as its method and URI, and its body.
pub(crate) fn sent(script: &Script) -> Vec<(String, String)> {
    let requests = script.requests();
    let line = |request: &SentRequest| {
        let http = request.http();
        let body = String::from_utf8_lossy(http.body()).into_owned();
        (format!("{} {}", http.method(), http.uri()), body)
    };
    requests.iter().map(line).collect()
}
