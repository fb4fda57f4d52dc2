//! [`SegmentBody`]: what the vault keeps of a stretch of its log that went to a file.

use crate::crypto::raw_key::RawKey;
use crate::error::Result;
use crate::secret_text::SecretText;

use super::parts::{Reader, Writer, malformed, milliseconds, number};

/// Which file it is, and its key.
pub(in crate::vault) struct SegmentBody {
    /// Random identity of the segment.
    pub(in crate::vault) id: [u8; 16],
    /// What seals the file, and nothing else.
    pub(in crate::vault) key: RawKey,
    /// SHA-256 of the file.
    pub(in crate::vault) digest: [u8; 32],
    /// The number of the first record in it.
    pub(in crate::vault) first: u64,
    /// Unix milliseconds of the last one.
    pub(in crate::vault) until: i64,
    /// Unix milliseconds of the cut.
    pub(in crate::vault) cut_at: i64,
}

impl SegmentBody {
    pub(in crate::vault) fn write(&self) -> SecretText {
        let mut writer = Writer::default();
        writer
            .put(1, &self.id)
            .put(2, self.key.bytes())
            .put(3, &self.digest)
            .number(4, self.first)
            .put(5, &self.until.to_be_bytes())
            .put(6, &self.cut_at.to_be_bytes());
        writer.0
    }

    pub(in crate::vault) fn read(record: &[u8]) -> Result<Self> {
        let (mut id, mut key, mut digest, mut first) = (None, RawKey::zero(), None, 0);
        let (mut has_key, mut until, mut cut_at) = (false, None, None);
        for part in Reader(record) {
            match part? {
                (1, bytes) => id = bytes.try_into().ok(),
                (2, bytes) if bytes.len() == key.bytes().len() => {
                    key.bytes_mut().copy_from_slice(bytes);
                    has_key = true;
                }
                (3, bytes) => digest = bytes.try_into().ok(),
                (4, bytes) => first = number(bytes)?,
                (5, bytes) => until = Some(milliseconds(bytes)?),
                (6, bytes) => cut_at = Some(milliseconds(bytes)?),
                _ => return Err(malformed()),
            }
        }
        match (id, digest, until, cut_at) {
            (Some(id), Some(digest), Some(until), Some(cut_at)) if has_key && first > 0 => {
                Ok(Self { id, key, digest, first, until, cut_at })
            }
            _ => Err(malformed()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_reads_back_and_none_lacks_a_part() {
        let key = RawKey::generate().unwrap();
        let body = SegmentBody { id: [1; 16], key, digest: [2; 32], first: 3, until: -4, cut_at: 5 };
        let written = body.write();
        let read = SegmentBody::read(written.expose()).unwrap();
        assert_eq!((read.id, read.digest, read.first, read.until, read.cut_at), ([1; 16], [2; 32], 3, -4, 5));
        assert_eq!(read.key.bytes(), body.key.bytes());
        let mut at = 0;
        while at < written.expose().len() {
            let length = 5 + written.expose()[at + 4] as usize;
            let without = [&written.expose()[..at], &written.expose()[at + length..]].concat();
            assert!(SegmentBody::read(&without).is_err(), "without the part at {at}");
            at += length;
        }
    }
}
