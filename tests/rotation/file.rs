//! The recipe for a file on disk, with a program in the place of systemctl.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;

use strongroom::rotation::step::How;
use strongroom::vault::rotation::StepKind::{Apply, Verify};

use super::ready::{Bench, value};

/// A folder with a control program that notes what it is asked, and fails for `broken.service`.
struct Machine(tempfile::TempDir);

impl Machine {
    fn new() -> Self {
        let machine = Self(tempfile::tempdir().unwrap());
        let script = format!(
            "#!/bin/sh\necho \"$*\" >>{}\ncase \"$*\" in *broken*) exit 3;; esac\n",
            machine.path("asked").display()
        );
        std::fs::write(machine.path("control"), script).unwrap();
        std::fs::set_permissions(machine.path("control"), std::fs::Permissions::from_mode(0o755)).unwrap();
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn bench(&self, service: &str) -> Bench {
        let (path, control) = (self.path("token"), self.path("control"));
        Bench::new(
            "file",
            &[("path", path.to_str().unwrap()), ("service", service), ("systemctl", control.to_str().unwrap())],
        )
    }
}

#[test]
fn a_file_is_replaced_at_once_for_its_owner_alone_and_the_service_is_told() {
    let machine = Machine::new();
    let bench = machine.bench("app.service");
    let (old, new) = (value("the old one\n"), value("the new one"));
    let end = bench.step(Apply, Some(&old), None);
    assert_eq!(end.how, How::Exited(0), "{}", end.shown);
    assert_eq!(machine.read("token"), "the old one\n");
    let before = std::fs::metadata(machine.path("token")).unwrap();
    assert_eq!(before.mode() & 0o7777, 0o600);
    assert!(bench.verifies(&old) && !bench.verifies(&new));

    std::fs::set_permissions(machine.path("token"), std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(bench.step(Apply, Some(&new), Some(&old)).how, How::Exited(0));
    let after = std::fs::metadata(machine.path("token")).unwrap();
    assert_eq!((machine.read("token").as_str(), after.mode() & 0o7777), ("the new one", 0o600));
    assert_ne!(before.ino(), after.ino(), "it was written into, not replaced");
    assert!(bench.verifies(&new) && !bench.verifies(&old));
    let asked = machine.read("asked");
    assert!(asked.starts_with("reload-or-restart app.service\nis-active --quiet app.service\n"), "{asked}");
    assert_eq!(std::fs::read_dir(machine.0.path()).unwrap().count(), 3, "something was left behind");
}

#[test]
fn a_service_that_fails_is_told_and_can_be_given_the_old_value_again() {
    let machine = Machine::new();
    let (old, new) = (value("the old one"), value("the new one"));
    std::fs::write(machine.path("token"), "the old one").unwrap();
    let bench = machine.bench("broken.service");
    assert_eq!(bench.step(Apply, Some(&new), Some(&old)).how, How::Exited(3));
    assert_eq!(bench.step(Verify, Some(&new), None).how, How::Exited(3));
    assert_eq!(machine.bench("app.service").step(Apply, Some(&old), Some(&new)).how, How::Exited(0));
    assert_eq!(machine.read("token"), "the old one");
}

#[test]
fn a_file_that_cannot_be_written_stays_as_it_was() {
    let machine = Machine::new();
    std::fs::create_dir(machine.path("token")).unwrap();
    std::fs::write(machine.path("token/inside"), "").unwrap();
    let end = machine.bench("app.service").step(Apply, Some(&value("x")), None);
    assert!(!end.how.is_success(), "a folder was replaced, or written into: {}", end.shown);
    assert_eq!(std::fs::read_dir(machine.path("token")).unwrap().count(), 1);
    assert!(!machine.path("asked").exists());
}
