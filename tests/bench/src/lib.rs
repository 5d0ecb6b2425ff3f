//! The work that every client of the comparison does: send a run, decode its response and the JSON
//! text inside; send a stream, decode each event into a struct.
#![expect(
    clippy::unwrap_used,
    reason = "a measurement that went wrong must stop"
)]
#![expect(
    clippy::missing_panics_doc,
    reason = "not a library: shared by the binaries of this package"
)]

mod measure;
pub mod payload;
pub mod reference;
pub mod typed;

use std::future::Future;

use serde::{Deserialize, Serialize};

pub use measure::{finished, run};
use reference::Reference;

/// The token that all clients send.
pub const TOKEN: &str = "Bearer pat_0123456789abcdef0123456789abcdef";

/// The body of both requests.
#[derive(Serialize)]
pub struct Run<'a> {
    workflow_id: &'a str,
    parameters: Parameters<'a>,
    is_async: bool,
}

#[derive(Serialize)]
struct Parameters<'a> {
    input: &'a str,
    n: u32,
}

/// The request that is encoded anew for each call.
pub const RUN: Run<'static> = Run {
    workflow_id: "7412345678901234567",
    parameters: Parameters {
        input: "What is the weather in Berlin today?",
        n: 3,
    },
    is_async: false,
};

/// The response of a run.
#[derive(Deserialize)]
#[expect(dead_code, reason = "decoded as a client would")]
pub struct Response {
    code: i64,
    #[serde(default)]
    msg: String,
    data: Option<String>,
    debug_url: Option<String>,
    execute_id: Option<String>,
    usage: Option<Usage>,
    detail: Option<Detail>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "decoded as a client would")]
#[expect(clippy::struct_field_names, reason = "the names on the wire")]
struct Usage {
    #[serde(default)]
    token_count: i64,
    #[serde(default)]
    output_count: i64,
    #[serde(default)]
    input_count: i64,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "decoded as a client would")]
struct Detail {
    #[serde(default)]
    logid: String,
}

/// The output of a run.
#[derive(Deserialize)]
pub struct Output {
    /// Its only member.
    pub output: String,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "decoded as a client would")]
struct Message {
    content: String,
    #[serde(default)]
    node_is_finish: bool,
    #[serde(default)]
    node_seq_id: String,
    #[serde(default)]
    node_title: String,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "decoded as a client would")]
struct Done {
    debug_url: Option<String>,
}

/// Decodes the response of a run; the length of its output.
pub fn decode(body: &[u8]) -> u64 {
    length(&serde_json::from_slice(body).unwrap())
}

/// The length of the output of a run.
pub fn length(response: &Response) -> u64 {
    assert_eq!(response.code, 0);
    let output: Output = serde_json::from_str(response.data.as_deref().unwrap()).unwrap();
    output.output.len() as u64
}

/// What a stream brought so far.
#[derive(Default)]
pub struct Seen {
    /// Its messages.
    pub count: u64,
    length: u64,
    done: bool,
}

impl Seen {
    /// Takes an event.
    pub fn event(&mut self, name: &[u8], data: &[u8]) {
        match name {
            b"Message" => {
                let message: Message = serde_json::from_slice(data).unwrap();
                self.count += 1;
                self.length += message.content.len() as u64;
            }
            b"Done" => {
                let _: Done = serde_json::from_slice(data).unwrap();
                self.done = true;
            }
            other => panic!("{}", String::from_utf8_lossy(other)),
        }
    }

    /// The messages seen. The stream must have come to its end.
    pub fn finish(self) -> u64 {
        assert!(self.done, "the stream was truncated");
        assert!(self.length > 0);
        self.count
    }
}

/// Decodes an event stream, chunk by chunk.
#[derive(Default)]
pub struct Events {
    decoder: Reference,
    /// What it brought.
    pub seen: Seen,
}

impl Events {
    /// Takes a piece of the stream.
    pub fn push(&mut self, piece: &[u8]) {
        let seen = &mut self.seen;
        self.decoder
            .push(piece, |_, name, data| seen.event(name, data));
    }
}

/// A client of the comparison.
pub trait Client: Sized + Send + Sync + 'static {
    /// A client of the server at `base`, whose streams come from the path `stream`.
    fn new(base: &str, stream: &str) -> Self;
    /// One run: the length of its decoded output.
    fn unary(&self) -> impl Future<Output = u64> + Send;
    /// One stream: the number of its events.
    fn stream(&self) -> impl Future<Output = u64> + Send;
    /// One stream that is read up to its first event and kept open.
    fn open(&self) -> impl Future<Output = Box<dyn Send>> + Send;
}
