//! Servers that give canned responses to whatever they are asked.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    thread,
    time::Duration,
};

/// What comes after the text that was given.
#[derive(Clone, Copy)]
pub(crate) enum Then {
    /// The proper end of the body.
    End,
    /// Nothing, and the connection stays open.
    Silence,
    /// The same again and again, until nobody listens.
    More,
    /// This as fast as it is read, until nobody listens.
    Flood(&'static str),
}

/// Responds to every request with a stream that begins with `text`; its base URL.
pub(crate) fn stream(text: &'static str, then: Then) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for socket in listener.incoming() {
            let socket = socket.unwrap();
            thread::spawn(move || respond(socket, text, then));
        }
    });
    format!("http://{address}")
}

fn respond(mut socket: TcpStream, text: &str, then: Then) {
    let mut request = [0; 4096];
    let _ = socket.read(&mut request);
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-tt-logid: 2026log\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunk = format!("{:x}\r\n{text}\r\n", text.len());
    let mut going = socket
        .write_all(head.as_bytes())
        .and_then(|()| socket.write_all(chunk.as_bytes()));
    match then {
        Then::End => going = going.and_then(|()| socket.write_all(b"0\r\n\r\n")),
        Then::Silence => thread::sleep(Duration::from_secs(60)),
        Then::Flood(text) => {
            let chunk = format!("{:x}\r\n{text}\r\n", text.len());
            let chunks = chunk.repeat(64 * 1024 / chunk.len());
            while going.is_ok() {
                going = socket.write_all(chunks.as_bytes());
            }
        }
        Then::More => {
            while going.is_ok() {
                thread::sleep(Duration::from_millis(5));
                going = socket.write_all(chunk.as_bytes());
            }
        }
    }
    drop(going);
}

/// Responds to the first request with a stream of `text`, and to all others with a status and a JSON body.
pub(crate) fn stream_then(text: &str, (status, body): (u16, &str)) -> String {
    let stream = format!(
        "content-type: text/event-stream\r\ncontent-length: {}\r\n\r\n{text}",
        text.len()
    );
    serve(vec![
        format!("HTTP/1.1 200 OK\r\nconnection: close\r\n{stream}"),
        document(status, body),
    ])
}

/// Gives the responses in order, each a status and a JSON body, and the last of them from then on; the base URL.
pub(crate) fn json(responses: &[(u16, &str)]) -> String {
    let responses = responses.iter();
    serve(
        responses
            .map(|(status, body)| document(*status, body))
            .collect(),
    )
}

fn document(status: u16, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

/// Responds to every request with these bytes alone; its base URL.
pub(crate) fn raw(response: Vec<u8>) -> String {
    serve(vec![response])
}

fn serve<R: AsRef<[u8]> + Send + 'static>(responses: Vec<R>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for (number, socket) in listener.incoming().enumerate() {
            let mut socket = socket.unwrap();
            // A request of the tests fits in one read.
            let _ = socket.read(&mut [0; 16 * 1024]);
            let response = &responses[number.min(responses.len() - 1)];
            let _ = socket.write_all(response.as_ref());
            // What was not read yet would become a reset.
            let _ = socket.shutdown(Shutdown::Write);
            let _ = socket.read(&mut [0; 16 * 1024]);
        }
    });
    format!("http://{address}")
}
