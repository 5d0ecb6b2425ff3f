//! Foreign text that may be shown.

use std::{borrow::Cow, ops::Range};

use crate::known;

/// Longest excerpt, in bytes.
pub const MAX_EXCERPT: usize = 512;

/// How much of a text is looked at for an excerpt, in bytes.
const READ: usize = 16 * 1024;

/// What stands for a secret.
const MASK: &str = "***";

/// What tokens begin with, and how many characters must follow for it to be one.
const PREFIXES: [(&str, usize); 6] = [
    ("pat_", 1),
    ("sat_", 1),
    ("czu_", 1),
    ("czs_", 1),
    ("app-", 12),
    ("eyJ", 12),
];

/// JSON members whose text is a secret whatever it looks like.
const MEMBERS: [&str; 6] = [
    "access_token",
    "refresh_token",
    "client_secret",
    "token",
    "password",
    "code_verifier",
];

/// An excerpt of `text` fit for errors and logs: at most [`MAX_EXCERPT`] bytes, on one line, without secrets.
///
/// Masked are the tokens that this process has sent or may send ([`Authorization`](crate::Authorization)), as they
/// are or percent-, JSON- or base64-encoded; whatever looks like a token (`pat_…`, `sat_…`, `czu_…`, `czs_…`,
/// `app-…`, JWTs, what follows `Bearer` or `Basic`); JSON members such as `access_token` and `client_secret`; and
/// user names and passwords in URLs. White space becomes a space, any other character that a terminal may obey is
/// shown by its number.
///
/// ```
/// use coze_transport::scrub;
///
/// assert_eq!(scrub("bad token pat_abc123 for\nhttps://me:pw@a.b/c"), "bad token *** for https://***@a.b/c");
/// assert_eq!(scrub("\u{1b}[2J"), "\\u{1b}[2J");
/// ```
pub fn scrub(text: &str) -> String {
    excerpt(text, MAX_EXCERPT)
}

/// The same with a limit of its own.
pub(crate) fn excerpt(text: &str, limit: usize) -> String {
    // What is masked becomes shorter, but not without end.
    let begin = &text[..floor(text, READ)];
    let mut out = String::with_capacity(begin.len().min(limit));
    for piece in pieces(begin) {
        let fits = match piece {
            Piece::Secret => push(&mut out, MASK, limit),
            Piece::Text(text) => text.chars().all(|one| match one {
                ' '..='~' => push(&mut out, one.encode_utf8(&mut [0; 4]), limit),
                one if one.is_whitespace() => push(&mut out, " ", limit),
                one if is_obeyed(one) => push(&mut out, &one.escape_unicode().to_string(), limit),
                one => push(&mut out, one.encode_utf8(&mut [0; 4]), limit),
            }),
        };
        if !fits {
            return out;
        }
    }
    if begin.len() < text.len() {
        push(&mut out, "…", limit);
    }
    out
}

/// Adds `text`, or the sign that there is more where it does not fit.
fn push(out: &mut String, text: &str, limit: usize) -> bool {
    out.push_str(text);
    let fits = out.len() <= limit;
    if !fits {
        out.truncate(floor(out, limit - '…'.len_utf8()));
        out.push('…');
    }
    fits
}

/// The last place at `most` or before it where a character begins.
fn floor(text: &str, most: usize) -> usize {
    (0..=most.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

/// Whether a terminal may obey the character instead of showing it: controls, and what turns the direction of text.
pub fn is_obeyed(one: char) -> bool {
    one.is_control()
        || matches!(one, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text with its secrets masked, and otherwise as it is.
///
/// ```
/// assert_eq!(coze_transport::redact("{\n  token: \"pat_abc123\"\n}"), "{\n  token: \"***\"\n}");
/// ```
pub fn redact(text: &str) -> Cow<'_, str> {
    if Secrets::new(text).after(0).is_none() {
        return text.into();
    }
    let shown = pieces(text).map(|piece| match piece {
        Piece::Text(text) => text,
        Piece::Secret => MASK,
    });
    shown.collect::<String>().into()
}

/// An id or an address from a server: as it came if it is fit to be shown, else [scrubbed](scrub).
///
/// ```
/// use coze_transport::scrub_id;
///
/// assert_eq!(scrub_id("2026112117".into()), "2026112117");
/// assert_eq!(scrub_id("1\nhint: pat_abc123".into()), "1 hint: ***");
/// ```
pub fn scrub_id(text: String) -> String {
    scrubbed(&text).unwrap_or(text)
}

/// What is shown in place of an id or an address; none if that is fit to be shown as it came.
pub(crate) fn scrubbed(text: &str) -> Option<String> {
    let plain = text.len() <= MAX_EXCERPT && text.bytes().all(|byte| byte.is_ascii_graphic());
    let fit = plain && Secrets::new(text).after(0).is_none();
    (!fit).then(|| scrub(text))
}

enum Piece<'a> {
    Text(&'a str),
    Secret,
}

/// The text between secrets, and the secrets.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut at = 0;
    let mut secrets = Secrets::new(text);
    let mut next: Option<Range<usize>> = None;
    std::iter::from_fn(move || {
        if let Some(range) = next.take() {
            at = range.end;
            return Some(Piece::Secret);
        }
        if at == text.len() {
            return None;
        }
        next = secrets.after(at);
        let begin = std::mem::replace(&mut at, text.len());
        Some(Piece::Text(match &next {
            Some(range) => &text[begin..range.start],
            None => &text[begin..],
        }))
    })
}

/// Where the secrets of a text are.
struct Secrets<'a> {
    text: &'a str,
    /// The next token of this process.
    known: Option<Range<usize>>,
}

impl<'a> Secrets<'a> {
    fn new(text: &'a str) -> Self {
        let known = known::find(text, 0);
        Self { text, known }
    }

    /// The first secret at `from` or after it.
    fn after(&mut self, from: usize) -> Option<Range<usize>> {
        if self.known.as_ref().is_some_and(|known| known.start < from) {
            self.known = known::find(self.text, from);
        }
        let known = self.known.clone();
        let end = known
            .as_ref()
            .map_or(self.text.len(), |known| known.start + 1);
        let kind = kind_within(self.text, from, end);
        match (kind, known) {
            // One may be a part of the other.
            (Some(kind), Some(known)) if kind.end > known.start => {
                Some(kind.start.min(known.start)..kind.end.max(known.end))
            }
            (kind, known) => kind.or(known),
        }
    }
}

/// The bytes that announce a secret.
const ANNOUNCING: [bool; 256] = {
    let mut table = [false; 256];
    let bytes = b":\"abBceps";
    let mut at = 0;
    while at < bytes.len() {
        table[bytes[at] as usize] = true;
        at += 1;
    }
    table
};

/// The first secret of a known kind that begins in the text between `from` and `end`.
fn kind_within(text: &str, mut from: usize, end: usize) -> Option<Range<usize>> {
    // Every byte of every id passes here.
    let announces = |byte: &u8| ANNOUNCING[usize::from(*byte)];
    while let Some(skipped) = text.as_bytes()[from..end].iter().position(announces) {
        let secret = kind(text, from + skipped);
        if secret.is_some() {
            return secret;
        }
        from += skipped + 1;
    }
    None
}

/// The secret of a known kind that the text at `at` announces.
fn kind(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    match bytes[at] {
        b':' => return user_info(text, at),
        b'"' => {
            let value = MEMBERS.iter().find_map(|name| member(&text[at..], name))?;
            return Some(at + value.start..at + value.end);
        }
        b'a' | b'b' | b'B' | b'c' | b'e' | b'p' | b's' if !within_word(&bytes[..at]) => {}
        _ => return None,
    }
    let rest = &text[at..];
    for scheme in ["bearer", "basic"] {
        let Some(head) = rest.get(..scheme.len()) else {
            continue;
        };
        if head.eq_ignore_ascii_case(scheme) {
            let mut token = &rest[scheme.len()..];
            while let Some(more) = token
                .strip_prefix([' ', '\t', ':', '=', '+'])
                .or_else(|| token.strip_prefix("%20"))
            {
                token = more;
            }
            let begin = at + rest.len() - token.len();
            let length = token_len(token);
            if begin > at + scheme.len() && length >= 6 {
                return Some(begin..begin + length);
            }
        }
    }
    PREFIXES.iter().find_map(|(prefix, least)| {
        let length = token_len(rest.strip_prefix(prefix)?);
        (length >= *least).then(|| at..at + prefix.len() + length)
    })
}

/// The user name and the password of the URL whose `://` begins at `at`.
fn user_info(text: &str, at: usize) -> Option<Range<usize>> {
    let after = text[at..].strip_prefix("://")?;
    let end = after
        .find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '<' | '>'))
        .unwrap_or(after.len());
    Some(at + 3..at + 3 + after[..end].rfind('@')?)
}

/// Whether what follows goes on with a word. Only ASCII: other scripts put no space before a token. What is
/// percent-encoded ends a word.
fn within_word(before: &[u8]) -> bool {
    let [.., last] = before else {
        return false;
    };
    let is_encoded = || matches!(before, [.., b'%', one, _] if one.is_ascii_hexdigit());
    let ends_encoded = last.is_ascii_hexdigit() && is_encoded();
    (last.is_ascii_alphanumeric() || *last == b'_') && !ends_encoded
}

/// Where the text of the JSON member `name` is, if `rest` begins with it.
fn member(rest: &str, name: &str) -> Option<Range<usize>> {
    let value = rest[1..].strip_prefix(name)?.strip_prefix('"')?;
    let value = value
        .trim_start()
        .strip_prefix(':')?
        .trim_start()
        .strip_prefix('"')?;
    let mut escaped = false;
    let end = value.find(|one| {
        let closes = one == '"' && !escaped;
        escaped = one == '\\' && !escaped;
        closes
    });
    let start = rest.len() - value.len();
    Some(start..start + end.unwrap_or(value.len()))
}

/// How many bytes at the start of `text` may belong to a token.
fn token_len(text: &str) -> usize {
    text.bytes()
        .take_while(|byte| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'_' | b'-' | b'.' | b'~' | b'+' | b'/' | b'=')
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_secret_is_masked() {
        for (text, shown) in [
            ("pat_x", "***"),
            ("token=sat_AbC-1.2,", "token=***,"),
            ("\"czu_1\"", "\"***\""),
            ("czs_1 czs_2", "*** ***"),
            ("app-abcdefghijkl0123", "***"),
            ("eyJhbGciOiJIUzI1NiJ9.e30.c2ln", "***"),
            (
                "Authorization: Bearer abcdef123",
                "Authorization: Bearer ***",
            ),
            ("BEARER\tabcdef123", "BEARER ***"),
            ("basic dXNlcjpwYXNz", "basic ***"),
            ("http://u:p@h:1/x?y", "http://***@h:1/x?y"),
            ("https://user@h", "https://***@h"),
            (
                r#"{"token" : "a\"b","x":"y"}"#,
                r#"{"token" : "***","x":"y"}"#,
            ),
            (r#"{"password":"cut"#, r#"{"password":"***"#),
            ("Bearer%20abcdef123&x", "Bearer%20***&x"),
            ("a%20pat_x", "a%20***"),
        ] {
            assert_eq!(scrub(text), shown, "{text}");
        }
    }

    #[test]
    fn ordinary_text_stays() {
        for text in [
            "an app-wide rule",
            "compat_mode",
            "the bearer of it",
            "https://h/a@b",
            "eyJ",
            "naïve…",
        ] {
            assert_eq!(scrub(text), text);
        }
        assert_eq!(
            scrub("a\r\n\tb\u{0}\u{9b}\u{202e}"),
            "a   b\\u{0}\\u{9b}\\u{202e}"
        );
    }

    #[test]
    fn an_excerpt_is_short_and_never_shows_a_part_of_a_secret() {
        for pad in 480..520 {
            let text = format!("{}pat_{}", "ü".repeat(pad / 2), "s".repeat(4000));
            let shown = scrub(&text);
            assert!(shown.len() <= MAX_EXCERPT);
            assert!(!shown.contains("pat_") && !shown.contains("ss"));
        }
    }
}
