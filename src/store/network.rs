//! File systems that several machines may share: refused, unless the operator says that it
//! has to be.
//!
//! The write-ahead log is kept together by memory that the processes of one machine share;
//! another machine does not see it, and both together would destroy the file. Where such a
//! place is allowed all the same, a connection takes the whole file for itself and shares no
//! memory: one program at a time, on whichever machine.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::statfs;

use crate::error::{Error, Result};

/// What statfs(2) calls them. FUSE may be anything, sshfs among it.
const SHARED: &[(u32, &str)] = &[
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB2"),
    (0x0102_1997, "9P"),
    (0x6573_5546, "FUSE"),
    (0x0bd0_0bd0, "Lustre"),
    (0x00c3_6400, "Ceph"),
    (0x5346_414f, "AFS"),
    (0x7375_7245, "Coda"),
    (0x0116_1970, "GFS2"),
    (0x7461_636f, "OCFS2"),
    (0x4750_4653, "GPFS"),
    (0x1983_0326, "BeeGFS"),
];

/// Whether the operator's settings allow them; a setting of the whole process.
static ALLOWED: AtomicBool = AtomicBool::new(false);

/// From now on vaults on such file systems are opened, by one program at a time.
pub fn allow_network_file_systems() {
    ALLOWED.store(true, Ordering::Relaxed);
}

/// Whether `place`, a file or a folder, is on such a file system.
///
/// # Errors
/// Denied, when it is and that is not allowed.
pub(super) fn check(place: &Path) -> Result<bool> {
    // What cannot be asked is no reason to refuse: opening it says what is wrong.
    let Some(name) = statfs(place).ok().and_then(|found| shared(found.f_type as u64)) else { return Ok(false) };
    refusal(place, name, ALLOWED.load(Ordering::Relaxed)).map(|()| true)
}

fn shared(kind: u64) -> Option<&'static str> {
    SHARED.iter().find(|(number, _)| u64::from(*number) == kind & 0xffff_ffff).map(|(_, name)| *name)
}

fn refusal(place: &Path, name: &str, is_allowed: bool) -> Result<()> {
    if is_allowed {
        return Ok(());
    }
    Err(Error::denied(format!(
        "{} is on a file system of type {name}, which other machines may share; two of them at once would destroy the vault.",
        place.display()
    ))
    .hint("Keep the vault on a local disk, or set allow_network_fs = true in config.toml: then one program at a time opens it."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn shared_file_systems_are_known_by_their_numbers() {
        for (number, name) in SHARED {
            assert_eq!(shared(u64::from(*number)), Some(*name));
            // Some systems have the number signed.
            assert_eq!(shared(number.cast_signed() as u64), Some(*name), "{name}");
        }
        let local = [0xef53_u64, 0x0102_1994, 0x5846_5342, 0x9123_683e, 0x794c_7630, 0x2fc1_2fc1];
        assert!(local.iter().all(|number| shared(*number).is_none()), "ext4, tmpfs, XFS, Btrfs, overlayfs, ZFS");
    }

    #[test]
    fn the_refusal_names_the_place_and_the_setting() {
        let error = refusal(Path::new("/mnt/x.db"), "NFS", false).unwrap_err();
        assert_eq!(error.kind(), Kind::Denied);
        assert!(error.message().contains("/mnt/x.db") && error.message().contains("NFS"), "{error}");
        assert!(error.next_step().unwrap().contains("allow_network_fs"));
        assert_eq!(refusal(Path::new("/mnt/x.db"), "NFS", true), Ok(()));
    }
}
