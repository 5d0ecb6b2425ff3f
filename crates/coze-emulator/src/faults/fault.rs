//! The words for faults.

use std::{borrow::Cow, error, fmt, str::FromStr, time::Duration};

use http::{HeaderValue, StatusCode};

/// Something that goes wrong with one call, written as words: `"delay=200 cut=120"`.
///
/// | word | effect |
/// |---|---|
/// | `status=503` | this HTTP status and a short text page, and nothing is started |
/// | `code=4009` | HTTP 200 with this code, and nothing is started; together with `status` both |
/// | `retry-after=2` | that header on the response of `status`, `code` or `replace` |
/// | `delay=200` | milliseconds before anything else |
/// | `close` | the connection is closed without a response, and nothing is started |
/// | `lose` | the call is carried out, then the connection is closed without a response |
/// | `replace=502` | the call is carried out, then the response has this status and a text page |
/// | `recode=4009` | the call is carried out, and its own response says this code; together with `replace` in place of the text page |
/// | `goaway` | the call is carried out, and the connection takes no more: GOAWAY while it works, on HTTP/1 `connection: close` |
/// | `goaway=refuse` | nothing is started: GOAWAY that leaves the call out, on HTTP/1 a 503 with `retry-after` and `connection: close` |
/// | `cut=120` | the connection is closed after this many bytes of the body |
/// | `reset=120` | the same with a TCP reset |
/// | `stall=120` | nothing comes after this many bytes, and the connection stays open |
/// | `cut-event=3`, `reset-event=3`, `stall-event=3` | the same after this many events of a stream |
/// | `drip=50` | the body comes byte by byte, with this many milliseconds before each |
/// | `duplicate=1`, `swap=1`, `drop=1` | the event at this place in a stream, from 0, comes twice, after the next one, or not at all |
/// | `error-event=1` | in place of the event at this place an `error` event of plain text, and then the end |
/// | `older` | the form of older responses: `token` and `cost` in place of a run's `usage`; a stream ends with `{}`, a chat with `[DONE]` |
/// | `page=empty`, `page=repeat` | a page of a list without items that says there are more, or one that gives its own page token out again |
/// | `content-type=text/html` | this content type |
/// | `gzip` | the body is compressed though nobody asked |
/// | `on=/v1/workflow/run` | only calls whose path begins so |
/// | `after=1` | this many matching calls pass first |
/// | `times=2` | this many calls in a row are hit; 1 when absent |
///
/// A fault reaches a call through the request header `x-emulator-fault`, [`Emulator::inject`](crate::Emulator::inject) or
/// [`EmulatorBuilder::random_faults`](crate::EmulatorBuilder::random_faults). Without a socket a closed connection is a
/// response whose body fails, and `goaway` gives the responses of HTTP/1.
///
/// On HTTP/2 `close`, `lose` and `reset` end the connection with all its calls; `cut` resets the stream of its own call with
/// INTERNAL_ERROR, which may overtake the last bytes. When a call is to be refused and a later one on its connection has begun,
/// so that GOAWAY cannot leave it out, its stream is reset with REFUSED_STREAM, which says the same.
///
/// ```
/// let fault: coze_emulator::Fault = "on=/v1/workflow/run times=2 status=429 retry-after=1".parse()?;
/// assert!("stutter=1".parse::<coze_emulator::Fault>().is_err());
/// # Ok::<(), coze_emulator::ParseFaultError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a word that is there or not"
)]
pub struct Fault {
    /// The words, as they were read.
    pub(crate) text: String,
    pub(crate) status: Option<StatusCode>,
    pub(crate) code: Option<i64>,
    pub(crate) retry_after: Option<HeaderValue>,
    pub(crate) delay: Option<Duration>,
    pub(crate) close: bool,
    pub(crate) lose: bool,
    pub(crate) replace: Option<StatusCode>,
    pub(crate) recode: Option<i64>,
    pub(crate) goaway: Option<Goaway>,
    pub(crate) end: Option<(usize, End)>,
    /// The same, counted in events.
    pub(crate) end_event: Option<(usize, End)>,
    pub(crate) drip: Option<Duration>,
    pub(crate) duplicate: Option<usize>,
    pub(crate) swap: Option<usize>,
    pub(crate) drop: Option<usize>,
    pub(crate) error_event: Option<usize>,
    pub(crate) older: bool,
    pub(crate) page: Option<PageFault>,
    pub(crate) content_type: Option<HeaderValue>,
    pub(crate) gzip: bool,
    pub(crate) on: Option<String>,
    pub(crate) after: Option<u32>,
    pub(crate) times: Option<u32>,
}

/// How a body ends too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Close,
    Reset,
    Stall,
}

/// How a connection is told to take no more calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goaway {
    Accept,
    Refuse,
}

/// What is wrong with a page of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageFault {
    Empty,
    Repeat,
}

/// A word that is not a fault, or a value that does not fit it.
#[derive(Debug)]
pub struct ParseFaultError {
    word: String,
    expected: Cow<'static, str>,
}

impl fmt::Display for ParseFaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "'{}' is not a fault: expected {}",
            self.word, self.expected
        )
    }
}

impl error::Error for ParseFaultError {}

type Set = fn(&mut Fault, &str) -> Result<(), &'static str>;

/// Each word, and what it sets to the value behind its `=`.
const WORDS: &[(&str, Set)] = &[
    ("status", |f, v| set(&mut f.status, status(v))),
    ("code", |f, v| set(&mut f.code, number(v))),
    ("retry-after", |f, v| set(&mut f.retry_after, header(v))),
    ("delay", |f, v| set(&mut f.delay, milliseconds(v))),
    ("close", |f, v| flag(&mut f.close, v)),
    ("lose", |f, v| flag(&mut f.lose, v)),
    ("replace", |f, v| set(&mut f.replace, status(v))),
    ("recode", |f, v| set(&mut f.recode, number(v))),
    ("goaway", |f, v| {
        let how = match v {
            "" => Ok(Goaway::Accept),
            "refuse" => Ok(Goaway::Refuse),
            _ => Err("nothing or 'refuse' after '='"),
        };
        set(&mut f.goaway, how)
    }),
    ("cut", |f, v| set(&mut f.end, end(v, End::Close))),
    ("reset", |f, v| set(&mut f.end, end(v, End::Reset))),
    ("stall", |f, v| set(&mut f.end, end(v, End::Stall))),
    ("cut-event", |f, v| {
        set(&mut f.end_event, end(v, End::Close))
    }),
    ("reset-event", |f, v| {
        set(&mut f.end_event, end(v, End::Reset))
    }),
    ("stall-event", |f, v| {
        set(&mut f.end_event, end(v, End::Stall))
    }),
    ("drip", |f, v| set(&mut f.drip, milliseconds(v))),
    ("duplicate", |f, v| set(&mut f.duplicate, number(v))),
    ("swap", |f, v| set(&mut f.swap, number(v))),
    ("drop", |f, v| set(&mut f.drop, number(v))),
    ("error-event", |f, v| set(&mut f.error_event, number(v))),
    ("older", |f, v| flag(&mut f.older, v)),
    ("page", |f, v| {
        let how = match v {
            "empty" => Ok(PageFault::Empty),
            "repeat" => Ok(PageFault::Repeat),
            _ => Err("'empty' or 'repeat' after '='"),
        };
        set(&mut f.page, how)
    }),
    ("content-type", |f, v| set(&mut f.content_type, header(v))),
    ("gzip", |f, v| flag(&mut f.gzip, v)),
    ("on", |f, v| set(&mut f.on, Ok(v.to_owned()))),
    ("after", |f, v| set(&mut f.after, number(v))),
    ("times", |f, v| set(&mut f.times, number(v))),
];

impl Fault {
    /// Reads one fault a line; empty lines and lines that begin with `#` say nothing.
    ///
    /// # Errors
    ///
    /// The number of the first line that is not a fault, from 1, and what is wrong with it.
    pub fn lines(text: &str) -> Result<Vec<Self>, (usize, ParseFaultError)> {
        text.lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line.trim()))
            .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
            .map(|(number, line)| line.parse().map_err(|error| (number, error)))
            .collect()
    }
}

impl FromStr for Fault {
    type Err = ParseFaultError;

    fn from_str(text: &str) -> Result<Self, ParseFaultError> {
        let mut fault = Self::default();
        for word in text.split_whitespace() {
            fault.add(word).map_err(|expected| ParseFaultError {
                word: word.to_owned(),
                expected,
            })?;
        }
        let words: Vec<_> = text.split_whitespace().collect();
        fault.text = words.join(" ");
        Ok(fault)
    }
}

impl Fault {
    fn add(&mut self, word: &str) -> Result<(), Cow<'static, str>> {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        if let Some((_, set)) = WORDS.iter().find(|(word, _)| *word == name) {
            return set(self, value).map_err(Cow::Borrowed);
        }
        let names: Vec<_> = WORDS.iter().map(|(word, _)| *word).collect();
        Err(format!("one of {}", names.join(", ")).into())
    }

    /// Ends the body before its first byte.
    pub(crate) fn cut_at_once() -> Self {
        Self {
            end: Some((0, End::Close)),
            ..Self::default()
        }
    }

    /// Whether the events of a stream are not what they were.
    pub(crate) fn changes_events(&self) -> bool {
        self.duplicate.is_some()
            || self.swap.is_some()
            || self.drop.is_some()
            || self.error_event.is_some()
            || self.end_event.is_some()
            || self.older
    }

    /// Whether calls of this path are meant.
    pub(crate) fn hits(&self, path: &str) -> bool {
        self.on.as_deref().is_none_or(|on| path.starts_with(on))
    }
}

fn set<T>(field: &mut Option<T>, value: Result<T, &'static str>) -> Result<(), &'static str> {
    *field = Some(value?);
    Ok(())
}

fn number<T: FromStr>(value: &str) -> Result<T, &'static str> {
    value.parse().map_err(|_| "a whole number after '='")
}

fn milliseconds(value: &str) -> Result<Duration, &'static str> {
    number(value).map(Duration::from_millis)
}

fn end(value: &str, how: End) -> Result<(usize, End), &'static str> {
    number(value).map(|count| (count, how))
}

fn status(value: &str) -> Result<StatusCode, &'static str> {
    StatusCode::from_bytes(value.as_bytes()).map_err(|_| "an HTTP status after '='")
}

fn header(value: &str) -> Result<HeaderValue, &'static str> {
    HeaderValue::from_str(value)
        .ok()
        .filter(|value| !value.is_empty())
        .ok_or("a header value after '='")
}

fn flag(field: &mut bool, value: &str) -> Result<(), &'static str> {
    if !value.is_empty() {
        return Err("nothing after this word");
    }
    *field = true;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_holds_a_fault_a_line() {
        assert_eq!(
            Fault::lines("# first\n\ndelay=1\n close\n").unwrap().len(),
            2
        );
        let (line, error) = Fault::lines("close\n\nstutter").unwrap_err();
        assert_eq!(line, 3);
        assert!(error.to_string().starts_with("'stutter' is not a fault"));
    }

    #[test]
    fn words_that_do_not_fit_are_told() {
        let cases = [
            (
                "delay",
                "'delay' is not a fault: expected a whole number after '='",
            ),
            (
                "close=1",
                "'close=1' is not a fault: expected nothing after this word",
            ),
            (
                "status=12",
                "'status=12' is not a fault: expected an HTTP status after '='",
            ),
            (
                "goaway=later",
                "'goaway=later' is not a fault: expected nothing or 'refuse' after '='",
            ),
            (
                "page=1",
                "'page=1' is not a fault: expected 'empty' or 'repeat' after '='",
            ),
            (
                "content-type=",
                "'content-type=' is not a fault: expected a header value after '='",
            ),
        ];
        for (text, message) in cases {
            assert_eq!(text.parse::<Fault>().unwrap_err().to_string(), message);
        }
        assert!(
            "what"
                .parse::<Fault>()
                .unwrap_err()
                .to_string()
                .contains("retry-after")
        );
    }
}
