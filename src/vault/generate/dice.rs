//! [`Dice`]: randomness of the operating system, as even draws.

use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// Bytes from the operating system.
pub(super) fn random_bytes(count: usize) -> Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; count]);
    fill(&mut bytes)?;
    Ok(bytes)
}

/// Fills `bytes` with randomness, or refuses.
fn fill(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|error| {
        Error::failure(format!("The operating system gave no randomness: {error}."))
            .hint("Nothing was generated; try again.")
    })
}

/// Even draws from a pool of random bytes that is wiped when dropped.
pub(super) struct Dice {
    pool: Zeroizing<[u8; 256]>,
    used: usize,
}

impl Dice {
    /// An empty pool, filled at the first draw.
    pub(super) fn new() -> Self {
        Self { pool: Zeroizing::new([0; 256]), used: 256 }
    }

    /// An even draw from `0..sides`. Sixteen random bits are a draw when they
    /// lie below the greatest multiple of `sides`; otherwise they are thrown away.
    pub(super) fn below(&mut self, sides: usize) -> Result<usize> {
        const RANGE: usize = 1 << 16;
        let limit = RANGE - RANGE % sides;
        loop {
            if self.used + 2 > self.pool.len() {
                fill(&mut *self.pool)?;
                self.used = 0;
            }
            let drawn = usize::from(u16::from_be_bytes([self.pool[self.used], self.pool[self.used + 1]]));
            self.used += 2;
            if drawn < limit {
                return Ok(drawn % sides);
            }
        }
    }
}
