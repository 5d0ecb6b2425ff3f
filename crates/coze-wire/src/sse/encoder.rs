//! Events → bytes.

use memchr::memchr2;

/// Appends an event with LF line ends. [`EventEncoder`] has more choices.
///
/// Each line of `data` becomes a `data` line; CRLF and CR within it are line ends too, so a decoder
/// gives them back as LF. Line ends and U+0000 in `id` and `name` cannot be sent: each is replaced by
/// a space.
///
/// ```
/// let mut body = Vec::new();
/// coze_wire::sse::encode_event(&mut body, Some("0"), Some("Message"), "two\nlines");
/// assert_eq!(body, b"id: 0\nevent: Message\ndata: two\ndata: lines\n\n");
/// ```
pub fn encode_event(out: &mut Vec<u8>, id: Option<&str>, name: Option<&str>, data: &str) {
    EventEncoder::new().event(out, id, name, Some(data));
}

/// Writes events.
///
/// ```
/// use coze_wire::sse::{EventEncoder, LineEnd};
///
/// let encoder = EventEncoder::new().line_end(LineEnd::CrLf);
/// let mut body = Vec::new();
/// encoder.event(&mut body, None, Some("Done"), None);
/// encoder.comment(&mut body, "still here");
/// assert_eq!(body, b"event: Done\r\n\r\n: still here\r\n\r\n");
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct EventEncoder {
    line_end: LineEnd,
}

impl EventEncoder {
    /// An encoder that ends lines with LF.
    pub const fn new() -> Self {
        Self {
            line_end: LineEnd::Lf,
        }
    }

    /// Ends lines so.
    #[must_use]
    pub const fn line_end(mut self, line_end: LineEnd) -> Self {
        self.line_end = line_end;
        self
    }

    /// Appends an event. Without data it is one for [`EventDecoder`](super::EventDecoder) alone, and
    /// only if it has a name.
    ///
    /// What cannot be sent is replaced as [`encode_event`] says.
    pub fn event(
        &self,
        out: &mut Vec<u8>,
        id: Option<&str>,
        name: Option<&str>,
        data: Option<&str>,
    ) {
        let length = |text: Option<&str>| text.map_or(0, str::len);
        out.reserve(length(id) + length(name) + length(data) + 32);
        if let Some(id) = id {
            self.line(out, b"id: ", id);
        }
        if let Some(name) = name {
            self.line(out, b"event: ", name);
        }
        if let Some(data) = data {
            self.lines(out, b"data: ", data);
        }
        out.extend_from_slice(self.line_end.bytes());
    }

    /// Appends a comment and an empty line: it keeps a connection alive and is no event.
    pub fn comment(&self, out: &mut Vec<u8>, text: &str) {
        self.lines(out, b": ", text);
        out.extend_from_slice(self.line_end.bytes());
    }

    /// One line for the value.
    fn line(self, out: &mut Vec<u8>, field: &[u8], value: &str) {
        out.extend_from_slice(field);
        let start = out.len();
        out.extend_from_slice(value.as_bytes());
        for byte in &mut out[start..] {
            if matches!(*byte, b'\n' | b'\r' | 0) {
                *byte = b' ';
            }
        }
        out.extend_from_slice(self.line_end.bytes());
    }

    /// One line for each line of the value.
    fn lines(self, out: &mut Vec<u8>, field: &[u8], value: &str) {
        let mut rest = value.as_bytes();
        loop {
            let end = memchr2(b'\n', b'\r', rest);
            out.extend_from_slice(field);
            out.extend_from_slice(&rest[..end.unwrap_or(rest.len())]);
            out.extend_from_slice(self.line_end.bytes());
            let Some(end) = end else { return };
            let width = 1 + usize::from(rest[end..].starts_with(b"\r\n"));
            rest = &rest[end + width..];
        }
    }
}

/// What a line ends with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineEnd {
    /// `\n`, the default.
    #[default]
    Lf,
    /// `\r\n`.
    CrLf,
}

impl LineEnd {
    const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Lf => b"\n",
            Self::CrLf => b"\r\n",
        }
    }
}
