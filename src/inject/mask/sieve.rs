//! [`Sieve`]: tells at the speed of memory where nothing begins that is looked for.
//!
//! Of everything looked for, the first `length` bytes are known. Whatever begins in a
//! stretch of `length - GRAM + 1` bytes has one of its grams (four bytes in a row) at the
//! stretch's last place: so one look into a table of grams there clears the whole stretch.
//! What it does not clear is looked at byte by byte.

/// Bytes that are looked up together.
const GRAM: usize = 4;
/// Looked for with so few bytes, three in a row must do.
const SHORT_GRAM: usize = 3;
/// Bits in the table for each gram: so many more, so few places seem to fit that do not.
const ROOM: usize = 64;
/// The largest table, in powers of two: 256 KiB stay in the processor.
const MOST: u32 = 21;

/// A table of grams.
pub(super) struct Sieve {
    stride: usize,
    keep: u32,
    shift: u32,
    bits: Vec<u64>,
}

impl Sieve {
    /// A sieve for all of `needles`, each at least `length` bytes, which are at least 4.
    pub(super) fn new<'a>(needles: impl Iterator<Item = &'a [u8]> + Clone, length: usize) -> Self {
        let gram = if length < 2 * GRAM { SHORT_GRAM } else { GRAM };
        let stride = length + 1 - gram;
        let grams = needles.clone().count() * stride;
        let power = (grams * ROOM).next_power_of_two().trailing_zeros().clamp(12, MOST);
        let keep = if gram == GRAM { u32::MAX } else { 0x00ff_ffff };
        let mut sieve = Self { stride, keep, shift: 32 - power, bits: vec![0; 1 << (power - 6)] };
        for needle in needles {
            for at in 0..stride {
                let mut bytes = [0; GRAM];
                bytes[..gram].copy_from_slice(&needle[at..at + gram]);
                let place = sieve.place(u32::from_le_bytes(bytes));
                sieve.bits[place / 64] |= 1 << (place % 64);
            }
        }
        sieve
    }

    fn place(&self, gram: u32) -> usize {
        ((gram & self.keep).wrapping_mul(0x9e37_79b1) >> self.shift) as usize
    }

    /// The first place from `from` on at which something may begin: no place before it
    /// can. It is not looked far beyond `until`; near the end of `hay` nothing is cleared.
    pub(super) fn next(&self, hay: &[u8], from: usize, until: usize) -> usize {
        let mut cleared = from;
        let last = hay.len().saturating_sub(GRAM);
        while cleared < until && cleared + self.stride - 1 <= last {
            let at = cleared + self.stride - 1;
            let Some(gram) = hay[at..].first_chunk::<GRAM>() else { break };
            let place = self.place(u32::from_le_bytes(*gram));
            if self.bits[place / 64] >> (place % 64) & 1 == 1 {
                break;
            }
            cleared += self.stride;
        }
        cleared.min(hay.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_looked_for_begins_in_what_is_cleared() {
        let needles: [&[u8]; 3] = [b"0123456789", b"abcdefgh", b"\0\0\0\0\0\0\0\0"];
        let sieve = Sieve::new(needles.into_iter(), 8);
        for needle in needles {
            for begin in 0..100 {
                let mut hay = vec![b'.'; 200];
                hay[begin..begin + needle.len()].copy_from_slice(needle);
                for from in 0..=begin {
                    assert!(sieve.next(&hay, from, 200) <= begin, "{begin} from {from}");
                }
                assert!(sieve.next(&hay, begin + needle.len(), 200) > 190);
            }
        }
        assert_eq!(sieve.next(b"ab", 1, 2), 1);
        assert_eq!(sieve.next(b"", 0, 0), 0);
    }
}
