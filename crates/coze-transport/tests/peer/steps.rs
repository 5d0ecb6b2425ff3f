//! What a server does with a connection, step by step and byte by byte.

use std::{io, sync::atomic::Ordering::SeqCst, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::watch,
    time::sleep,
};

use super::{script::End, server::Recording};

/// One thing that the server does with a connection. After the last one it closes it.
#[derive(Clone)]
pub enum Step {
    /// Reads a whole request: head, and a body by its `content-length`.
    Read,
    /// Reads so many bytes and no more.
    ReadBytes(usize),
    Send(Vec<u8>),
    Sleep(u64),
    /// Waits until the test opens the gate.
    Wait(Gate),
    /// Opens a gate that the test waits for.
    Open(Gate),
    /// Ends its side; the other stays open.
    Fin,
    /// Closes so that the client gets a reset.
    Rst,
    /// Waits until the client closes.
    AwaitClose,
    /// Goes back to the first step until the client closes.
    Again,
}

pub fn text(text: impl AsRef<[u8]>) -> Step {
    Step::Send(text.as_ref().to_vec())
}

/// A response of 200 with this body.
pub fn ok(body: &str) -> Step {
    text(format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    ))
}

/// For each connection: requests, and the same response to each.
pub fn serving() -> Vec<Vec<Step>> {
    vec![vec![Step::Read, ok("{}"), Step::Again]]
}

/// Something that happens once.
#[derive(Clone)]
pub struct Gate(watch::Sender<bool>);

impl Gate {
    pub fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    pub fn open(&self) {
        self.0.send_replace(true);
    }

    /// Blocks the thread, so that the runtime of the test hears of nothing meanwhile.
    pub fn wait(&self) {
        for _ in 0..20_000 {
            if *self.0.borrow() {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        panic!("the gate stays closed");
    }
}

/// Follows the steps up to their end, or to that of the client.
pub async fn follow<S>(io: &mut S, steps: &[Step], seen: &Recording) -> End
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    // The client may go at any step.
    try_follow(io, steps, seen).await.unwrap_or(End::Fin)
}

async fn try_follow<S>(io: &mut S, steps: &[Step], seen: &Recording) -> io::Result<End>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut at = 0;
    while let Some(step) = steps.get(at) {
        at += 1;
        match step {
            Step::Read => {
                let Some(request) = read_request(io).await? else {
                    seen.closed.fetch_add(1, SeqCst);
                    return Ok(End::Fin);
                };
                seen.raw.lock().unwrap().push(request);
                seen.requests.fetch_add(1, SeqCst);
            }
            Step::ReadBytes(n) => {
                io.read_exact(&mut vec![0; *n]).await?;
            }
            Step::Send(bytes) => {
                let sent = io.write_all(bytes).await;
                if let Err(error) = sent.and(io.flush().await) {
                    seen.closed.fetch_add(1, SeqCst);
                    return Err(error);
                }
            }
            Step::Sleep(millis) => sleep(Duration::from_millis(*millis)).await,
            Step::Wait(gate) => {
                let _ = gate.0.subscribe().wait_for(|open| *open).await;
            }
            Step::Open(gate) => gate.open(),
            Step::Fin => io.shutdown().await?,
            Step::Rst => return Ok(End::Rst),
            Step::AwaitClose => {
                while matches!(io.read(&mut [0; 4096]).await, Ok(n) if n > 0) {}
                seen.closed.fetch_add(1, SeqCst);
            }
            Step::Again => at = 0,
        }
    }
    Ok(End::Fin)
}

/// A request with its body, or `None` if the client closed before one.
async fn read_request<S: AsyncRead + Unpin>(io: &mut S) -> io::Result<Option<Vec<u8>>> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        match io.read_u8().await {
            Ok(byte) => request.push(byte),
            Err(_) if request.is_empty() => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    let head = String::from_utf8_lossy(&request).to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    io.read_exact(&mut body).await?;
    request.extend(body);
    Ok(Some(request))
}
