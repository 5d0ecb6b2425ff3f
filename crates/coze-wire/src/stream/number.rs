//! Numbers as servers write them.

/// The number that these digits are; `None` for anything else.
#[inline]
pub(super) fn number(digits: &[u8]) -> Option<u64> {
    // So many nines fit as well.
    if digits.is_empty() || digits.len() > 19 {
        let digits = str::from_utf8(digits).ok()?;
        return digits.parse().ok().filter(|_| !digits.starts_with('+'));
    }
    let mut number = 0;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = 10 * number + u64::from(digit);
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn digits_are_a_number_and_nothing_else_is() {
        for text in [
            "0",
            "7",
            "007",
            "9999999999999999999",
            "18446744073709551615",
        ] {
            assert_eq!(number(text.as_bytes()), text.parse().ok(), "{text}");
        }
        for text in [
            "",
            "-1",
            "1.0",
            " 1",
            "1e3",
            "x",
            "+1 ",
            "18446744073709551616",
            "/",
            ":",
        ] {
            assert_eq!(number(text.as_bytes()), None, "{text}");
        }
        assert_eq!(number(u64::MAX.to_string().as_bytes()), Some(u64::MAX));
    }
}
