//! The anchor of a vault: a small file outside of it, into which this machine writes how
//! far it saw the vault come. What the marks mean, and whether they are ours, is the
//! vault's business.
//!
//! Two places in turn, each within a sector of its own, written in place: a write that a
//! power cut tears takes one mark away and leaves the one before. They are not flushed:
//! an older mark proves less and accuses nobody.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rustix::fs::{Access, FlockOperation, OFlags, flock};

/// Bytes of one mark.
pub const MARK: usize = 128;
/// From one mark to the other: no disk tears both at once.
const SECTOR: u64 = 512;
/// How often, a millisecond apart, another session's turn is waited for.
const TRIES: u32 = 50;

/// The two places of an anchor; zeros where nothing was written.
pub type Marks = [[u8; MARK]; 2];

/// The file of one vault's anchor.
#[derive(Debug, Clone)]
pub struct AnchorFile(PathBuf);

impl AnchorFile {
    /// The anchor of the vault `vault_id` in `folder`.
    #[must_use]
    pub fn new(folder: &Path, vault_id: &[u8; 16]) -> Self {
        Self(folder.join(data_encoding::HEXLOWER.encode(vault_id)))
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What stands in it; `None` when there is no file.
    ///
    /// # Errors
    /// Those of reading it; a symlink or anything but a file is one.
    pub fn read(&self) -> io::Result<Option<Marks>> {
        match self.open(OpenOptions::new().read(true)) {
            Ok(file) => marks(&file).map(Some),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Lets `next` look at what stands in it and say what is to; writes the places that
    /// differ. Nobody else writes meanwhile.
    ///
    /// # Errors
    /// Those of the file; `WouldBlock`, when another session holds it for too long.
    pub fn write(&self, next: impl FnOnce(&Marks) -> Marks) -> io::Result<()> {
        if let Some(folder) = self.0.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let file = self.open(OpenOptions::new().read(true).write(true).create(true).mode(0o600))?;
        lock(&file)?;
        let before = marks(&file)?;
        for (place, (mark, before)) in next(&before).iter().zip(&before).enumerate() {
            if mark != before {
                file.write_all_at(mark, place as u64 * SECTOR)?;
            }
        }
        Ok(())
    }

    /// Refuses where [`Self::write`] could not; makes and changes nothing.
    ///
    /// # Errors
    /// As its own.
    pub fn check_writable(&self) -> io::Result<()> {
        match self.open(OpenOptions::new().read(true).write(true)) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let folder = self.0.ancestors().skip(1).find(|folder| folder.exists()).unwrap_or(Path::new("/"));
                Ok(rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK)?)
            }
            opened => opened.map(drop),
        }
    }

    fn open(&self, options: &mut OpenOptions) -> io::Result<File> {
        // Without waiting, so that a planted pipe holds nobody up.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = options.custom_flags(flags.bits().cast_signed()).open(&self.0)?;
        if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is not a regular file")) }
    }
}

fn marks(file: &File) -> io::Result<Marks> {
    let mut marks = [[0; MARK]; 2];
    for (place, mark) in marks.iter_mut().enumerate() {
        let mut read = 0;
        while let Some(rest) = mark.get_mut(read..).filter(|rest| !rest.is_empty()) {
            match file.read_at(rest, place as u64 * SECTOR + read as u64)? {
                0 => break,
                more => read += more,
            }
        }
    }
    Ok(marks)
}

fn lock(file: &File) -> io::Result<()> {
    let mut tries = 0;
    loop {
        match flock(file, FlockOperation::NonBlockingLockExclusive) {
            Err(rustix::io::Errno::WOULDBLOCK) if tries < TRIES => thread::sleep(Duration::from_millis(1)),
            done => return Ok(done?),
        }
        tries += 1;
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn anchor() -> (tempfile::TempDir, AnchorFile) {
        let folder = tempfile::tempdir().unwrap();
        let file = AnchorFile::new(&folder.path().join("state/anchors"), &[0xab; 16]);
        (folder, file)
    }

    /// Writes one place and leaves the other.
    fn put(file: &AnchorFile, place: usize, byte: u8) -> io::Result<()> {
        file.write(|marks| {
            let mut marks = *marks;
            marks[place] = [byte; MARK];
            marks
        })
    }

    #[test]
    fn a_mark_comes_back_from_the_place_it_was_written_to() {
        let (_folder, file) = anchor();
        assert_eq!(file.read().unwrap(), None);
        put(&file, 1, 7).unwrap();
        assert_eq!(file.read().unwrap(), Some([[0; MARK], [7; MARK]]));
        put(&file, 0, 8).unwrap();
        assert_eq!(file.read().unwrap(), Some([[8; MARK], [7; MARK]]));
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(file.path()), mode(file.path().parent().unwrap())), (0o600, 0o700));
    }

    #[test]
    fn what_is_no_file_is_neither_read_nor_written() {
        let (folder, file) = anchor();
        put(&file, 0, 1).unwrap();
        let away = folder.path().join("away");
        std::fs::rename(file.path(), &away).unwrap();
        symlink(&away, file.path()).unwrap();
        assert!(file.read().is_err() && put(&file, 0, 2).is_err());
        assert_eq!(std::fs::read(&away).unwrap()[..MARK], [1; MARK]);
        std::fs::remove_file(file.path()).unwrap();
        std::fs::create_dir(file.path()).unwrap();
        assert!(file.read().is_err() && put(&file, 0, 2).is_err());
        std::fs::remove_dir(file.path()).unwrap();
        let fifo = std::process::Command::new("mkfifo").arg(file.path()).status().unwrap();
        assert!(fifo.success() && file.read().is_err(), "and nobody waits for its other end");
    }

    #[test]
    fn a_file_that_is_cut_off_gives_what_is_left_of_it() {
        let (_folder, file) = anchor();
        put(&file, 1, 7).unwrap();
        OpenOptions::new().write(true).open(file.path()).unwrap().set_len(SECTOR + 5).unwrap();
        let marks = file.read().unwrap().unwrap();
        assert_eq!((marks[1][..5].to_vec(), marks[1][5..].to_vec()), (vec![7; 5], vec![0; MARK - 5]));
    }

    #[test]
    fn who_holds_it_for_long_holds_up_nobody_for_ever() {
        let (_folder, file) = anchor();
        put(&file, 0, 1).unwrap();
        let held = File::open(file.path()).unwrap();
        flock(&held, FlockOperation::LockExclusive).unwrap();
        assert_eq!(put(&file, 0, 2).unwrap_err().kind(), ErrorKind::WouldBlock);
    }
}
