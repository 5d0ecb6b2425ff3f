//! The yardstick for event decoders: the least that a decoder by the HTML standard can do.
//!
//! It calls back with borrowed parts, has no limits, and knows nothing of the Coze API.

use memchr::memchr2;

/// Pushes pieces of a body in, gets called with id, name and data.
#[derive(Default)]
pub struct Reference {
    line: Vec<u8>,
    id: Vec<u8>,
    name: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    after_cr: bool,
    started: bool,
}

#[derive(Default)]
struct Parts<'a> {
    name: Option<&'a [u8]>,
    data: Option<&'a [u8]>,
}

impl Reference {
    /// Takes a piece of the body.
    #[inline]
    pub fn push(&mut self, piece: &[u8], mut event: impl FnMut(&[u8], &[u8], &[u8])) {
        let mut rest = piece;
        if !std::mem::replace(&mut self.started, true) {
            // Enough here: pieces are longer than a byte order mark.
            rest = rest.strip_prefix("\u{feff}".as_bytes()).unwrap_or(rest);
        }
        if self.after_cr && !rest.is_empty() {
            self.after_cr = false;
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        let mut parts = Parts::default();
        while let Some(end) = memchr2(b'\n', b'\r', rest) {
            if self.line.is_empty() {
                self.take(&rest[..end], &mut parts, &mut event);
            } else {
                let mut line = std::mem::take(&mut self.line);
                line.extend_from_slice(&rest[..end]);
                let mut own = Parts::default();
                self.take(&line, &mut own, &mut event);
                self.keep(&own);
                line.clear();
                self.line = line;
            }
            let width = match rest[end..] {
                [b'\r', b'\n', ..] => 2,
                [b'\r'] => {
                    self.after_cr = true;
                    1
                }
                _ => 1,
            };
            rest = &rest[end + width..];
        }
        self.line.extend_from_slice(rest);
        self.keep(&parts);
    }

    #[inline(always)]
    fn take<'a>(
        &mut self,
        line: &'a [u8],
        parts: &mut Parts<'a>,
        event: &mut impl FnMut(&[u8], &[u8], &[u8]),
    ) {
        fn value(rest: &[u8]) -> Option<&[u8]> {
            match rest {
                [] => Some(rest),
                [b':', b' ', value @ ..] | [b':', value @ ..] => Some(value),
                _ => None,
            }
        }
        match line {
            [] => {
                let kept = self.has_data.then_some(&self.data[..]);
                if let Some(data) = parts.data.take().or(kept) {
                    event(&self.id, parts.name.unwrap_or(&self.name), data);
                }
                parts.name = None;
                self.name.clear();
                self.data.clear();
                self.has_data = false;
            }
            [b'd', b'a', b't', b'a', rest @ ..] => match value(rest) {
                Some(value) if parts.data.is_none() && !self.has_data => parts.data = Some(value),
                Some(value) => {
                    if let Some(first) = parts.data.take() {
                        self.data.extend_from_slice(first);
                        self.has_data = true;
                    }
                    self.data.push(b'\n');
                    self.data.extend_from_slice(value);
                }
                None => {}
            },
            [b'e', b'v', b'e', b'n', b't', rest @ ..] => parts.name = value(rest).or(parts.name),
            [b'i', b'd', rest @ ..] => {
                if let Some(id) = value(rest)
                    && !id.contains(&0)
                {
                    self.id.clear();
                    self.id.extend_from_slice(id);
                }
            }
            _ => {}
        }
    }

    fn keep(&mut self, parts: &Parts<'_>) {
        if let Some(name) = parts.name {
            self.name.clear();
            self.name.extend_from_slice(name);
        }
        if let Some(data) = parts.data {
            self.data.extend_from_slice(data);
            self.has_data = true;
        }
    }
}
