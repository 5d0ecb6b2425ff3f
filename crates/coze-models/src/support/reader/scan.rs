//! Where a text ends that is written as it is.

/// How many bytes come before the first special one: a quotation mark, a backslash or a control character.
#[inline]
pub(super) fn plain_length(bytes: &[u8]) -> Option<usize> {
    // Most texts are short. What is longer is looked through in blocks, which the processor takes at once.
    const SHORT: usize = 32;
    let short = bytes.get(..SHORT).unwrap_or(bytes);
    if let Some(length) = first_special(short) {
        return Some(length);
    }
    let (blocks, _) = bytes[short.len()..].as_chunks::<SHORT>();
    let is_plain = |block: &&[u8; SHORT]| {
        !block
            .iter()
            .fold(false, |special, byte| special | is_special(*byte))
    };
    let plain = short.len() + SHORT * blocks.iter().take_while(is_plain).count();
    Some(plain + first_special(&bytes[plain..])?)
}

#[inline]
fn first_special(bytes: &[u8]) -> Option<usize> {
    let (words, rest) = bytes.as_chunks();
    for (index, word) in words.iter().enumerate() {
        let special = special(u64::from_le_bytes(*word));
        if special != 0 {
            return Some(8 * index + special.trailing_zeros() as usize / 8);
        }
    }
    let at = rest.iter().position(|byte| is_special(*byte))?;
    Some(8 * words.len() + at)
}

const fn is_special(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | 0..b' ')
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
