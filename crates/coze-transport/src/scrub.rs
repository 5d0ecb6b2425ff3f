//! Excerpts of foreign text that may be shown.

/// Longest excerpt, in bytes.
pub const MAX_EXCERPT: usize = 512;

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

/// An excerpt of `text` fit for errors and logs: at most [`MAX_EXCERPT`] bytes, on one line, with tokens
/// (`pat_…`, `sat_…`, `czu_…`, `czs_…`, `app-…`, JWTs, whatever follows `Bearer` or `Basic`), JSON members such as
/// `access_token` and `client_secret`, and user names and passwords in URLs masked.
///
/// ```
/// use coze_transport::scrub;
///
/// assert_eq!(scrub("bad token pat_abc123 for\nhttps://me:pw@a.b/c"), "bad token *** for https://***@a.b/c");
/// ```
pub fn scrub(text: &str) -> String {
    mask(text, MAX_EXCERPT)
}

/// `text` with its secrets masked, cut to `limit` bytes.
pub(crate) fn mask(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(text.len().min(limit));
    let mut rest = text;
    let mut before = ' ';
    while let Some(next) = rest.chars().next() {
        let (shown, taken) = if let Some((shown, taken)) = secret(rest, before) {
            (shown, taken)
        } else {
            (Shown::Char(next), next.len_utf8())
        };
        let size = match shown {
            Shown::Char(one) => one.len_utf8(),
            Shown::Masked(text) => text.len() + MASK.len(),
        };
        // Room for what is left, or for the sign that something is.
        if out.len() + size + '…'.len_utf8() > limit && out.len() + rest.len() > limit {
            out.push('…');
            break;
        }
        match shown {
            Shown::Char(one) if one.is_control() => out.push(' '),
            Shown::Char(one) => out.push(one),
            Shown::Masked(text) => {
                out.extend(
                    text.chars()
                        .map(|one| if one.is_control() { ' ' } else { one }),
                );
                out.push_str(MASK);
            }
        }
        before = rest[..taken].chars().next_back().unwrap_or(' ');
        rest = &rest[taken..];
    }
    out
}

enum Shown<'a> {
    Char(char),
    /// A secret after this text.
    Masked(&'a str),
}

/// The secret that `rest` begins with: what of it is shown, and how long it is.
fn secret(rest: &str, before: char) -> Option<(Shown<'_>, usize)> {
    if let Some(after) = rest.strip_prefix("://") {
        let end = after
            .find(|c: char| {
                c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '<' | '>')
            })
            .unwrap_or(after.len());
        let at = after[..end].rfind('@')?;
        return Some((Shown::Masked(&rest[..3]), 3 + at));
    }
    if rest.starts_with('"') {
        return MEMBERS.iter().find_map(|name| member(rest, name));
    }
    // Only ASCII: other scripts put no space before a token.
    if before.is_ascii_alphanumeric() || before == '_' {
        return None;
    }
    for scheme in ["bearer", "basic"] {
        let Some(head) = rest.get(..scheme.len()) else {
            continue;
        };
        if head.eq_ignore_ascii_case(scheme) {
            let after = &rest[scheme.len()..];
            let gap = after.len() - after.trim_start_matches([' ', '\t', ':', '=', '+']).len();
            let token = token_len(&after[gap..]);
            if gap > 0 && token >= 6 {
                let shown = scheme.len() + gap;
                return Some((Shown::Masked(&rest[..shown]), shown + token));
            }
        }
    }
    PREFIXES.iter().find_map(|(prefix, least)| {
        let token = token_len(rest.strip_prefix(prefix)?);
        (token >= *least).then_some((Shown::Masked(""), prefix.len() + token))
    })
}

/// The text of the JSON member `name`, if `rest` begins with it.
fn member<'a>(rest: &'a str, name: &str) -> Option<(Shown<'a>, usize)> {
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
    Some((
        Shown::Masked(&rest[..start]),
        start + end.unwrap_or(value.len()),
    ))
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
        assert_eq!(scrub("a\r\n\tb\u{0}"), "a   b ");
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
