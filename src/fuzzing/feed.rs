//! [`Feed`]: parts of a fuzzer's bytes, whatever their number.

/// Bytes, from which parts are taken; where they end there are zeros.
pub(crate) struct Feed<'a>(pub(crate) &'a [u8]);

impl<'a> Feed<'a> {
    /// The next byte.
    pub(crate) fn byte(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    /// The next `N` bytes.
    pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
        let (part, rest) = self.0.split_at(N.min(self.0.len()));
        self.0 = rest;
        let mut array = [0; N];
        array[..part.len()].copy_from_slice(part);
        array
    }

    /// The next two bytes, as a place within `length` things; 0 where there are none.
    pub(crate) fn within(&mut self, length: usize) -> usize {
        usize::from(u16::from_be_bytes(self.array())).checked_rem(length).unwrap_or(0)
    }

    /// A part, which has its length in front.
    pub(crate) fn part(&mut self) -> &'a [u8] {
        let length = usize::from(self.byte()).min(self.0.len());
        let (part, rest) = self.0.split_at(length);
        self.0 = rest;
        part
    }
}
