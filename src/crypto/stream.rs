//! [`Stream`]: something long sealed in chunks, each in its place.
//!
//! STREAM (Hoang, Reyhanitabar, Rogaway, Vizár: "Online Authenticated-Encryption and its
//! Nonce-Reuse Misuse-Resistance", 2015), as age has it: the nonce is the chunk's number
//! and whether it is the last one, so that none can be cut off, moved, doubled or appended.

use crate::error::Result;

use super::keyring::RawKey;
use super::seal::{Place, SealKey};

/// Bytes in one chunk; the last may have fewer. A fuzzer has small ones, which are many more
/// a second.
pub const CHUNK: usize = if cfg!(fuzzing) { 1024 } else { 64 * 1024 };
/// What sealing adds to a chunk.
pub const CHUNK_OVERHEAD: usize = 16;

/// The key of one stream, which seals nothing else, and what the stream is.
pub struct Stream {
    key: SealKey,
    place: Place,
}

impl Stream {
    /// A stream of what `place` says, the number of the chunk left out.
    #[must_use]
    pub fn new(key: &RawKey, place: Place) -> Self {
        Self { key: SealKey::new(key.bytes()), place }
    }

    /// Seals chunk `number` in place.
    ///
    /// # Errors
    /// Failure, never in practice.
    pub fn seal(&self, number: u64, is_last: bool, chunk: &mut Vec<u8>) -> Result<()> {
        self.key.seal_counted(nonce(number, is_last), &self.place(number), chunk)
    }

    /// Opens chunk `number` in place.
    ///
    /// # Errors
    /// Damaged, when it is another one, was altered, or ends the stream where it should not.
    pub fn open(&self, number: u64, is_last: bool, chunk: &mut Vec<u8>) -> Result<()> {
        self.key.open_counted(nonce(number, is_last), &self.place(number), chunk)
    }

    fn place(&self, number: u64) -> Place {
        Place { version: number, ..self.place }
    }
}

/// The number of the chunk in eleven bytes, then 1 for the last one.
fn nonce(number: u64, is_last: bool) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[3..11].copy_from_slice(&number.to_be_bytes());
    nonce[11] = u8::from(is_last);
    nonce
}
