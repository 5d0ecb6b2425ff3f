//! Where a text ends that is written as it is.

/// Words that are looked at before the blocks are: most texts are short.
const WORDS: usize = 4;

/// How many bytes come before the first special one: a quotation mark, a backslash or a control character.
#[inline]
pub(super) fn plain_length(bytes: &[u8]) -> Option<usize> {
    let (words, _) = bytes.as_chunks();
    first_special(&words[..words.len().min(WORDS)]).or_else(|| long_plain_length(bytes))
}

/// The same for a text that may be long, in blocks which the processor takes at once.
#[inline(never)]
fn long_plain_length(bytes: &[u8]) -> Option<usize> {
    let (blocks, _) = bytes.as_chunks::<32>();
    let is_plain = |block: &&[u8; 32]| {
        !block
            .iter()
            .fold(false, |special, byte| special | is_special(*byte))
    };
    let plain = 32 * blocks.iter().take_while(is_plain).count();
    let rest = &bytes[plain..];
    let (words, _) = rest.as_chunks();
    let special =
        first_special(words).or_else(|| rest.iter().position(|byte| is_special(*byte)))?;
    Some(plain + special)
}

/// Where the first special byte of these words is.
#[inline]
fn first_special(words: &[[u8; 8]]) -> Option<usize> {
    words.iter().enumerate().find_map(|(index, word)| {
        let special = special(u64::from_le_bytes(*word));
        (special != 0).then(|| 8 * index + special.trailing_zeros() as usize / 8)
    })
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
