//! Where this user's anchors lie, and the system's log as a second one.
//!
//! The system's log belongs to root: who may write to a user's files can take the anchor
//! away, not the lines that were sent there.

use std::os::unix::net::UnixDatagram;
use std::path::Path;

use crate::config::Config;
use crate::vault::{Anchors, Checkpoint};

use super::state_file;

/// Where the system's log listens (syslog(3)).
const DEV_LOG: &str = "/dev/log";
/// Facility `LOG_AUTHPRIV` (10) and severity `LOG_INFO` (6), as RFC 5424 §6.2.1 counts them.
const PRIVATE_INFO: u8 = 10 * 8 + 6;
/// The same facility, severity `LOG_WARNING` (4).
const PRIVATE_WARNING: u8 = 10 * 8 + 4;

/// The anchors of this user, as settled.
#[must_use]
pub fn settled(config: &Config) -> Anchors {
    Anchors { folder: state_file::folder().map(|folder| folder.join("anchors")), tell: config.syslog.then_some(tell) }
}

/// One line a commit.
fn tell(point: &Checkpoint) {
    send(Path::new(DEV_LOG), PRIVATE_INFO, &line(point));
}

/// One line for a key that did not fit.
pub fn tell_failed_unlock(anchors: &Anchors, vault: &Path) {
    if anchors.tell.is_some() {
        let words = format!("failed unlock of {}", vault.display());
        send(Path::new(DEV_LOG), PRIVATE_WARNING, &words);
    }
}

fn line(point: &Checkpoint) -> String {
    let vault = uuid::Uuid::from_bytes(point.vault_id);
    format!("vault {vault} change {} checkpoint {}", point.seq, point.code())
}

/// The local form of RFC 3164: `<priority>tag[pid]: words`. A log that does not listen
/// stops nobody; the anchor in the state folder is the first one.
fn send(socket: &Path, priority: u8, words: &str) {
    let Ok(sender) = UnixDatagram::unbound() else { return };
    let _ = sender.set_nonblocking(true);
    let line = format!("<{priority}>strongroom[{}]: {words}", std::process::id());
    let _ = sender.send_to(line.as_bytes(), socket);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_one_line_of_the_system_log() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let log = UnixDatagram::bind(&path).unwrap();
        let point = Checkpoint {
            vault_id: [0xab; 16],
            key_epoch: 1,
            lineage: [0; 16],
            seq: 140,
            audit_seq: 233,
            audit_head: [0x3f; 32],
            at: jiff::Timestamp::UNIX_EPOCH,
        };
        send(&path, PRIVATE_INFO, &line(&point));
        let mut text = [0; 256];
        let length = log.recv(&mut text).unwrap();
        let told = format!(
            "<86>strongroom[{}]: vault abababab-abab-abab-abab-abababababab change 140 checkpoint 233-3f3f3f3f3f3f",
            std::process::id()
        );
        assert_eq!(std::str::from_utf8(&text[..length]).unwrap(), told);
        send(&folder.path().join("none"), PRIVATE_INFO, "nobody listens");
    }
}
