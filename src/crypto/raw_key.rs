//! [`RawKey`]: 32 uniform bytes, and the text people keep them in.
//!
//! The text is `SR1-` and 14 groups of four base32 characters (RFC 4648 §6) over
//! the key and the first three bytes of SHA-256("strongroom key" ‖ key), so that a
//! slip of the pen is told from a wrong key.

use data_encoding::{BASE32_NOPAD, BASE64, BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};
use sha2::{Digest, Sha256};
use zeroize::Zeroize;

use crate::error::{Error, Result};
use crate::guarded::{Guarded, on_wiped_stack};
use crate::secret_text::SecretText;

use super::{Source, random};

const PREFIX: &str = "SR1";
const CHECKSUM: usize = 3;

/// 32 uniform bytes, in guarded memory and nowhere else; wiped on drop.
pub struct RawKey(Guarded<[u8; 32]>);

impl RawKey {
    /// A new key from the operating system.
    ///
    /// # Errors
    /// Failure, when the system gives no randomness.
    pub fn generate() -> Result<Self> {
        Self::generate_from(random)
    }

    /// A new key from `source`.
    pub(super) fn generate_from(source: Source) -> Result<Self> {
        let mut key = Self::zero();
        source(key.bytes_mut())?;
        Ok(key)
    }

    /// All zeros, to be filled.
    pub(crate) fn zero() -> Self {
        Self(Guarded::zeroed())
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The bytes, to be filled.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8; 32] {
        &mut self.0
    }

    /// A second copy, on purpose.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        let mut copy = Self::zero();
        copy.0.copy_from_slice(self.bytes());
        copy
    }

    /// The key as text: `SR1-ABCD-…`, 14 groups of four.
    #[must_use]
    pub fn to_text(&self) -> SecretText {
        let mut bytes = self.0.to_vec();
        bytes.extend_from_slice(&checksum(self.bytes()));
        let mut letters = BASE32_NOPAD.encode(&bytes).into_bytes();
        bytes.zeroize();
        let mut text = SecretText::with_capacity(PREFIX.len() + letters.len() + letters.len() / 4);
        text.push(PREFIX.as_bytes());
        for group in letters.chunks(4) {
            text.push(b"-");
            text.push(group);
        }
        letters.zeroize();
        text
    }

    /// Reads [`Self::to_text`]'s form in any case with or without dashes, or 32
    /// bytes in hex or base64. Blanks, line ends and quotes around it are trimmed.
    ///
    /// # Errors
    /// Locked, for anything else: a passphrase is no key.
    pub fn from_text(text: &[u8]) -> Result<Self> {
        let trimmed = text.trim_ascii();
        let unquoted = [b'"', b'\''].iter().fold(trimmed, |text, quote| {
            text.strip_prefix(&[*quote]).and_then(|rest| rest.strip_suffix(&[*quote])).unwrap_or(text)
        });
        let inner = unquoted.trim_ascii();
        Self::from_ours(inner).or_else(|| Self::from_plain(inner)).ok_or_else(|| {
            Error::locked("The key is not in a form that is known, or its checksum does not match.")
                .hint("A key begins with SR1- as it was shown once; 32 bytes in hex or base64 work too. A passphrase is no key.")
        })
    }

    fn from_ours(text: &[u8]) -> Option<Self> {
        let mut letters: Vec<u8> = Vec::with_capacity(text.len());
        letters.extend(text.iter().filter(|c| !matches!(c, b'-' | b' ')).map(u8::to_ascii_uppercase));
        let mut decoded = letters.strip_prefix(PREFIX.as_bytes()).and_then(|body| BASE32_NOPAD.decode(body).ok());
        letters.zeroize();
        let bytes = decoded.as_mut()?;
        let key = Self::from_exact(bytes.get(..32)?);
        let fits = key.as_ref().is_some_and(|key| bytes.len() == 32 + CHECKSUM && bytes[32..] == checksum(key.bytes()));
        bytes.zeroize();
        key.filter(|_| fits)
    }

    fn from_plain(text: &[u8]) -> Option<Self> {
        let mut decoded = match text.len() {
            64 => HEXLOWER_PERMISSIVE.decode(text).ok()?,
            44 => BASE64.decode(text).ok()?,
            43 => BASE64URL_NOPAD.decode(text).ok()?,
            _ => return None,
        };
        let key = Self::from_exact(&decoded);
        decoded.zeroize();
        key
    }

    fn from_exact(bytes: &[u8]) -> Option<Self> {
        let mut key = Self::zero();
        if bytes.len() != 32 {
            return None;
        }
        key.0.copy_from_slice(bytes);
        Some(key)
    }
}

fn checksum(key: &[u8; 32]) -> [u8; CHECKSUM] {
    on_wiped_stack(|| {
        let digest = Sha256::new().chain_update(b"strongroom key").chain_update(key).finalize();
        [digest[0], digest[1], digest[2]]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_reads_back_in_every_spelling() {
        let key = RawKey::generate().unwrap();
        let text = key.to_text();
        let text = text.expose_str().unwrap();
        assert_eq!(text.len(), 3 + 14 * 5);
        let spellings = [
            text.to_owned(),
            text.to_lowercase(),
            text.replace('-', ""),
            text.replace('-', " "),
            format!("  \"{text}\"\n"),
        ];
        for spelling in spellings {
            assert_eq!(RawKey::from_text(spelling.as_bytes()).unwrap().bytes(), key.bytes(), "{spelling}");
        }
    }

    #[test]
    fn hex_and_base64_are_read() {
        let bytes = [0xa5; 32];
        let forms = [
            data_encoding::HEXLOWER.encode(&bytes),
            data_encoding::HEXUPPER.encode(&bytes),
            BASE64.encode(&bytes),
            BASE64URL_NOPAD.encode(&bytes),
        ];
        for form in forms {
            assert_eq!(RawKey::from_text(form.as_bytes()).unwrap().bytes(), &bytes, "{form}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let key = RawKey::generate().unwrap().to_text();
        let mut slip = key.expose().to_vec();
        slip[5] = if slip[5] == b'A' { b'B' } else { b'A' };
        for text in [&b""[..], b"correct horse battery staple", b"SR1-", &slip, &key.expose()[..70], &[0xff; 32]] {
            let error = RawKey::from_text(text).err().unwrap();
            assert_eq!(error.kind(), crate::error::Kind::Locked);
        }
    }
}
