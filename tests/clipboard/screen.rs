//! t12, in GNU screen, which drops what is not wrapped for it and cuts what is long.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::place::{configure, eventually, program, program_path};
use super::secrecy::assert_nowhere_else;
use super::support::pty::{Pty, STRONGROOM, Setup};
use super::support::vault::TestVault;
use super::walk::{ADDRESS, NAME, TEN_SECONDS, assert_set_and_cleared, sent};

/// A terminal with screen in it, which runs the program with these arguments.
fn screen(vault: &TestVault, arguments: &[&str]) -> Screen {
    let folder = vault.home().join("screens");
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).unwrap();
    let screen = Setup::new(program_path("screen").to_str().unwrap(), vault.home()).size(120, 30);
    let screen = screen.env("SCREENDIR", &folder).env("LANG", "C.UTF-8").env("SHELL", "/bin/sh");
    let screen = screen.env("STRONGROOM_MASTER_KEY", &vault.key).env("STRONGROOM_VAULT", vault.path());
    let screen = ["-U", "-c", "/dev/null", STRONGROOM].iter().fold(screen, Setup::arg);
    Screen { outer: arguments.iter().fold(screen, Setup::arg).start(), folder }
}

/// What runs within screen outlives its terminal, so it is ended with the test.
struct Screen {
    outer: Pty,
    folder: PathBuf,
}

impl Drop for Screen {
    fn drop(&mut self) {
        let mut quit = program("screen");
        let _ = quit.env("SCREENDIR", &self.folder).args(["-X", "quit"]).output();
    }
}

/// A vault with one secret of so many bytes.
fn vault_with(value: &str) -> TestVault {
    let vault = TestVault::new();
    vault.set(ADDRESS, value);
    vault
}

/// Short, at the edge of what one sequence carries, long, and the longest.
fn values() -> [String; 4] {
    [20, 500, 3 * 1024, 8 * 1024].map(|length| "within-screen-0123".chars().cycle().take(length).collect())
}

#[test]
fn t12_values_of_every_length_reach_the_terminal_behind_screen_and_are_cleared() {
    for value in values() {
        let vault = vault_with(&value);
        let mut within = screen(&vault, &["copy", ADDRESS, "--clear-after", "1s"]);
        let outer = &mut within.outer;
        eventually("screen to end", || outer.contents().contains("terminating"));
        outer.wait_exit(TEN_SECONDS);
        assert_set_and_cleared(&outer.raw(), &value, "");
    }
}

#[test]
fn t12_the_screen_copies_and_clears_within_screen() {
    for (value, end) in [(&values()[2], "x"), (&values()[0], "q"), (&values()[0], "")] {
        let vault = vault_with(value);
        configure(&vault, &format!("clear_after = \"{}\"", if end.is_empty() { "2s" } else { "1h" }));
        let mut within = screen(&vault, &[]);
        let outer = &mut within.outer;
        outer.wait_for(NAME);
        outer.settle();
        outer.send("gy");
        eventually("the terminal to be sent the value", || sent(&outer.raw()).first() == Some(value));
        assert_nowhere_else(&vault, value);
        outer.send(end);
        eventually("the terminal to be sent the clear", || sent(&outer.raw()).len() > 1);
        assert_set_and_cleared(&outer.raw(), value, "");
    }
}
