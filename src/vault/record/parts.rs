//! The parts of a record: `tag (u8) ‖ length (u32 BE) ‖ bytes`, written and read.

use jiff::Timestamp;

use crate::error::{Error, Result};
use crate::secret_text::SecretText;

/// Writes tagged parts one after the other.
#[derive(Default)]
pub(super) struct Writer(pub(super) SecretText);

impl Writer {
    pub(super) fn put(&mut self, tag: u8, bytes: &[u8]) -> &mut Self {
        if !bytes.is_empty() {
            self.0.push(&[tag]);
            self.0.push(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
            self.0.push(bytes);
        }
        self
    }

    pub(super) fn number(&mut self, tag: u8, number: u64) -> &mut Self {
        let bytes = number.to_be_bytes();
        let skipped = bytes.iter().take_while(|byte| **byte == 0).count();
        self.put(tag, &bytes[skipped..])
    }

    pub(super) fn time(&mut self, tag: u8, time: Option<Timestamp>) -> &mut Self {
        match time {
            Some(time) => self.put(tag, &time.as_millisecond().to_be_bytes()),
            None => self,
        }
    }
}

/// Reads them back.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Reader<'a> {
    type Item = Result<(u8, &'a [u8])>;

    fn next(&mut self) -> Option<Self::Item> {
        let (&tag, rest) = self.0.split_first()?;
        let part = rest.split_first_chunk::<4>().and_then(|(length, rest)| {
            let length = u32::from_be_bytes(*length) as usize;
            rest.split_at_checked(length)
        });
        self.0 = part.map_or(&[], |(_, rest)| rest);
        Some(part.map(|(bytes, _)| (tag, bytes)).ok_or_else(malformed))
    }
}

pub(super) fn malformed() -> Error {
    Error::damaged("A record in the vault is malformed, or of a newer format.")
        .hint("Use the newest strongroom; if it says the same, restore the file from a backup.")
}

pub(super) fn text(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| malformed())
}

pub(super) fn number(bytes: &[u8]) -> Result<u64> {
    if bytes.len() > 8 {
        return Err(malformed());
    }
    Ok(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// Milliseconds since the epoch.
pub(super) fn milliseconds(bytes: &[u8]) -> Result<i64> {
    bytes.try_into().map(i64::from_be_bytes).map_err(|_| malformed())
}
