//! A server that gives one canned answer to whatever it is asked.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
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

/// Answers every request with a stream that begins with `text`; its base URL.
pub(crate) fn stream(text: &'static str, then: Then) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for socket in listener.incoming() {
            let socket = socket.unwrap();
            thread::spawn(move || answer(socket, text, then));
        }
    });
    format!("http://{address}")
}

fn answer(mut socket: TcpStream, text: &str, then: Then) {
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
