//! Whether a body is a stream at all.

/// What the beginning of a body looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodySniff {
    /// Nothing but space so far.
    Unclear,
    /// A field or a comment of an event stream, or text that may be one.
    Events,
    /// JSON or a page, whatever the content type says.
    Document,
}

/// Tells by its beginning whether a body that is said to be a stream is one.
///
/// No line of an event stream begins with a brace, a bracket, a quotation mark or `<`; a failure that is
/// sent under the content type of a stream does.
///
/// ```
/// use coze_wire::stream::{BodySniff, sniff};
///
/// assert_eq!(sniff(b"id: 0\n"), BodySniff::Events);
/// assert_eq!(sniff(b"\n {\"code\": 4000"), BodySniff::Document);
/// ```
pub fn sniff(start: &[u8]) -> BodySniff {
    let start = match start.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => rest,
        None if b"\xef\xbb\xbf".starts_with(start) => return BodySniff::Unclear,
        None => start,
    };
    match start.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => BodySniff::Unclear,
        Some(b'{' | b'[' | b'"' | b'<') => BodySniff::Document,
        Some(_) => BodySniff::Events,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cut_anywhere_it_is_unclear_or_right() {
        for (text, whole) in [
            ("\u{feff}{\"code\":1}", BodySniff::Document),
            ("\r\n  <!doctype html>", BodySniff::Document),
            ("\u{feff}data: {}", BodySniff::Events),
            (": hello", BodySniff::Events),
            ("\n\n", BodySniff::Unclear),
        ] {
            for end in 0..=text.len() {
                let seen = sniff(&text.as_bytes()[..end]);
                assert!(
                    seen == whole || seen == BodySniff::Unclear,
                    "{text:?} to {end}"
                );
            }
            assert_eq!(sniff(text.as_bytes()), whole);
        }
    }
}
