//! Whether a body is a stream at all.

/// What the beginning of a body looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lead {
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
/// use coze_wire::stream::{Lead, lead};
///
/// assert_eq!(lead(b"id: 0\n"), Lead::Events);
/// assert_eq!(lead(b"\n {\"code\": 4000"), Lead::Document);
/// ```
pub fn lead(start: &[u8]) -> Lead {
    let start = match start.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => rest,
        None if b"\xef\xbb\xbf".starts_with(start) => return Lead::Unclear,
        None => start,
    };
    match start.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => Lead::Unclear,
        Some(b'{' | b'[' | b'"' | b'<') => Lead::Document,
        Some(_) => Lead::Events,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cut_anywhere_it_is_unclear_or_right() {
        for (text, whole) in [
            ("\u{feff}{\"code\":1}", Lead::Document),
            ("\r\n  <!doctype html>", Lead::Document),
            ("\u{feff}data: {}", Lead::Events),
            (": hello", Lead::Events),
            ("\n\n", Lead::Unclear),
        ] {
            for end in 0..=text.len() {
                let seen = lead(&text.as_bytes()[..end]);
                assert!(seen == whole || seen == Lead::Unclear, "{text:?} to {end}");
            }
            assert_eq!(lead(text.as_bytes()), whole);
        }
    }
}
