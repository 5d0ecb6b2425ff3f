//! gzip as a hostile server writes it: one byte again and again, at 158 to 1.

/// A gzip member that holds `count` zeros.
pub fn bomb(count: usize) -> Vec<u8> {
    compress(std::iter::repeat_n(0, count), 1)
}

/// A member that holds `member`.
pub fn again(member: &[u8]) -> Vec<u8> {
    // What `bomb` writes repeats itself every 13 bytes.
    compress(member.iter().copied(), 13)
}

/// Bytes of `data` that are the same as `distance` before are written as matches of 258.
fn compress(data: impl Iterator<Item = u8> + Clone, distance: usize) -> Vec<u8> {
    let mut out = Bits {
        bytes: vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255],
        ..Bits::default()
    };
    // The last block, with the fixed code.
    out.low(1, 1);
    out.low(1, 2);
    let mut last = std::collections::VecDeque::new();
    let mut run = Vec::new();
    let (mut crc, mut length) = (u32::MAX, 0_u32);
    for byte in data {
        crc = (crc >> 8) ^ CRC[((crc ^ u32::from(byte)) & 0xff) as usize];
        length = length.wrapping_add(1);
        let same = last.len() == distance && last[0] == byte;
        if !same {
            run.drain(..).for_each(|byte| out.literal(byte));
        }
        run.push(byte);
        if !same {
            run.drain(..).for_each(|byte| out.literal(byte));
        }
        if run.len() == 258 {
            run.clear();
            out.high(0xc5, 8);
            // Of distance 1, or of 13 to 16 with two more bits.
            if distance == 1 {
                out.high(0, 5);
            } else {
                out.high(7, 5);
                out.low(0, 2);
            }
        }
        if last.len() == distance {
            last.pop_front();
        }
        last.push_back(byte);
    }
    run.drain(..).for_each(|byte| out.literal(byte));
    out.high(0, 7);
    let mut bytes = out.finish();
    bytes.extend(u32::to_le_bytes(!crc));
    bytes.extend(length.to_le_bytes());
    bytes
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    held: u32,
    count: u32,
}

impl Bits {
    fn low(&mut self, value: u32, count: u32) {
        for n in 0..count {
            self.held |= (value >> n & 1) << self.count;
            self.count += 1;
            if self.count == 8 {
                self.bytes.push(u8::try_from(self.held).unwrap());
                (self.held, self.count) = (0, 0);
            }
        }
    }

    /// Codes go out with their highest bit first.
    fn high(&mut self, value: u32, count: u32) {
        for n in (0..count).rev() {
            self.low(value >> n & 1, 1);
        }
    }

    fn literal(&mut self, byte: u8) {
        let byte = u32::from(byte);
        if byte < 144 {
            self.high(0x30 + byte, 8);
        } else {
            self.high(0x190 + byte - 144, 9);
        }
    }

    fn finish(mut self) -> Vec<u8> {
        while self.count > 0 {
            self.low(0, 1);
        }
        self.bytes
    }
}

const CRC: [u32; 256] = {
    let mut table = [0; 256];
    let mut n = 0_u32;
    while n < 256 {
        let mut value = n;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 {
                0xedb8_8320 ^ (value >> 1)
            } else {
                value >> 1
            };
            bit += 1;
        }
        table[n as usize] = value;
        n += 1;
    }
    table
};
