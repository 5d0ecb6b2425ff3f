//! Inputs made from others, without knowing what they do.

use fastrand::Rng;

/// The longest input that is made.
const MAX_LENGTH: usize = 4096;

/// Makes an input out of the corpus.
pub fn input(rng: &mut Rng, corpus: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
    let mut input = rng.choice(corpus).cloned().unwrap_or_default();
    for _ in 0..rng.usize(1..=8) {
        change(rng, &mut input, corpus, words);
    }
    input.truncate(MAX_LENGTH);
    input
}

fn change(rng: &mut Rng, input: &mut Vec<u8>, corpus: &[Vec<u8>], words: &[&str]) {
    let at = rng.usize(0..=input.len());
    let word = |rng: &mut Rng| rng.choice(words).map_or(&b""[..], |word| word.as_bytes());
    match rng.u8(0..12) {
        0 => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << rng.u8(0..8);
            }
        }
        1 => {
            if let Some(byte) = input.get_mut(at) {
                *byte = rng.u8(..);
            }
        }
        2 => input.insert(at, rng.u8(..)),
        3 => {
            input.drain(span(rng, at, input.len()));
        }
        4 => {
            let copy = input[span(rng, at, input.len())].to_vec();
            input.splice(at..at, copy);
        }
        5 => {
            let from = rng.choice(corpus).map_or(&[][..], Vec::as_slice);
            let start = rng.usize(0..=from.len());
            let piece = from[span(rng, start, from.len())].to_vec();
            input.splice(at..at, piece);
        }
        6 => input.truncate(at),
        7 => {
            // Another value in the place of one.
            let end = token(input, at);
            input.splice(at..end, word(rng).iter().copied());
        }
        8 => {
            let most = if rng.u8(..) == 0 { 1000 } else { 4 };
            let times = rng.usize(1..=most);
            let deep = word(rng).repeat(times);
            input.splice(at..at, deep);
        }
        9 => swap_lines(rng, input),
        _ => {
            input.splice(at..at, word(rng).iter().copied());
        }
    }
}

/// A stretch from `at`, mostly short.
fn span(rng: &mut Rng, at: usize, length: usize) -> std::ops::Range<usize> {
    let most = if rng.bool() { 8 } else { length - at };
    at..at + rng.usize(0..=most.min(length - at))
}

/// The end of the number, name or text at `at`.
fn token(input: &[u8], at: usize) -> usize {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-+.\"".contains(byte);
    at + input[at..].iter().take_while(|byte| is_word(byte)).count()
}

fn swap_lines(rng: &mut Rng, input: &mut Vec<u8>) {
    let mut lines: Vec<&[u8]> = input.split_inclusive(|&byte| byte == b'\n').collect();
    if lines.len() > 1 {
        let (one, other) = (rng.usize(0..lines.len()), rng.usize(0..lines.len()));
        lines.swap(one, other);
        *input = lines.concat();
    }
}
