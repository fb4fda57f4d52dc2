//! [`Guarded`]: a box for keys, in memory that leaves the process by no way we know.
//!
//! All boxes lie in one arena of whole pages. On Linux those come from memfd_secret(2),
//! where the kernel has it (5.14 and later): not even the kernel's own map leads there, so
//! that no debugger, core dump, swap or hibernation sees them, and root himself reads an
//! error from `/proc/PID/mem`. Elsewhere they are locked into memory (mlock(2)), left out of
//! core dumps and empty after a fork. Where the limit on locked memory (`ulimit -l`) allows
//! neither, a box lies on the heap. It is wiped when it is dropped, wherever it lay.
//!
//! The arena is for keys and single values, not for lists of them, and stays small.

use std::sync::{Mutex, MutexGuard, PoisonError};

use zeroize::zeroize_stack;

mod memory;

use memory::Room;
pub use memory::{Guarded, take_variable};

/// How much is asked of the system at once: little, since a limit of 64 KiB is usual.
const REGION: usize = 32 * 1024;
/// So many regions at most.
const REGIONS: usize = 32;
/// Rooms are this large, or twice as large, and so on.
const SMALLEST: usize = 64;
/// The largest room, a page of the smallest kind.
const LARGEST: usize = 4096;
/// How many sizes there are.
const SIZES: usize = (LARGEST / SMALLEST).ilog2() as usize + 1;

/// How much of the stack work on a key is taken to use; a digest or a key schedule takes less.
const STACK: usize = 16 * 1024;

/// Does work on keys, and wipes the stack that it used.
pub fn on_wiped_stack<T>(work: impl FnOnce() -> T) -> T {
    let done = apart(work);
    zeroize_stack::<STACK>();
    done
}

/// A call of its own, so that what it uses of the stack lies below its caller.
#[inline(never)]
fn apart<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// What keeps a box from being read by others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Mapped into this process alone: memfd_secret(2).
    Secret,
    /// Never swapped and in no core dump: mlock(2).
    Locked,
    /// As all memory of this process is: wiped, and not to be read by other accounts.
    Ordinary,
}

/// The kind of memory that the next key gets.
#[must_use]
pub fn kind() -> Kind {
    let room = take(SMALLEST);
    let kind = if room.is_some() { arena().kind } else { Kind::Ordinary };
    room.into_iter().for_each(give_back);
    kind
}

/// What is free, by size.
struct Arena {
    free: [Vec<Room>; SIZES],
    regions: usize,
    kind: Kind,
}

static ARENA: Mutex<Arena> =
    Mutex::new(Arena { free: [const { Vec::new() }; SIZES], regions: 0, kind: Kind::Ordinary });

fn arena() -> MutexGuard<'static, Arena> {
    ARENA.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The list of the rooms that are just large enough.
fn index(size: usize) -> Option<usize> {
    let size = size.max(SMALLEST).next_power_of_two();
    (size <= LARGEST).then(|| (size / SMALLEST).ilog2() as usize)
}

/// A room of zeros for so many bytes, aligned to them; `None` where the heap must do.
fn take(size: usize) -> Option<Room> {
    let index = index(size)?;
    let mut arena = arena();
    if arena.free[index].is_empty() {
        let page = arena.page()?;
        arena.free[index] = page.split(SMALLEST << index);
    }
    arena.free[index].pop()
}

/// Takes back what [`take`] gave, wiped.
fn give_back(room: Room) {
    if let Some(index) = index(room.size()) {
        arena().free[index].push(room);
    }
}

impl Arena {
    /// A room of the largest size, from the system where none is free.
    fn page(&mut self) -> Option<Room> {
        let pages = &mut self.free[SIZES - 1];
        if pages.is_empty() && self.regions < REGIONS {
            // What the system refuses once it will refuse again: each key would ask.
            let region = Room::map(REGION);
            self.regions = if region.is_some() { self.regions + 1 } else { REGIONS };
            let (kind, region) = region?;
            self.kind = kind;
            pages.extend(region.split(LARGEST));
        }
        pages.pop()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One test takes all that there is.
    static IN_TURN: Mutex<()> = Mutex::new(());

    #[test]
    fn a_room_is_as_large_as_asked_or_up_to_twice() {
        let _turn = IN_TURN.lock().unwrap();
        for (size, given) in [(1, 64), (64, 64), (65, 128), (1000, 1024), (4096, 4096)] {
            let room = take(size).unwrap();
            assert_eq!(room.size(), given);
            give_back(room);
        }
        assert!(take(LARGEST + 1).is_none());
    }

    #[test]
    fn more_keys_than_the_arena_has_room_for_lie_elsewhere_and_none_over_another() {
        let _turn = IN_TURN.lock().unwrap();
        let mut keys: Vec<Guarded<[u8; 2048]>> = Vec::new();
        for number in 0..=(REGION * REGIONS / 2048) {
            let mut key = Guarded::zeroed();
            assert_eq!(*key, [0; 2048], "a used room comes back wiped");
            key.fill(u8::try_from(number % 251).unwrap() + 1);
            keys.push(key);
        }
        for (number, key) in keys.iter().enumerate() {
            assert!(key.iter().all(|byte| usize::from(*byte) == number % 251 + 1), "key {number}");
        }
        assert!(arena().regions <= REGIONS);
    }

    /// Where tests run, there is a limit on locked memory that allows one region.
    #[cfg(target_os = "linux")]
    #[test]
    fn keys_lie_in_memory_that_is_locked_at_least() {
        let _turn = IN_TURN.lock().unwrap();
        assert_ne!(kind(), Kind::Ordinary);
    }
}
