//! What the adapter makes of an exchange.

use std::{fmt::Write as _, time::Duration};

use coze_adapter_dify::{
    Dify, DifyBuilder, GetDifyApp, GetDifyForm, ListDifyRuns, StopDifyTask, SubmitDifyForm,
};
use coze_engine::{Engine, EngineError, Outcome, RunId, RunRequest, RunSnapshot, UploadFile};
use coze_transport::{
    HttpStack, RetryPolicy,
    testing::{RecordedRequest, Reply, Scripted},
};

use super::{Exchange, Exchanges};

/// What else the server says to what follows an exchange: the exchanges that were recorded after it.
pub fn afterwards(name: &str) -> &'static [&'static str] {
    match name {
        "stream-worker-killed" | "stream-redis-lost" => &["get-run-after-worker-killed"],
        "stream-api-killed" => &["get-run-after-api-killed", "get-run-after-api-killed-later"],
        "stream-api-reload" => &["get-run-after-api-reload", "get-run-after-api-reload-later"],
        "stream-disconnect-4s" => &[
            "get-run-after-disconnect-00",
            "get-run-after-disconnect-04",
            "get-run-after-disconnect-08",
        ],
        "blocking-disconnect-4s" => &[
            "logs-after-blocking-disconnect-running",
            "get-run-after-blocking-disconnect",
        ],
        _ => &[],
    }
}

/// Which exchange responds to a request: the first time, and whenever it comes again.
pub fn respond(
    all: &Exchanges,
    exchange: &Exchange,
    method: &str,
    target: &str,
    number: usize,
) -> Option<Exchange> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let own = exchange.path.split('?').next().unwrap_or_default();
    let is_run = |path: &str| path.contains("/workflows/") && path.ends_with("/run");
    let same = own == path
        || is_run(own) && is_run(path)
        || own.contains("/files/") && path.contains("/files/");
    if !is_called(exchange) || method == exchange.method && same {
        return Some(exchange.clone());
    }
    let kind = if path.ends_with("/workflows/logs") {
        "logs-"
    } else if path.contains("/workflows/run/") {
        "get-run-"
    } else {
        return None;
    };
    let later: Vec<_> = afterwards(&exchange.name)
        .iter()
        .filter(|name| name.starts_with(kind))
        .collect();
    let last = later.len().checked_sub(1)?;
    let mut response = all[*later[number.min(last)]].clone();
    if kind == "logs-" {
        response = listed(&response, query);
    }
    if kind == "get-run-" {
        // Of a run that nobody looked at, what was said of another.
        let (of, run) = (response.json()["id"].to_string(), path.rsplit('/').next()?);
        let text = String::from_utf8(response.body()).unwrap();
        let text = text.replace(&of, &format!("\"{run}\""));
        response.chunks = vec![(response.last, text.into())];
    }
    Some(response)
}

/// What was listed of one user, for another: each run has a user of its own.
pub fn listed(exchange: &Exchange, query: &str) -> Exchange {
    let (_, user) = query.split_once("session_id=").unwrap();
    let mut rows = exchange.json();
    for row in rows["data"].as_array_mut().unwrap() {
        row["created_by_end_user"]["session_id"] = user.into();
    }
    exchange.with_chunks(vec![(exchange.last, rows.to_string().into())])
}

/// A client of a server that plays an exchange, and the server.
pub fn client(all: &Exchanges, exchange: &Exchange) -> (DifyBuilder, Scripted) {
    let (all, exchange) = (all.clone(), exchange.clone());
    let polls = std::sync::atomic::AtomicUsize::new(0);
    let script = Scripted::from_fn(move |request: &RecordedRequest| {
        let (method, path) = (request.method().as_str(), request.uri().path());
        let number = if path.contains("/workflows/run/") {
            polls.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
        } else {
            0
        };
        let target = request.uri().path_and_query().unwrap().as_str();
        match respond(&all, &exchange, method, target, number) {
            Some(response) => response.reply(),
            None => unrecorded(path),
        }
    });
    let builder = builder().transport(HttpStack::new(script.clone()));
    (builder, script)
}

/// A client of a server that responds by the path alone, and as if nothing was there where it does not say.
pub fn server(
    respond: impl Fn(&RecordedRequest, &str) -> Option<Reply> + Send + Sync + 'static,
) -> (Dify, Scripted) {
    let script = Scripted::from_fn(move |request| {
        let path = request.uri().path();
        respond(request, path).unwrap_or_else(|| unrecorded(path))
    });
    let dify = builder().transport(HttpStack::new(script.clone()));
    (dify.build().unwrap(), script)
}

/// How often a run was sent.
pub fn starts(script: &Scripted) -> usize {
    let requests = script.requests();
    let starts = requests
        .iter()
        .filter(|sent| sent.uri().path().ends_with("/run") && sent.method() == "POST");
    starts.count()
}

/// What the server says where nothing was recorded.
pub fn unrecorded(path: &str) -> Reply {
    match path {
        "/v1/parameters" => Reply::json(200, "{}"),
        "/v1/workflows/logs" => Reply::json(
            200,
            r#"{"page": 1, "limit": 20, "total": 0, "has_more": false, "data": []}"#,
        ),
        _ => Reply::json(
            500,
            r#"{"message": "Internal Server Error", "code": "unknown", "status": 500}"#,
        ),
    }
}

/// A key that looks like no known one, so that it is masked because it was sent.
pub const KEY: &str = "canary-0123456789abcdef";

pub fn builder() -> DifyBuilder {
    Dify::builder()
        .token(KEY)
        .base_url("http://127.0.0.1:9/v1")
        .retry(RetryPolicy::default().seed(7))
}

/// Does what the request of the exchange was for.
pub async fn act(dify: &Dify, exchange: &Exchange) -> Result<Option<RunSnapshot>, EngineError> {
    let path = exchange.path.split('?').next().unwrap_or_default();
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    let run = |workflow: &str| {
        let request = RunRequest::new(workflow).user("u-1").parameter("q", "x");
        dify.run(request)
    };
    match (exchange.method.as_str(), &segments[..]) {
        ("POST", ["v1", "workflows", "run"]) => run("-").await.map(Some),
        ("POST", ["v1", "workflows", id, "run"]) => run(id).await.map(Some),
        ("GET", ["v1", "workflows", "run", id]) => {
            dify.status(&RunId::new("-", *id)).await.map(Some)
        }
        ("POST", ["v1", "workflows", "tasks", task, "stop"]) => dify
            .call(&StopDifyTask::new(*task, "u-1"))
            .await
            .map(|_| None),
        ("GET", ["v1", "workflows", "logs"]) => dify.call(&ListDifyRuns::new()).await.map(|_| None),
        ("GET", ["v1", "parameters"]) => {
            let schema = dify.inputs("-").await?.unwrap();
            assert!(schema.fields.len() >= 2 && schema.fields[0].required);
            Ok(None)
        }
        ("POST", ["v1", "files", "upload"]) => {
            let file = dify
                .upload(UploadFile::new("note.txt", "line one\n"))
                .await?;
            assert_eq!(file.value["upload_file_id"], exchange.json()["id"]);
            Ok(None)
        }
        ("GET", ["api", "form", "human_input", token]) => {
            dify.call(&GetDifyForm::new(*token)).await.map(|_| None)
        }
        ("POST", ["api", "form", "human_input", token]) => {
            let form = exchange.form.clone().unwrap();
            let inputs = form["inputs"].as_object().unwrap().clone();
            let submit = SubmitDifyForm::new(*token, form["action"].as_str().unwrap());
            dify.call(&submit.inputs(inputs)).await.map(|_| None)
        }
        ("GET", ["v1", "info"]) => dify.call(&GetDifyApp::new()).await.map(|_| None),
        // No call of the adapter has this path; what comes back is judged none the less.
        _ => other(dify, exchange).await,
    }
}

async fn other(dify: &Dify, exchange: &Exchange) -> Result<Option<RunSnapshot>, EngineError> {
    if exchange.chunked {
        let run = coze_adapter_dify::StreamDifyWorkflow::new("u-1");
        let mut events = dify.events(&run).await?;
        while events.try_next().await?.is_some() {}
    } else {
        dify.call(&GetDifyApp::new()).await?;
    }
    Ok(None)
}

/// Whether the adapter has a call for the path.
pub fn is_called(exchange: &Exchange) -> bool {
    let path = exchange.path.split('?').next().unwrap_or_default();
    let known = [
        "/workflows/run",
        "/workflows/u",
        "/workflows/logs",
        "/workflows/tasks/",
        "/parameters",
        "/files/upload",
        "/info",
        "/api/form/",
    ];
    let others = ["method-not-allowed"];
    !others.contains(&exchange.name.as_str())
        && (known.iter().any(|one| path.contains(one)) || path.ends_with("/run"))
}

/// The outcome in words.
pub fn words(result: &Result<Option<RunSnapshot>, EngineError>) -> String {
    let error = match result {
        Ok(None) => return "read".to_owned(),
        Ok(Some(run)) => return run.status.to_string(),
        Err(error) => error,
    };
    let mut said = format!("{:?}", error.kind());
    if let Some(status) = error.status().filter(|status| *status >= 400) {
        let _ = write!(said, ", HTTP {status}");
    }
    if let Some(code) = error.code() {
        let _ = write!(said, ", `{code}`");
    }
    for (is, name) in [
        (error.is_rate_limited(), "rate limited"),
        (error.is_invalid_input(), "invalid input"),
        (error.is_not_found(), "not found"),
        (error.question().is_some(), "with the form"),
        (error.run().is_some(), "run known"),
        (error.is_retryable(), "retryable"),
    ] {
        if is {
            let _ = write!(said, ", {name}");
        }
    }
    let outcome = match error.outcome() {
        Outcome::NotAccepted => "not accepted",
        Outcome::Accepted => "accepted",
        Outcome::Unknown => "outcome unknown",
    };
    let _ = write!(said, ", {outcome}");
    said
}

/// A long time that no exchange takes.
pub const FOREVER: Duration = Duration::from_secs(100_000);
