//! The way of most events: each field at most once, all of it in the input.

use super::{
    event::{EventEnd, RawEvent},
    line::{line_end, near_line_end, word},
};

const DATA: u64 = word(b"data: ");
const NAME: u64 = word(b"event: ");
const ID: u64 = word(b"id: ");

/// What [`read`] met.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Plain {
    /// The end of the event.
    Event,
    /// The last line of the input, which does not end there.
    LastLine,
    /// The same in the value of a `data` line, which was taken.
    WithinData,
    /// A line that needs a closer look.
    Unusual,
}

/// Reads the lines of an event, up to one that is not plain. It is left in the input.
///
/// So is the line that ends an event which is not `alone`, because a part of it was kept.
#[inline]
pub(super) fn read<'i>(input: &mut &'i [u8], event: &mut RawEvent<'i>, alone: bool) -> Plain {
    let [mut id, mut name, mut data] = [None; 3];
    let mut rest = *input;
    let met = loop {
        if let [b'\n', next @ ..] | [b'\r', b'\n', next @ ..] = rest {
            if !alone {
                break Plain::Unusual;
            }
            rest = next;
            if data.is_some() || name.is_some() {
                break Plain::Event;
            }
            id = None;
            continue;
        }
        // Eight bytes tell any field.
        let Some(start) = rest.first_chunk() else {
            break if rest.is_empty() {
                Plain::LastLine
            } else {
                Plain::Unusual
            };
        };
        let start = u64::from_le_bytes(*start);
        // After data come more data or the next event.
        if data.is_some() {
            break Plain::Unusual;
        }
        let line = if start & mask(6) == DATA {
            let value = &rest[6..];
            let end = line_end(value);
            if end.is_none() {
                data = Some(value);
                rest = &[];
                break Plain::WithinData;
            }
            split(value, end).map(|(value, next)| {
                data = Some(value);
                next
            })
        } else if start & mask(7) == NAME {
            let value = &rest[7..];
            let near = value.first_chunk().and_then(|start| near_line_end(*start));
            let end = near.map(|near| near.index).or_else(|| line_end(value));
            match split(value, end) {
                Ok(([], _)) => Err(Plain::Unusual),
                line => line.map(|(value, next)| {
                    name = Some(value);
                    next
                }),
            }
        } else if start & mask(4) == ID {
            let value = &rest[4..];
            let near = value.first_chunk().and_then(|start| near_line_end(*start));
            let end = near.map(|near| near.index).or_else(|| line_end(value));
            match split(value, end) {
                Ok((value, _))
                    if near.map_or_else(|| value.contains(&0), |near| near.after_zero) =>
                {
                    Err(Plain::Unusual)
                }
                line => line.map(|(value, next)| {
                    id = Some(value);
                    next
                }),
            }
        } else {
            Err(Plain::Unusual)
        };
        match line {
            Ok(next) => rest = next,
            Err(met) => break met,
        }
    };
    *input = rest;
    *event = RawEvent {
        id,
        name,
        data,
        end: EventEnd::BlankLine,
    };
    met
}

/// The low bytes, so many.
const fn mask(bytes: u32) -> u64 {
    u64::MAX >> (64 - 8 * bytes)
}

/// The line up to its end, and what follows.
#[inline]
fn split(line: &[u8], end: Option<usize>) -> Result<(&[u8], &[u8]), Plain> {
    let Some(end) = end else {
        return Err(Plain::LastLine);
    };
    match line.split_at_checked(end) {
        Some((line, [b'\n', next @ ..] | [b'\r', b'\n', next @ ..])) => Ok((line, next)),
        _ => Err(Plain::Unusual),
    }
}
