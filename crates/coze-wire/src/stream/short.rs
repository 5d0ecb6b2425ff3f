//! Names of a server's making, short enough to be kept.

use alloc::{borrow::Cow, format, string::String};

/// The longest name that is kept as it came, in bytes.
const LONGEST: usize = 256;

/// How much of a longer one is kept.
const BEGINNING: usize = 200;

/// The name, or of one that is longer than 256 bytes its beginning and a hash of the whole, so that two
/// long names are told apart as well.
///
/// ```
/// use coze_wire::stream::short_name;
///
/// assert_eq!(short_name("Story"), "Story");
/// let long = "n".repeat(1000);
/// assert!(short_name(&long).len() <= 256);
/// assert_ne!(short_name(&format!("{long}a")), short_name(&format!("{long}b")));
/// ```
#[inline]
pub fn short_name(name: &str) -> Cow<'_, str> {
    if name.len() <= LONGEST {
        return Cow::Borrowed(name);
    }
    Cow::Owned(shortened(name))
}

#[cold]
fn shortened(name: &str) -> String {
    let end = (0..=BEGINNING)
        .rev()
        .find(|end| name.is_char_boundary(*end));
    let beginning = &name[..end.unwrap_or_default()];
    format!("{beginning}…{:016x}", hash(name))
}

/// FNV-1a.
fn hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
