//! Serves runs with `data` of SIZE bytes (`bench-server SIZE`), and streams, on a loopback port, which it prints. Ends
//! with its standard input.
#![expect(
    clippy::unwrap_used,
    reason = "a measurement that went wrong must stop"
)]

use std::{io::Write, sync::Mutex};

use coze_bench::payload;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// So many connections are kept before they are looked through.
const MANY: usize = 15_000;

/// Connections whose streams stay open.
static OPEN: Mutex<Vec<TcpStream>> = Mutex::new(Vec::new());

/// One thread serves all connections: with one for each, the scheduler's work would weigh on the client that is measured.
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let size: usize = arguments.next().map_or(200, |size| size.parse().unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    let [run, workflow]: [&[u8]; 2] =
        [payload::run(size), payload::workflow()].map(|body| &*response(&body).leak());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, run, workflow));
        }
    });
    // Whoever started it closes the pipe, also by dying.
    let _ = tokio::io::stdin().read_to_end(&mut Vec::new()).await;
    std::process::exit(0);
}

fn response(body: &str) -> Vec<u8> {
    let head = [
        "HTTP/1.1 200 OK",
        "server: Tengine",
        "content-type: application/json; charset=utf-8",
        "date: Sat, 21 Nov 2026 04:00:00 GMT",
        "x-tt-logid: 20261121040000ABCDEF0123456789ABCDEF",
    ];
    let head = head.join("\r\n");
    format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into()
}

/// `/stream/COUNT/CUT` gives as many events, cut into chunks of HTTP as `payload::pieces` says; `/open` gives one
/// and no end; any other path gives a run, or with GET what is told of its workflow.
async fn serve(mut stream: TcpStream, run: &[u8], workflow: &[u8]) {
    stream.set_nodelay(true).unwrap();
    let mut buffer = Vec::new();
    let mut piece = [0; 8192];
    loop {
        let Ok(read @ 1..) = stream.read(&mut piece).await else {
            return;
        };
        buffer.extend_from_slice(&piece[..read]);
        // The bodies that are sent end so, and their heads do not.
        let reads = buffer.starts_with(b"GET ") && buffer.ends_with(b"\r\n\r\n");
        if !(reads || buffer.ends_with(b"e}") || buffer.ends_with(b"}}")) {
            continue;
        }
        let head = String::from_utf8_lossy(&buffer).into_owned();
        buffer.clear();
        let path = head.split_whitespace().nth(1).unwrap_or_default();
        let mut parts = path.split('/').skip(1);
        let written = match (parts.next(), parts.next(), parts.next()) {
            (Some("stream"), Some(count), Some(cut)) => {
                let events = events(&payload::pieces(count.parse().unwrap(), cut), true);
                stream.write_all(&events).await
            }
            (Some("open"), ..) => {
                let first = events(&[payload::event(0, "\n").into()], false);
                stream.write_all(&first).await.unwrap();
                return keep(stream);
            }
            _ if reads => stream.write_all(workflow).await,
            _ => stream.write_all(run).await,
        };
        if written.is_err() {
            return;
        }
    }
}

/// Keeps a connection until its client has closed it and there are many.
fn keep(stream: TcpStream) {
    let mut open = OPEN.lock().unwrap();
    open.push(stream);
    if open.len() >= MANY {
        open.retain(|stream| stream.try_read(&mut [0]).is_err());
    }
}

/// Made before it is sent, so that the client sets the pace and not this server.
fn events(pieces: &[Vec<u8>], ends: bool) -> Vec<u8> {
    let mut all =
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
            .to_vec();
    for piece in pieces {
        write!(all, "{:x}\r\n", piece.len()).unwrap();
        all.extend_from_slice(piece);
        all.extend_from_slice(b"\r\n");
    }
    if ends {
        all.extend_from_slice(b"0\r\n\r\n");
    }
    all
}
