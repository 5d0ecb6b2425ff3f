//! A server on a socket that plays one exchange, faster than it was recorded.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::{End, Exchange, Exchanges, judge};

/// How often it was asked for a path.
type Counts = Arc<Mutex<BTreeMap<String, usize>>>;

/// Serves for as long as the test runs; the base URL, and what was asked for.
pub async fn serve(all: Arc<Exchanges>, exchange: Exchange, faster: u32) -> (String, Counts) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let counts = Counts::default();
    let seen = counts.clone();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (all, exchange, seen) = (all.clone(), exchange.clone(), seen.clone());
            tokio::spawn(async move {
                // A client that leaves is no failure.
                let _ = connection(socket, &all, &exchange, &seen, faster).await;
            });
        }
    });
    (url, counts)
}

async fn connection(
    mut socket: TcpStream,
    all: &Exchanges,
    exchange: &Exchange,
    counts: &Mutex<BTreeMap<String, usize>>,
    faster: u32,
) -> std::io::Result<()> {
    while let Some((method, target)) = request(&mut socket).await? {
        let path = target.split('?').next().unwrap_or_default();
        let number = {
            let mut counts = counts.lock().unwrap();
            let count = counts.entry(format!("{method} {path}")).or_default();
            *count += 1;
            *count - 1
        };
        if let Some(response) = judge::respond(all, exchange, &method, &target, number) {
            if !play(&mut socket, &response, faster).await? {
                return Ok(());
            }
            continue;
        }
        let (status, text) = unrecorded(path);
        let head = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            text.len()
        );
        socket.write_all(head.as_bytes()).await?;
        socket.write_all(text.as_bytes()).await?;
    }
    Ok(())
}

fn unrecorded(path: &str) -> (u16, &'static str) {
    match path {
        "/v1/parameters" => (200, "{}"),
        "/v1/workflows/logs" => (
            200,
            r#"{"page": 1, "limit": 20, "total": 0, "has_more": false, "data": []}"#,
        ),
        _ => (
            500,
            r#"{"message": "Internal Server Error", "code": "unknown", "status": 500}"#,
        ),
    }
}

/// Reads a whole request; its method and its path with the query.
async fn request(socket: &mut TcpStream) -> std::io::Result<Option<(String, String)>> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length")
                    .then(|| value.trim().parse().unwrap())
            });
            if body.len() >= length.unwrap_or(0) {
                let mut words = head.split(' ');
                let method = words.next().unwrap().to_owned();
                let target = words.next().unwrap().to_owned();
                return Ok(Some((method, target)));
            }
        }
        match socket.read(&mut piece).await? {
            0 => return Ok(None),
            read => bytes.extend_from_slice(&piece[..read]),
        }
    }
}

/// Writes the response as it was framed; whether the connection goes on.
async fn play(socket: &mut TcpStream, exchange: &Exchange, faster: u32) -> std::io::Result<bool> {
    let Some(status) = exchange.status else {
        pause(Duration::from_secs(4) / faster).await;
        return Ok(false);
    };
    pause(exchange.head / faster).await;
    let framing = if exchange.chunked {
        "Transfer-Encoding: chunked".to_owned()
    } else {
        format!("Content-Length: {}", exchange.body().len())
    };
    let head = format!(
        "HTTP/1.1 {status} X\r\nServer: gunicorn\r\nConnection: keep-alive\r\n{framing}\r\nContent-Type: {}\r\n\r\n",
        exchange.content_type
    );
    socket.write_all(head.as_bytes()).await?;
    let mut at = exchange.head;
    for (then, bytes) in &exchange.chunks {
        pause(then.saturating_sub(at) / faster).await;
        at = at.max(*then);
        if exchange.chunked {
            socket
                .write_all(format!("{:x}\r\n", bytes.len()).as_bytes())
                .await?;
            socket.write_all(bytes).await?;
            socket.write_all(b"\r\n").await?;
        } else {
            socket.write_all(bytes).await?;
        }
    }
    match exchange.end {
        End::Cut => return Ok(false),
        End::Silent => {
            pause(Duration::from_secs(3600)).await;
            return Ok(false);
        }
        End::Complete => {}
    }
    if exchange.chunked {
        pause(exchange.last.saturating_sub(at) / faster).await;
        socket.write_all(b"0\r\n\r\n").await?;
    }
    Ok(true)
}

#[expect(clippy::disallowed_methods, reason = "sockets live in real time")]
async fn pause(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}
