//! A disk that loses power: what is certain to be on it, what may be, and one of the states
//! it may come back in.
//!
//! Until a file was synced, each write to it may be there or not, in any order, and of a
//! write each sector of 512 bytes. Until its folder was synced, each name that was made,
//! moved or removed may be or not. What was synced is there.

use std::collections::BTreeMap;

use super::trace::Event;

/// What a disk writes whole.
const SECTOR: usize = 512;

/// A change of a file's content that was not synced.
#[derive(Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Cut(usize),
}

#[derive(Clone, Default)]
struct Inode {
    certain: Vec<u8>,
    pending: Vec<Change>,
}

/// A change of the folder that was not synced.
#[derive(Clone)]
enum Naming {
    Make(String, usize),
    Remove(String),
    Move(String, String, usize),
}

/// Random numbers that are the same for the same seed (xorshift64*).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33).unwrap() % end.max(1)
    }
}

/// The disk after some of a trace.
#[derive(Clone, Default)]
pub(crate) struct Disk {
    inodes: Vec<Inode>,
    /// What a program sees now.
    names: BTreeMap<String, usize>,
    /// What is certain to be found after a crash.
    certain: BTreeMap<String, usize>,
    pending: Vec<Naming>,
    /// The highest acknowledgement.
    pub(crate) acknowledged: u64,
}

/// Which of the pending changes a crash leaves.
#[derive(Clone, Copy)]
enum Luck {
    None,
    All,
    /// The first so many in a hundred.
    First(usize),
    /// Each with one chance in two, writes by the sector.
    Torn,
}

impl Disk {
    pub(crate) fn apply(&mut self, event: &Event) {
        match event {
            Event::Open { name, cut } => {
                let inode = self.inode(name);
                if *cut {
                    self.inodes[inode].pending.push(Change::Cut(0));
                }
            }
            Event::Write { name, at, bytes } => {
                let inode = self.inode(name);
                self.inodes[inode].pending.push(Change::Write(*at, bytes.clone()));
            }
            Event::Cut { name, length } => {
                let inode = self.inode(name);
                self.inodes[inode].pending.push(Change::Cut(*length));
            }
            Event::Sync { name } => {
                // A folder within the folder has nothing that would be kept.
                let Some(inode) = self.names.get(name) else { return };
                let Inode { certain, pending } = &mut self.inodes[*inode];
                pending.drain(..).for_each(|change| change.apply(certain, |_| true));
            }
            Event::SyncFolder => {
                self.pending.clear();
                self.certain = self.names.clone();
            }
            Event::Unlink { name } => {
                self.names.remove(name);
                self.pending.push(Naming::Remove(name.clone()));
            }
            Event::Rename { from, to } => {
                if let Some(inode) = self.names.remove(from) {
                    self.names.insert(to.clone(), inode);
                    self.pending.push(Naming::Move(from.clone(), to.clone(), inode));
                }
            }
            Event::Acknowledged(number) => self.acknowledged = self.acknowledged.max(*number),
        }
    }

    /// The file of a name, a new one where there is none.
    fn inode(&mut self, name: &str) -> usize {
        if let Some(inode) = self.names.get(name) {
            return *inode;
        }
        self.inodes.push(Inode::default());
        let inode = self.inodes.len() - 1;
        self.names.insert(name.to_owned(), inode);
        self.pending.push(Naming::Make(name.to_owned(), inode));
        inode
    }

    /// What is found when the power comes back: names and contents.
    pub(crate) fn after_a_crash(&self, dice: &mut Dice) -> Vec<(String, Vec<u8>)> {
        let mut names = self.certain.clone();
        let luck = roll(dice);
        for (at, naming) in self.pending.iter().enumerate() {
            if luck.spares(at, self.pending.len(), dice) {
                naming.apply(&mut names);
            }
        }
        // What never had a name cannot be found.
        names.retain(|name, _| !name.starts_with('#'));
        names.into_iter().map(|(name, inode)| (name, self.inodes[inode].after_a_crash(dice))).collect()
    }
}

impl Inode {
    fn after_a_crash(&self, dice: &mut Dice) -> Vec<u8> {
        let (mut bytes, luck) = (self.certain.clone(), roll(dice));
        for (at, change) in self.pending.iter().enumerate() {
            if luck.spares(at, self.pending.len(), dice) {
                let is_torn = matches!(luck, Luck::Torn) && dice.below(2) == 0;
                change.clone().apply(&mut bytes, |_| !is_torn || dice.below(2) == 0);
            }
        }
        bytes
    }
}

impl Change {
    /// Does it to `bytes`, of a write those sectors that `lands` says yes to.
    fn apply(self, bytes: &mut Vec<u8>, mut lands: impl FnMut(usize) -> bool) {
        match self {
            Self::Cut(length) => bytes.resize(length, 0),
            Self::Write(start, written) => {
                let mut from = 0;
                while from < written.len() {
                    let at = start + from;
                    let to = written.len().min(from + SECTOR - at % SECTOR);
                    if lands(at / SECTOR) {
                        if bytes.len() < start + to {
                            bytes.resize(start + to, 0);
                        }
                        bytes[at..start + to].copy_from_slice(&written[from..to]);
                    }
                    from = to;
                }
            }
        }
    }
}

impl Naming {
    fn apply(&self, names: &mut BTreeMap<String, usize>) {
        match self {
            Self::Make(name, inode) => {
                names.insert(name.clone(), *inode);
            }
            Self::Remove(name) => {
                names.remove(name);
            }
            Self::Move(from, to, inode) => {
                names.remove(from);
                names.insert(to.clone(), *inode);
            }
        }
    }
}

fn roll(dice: &mut Dice) -> Luck {
    match dice.below(4) {
        0 => Luck::None,
        1 => Luck::All,
        2 => Luck::First(dice.below(100)),
        _ => Luck::Torn,
    }
}

impl Luck {
    fn spares(self, at: usize, of: usize, dice: &mut Dice) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::First(percent) => at * 100 < of * percent,
            Self::Torn => dice.below(2) == 0,
        }
    }
}
