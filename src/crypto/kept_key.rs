//! [`KeptKey`]: the master key of one vault and key epoch in bytes, for whoever keeps it
//! outside of this process. It opens the vault without any slot, so nothing but
//! `unlock` may make one.

use zeroize::Zeroizing;

use super::raw_key::RawKey;

/// How many bytes one takes.
const BYTES: usize = 16 + 4 + 32;

/// A master key with what it belongs to; wiped on drop.
pub struct KeptKey {
    /// The vault.
    pub vault_id: [u8; 16],
    /// Which master key of that vault.
    pub key_epoch: u32,
    pub(super) master: RawKey,
}

impl KeptKey {
    /// The vault, the epoch and the key, one after the other.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; BYTES]> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        bytes[..16].copy_from_slice(&self.vault_id);
        bytes[16..20].copy_from_slice(&self.key_epoch.to_be_bytes());
        bytes[20..].copy_from_slice(self.master.bytes());
        bytes
    }

    /// Reads [`Self::to_bytes`]; `None` for another length.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (vault_id, rest) = bytes.split_first_chunk::<16>()?;
        let (key_epoch, rest) = rest.split_first_chunk::<4>()?;
        let mut master = RawKey::zero();
        if rest.len() != master.bytes().len() {
            return None;
        }
        master.bytes_mut().copy_from_slice(rest);
        Some(Self { vault_id: *vault_id, key_epoch: u32::from_be_bytes(*key_epoch), master })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_key_reads_back_and_nothing_else_does() {
        let kept = KeptKey { vault_id: [7; 16], key_epoch: 258, master: RawKey::generate().unwrap() };
        let bytes = kept.to_bytes();
        let read = KeptKey::from_bytes(&bytes[..]).unwrap();
        assert_eq!((read.vault_id, read.key_epoch), ([7; 16], 258));
        assert_eq!(read.master.bytes(), kept.master.bytes());
        for wrong in [&bytes[1..], &bytes[..19], &[][..], &[0; BYTES + 1][..]] {
            assert!(KeptKey::from_bytes(wrong).is_none());
        }
    }
}
