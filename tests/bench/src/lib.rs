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

pub mod reference;

use std::future::Future;

use serde::{Deserialize, Serialize};

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

#[derive(Deserialize)]
struct Response {
    code: i64,
    #[serde(default)]
    #[expect(dead_code, reason = "decoded as a client would")]
    msg: String,
    data: Option<String>,
    #[expect(dead_code, reason = "decoded as a client would")]
    debug_url: Option<String>,
    #[expect(dead_code, reason = "decoded as a client would")]
    execute_id: Option<String>,
}

#[derive(Deserialize)]
struct Output {
    output: String,
}

#[derive(Deserialize)]
struct Message {
    content: String,
    #[serde(default)]
    #[expect(dead_code, reason = "decoded as a client would")]
    node_is_finish: bool,
    #[expect(dead_code, reason = "decoded as a client would")]
    node_seq_id: Option<String>,
    #[expect(dead_code, reason = "decoded as a client would")]
    node_title: Option<String>,
}

/// Decodes the response of a run; the length of its output.
pub fn decode(body: &[u8]) -> u64 {
    let response: Response = serde_json::from_slice(body).unwrap();
    assert_eq!(response.code, 0);
    let output: Output = serde_json::from_str(response.data.as_deref().unwrap()).unwrap();
    output.output.len() as u64
}

/// A message event of a run.
pub fn event(n: u64) -> String {
    format!(
        "id: {n}\nevent: Message\ndata: {{\"content\":\"twenty characters ok\",\"node_is_finish\":false,\"node_seq_id\":\"{n}\",\"node_title\":\"Message\"}}\n\n"
    )
}

/// Decodes an event stream, chunk by chunk.
#[derive(Default)]
pub struct Events {
    rest: Vec<u8>,
    message: bool,
    count: u64,
    length: u64,
    done: bool,
}

impl Events {
    /// Takes a piece of the stream.
    pub fn push(&mut self, mut chunk: &[u8]) {
        while let Some(end) = memchr::memchr(b'\n', chunk) {
            let (line, next) = chunk.split_at(end);
            if self.rest.is_empty() {
                self.line(line);
            } else {
                let mut whole = std::mem::take(&mut self.rest);
                whole.extend_from_slice(line);
                self.line(&whole);
                whole.clear();
                self.rest = whole;
            }
            chunk = &next[1..];
        }
        self.rest.extend_from_slice(chunk);
    }

    fn line(&mut self, line: &[u8]) {
        if let Some(name) = line.strip_prefix(b"event: ") {
            self.message = name == b"Message";
            self.done |= name == b"Done";
        } else if let Some(data) = line.strip_prefix(b"data: ")
            && self.message
        {
            let message: Message = serde_json::from_slice(data).unwrap();
            self.count += 1;
            self.length += message.content.len() as u64;
        }
    }

    /// The events seen. The stream must have come to its end.
    pub fn finish(self) -> u64 {
        assert!(self.done, "the stream was cut");
        assert!(self.length > 0);
        self.count
    }
}

/// A client of the comparison.
pub trait Client: Sized + Send + Sync + 'static {
    /// A client of the server at `base`.
    fn new(base: &str) -> Self;
    /// One run: the length of its decoded output.
    fn unary(&self) -> impl Future<Output = u64> + Send;
    /// One stream: the number of its events.
    fn stream(&self) -> impl Future<Output = u64> + Send;
}

/// Runs a client as the arguments say: `BASE unary|stream COUNT [one|task|main]`.
///
/// `one`: a task on a current-thread runtime. `task` and `main`: a multi-thread runtime, the caller
/// in a spawned task, or in the future of `main`. Prints the processor time in microseconds.
pub fn run<C: Client>() {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().unwrap_or_default();
    let (base, mode, count, runtime) = (next(), next(), next(), next());
    let count: u64 = count.parse().unwrap();
    let work = async move {
        let client = C::new(&base);
        let mut units = 0;
        for _ in 0..count {
            units += match mode.as_str() {
                "unary" => u64::from(client.unary().await > 0),
                _ => client.stream().await,
            };
        }
        assert!(units >= count);
    };
    let built = match runtime.as_str() {
        "task" | "main" => tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build(),
        _ => tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build(),
    };
    let built = built.unwrap();
    if runtime == "main" {
        built.block_on(work);
    } else {
        built.block_on(async { tokio::spawn(work).await.unwrap() });
    }
    println!("{}", processor_time());
}

/// User and system time of this process in microseconds, from the kernel's clock ticks.
fn processor_time() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    // A tick is a hundredth of a second on every Linux that runs this.
    ticks
        .filter_map(|tick| tick.parse::<u64>().ok())
        .sum::<u64>()
        * 10_000
}
