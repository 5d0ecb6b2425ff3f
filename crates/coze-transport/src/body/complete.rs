//! Whether a body that nothing measured came to its end.

/// Whether `body` is the beginning of a JSON object or array that was truncated.
///
/// For bodies that end when their connection does: there a truncated body looks whole. What is no JSON
/// cannot be judged and passes.
pub(super) fn is_truncated_json(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let body = body.trim_ascii_start();
    if !matches!(body.first(), Some(b'{' | b'[')) {
        return false;
    }
    let mut depth = 0_usize;
    let mut bytes = body.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                let closed = loop {
                    match bytes.next() {
                        Some(b'\\') => {
                            bytes.next();
                        }
                        Some(b'"') => break true,
                        Some(_) => {}
                        None => break false,
                    }
                };
                if !closed {
                    return true;
                }
            }
            _ => {}
        }
    }
    depth > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_proper_beginning_of_a_document_is_truncated_and_the_whole_is_not() {
        let whole = br#" {"a":[1,{"b":"x\"]}\\"},"[{"],"c":null} "#;
        let end = whole.len() - 1;
        for at in 2..end {
            assert!(
                is_truncated_json(&whole[..at]),
                "{:?}",
                std::str::from_utf8(&whole[..at])
            );
        }
        assert!(!is_truncated_json(&whole[..end]));
        assert!(!is_truncated_json(whole));
    }

    #[test]
    fn what_is_no_json_document_is_not_judged() {
        for text in ["", "   ", "<html>", "data: {", "\"abc", "12"] {
            assert!(!is_truncated_json(text.as_bytes()), "{text}");
        }
        assert!(is_truncated_json(b"\xef\xbb\xbf{"));
    }
}
