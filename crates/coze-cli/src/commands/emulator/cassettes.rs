//! Calls that are passed on to a server and recorded, and recordings that are played.

use std::{fs, path::Path, sync::Arc};

use coze_emulator::{EmulatorBuilder, RecordedCall, draft};
use coze_workflow::transport::{
    BaseUri, HttpStack, InvalidBaseUri, RequestBody,
    hyper::HyperTransport,
    testing::{Cassette, Recorder},
};
use http::{HeaderName, header};
use serde_json::json;
use tower_layer::Layer as _;

use crate::{args::Format, failure::Failure, output, session::Session};

/// Headers of one connection, and what would make a body unreadable in its file.
const DROPPED: [HeaderName; 6] = [
    header::HOST,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::ACCEPT_ENCODING,
    HeaderName::from_static("keep-alive"),
];

/// Passes calls on to `server`, and writes each exchange to a file of its own in `folder`.
pub(super) fn record(
    builder: EmulatorBuilder,
    session: &Session,
    server: &str,
    folder: &Path,
) -> Result<EmulatorBuilder, Failure> {
    let server: BaseUri = server
        .parse()
        .map_err(|error: InvalidBaseUri| Failure::usage(format!("--record-from: {error}")))?;
    super::make(folder)?;
    // Those of an earlier recording stay, and stand before these.
    let before = fs::read_dir(folder).map_or(0, Iterator::count);
    let folder = folder.to_owned();
    let recorder = Recorder::on_exchange(move |place, cassette| {
        let file = folder.join(format!("{:05}.json", before + place + 1));
        if let Err(error) = cassette.save(&file) {
            output::note(&format!("warning: {error}"));
        }
    });
    let leaf = HyperTransport::builder()
        .allow_plaintext(session.allow_plaintext)
        .build()
        .map_err(|error| Failure::usage(error.to_string()))?;
    let stack = HttpStack::new(recorder.layer(leaf));
    let server = Arc::new(server);
    Ok(builder.upstream(move |request| {
        let (stack, server) = (stack.clone(), Arc::clone(&server));
        async move {
            let (mut parts, body) = request.into_parts();
            parts.uri = server.join(&parts.uri)?;
            for name in DROPPED {
                parts.headers.remove(name);
            }
            let request = http::Request::from_parts(parts, RequestBody::from(body));
            Ok(stack.send(request).await?)
        }
    }))
}

/// Responds with what was recorded in `folder`; streams come at their pace, `speed` times as fast.
pub(super) fn replay(
    builder: EmulatorBuilder,
    folder: &Path,
    speed: f64,
) -> Result<EmulatorBuilder, Failure> {
    let cassette = load(folder)?.match_bodies().cycle();
    let cassette = if speed > 0.0 {
        cassette.paced(speed)
    } else {
        cassette
    };
    let stack = HttpStack::new(cassette);
    Ok(builder.upstream(move |request| {
        let stack = stack.clone();
        async move { Ok(stack.send(request.map(RequestBody::from)).await?) }
    }))
}

/// Prints drafts of the workflows that were run in a recording.
pub(super) fn drafts(session: &Session, folder: &Path) -> Result<(), Failure> {
    let exchanges: Vec<_> = load(folder)?.exchanges().collect();
    let drafts = draft(exchanges.iter().map(|exchange| RecordedCall {
        method: &exchange.method,
        path: &exchange.path,
        request: &exchange.request,
        response: &exchange.response,
    }));
    if drafts.is_empty() {
        let message = format!("no run of a workflow was recorded in {}", folder.display());
        return Err(Failure::usage(message));
    }
    match session.output {
        Format::Json => {
            let drafts = drafts.iter();
            let drafts: Vec<_> = drafts
                .map(|draft| json!({ "name": draft.name, "yaml": draft.yaml }))
                .collect();
            output::json(&json!({ "drafts": drafts }))?;
        }
        Format::Text => {
            let drafts: Vec<_> = drafts.iter().map(|draft| draft.yaml.as_str()).collect();
            output::row("", drafts.join("---\n").trim_end())?;
        }
    }
    Ok(())
}

fn load(folder: &Path) -> Result<Cassette, Failure> {
    Cassette::load_dir(folder).map_err(|error| {
        let source = std::error::Error::source(&error);
        let why = source
            .map(|source| format!(": {source}"))
            .unwrap_or_default();
        Failure::usage(format!("{error}{why}"))
    })
}
