//! The largest file there is, over a socket, in constant memory.

use std::{
    fs,
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
    thread,
};

use coze_workflow::{Client, FileSource};
use tokio::io::{AsyncRead, ReadBuf};

const SIZE: u64 = 512 * 1024 * 1024;

#[derive(Default)]
struct Counts {
    given: AtomicU64,
    got: AtomicU64,
    /// Most bytes that were given and not got: held by the client or on the way.
    held: AtomicU64,
}

/// A file of nothing that counts what is read of it.
struct Zeros(Arc<Counts>);

impl AsyncRead for Zeros {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let now = buf.remaining();
        buf.initialize_unfilled();
        buf.advance(now);
        let given = self.0.given.fetch_add(now as u64, Relaxed) + now as u64;
        let held = given.saturating_sub(self.0.got.load(Relaxed));
        self.0.held.fetch_max(held, Relaxed);
        Poll::Ready(Ok(()))
    }
}

/// Reads one upload, counts it and keeps nothing of it.
fn serve(mut peer: TcpStream, counts: &Counts) -> io::Result<(String, u64)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        peer.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .and_then(|length| length.trim().parse::<u64>().ok())
        .unwrap_or_default();
    let (mut read, mut buffer) = (0, vec![0; 256 * 1024]);
    while read < length {
        let now = peer.read(&mut buffer)? as u64;
        if now == 0 {
            break;
        }
        read += now;
        counts.got.fetch_add(now, Relaxed);
    }
    let body = r#"{"code":0,"data":{"id":"7369","bytes":536870912}}"#;
    let length = body.len();
    write!(
        peer,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )?;
    Ok((head, read))
}

/// The most memory this process ever had, in bytes, where the system tells.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes = line.split_whitespace().nth(1)?.parse::<u64>().ok()?;
    Some(kilobytes * 1024)
}

#[tokio::test]
async fn half_a_gigabyte_goes_out_in_constant_memory() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let counts = Arc::new(Counts::default());
    let server = {
        let counts = Arc::clone(&counts);
        thread::spawn(move || serve(listener.accept()?.0, &counts))
    };
    let coze = Client::builder()
        .base_url(url)
        .token("pat_1")
        .build()
        .unwrap();
    let before = peak();
    let zeros = Zeros(Arc::clone(&counts));
    let source = FileSource::reader("zeros.zip", zeros).length(SIZE);
    let last = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&last);
    let file = coze
        .upload(source)
        .on_progress(move |now| seen.store(now.sent, Relaxed))
        .await
        .unwrap();
    assert_eq!(file.get_ref().bytes, Some(536_870_912));
    let (head, read) = server.join().unwrap().unwrap();
    assert!(head.contains("content-length: ") && !head.contains("chunked"));
    // The frame of the form is a few hundred bytes.
    assert!((SIZE + 100..SIZE + 1000).contains(&read), "{read}");
    assert_eq!(counts.given.load(Relaxed), SIZE);
    assert_eq!(last.load(Relaxed), SIZE);
    // What is held includes the system's socket buffers, which grow when the reader is slow.
    let held = counts.held.load(Relaxed);
    assert!(held < 64 * 1024 * 1024, "{held} bytes were on the way");
    if let (Some(before), Some(after)) = (before, peak()) {
        let grown = after - before;
        assert!(
            grown < 16 * 1024 * 1024,
            "the process grew by {grown} bytes"
        );
    }
}
