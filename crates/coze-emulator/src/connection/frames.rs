//! Where HTTP/2 frames begin in what is written, so that one more can be put between two.

/// A frame begins with its length (3 bytes), type, flags and stream (4 bytes).
const HEAD: usize = 9;

/// How far the frame is that is being written.
#[derive(Debug, Default)]
pub(super) struct Frames {
    head: [u8; HEAD],
    /// Bytes of the head that went by.
    seen: usize,
    /// Bytes of the payload to come.
    left: usize,
}

impl Frames {
    /// Whether the next byte begins a frame.
    pub(super) fn is_between(&self) -> bool {
        self.seen == 0
    }

    /// Follows bytes that were written.
    pub(super) fn follow(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.seen < HEAD {
                let count = bytes.len().min(HEAD - self.seen);
                self.head[self.seen..self.seen + count].copy_from_slice(&bytes[..count]);
                self.seen += count;
                bytes = &bytes[count..];
                if self.seen < HEAD {
                    return;
                }
                let [a, b, c, ..] = self.head;
                self.left = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
            }
            let count = bytes.len().min(self.left);
            self.left -= count;
            bytes = &bytes[count..];
            if self.left == 0 {
                self.seen = 0;
            }
        }
    }
}

/// GOAWAY without an error; streams above `last` were not and will not be looked at.
pub(super) fn goaway(last: u32) -> [u8; 17] {
    let [a, b, c, d] = last.to_be_bytes();
    [0, 0, 8, 7, 0, 0, 0, 0, 0, a, b, c, d, 0, 0, 0, 0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_between_two_frames_is_found_however_they_are_cut() {
        // An empty SETTINGS, a PING of eight bytes, and the head of DATA with one byte of two.
        let mut bytes = vec![0, 0, 0, 4, 0, 0, 0, 0, 0];
        bytes.extend([0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
        bytes.extend([0, 0, 2, 0, 1, 0, 0, 0, 1, b'x']);
        for size in 1..=bytes.len() {
            let mut frames = Frames::default();
            let mut at = 0;
            for piece in bytes.chunks(size) {
                frames.follow(piece);
                at += piece.len();
                assert_eq!(frames.is_between(), at == 9 || at == 26, "{at} by {size}");
            }
            frames.follow(b"y");
            assert!(frames.is_between());
        }
    }
}
