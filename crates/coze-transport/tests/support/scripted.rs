//! A server that follows a script, connection by connection, on threads of its own.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

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

/// Something that happens once.
#[derive(Clone, Default)]
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    pub fn wait(&self) {
        let (open, changed) = &*self.0;
        let waited = changed
            .wait_timeout_while(open.lock().unwrap(), Duration::from_secs(20), |open| !*open)
            .unwrap();
        drop(waited);
    }
}

#[derive(Default)]
struct Recording {
    connections: AtomicUsize,
    requests: Mutex<Vec<Vec<u8>>>,
    /// Connections that the client has closed.
    closed: AtomicUsize,
    /// Connections that the server is done with, their sockets closed.
    ended: AtomicUsize,
}

pub struct Server {
    pub address: SocketAddr,
    seen: Arc<Recording>,
}

impl Server {
    /// The n-th connection follows the n-th script; the last script serves all further ones.
    pub fn start(scripts: Vec<Vec<Step>>) -> Self {
        Self::listen("127.0.0.1:0", scripts)
    }

    pub fn listen(address: &str, scripts: Vec<Vec<Step>>) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Recording::default());
        let shared = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                let n = shared.connections.fetch_add(1, Ordering::SeqCst);
                let script = scripts[n.min(scripts.len() - 1)].clone();
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    // The client may go at any step.
                    let _ = follow(stream, &script, &shared);
                    shared.ended.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        Self { address, seen }
    }

    /// The same for every connection: read a request, send the response.
    pub fn responding(response: Step) -> Self {
        Self::start(vec![vec![Step::Read, response, Step::Again]])
    }

    pub fn url(&self) -> String {
        format!("http://{}/v1/workflow/run", self.address)
    }

    pub fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// Requests that were read whole.
    pub fn requests(&self) -> usize {
        self.seen.requests.lock().unwrap().len()
    }

    pub fn request(&self, n: usize) -> String {
        String::from_utf8_lossy(&self.seen.requests.lock().unwrap()[n]).into_owned()
    }

    /// Connections that the server has closed.
    pub fn ended(&self) -> usize {
        self.seen.ended.load(Ordering::SeqCst)
    }

    /// Whether the client closes `n` connections within `limit`.
    pub fn sees_closed(&self, n: usize, limit: Duration) -> bool {
        let step = Duration::from_millis(2);
        for _ in 0..=limit.as_millis() / step.as_millis() {
            if self.seen.closed.load(Ordering::SeqCst) >= n {
                return true;
            }
            thread::sleep(step);
        }
        false
    }
}

fn follow(mut stream: TcpStream, script: &[Step], seen: &Recording) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut at = 0;
    while let Some(step) = script.get(at) {
        at += 1;
        match step {
            Step::Read => {
                let Some(request) = read_request(&mut stream)? else {
                    seen.closed.fetch_add(1, Ordering::SeqCst);
                    return Ok(());
                };
                seen.requests.lock().unwrap().push(request);
            }
            Step::ReadBytes(n) => stream.read_exact(&mut vec![0; *n])?,
            Step::Send(bytes) => {
                if let Err(error) = stream.write_all(bytes) {
                    seen.closed.fetch_add(1, Ordering::SeqCst);
                    return Err(error);
                }
            }
            Step::Sleep(ms) => thread::sleep(Duration::from_millis(*ms)),
            Step::Wait(gate) => gate.wait(),
            Step::Open(gate) => gate.open(),
            Step::Fin => stream.shutdown(Shutdown::Write)?,
            Step::Rst => {
                socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO))?;
                return Ok(());
            }
            Step::AwaitClose => {
                while matches!(stream.read(&mut [0; 4096]), Ok(n) if n > 0) {}
                seen.closed.fetch_add(1, Ordering::SeqCst);
            }
            Step::Again => at = 0,
        }
    }
    Ok(())
}

/// A request with its body, or `None` if the client closed before one.
fn read_request(stream: &mut impl Read) -> std::io::Result<Option<Vec<u8>>> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(0) | Err(_) if request.is_empty() => return Ok(None),
            Ok(0) => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            Ok(_) => request.push(byte[0]),
            Err(error) => return Err(error),
        }
    }
    let head = String::from_utf8_lossy(&request).to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    request.extend(body);
    Ok(Some(request))
}
