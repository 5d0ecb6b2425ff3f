//! The tokens of this process, found in text in whatever form a server repeats them.
//!
//! One list for the whole process: what a server says reaches errors and logs along many ways, and the token that
//! was sent does not travel along them.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    ops::Range,
    sync::{Arc, LazyLock, PoisonError, RwLock},
};

use crate::{Secret, base64::base64};

/// Shorter tokens are not looked for: they may be words.
const LEAST: usize = 12;

/// How many bytes of a form are looked up at once.
const HEAD: usize = 8;

/// How many tokens that nobody holds any more are kept: a call that was sent with one may still be under way.
const SPARE: usize = 16;

static LIST: LazyLock<RwLock<List>> = LazyLock::new(RwLock::default);

/// Hashes a head by one multiplication: each log id is looked up here, and who chooses a token has no use for a
/// slow list.
#[derive(Default)]
struct Plain(u64);

impl Hasher for Plain {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, head: u64) {
        self.0 = head.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(self.0 ^ u64::from(*byte));
        }
    }
}

/// A token that is looked for as long as this is held.
pub(crate) struct Known {
    /// The token, and of its base64 the part that does not depend on what stands around it, at each of three
    /// offsets; all as [`unit`] reads them.
    forms: [Secret; 4],
}

impl Known {
    /// Looks for `token` from now on; `None` if it is too short, or not ASCII.
    pub(crate) fn new(token: &str) -> Option<Arc<Self>> {
        let plain = normal(token.as_bytes());
        if plain.len() < LEAST || !plain.is_ascii() {
            return None;
        }
        let known = read(|list| list.holder(&plain));
        known.or_else(|| {
            let encoded = |offset: usize| {
                let text = base64(&[&[0; 2][..offset], token.as_bytes()].concat());
                // Digits that hold bits of what stands before or after are left out.
                let (begin, end) = ([0, 2, 3][offset], 8 * (offset + token.len()) / 6);
                Secret::new(normal(&text.as_bytes()[begin..end]))
            };
            let forms = [plain.into(), encoded(0), encoded(1), encoded(2)];
            let known = Arc::new(Self { forms });
            let mut list = LIST.write().unwrap_or_else(PoisonError::into_inner);
            list.add(Arc::clone(&known));
            Some(known)
        })
    }
}

/// The first known token in `text` at `from` or after it. At the end of a text that was truncated, the beginning
/// of a token counts as one.
pub(crate) fn find(text: &str, from: usize) -> Option<Range<usize>> {
    if text.len() < from + HEAD {
        return None;
    }
    read(|list| list.find(text.as_bytes(), from))
}

fn read<T>(look: impl FnOnce(&List) -> T) -> T {
    look(&LIST.read().unwrap_or_else(PoisonError::into_inner))
}

struct List {
    tokens: Vec<Arc<Known>>,
    /// The forms that begin so, as places in `tokens` and in the forms there.
    heads: HashMap<u64, Vec<(usize, usize)>, BuildHasherDefault<Plain>>,
    /// The bytes that may be the first and the second of a form as it stands in a text.
    begins: [[bool; 256]; 2],
    /// How many tokens there may be before those that nobody holds are dropped.
    most: usize,
}

impl Default for List {
    fn default() -> Self {
        Self {
            tokens: Vec::new(),
            heads: HashMap::default(),
            begins: [[false; 256]; 2],
            most: 2 * SPARE,
        }
    }
}

impl List {
    fn add(&mut self, known: Arc<Known>) {
        if self.tokens.len() >= self.most {
            let mut kept: Vec<_> = std::mem::take(&mut self.tokens);
            let mut spare = SPARE;
            kept.reverse();
            kept.retain(|one| {
                let held = Arc::strong_count(one) > 1;
                let keep = held || spare > 0;
                spare -= usize::from(!held && keep);
                keep
            });
            kept.reverse();
            *self = Self {
                most: 2 * (kept.len() + SPARE),
                ..Self::default()
            };
            for one in kept {
                self.enter(one);
            }
        }
        self.enter(known);
    }

    fn enter(&mut self, known: Arc<Known>) {
        for (place, form) in known.forms.iter().enumerate() {
            let form = form.expose().as_bytes();
            if let Some(head) = form.first_chunk::<HEAD>() {
                let places = self.heads.entry(u64::from_le_bytes(*head)).or_default();
                places.push((self.tokens.len(), place));
                for (begins, byte) in self.begins.iter_mut().zip(form) {
                    for one in [*byte, unfolded(*byte), b'%', b'\\'] {
                        begins[usize::from(one)] = true;
                    }
                }
            }
        }
        self.tokens.push(known);
    }

    /// The token whose plain form this is.
    fn holder(&self, plain: &str) -> Option<Arc<Known>> {
        let head = plain.as_bytes().first_chunk::<HEAD>()?;
        let places = self.heads.get(&u64::from_le_bytes(*head))?;
        let mut tokens = places.iter().map(|(token, _)| &self.tokens[*token]);
        tokens.find(|one| one.forms[0].expose() == plain).cloned()
    }

    fn find(&self, text: &[u8], from: usize) -> Option<Range<usize>> {
        let [first, second] = &self.begins;
        let pairs = text.get(from..).unwrap_or_default().windows(2);
        (from..)
            .zip(pairs)
            // After an escape, the second byte of the text is a part of it.
            .filter(|(_, pair)| {
                first[usize::from(pair[0])]
                    && (second[usize::from(pair[1])] || matches!(pair[0], b'%' | b'\\'))
            })
            .map(|(start, _)| start)
            .find_map(|start| {
                let mut head = [0; HEAD];
                let mut at = start;
                for byte in &mut head {
                    (*byte, at) = unit(text, at)?;
                }
                let places = self.heads.get(&u64::from_le_bytes(head))?;
                let ends = places.iter().filter_map(|(token, form)| {
                    end(
                        self.tokens[*token].forms[*form].expose().as_bytes(),
                        text,
                        at,
                    )
                });
                Some(start..ends.max()?)
            })
    }
}

/// Where a form ends whose head ends at `at`.
fn end(form: &[u8], text: &[u8], mut at: usize) -> Option<usize> {
    for wanted in &form[HEAD..] {
        match unit(text, at) {
            None => return Some(text.len()),
            Some((byte, next)) if byte == *wanted => at = next,
            Some(_) => return None,
        }
    }
    Some(at)
}

/// The byte at `at` with its escapes undone (`%70`, `%2570`, `\u0070`, `\x70`, `\/`), [folded], and where the next
/// one begins; `None` at the end of the text and within an escape that the end truncates.
fn unit(text: &[u8], at: usize) -> Option<(u8, usize)> {
    let number = |begin: usize, digits: usize| {
        let digits = text.get(begin..begin + digits)?;
        u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let skip = |mut at: usize, what: &[u8]| {
        while text[at..].starts_with(what) {
            at += what.len();
        }
        at
    };
    let (plain, begin, digits) = match *text.get(at)? {
        b'%' => (b'%', skip(at + 1, b"25"), 2),
        b'\\' => {
            let next = skip(at, b"\\");
            match *text.get(next)? {
                b'u' => (b'u', next + 1, 4),
                b'x' => (b'x', next + 1, 2),
                byte => return Some((folded(byte), next + 1)),
            }
        }
        byte => return Some((folded(byte), at + 1)),
    };
    match number(begin, digits).and_then(|number| u8::try_from(number).ok()) {
        Some(byte) => Some((folded(byte), begin + digits)),
        None if begin + digits > text.len() => None,
        None => Some((plain, begin)),
    }
}

/// One case, and one of the two alphabets of base64.
const fn folded(byte: u8) -> u8 {
    match byte {
        b'-' => b'+',
        b'_' => b'/',
        byte => byte.to_ascii_lowercase(),
    }
}

/// The other byte that folds to this one.
const fn unfolded(byte: u8) -> u8 {
    match byte {
        b'+' => b'-',
        b'/' => b'_',
        byte => byte.to_ascii_uppercase(),
    }
}

fn normal(text: &[u8]) -> String {
    let (mut plain, mut at) = (String::with_capacity(text.len()), 0);
    while let Some((byte, next)) = unit(text, at) {
        plain.push(char::from(byte));
        at = next;
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "pat_Zq7-Kx9.w_2Lm~4T";

    fn found(text: &str) -> Option<&str> {
        find(text, 0).map(|range| &text[range])
    }

    #[test]
    fn a_token_is_found_in_every_form() {
        let _known = Known::new(TOKEN);
        let each = |form: fn(u8) -> String| TOKEN.bytes().map(form).collect::<String>();
        let forms = [
            TOKEN.to_owned(),
            TOKEN.to_uppercase(),
            TOKEN.replace('_', "%5F"),
            TOKEN.replace('_', "%255f"),
            each(|byte| format!("%{byte:02x}")),
            each(|byte| format!("%{byte:02X}")),
            each(|byte| format!("%2525{byte:02X}")),
            each(|byte| format!("\\u{byte:04x}")),
            each(|byte| format!("\\\\u{byte:04X}")),
            each(|byte| format!("\\x{byte:02X}")),
            TOKEN.replace('t', "\\u0074"),
        ];
        for form in forms {
            for (before, after) in [("", ""), ("0", "0"), ("Bearer%20", "&x"), ("é\"", "\"é")] {
                let text = format!("{before}{form}{after}");
                assert_eq!(found(&text), Some(&*form), "{text}");
            }
        }
    }

    #[test]
    fn what_folds_to_a_byte_is_known() {
        for byte in 0..=u8::MAX {
            let one = folded(byte);
            assert!(byte == one || byte == unfolded(one), "{byte}");
        }
    }

    #[test]
    fn its_base64_is_found_at_every_offset() {
        let _known = Known::new(TOKEN);
        for before in ["", "a", "ab", "Bearer ", "user:"] {
            for after in ["", "x", "xy", "\n"] {
                let text = base64(format!("{before}{TOKEN}{after}").as_bytes());
                let url = text.replace('+', "-").replace('/', "_");
                for text in [&*text, &*url, &url.replace('_', "%5f")] {
                    let found = found(text).unwrap();
                    // Up to three digits at either end hold bits of what stands around it.
                    assert!(
                        found.len() + 14 + before.len() * 2 >= text.len(),
                        "{text}: {found}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_beginning_of_a_token_counts_at_the_end_of_a_text_alone() {
        let _known = Known::new(TOKEN);
        for end in HEAD..TOKEN.len() {
            let text = format!("it is {}", &TOKEN[..end]);
            assert_eq!(found(&text), Some(&TOKEN[..end]));
            assert_eq!(found(&format!("{text}!")), None);
        }
        assert_eq!(found("pat_Zq7%2DKx9%2"), Some("pat_Zq7%2DKx9%2"));
    }

    #[test]
    fn what_is_short_or_long_gone_is_not_looked_for() {
        assert!(Known::new("emulator").is_none());
        let gone = "a token that nobody holds";
        drop(Known::new(gone));
        assert_eq!(found(gone), Some(gone));
        let token = |n: usize| format!("other token {n:04}");
        let held: Vec<_> = (0..200).map(|n| Known::new(&token(n))).collect();
        for n in 200..1000 {
            drop(Known::new(&token(n)));
        }
        assert_eq!(found(gone), None);
        for n in (0..held.len()).chain(999..1000) {
            assert_eq!(found(&token(n)), Some(&*token(n)));
        }
        assert_eq!(found("an other token 9999 100% \\"), None);
    }

    #[test]
    fn one_token_is_kept_once() {
        let (one, two) = (Known::new("the same token"), Known::new("the same token"));
        assert!(Arc::ptr_eq(&one.unwrap(), &two.unwrap()));
    }
}
