//! Where a text ends that is written as it is.

use memchr::memchr2;

/// Words that are looked at before the rest is: most texts are short.
const WORDS: usize = 4;

/// How many bytes come before the first special one: a quotation mark, a backslash or a control character. `None` if
/// there is none, and for some texts that hold a control character, which are wrong.
#[inline]
pub(super) fn plain_length(bytes: &[u8]) -> Option<usize> {
    let (words, _) = bytes.as_chunks();
    for (index, word) in words.iter().take(WORDS).enumerate() {
        let special = special(u64::from_le_bytes(*word));
        if special != 0 {
            return Some(8 * index + special.trailing_zeros() as usize / 8);
        }
    }
    long_plain_length(bytes)
}

/// The same for a text that may be long, in blocks which the processor takes at once.
#[inline(never)]
fn long_plain_length(bytes: &[u8]) -> Option<usize> {
    let length = memchr2(b'"', b'\\', bytes)?;
    let least = bytes[..length]
        .iter()
        .fold(u8::MAX, |least, byte| least.min(*byte));
    (least >= b' ').then_some(length)
}

/// The high bit of each special byte; above the lowest, other bits may be set as well.
#[inline]
const fn special(word: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    const BLANK: u64 = u64::from_le_bytes([b' '; 8]);
    let quote = word ^ u64::from_le_bytes([b'"'; 8]);
    let backslash = word ^ u64::from_le_bytes([b'\\'; 8]);
    let found = (quote.wrapping_sub(ONES) & !quote)
        | (backslash.wrapping_sub(ONES) & !backslash)
        | (word.wrapping_sub(BLANK) & !word);
    found & HIGH
}
