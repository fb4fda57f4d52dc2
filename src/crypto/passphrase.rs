//! Passphrase, salt and cost become a key: Argon2id, version 0x13 (RFC 9106).
//!
//! The default and the floor for new slots is RFC 9106's second recommended
//! option: 64 MiB, 3 passes, 4 lanes. The lanes are computed in parallel, else they
//! would be a gift to the attacker alone.

use std::thread::JoinHandle;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroize;

use crate::error::{Error, Result};
use crate::guarded::on_wiped_stack;
use crate::secret_text::SecretText;

use super::raw_key::RawKey;

/// How much work one guess costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Cost {
    /// The floor for new slots (RFC 9106 §4, second recommended option).
    pub const FLOOR: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 4 };

    /// Refuses what no vault of ours was ever made with: too weak to be honest,
    /// or so large that opening the file would be an attack on the machine.
    ///
    /// # Errors
    /// Damaged, naming the numbers.
    pub fn check(self) -> Result<()> {
        const WEAKEST: u64 = Cost::FLOOR.memory_kib as u64 * Cost::FLOOR.passes as u64;
        let work = u64::from(self.memory_kib) * u64::from(self.passes);
        let sane = self.memory_kib <= 2 * 1024 * 1024 && self.passes <= 64 && (1..=16).contains(&self.lanes);
        if work >= WEAKEST && self.memory_kib >= Self::FLOOR.memory_kib && sane {
            return Ok(());
        }
        Err(Error::damaged(format!(
            "A key slot asks for Argon2id with {} KiB, {} passes and {} lanes, which is outside what is allowed.",
            self.memory_kib, self.passes, self.lanes
        ))
        .hint("The file was altered; restore it from a backup."))
    }
}

impl Cost {
    /// This cost, or `other` where that is more work: what is made anew is never weaker than before.
    #[must_use]
    pub fn or_more(self, other: Self) -> Self {
        let work = |cost: Self| (u64::from(cost.memory_kib) * u64::from(cost.passes), cost.memory_kib);
        if work(other) > work(self) { other } else { self }
    }
}

/// The memory Argon2id works in, touched beforehand so that the pages are there
/// when the passphrase is, and wiped afterwards.
pub struct Workspace {
    blocks: Vec<Block>,
}

impl Workspace {
    /// Allocates and touches the memory for `cost`.
    ///
    /// # Errors
    /// Failure, when there is not so much memory.
    pub fn prepare(cost: Cost) -> Result<Self> {
        let count = params(cost)?.block_count();
        let mut blocks = Vec::new();
        blocks.try_reserve_exact(count).map_err(|_| {
            Error::failure(format!("There are no {} MiB of memory to check a passphrase in.", cost.memory_kib / 1024))
                .hint("Close other programs, or unlock with a key file.")
        })?;
        blocks.resize_with(count, Block::default);
        Ok(Self { blocks })
    }

    /// The key that `passphrase` gives with this salt and cost. The passphrase is
    /// normalised to Unicode NFC first, so that every keyboard gives the same bytes.
    ///
    /// # Errors
    /// Failure, when a thread cannot be started or the memory does not fit `cost`.
    pub fn derive(&mut self, passphrase: &SecretText, salt: &[u8; 16], cost: Cost) -> Result<RawKey> {
        let params = params(cost)?;
        if self.blocks.len() < params.block_count() {
            *self = Self::prepare(cost)?;
        }
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let normal = normalised(passphrase);
        let mut key = RawKey::zero();
        // A pool of our own, gone again when this returns: no idle threads stay in the process.
        let pool = rayon_core::ThreadPoolBuilder::new()
            .num_threads(std::thread::available_parallelism().map_or(2, usize::from).min(cost.lanes as usize))
            .build()
            .map_err(|_| Error::failure("No thread could be started to check the passphrase."))?;
        let blocks = &mut self.blocks;
        let mut derive =
            || argon2.hash_password_into_with_memory(normal.expose(), salt, key.bytes_mut(), &mut blocks[..]);
        // The system keeps the stacks of threads that have ended, for those that come.
        pool.install(|| on_wiped_stack(&mut derive))
            .map_err(|error| Error::failure(format!("Argon2id refused its input: {error}.")))?;
        Ok(key)
    }

    /// Wipes the memory on a thread of its own, so that nobody waits for it who has the key.
    #[must_use]
    pub fn wipe_aside(self) -> Wiping {
        // Where no thread can be had, the closure is dropped here and the memory wiped at once.
        Wiping(std::thread::Builder::new().name("wipe".into()).spawn(move || drop(self)).ok())
    }
}

/// The wiping of a [`Workspace`] beside other work; whoever drops it waits for the end.
pub struct Wiping(Option<JoinHandle<()>>);

impl Drop for Wiping {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        // The first and last blocks of each lane are what a key could be had from again.
        for block in &mut self.blocks {
            block.zeroize();
        }
    }
}

fn params(cost: Cost) -> Result<Params> {
    Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32))
        .map_err(|error| Error::damaged(format!("A key slot has impossible Argon2id parameters: {error}.")))
}

/// NFC of text; other bytes as they are.
fn normalised(passphrase: &SecretText) -> SecretText {
    let Some(text) = passphrase.expose_str() else { return passphrase.duplicate() };
    // Reserved up front, so that no half of it is left behind by growth.
    let mut normal = SecretText::with_capacity(passphrase.len() * 3);
    for character in text.nfc() {
        normal.push(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9106 §5.3, straight to the library: with a secret and associated data, which we do
    /// not use.
    #[test]
    fn rfc_9106_argon2id() {
        let mut params = argon2::ParamsBuilder::new();
        params.m_cost(32).t_cost(3).p_cost(4).data(argon2::AssociatedData::new(&[4; 12]).unwrap());
        let (kind, version) = (argon2::Algorithm::Argon2id, argon2::Version::V0x13);
        let argon2 = argon2::Argon2::new_with_secret(&[3; 8], kind, version, params.build().unwrap());
        let mut tag = [0; 32];
        argon2.unwrap().hash_password_into(&[1; 32], &[2; 16], &mut tag).unwrap();
        let expected = "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659";
        assert_eq!(data_encoding::HEXLOWER.encode(&tag), expected);
    }

    /// RFC 9106 §5.3 uses a secret and associated data, which we do not; this is the same
    /// algorithm without them: `argon2-cffi` low-level with t=3, m=32, p=4 gives it too.
    #[test]
    fn known_answer_through_our_own_code() {
        let cost = Cost { memory_kib: 32, passes: 3, lanes: 4 };
        let key = Workspace::prepare(cost).unwrap().derive(&SecretText::from(vec![1; 32]), &[2; 16], cost).unwrap();
        let expected = "03aab965c12001c9d7d0d2de33192c0494b684bb148196d73c1df1acaf6d0c2e";
        assert_eq!(data_encoding::HEXLOWER.encode(key.bytes()), expected);
    }

    #[test]
    fn used_memory_gives_the_same_key_again() {
        let (large, small) =
            (Cost { memory_kib: 64, passes: 3, lanes: 4 }, Cost { memory_kib: 32, passes: 3, lanes: 4 });
        let word = SecretText::copied_from(b"word");
        let key = |cost, room: &mut Workspace| *room.derive(&word, &[2; 16], cost).unwrap().bytes();
        let mut room = Workspace::prepare(small).unwrap();
        let first = [key(small, &mut room), key(large, &mut room), key(small, &mut room), key(large, &mut room)];
        assert_eq!((first[0], first[1]), (first[2], first[3]));
        assert_eq!(key(small, &mut Workspace::prepare(small).unwrap()), first[0]);
        drop(room.wipe_aside());
    }

    #[test]
    fn composed_and_decomposed_letters_are_one_passphrase() {
        let composed = normalised(&SecretText::copied_from("caf\u{e9}".as_bytes()));
        let decomposed = normalised(&SecretText::copied_from("cafe\u{301}".as_bytes()));
        assert!(composed == decomposed);
        assert_eq!(normalised(&SecretText::copied_from(&[0xff, 0xfe])).expose(), [0xff, 0xfe]);
    }

    #[test]
    fn costs_outside_the_bounds_are_refused() {
        let floor = Cost::FLOOR;
        for good in
            [floor, Cost { memory_kib: 1 << 20, ..floor }, Cost { passes: 64, ..floor }, Cost { lanes: 1, ..floor }]
        {
            assert!(good.check().is_ok(), "{good:?}");
        }
        let bad = [
            Cost { memory_kib: 64 * 1024 - 1, ..floor },
            Cost { passes: 2, ..floor },
            Cost { passes: 65, ..floor },
            Cost { lanes: 0, ..floor },
            Cost { lanes: 17, ..floor },
            Cost { memory_kib: 2 * 1024 * 1024 + 1, ..floor },
            Cost { memory_kib: 19 * 1024, passes: 2, lanes: 1 },
        ];
        for cost in bad {
            assert!(cost.check().is_err(), "{cost:?}");
        }
    }
}
