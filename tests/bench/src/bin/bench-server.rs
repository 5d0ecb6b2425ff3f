//! Serves runs and streams on a loopback port, which it prints. Ends with its standard input.
#![expect(
    clippy::unwrap_used,
    reason = "a measurement that went wrong must stop"
)]

use std::{
    fmt::Write as _,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let size: usize = arguments.next().map_or(200, |size| size.parse().unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    thread::spawn(move || {
        let response = Arc::new(response(size));
        for stream in listener.incoming().flatten() {
            let response = Arc::clone(&response);
            thread::spawn(move || serve(stream, &response));
        }
    });
    // Whoever started it closes the pipe, also by dying.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

fn response(size: usize) -> Vec<u8> {
    let output = "x".repeat(size - r#"{"output":""}"#.len());
    let body = format!(
        r#"{{"code":0,"msg":"Success","data":"{{\"output\":\"{output}\"}}","debug_url":"https://www.coze.cn/work_flow?execute_id=741364789030728&space_id=736142423532160&workflow_id=738958910358870","execute_id":"741364789030728","token":98}}"#
    );
    let mut head = String::from("HTTP/1.1 200 OK\r\n");
    for (name, value) in [
        ("server", "Tengine"),
        ("content-type", "application/json; charset=utf-8"),
        ("date", "Sat, 21 Nov 2026 04:00:00 GMT"),
        ("x-tt-logid", "20261121040000ABCDEF0123456789ABCDEF"),
    ] {
        writeln!(head, "{name}: {value}\r").unwrap();
    }
    write!(head, "content-length: {}\r\n\r\n{body}", body.len()).unwrap();
    head.into_bytes()
}

/// `/stream/N` gives N events, each in a chunk of its own; any other path the response.
fn serve(mut stream: TcpStream, response: &[u8]) {
    stream.set_nodelay(true).unwrap();
    let mut buffer = Vec::new();
    let mut piece = [0; 8192];
    loop {
        let Ok(read @ 1..) = stream.read(&mut piece) else {
            return;
        };
        buffer.extend_from_slice(&piece[..read]);
        // All requests of the comparison end with the same two bytes, and with none else.
        // The bodies that are sent end so, and their heads do not.
        if !(buffer.ends_with(b"e}") || buffer.ends_with(b"}}")) {
            continue;
        }
        let head = String::from_utf8_lossy(&buffer).into_owned();
        buffer.clear();
        let count = head
            .split_whitespace()
            .nth(1)
            .and_then(|path| path.strip_prefix("/stream/"))
            .and_then(|count| count.parse().ok());
        let written = match count {
            Some(count) => events(&mut stream, count),
            None => stream.write_all(response),
        };
        if written.is_err() {
            return;
        }
    }
}

/// Made before it is sent, so that the client sets the pace and not this server.
fn events(stream: &mut TcpStream, count: u64) -> std::io::Result<()> {
    let mut all = String::from(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
    );
    let mut chunk = |text: &str| {
        let _ = write!(all, "{:x}\r\n{text}\r\n", text.len());
    };
    for n in 0..count {
        chunk(&coze_bench::event(n));
    }
    chunk(&format!(
        "id: {count}\nevent: Done\ndata: {{\"debug_url\":\"https://www.coze.cn/work_flow\"}}\n\n"
    ));
    all.push_str("0\r\n\r\n");
    stream.write_all(all.as_bytes())
}
