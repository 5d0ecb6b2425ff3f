//! The line format in the plainest words: all lines first, then all events. What the decoder does
//! in one pass must come to the same.

use coze_wire::sse::{EventEnd, OwnedEvent};

#[derive(Default)]
struct Block {
    id: Option<Vec<u8>>,
    name: Option<Vec<u8>>,
    data: Option<Vec<u8>>,
    /// Whether an id and a name came before the data.
    led: (bool, bool),
}

/// The events of a whole body as `(id, name, data, end)`, and whether an event broke the limit.
pub(crate) type Modelled = (Vec<Event>, bool);
pub(crate) type Event = (Option<String>, Option<String>, Option<String>, EventEnd);

pub(crate) fn parts(event: &OwnedEvent) -> Event {
    let event = event.clone();
    (event.id, event.name, event.data, event.end)
}

pub(crate) fn decode(body: &[u8], limit: usize) -> Modelled {
    let mark = "\u{feff}".as_bytes();
    let (lines, rest) = lines(body.strip_prefix(mark).unwrap_or(body));
    let mut events = Vec::new();
    let mut block = Block::default();
    for line in &lines {
        if line.is_empty() {
            events.extend(std::mem::take(&mut block).event(EventEnd::BlankLine));
        } else if !block.line(line, limit, &mut events) {
            return (events, true);
        }
    }
    // Half a field name says nothing, and neither does half a mark.
    let within = !rest.is_empty();
    let said = rest.contains(&b':')
        || ![&b"id"[..], b"event", b"data"]
            .iter()
            .any(|name| name.starts_with(rest));
    if within && said && !mark.starts_with(body) && !block.line(rest, limit, &mut events) {
        return (events, true);
    }
    let end = if within {
        EventEnd::BodyWithinLine
    } else {
        EventEnd::BodyAfterLine
    };
    events.extend(block.event(end));
    (events, false)
}

/// The whole lines, and what stands after the last line end.
fn lines(mut rest: &[u8]) -> (Vec<&[u8]>, &[u8]) {
    let mut lines = Vec::new();
    while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
        lines.push(&rest[..end]);
        let width = if rest[end..].starts_with(b"\r\n") {
            2
        } else {
            1
        };
        rest = &rest[end + width..];
    }
    (lines, rest)
}

impl Block {
    /// Takes a line; false when that makes the block too large.
    fn line(&mut self, line: &[u8], limit: usize, events: &mut Vec<Event>) -> bool {
        let colon = line.iter().position(|&byte| byte == b':');
        let (field, value) = match colon {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &b""[..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value).to_vec();
        let (id, name) = self.led;
        let starts = name && matches!(field, b"id" | b"event") || id && field == b"id";
        if starts && self.data.is_some() {
            events.extend(std::mem::take(self).event(EventEnd::NextEvent));
        }
        let before = (self.id.clone(), value.contains(&0));
        match field {
            b"id" => self.id = Some(value),
            b"event" => self.name = Some(value),
            b"data" => {
                if self.data.is_none() {
                    let name = self.name.as_ref().is_some_and(|name| !name.is_empty());
                    self.led = (self.id.is_some(), name);
                }
                self.data = Some(match self.data.take() {
                    Some(data) => [data, value].join(&b'\n'),
                    None => value,
                });
            }
            _ => return line.len() <= limit,
        }
        let size: usize = [&self.id, &self.name, &self.data]
            .into_iter()
            .map(|value| value.as_ref().map_or(0, Vec::len))
            .sum();
        if let (id, true) = before
            && field == b"id"
        {
            self.id = id;
        }
        size <= limit
    }

    fn event(self, end: EventEnd) -> Option<Event> {
        let text = |value: Vec<u8>| String::from_utf8_lossy(&value).into_owned();
        let name = self.name.map(text).filter(|name| !name.is_empty());
        (name.is_some() || self.data.is_some())
            .then(|| (self.id.map(text), name, self.data.map(text), end))
    }
}
