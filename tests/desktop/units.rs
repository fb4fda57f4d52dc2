//! The example units, as systemd reads them.

use std::process::Command;

use super::support::pty::STRONGROOM;

#[test]
fn systemd_finds_nothing_wrong_with_the_units() {
    let folder = tempfile::tempdir().unwrap();
    let mut units = Vec::new();
    for name in ["strongroom-due.service", "strongroom-due.timer"] {
        let unit = std::fs::read_to_string(format!("assets/systemd/{name}")).unwrap();
        let place = folder.path().join(name);
        // It looks whether the program is there.
        std::fs::write(&place, unit.replace("/usr/bin/strongroom", STRONGROOM)).unwrap();
        units.push(place);
    }
    let checked = Command::new("systemd-analyze")
        .args(["--user", "--man=no", "--recursive-errors=no", "verify"])
        .args(&units)
        .env("XDG_RUNTIME_DIR", folder.path())
        .output()
        .unwrap_or_else(|error| panic!("systemd-analyze, of the package systemd, is needed: {error}"));
    let told = String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success() && told.is_empty(), "{told}");
}
