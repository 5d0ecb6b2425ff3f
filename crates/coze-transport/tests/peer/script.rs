//! What a server does with a request, said without a word of framing.

use std::time::Duration;

use bytes::Bytes;

/// How a connection goes on after an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Keep,
    /// Closed in order.
    Fin,
    /// Closed so that the client gets a reset.
    Rst,
}

/// What one request meets.
#[derive(Clone)]
pub enum Act {
    Respond(ScriptedResponse),
    /// The same, but the body of the request is not read.
    Early(ScriptedResponse),
    /// The request is read, and the connection ends.
    End(End),
    /// The connection ends within the body of the request.
    EndInRequest(End),
    /// The connection ends within the head of the response.
    EndInHead(End),
    /// The head of the response comes byte by byte.
    Drip(Duration),
    Silent,
    /// Informational responses, and then the last one; none if they are without end.
    Interim(u16, usize, Option<ScriptedResponse>),
}

#[derive(Clone, Copy)]
pub enum Length {
    /// The true one.
    Told,
    /// Another one, whatever is sent.
    Claimed(u64),
    /// None.
    Untold,
}

#[derive(Clone)]
pub struct ScriptedResponse {
    pub status: u16,
    pub headers: Vec<(&'static str, Vec<u8>)>,
    pub length: Length,
    /// Each after its pause.
    pub pieces: Vec<(Duration, Bytes)>,
    /// The last piece again and again.
    pub endless: bool,
    /// Nothing follows, not even an end.
    pub stalls: bool,
    /// Bytes of a trailer.
    pub trailer: usize,
    pub end: End,
}

pub fn respond(status: u16, body: impl Into<Bytes>) -> ScriptedResponse {
    let body = body.into();
    let pieces = if body.is_empty() {
        Vec::new()
    } else {
        vec![(Duration::ZERO, body)]
    };
    ScriptedResponse {
        status,
        headers: Vec::new(),
        length: Length::Told,
        pieces,
        endless: false,
        stalls: false,
        trailer: 0,
        end: End::Keep,
    }
}

/// A response of 200 with a JSON body.
pub fn ok() -> ScriptedResponse {
    respond(200, "{}").header("content-type", "application/json")
}

impl ScriptedResponse {
    pub fn header(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name, value.as_ref().to_vec()));
        self
    }

    pub fn length(mut self, length: Length) -> Self {
        self.length = length;
        self
    }

    pub fn piece(mut self, pause: u64, piece: impl Into<Bytes>) -> Self {
        self.pieces
            .push((Duration::from_millis(pause), piece.into()));
        self
    }

    pub fn endless(mut self) -> Self {
        self.endless = true;
        self
    }

    pub fn stalls(mut self) -> Self {
        self.stalls = true;
        self
    }

    pub fn trailer(mut self, bytes: usize) -> Self {
        self.trailer = bytes;
        self
    }

    pub fn then(mut self, end: End) -> Self {
        self.end = end;
        self
    }

    pub fn content_length(&self) -> Option<u64> {
        match self.length {
            Length::Told => Some(
                self.pieces
                    .iter()
                    .map(|(_, piece)| piece.len() as u64)
                    .sum(),
            ),
            Length::Claimed(length) => Some(length),
            Length::Untold => None,
        }
    }
}
