//! Recorded exchanges, and a server that plays one of them to the adapter.
//!
//! `tests/exchanges.jsonl` has the statuses, events and times of real exchanges with a Dify 1.13 server, with ids of its own
//! and without what the adapter does not read. `DIFY_RECORDINGS=FOLDER` takes the recordings themselves instead.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary uses a part of it"
)]

pub mod judge;
pub mod server;

use std::{collections::BTreeMap, env, fs, path::Path, time::Duration};

use bytes::Bytes;
use coze_transport::testing::Reply;
use serde_json::Value;

/// One exchange.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub name: String,
    pub method: String,
    pub path: String,
    pub form: Option<Value>,
    pub is_stream: bool,
    /// `None` where there was no response.
    pub status: Option<u16>,
    pub content_type: String,
    pub chunked: bool,
    pub head: Duration,
    /// Pieces of the body, by when they came.
    pub chunks: Vec<(Duration, Bytes)>,
    pub last: Duration,
    pub end: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Complete,
    /// The connection closed before the body was complete.
    Cut,
    /// Nothing more came for as long as it was waited.
    Silent,
}

pub type Exchanges = BTreeMap<String, Exchange>;

/// All exchanges, by name.
pub fn exchanges() -> Exchanges {
    let read = |text: &str| Exchange::read(&serde_json::from_str(text).unwrap());
    let all: Vec<Exchange> = if let Some(folder) = env::var_os("DIFY_RECORDINGS") {
        fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
            .filter_map(|path| read(&fs::read_to_string(path).unwrap()))
            .collect()
    } else {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exchanges.jsonl");
        let text = fs::read_to_string(path).unwrap();
        text.lines().filter_map(read).collect()
    };
    all.into_iter().map(|one| (one.name.clone(), one)).collect()
}

fn millis(value: &Value) -> Duration {
    Duration::from_secs_f64(value.as_f64().unwrap_or_default() / 1000.0)
}

impl Exchange {
    /// From the kept form or that of the recordings; `None` for a file that is no exchange.
    fn read(file: &Value) -> Option<Self> {
        let name = file["name"].as_str()?.to_owned();
        let (request, response) = match &file["request"] {
            Value::Null => (file, file),
            request => (request, file.get("response")?),
        };
        let field = |kept: &str, recorded: &str| match &response[kept] {
            Value::Null => response[recorded].clone(),
            value => value.clone(),
        };
        let chunks = response["chunks"].as_array().cloned().unwrap_or_default();
        let content_type = response["headers"].as_array().and_then(|headers| {
            let named = |header: &&Value| header[0] == "Content-Type";
            headers.iter().find(named)?[1].as_str()
        });
        let end = field("end", "ended_by");
        let complete = response["complete"] == true;
        Some(Self {
            is_stream: name.starts_with("stream-"),
            method: request["method"].as_str()?.to_owned(),
            path: request["path"].as_str()?.to_owned(),
            form: request["body"]
                .get("action")
                .map(|_| request["body"].clone()),
            status: response["status"]
                .as_u64()
                .map(|status| u16::try_from(status).unwrap()),
            content_type: content_type
                .or(response["type"].as_str())
                .unwrap_or_default()
                .to_owned(),
            chunked: response["framing"] == "chunked",
            head: millis(&field("head", "head_t_ms")),
            chunks: chunks.iter().map(piece).collect(),
            last: millis(&field("last", "last_byte_t_ms")),
            end: match end.as_str() {
                _ if complete => End::Complete,
                Some("client gave up") => End::Silent,
                _ => End::Cut,
            },
            name,
        })
    }

    pub fn body(&self) -> Vec<u8> {
        self.chunks
            .iter()
            .flat_map(|(_, bytes)| bytes.iter().copied())
            .collect()
    }

    /// The whole body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body()).unwrap_or_default()
    }

    /// The data of the event that ends the stream, and when it came.
    pub fn last_event(&self) -> Option<(Duration, Value)> {
        self.chunks.iter().find_map(|(at, bytes)| {
            let text = str::from_utf8(bytes).ok()?;
            let ends = ["\"workflow_finished\"", "\"workflow_paused\""];
            let data = text.strip_prefix("data: ")?;
            ends.iter()
                .any(|name| text.starts_with(&format!("data: {{\"event\":{name}")))
                .then(|| (*at, serde_json::from_str(data).unwrap_or_default()))
        })
    }

    /// The same bytes at other times.
    pub fn with_chunks(&self, chunks: Vec<(Duration, Bytes)>) -> Self {
        Self {
            chunks,
            ..self.clone()
        }
    }

    /// The response at its recorded times.
    pub fn reply(&self) -> Reply {
        let Some(status) = self.status else {
            // Nothing came for 4 s; then the connection was gone.
            use coze_transport::{ErrorKind, Outcome};
            return Reply::failure(ErrorKind::Closed, Outcome::Unknown)
                .after(Duration::from_secs(4));
        };
        let mut before = self.head;
        let mut pieces: Vec<_> = self
            .chunks
            .iter()
            .map(|(at, bytes)| {
                let pause = at.saturating_sub(before);
                before = before.max(*at);
                (pause, bytes.clone())
            })
            .collect();
        match self.end {
            End::Complete => pieces.push((self.last.saturating_sub(before), Bytes::new())),
            End::Silent => pieces.push((Duration::from_secs(100_000), Bytes::new())),
            End::Cut => {}
        }
        let reply = if self.chunked {
            let reply = Reply::stream(pieces).content_type(leak(&self.content_type));
            if self.end == End::Cut {
                reply.broken()
            } else {
                reply
            }
        } else {
            Reply::body(status, self.body()).header("content-type", &self.content_type)
        };
        reply.after(self.head)
    }
}

/// A piece of the body; of a large one its ends were kept.
fn piece(chunk: &Value) -> (Duration, Bytes) {
    if let Some(pair) = chunk.as_array() {
        return (
            millis(&pair[0]),
            pair[1].as_str().unwrap().to_owned().into(),
        );
    }
    let text = if let Some(text) = chunk["text"].as_str() {
        text.to_owned()
    } else {
        let (head, tail) = (
            chunk["head"].as_str().unwrap(),
            chunk["tail"].as_str().unwrap(),
        );
        let size = usize::try_from(chunk["size"].as_u64().unwrap()).unwrap();
        let filler = size.saturating_sub(head.len() + tail.len());
        format!("{head}{}{tail}", "z".repeat(filler))
    };
    (millis(&chunk["t_ms"]), text.into())
}

/// Content types of exchanges are few.
fn leak(text: &str) -> &'static str {
    match text {
        "text/event-stream; charset=utf-8" => "text/event-stream; charset=utf-8",
        other => panic!("another content type of a stream: {other}"),
    }
}
