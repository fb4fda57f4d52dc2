//! A rotation by keys alone, with a file on the disk as the far side.

use std::path::PathBuf;
use std::time::Duration;

use crate::support::vault::TestVault;

const OLD: &str = "old-Wq41LmPz-canary";
const NEW: &str = "new-Tx93RvNk-canary";

/// A vault with a secret whose recipe writes it into a file and compares that.
fn vault() -> (TestVault, PathBuf) {
    let vault = TestVault::new();
    vault.run(&["set", "DB_PASSWORD", "--stdin", "--field", "username=app"], OLD.as_bytes());
    let (far, recipe) = (vault.home().join("far side"), vault.home().join("recipe.toml"));
    std::fs::write(&far, OLD).unwrap();
    let text = r#"what = "a password in a file"
[with]
file = "FILE"
[apply]
run = ["sh", "-c", 'cat > "$1"', "apply", "{{with.file}}"]
stdin = "{{value}}"
[verify]
run = ["sh", "-c", 'echo trying; cmp -s - "$1" && ! test -e "$1.refused"', "verify", "{{with.file}}"]
stdin = "{{value}}"
"#;
    std::fs::write(&recipe, text.replace("FILE", far.to_str().unwrap())).unwrap();
    vault.run(&["recipe", "set", "DB_PASSWORD", "--file", recipe.to_str().unwrap()], b"");
    (vault, far)
}

fn told(vault: &TestVault, arguments: &[&str]) -> String {
    String::from_utf8(vault.run(arguments, b"").stdout).unwrap()
}

#[test]
fn a_live_credential_is_changed_by_keys_alone() {
    let (vault, far) = vault();
    let mut pty = vault.screen().start();
    pty.wait_for("DB_PASSWORD");
    pty.settle();
    pty.send("r");
    pty.wait_for("Rotate DB_PASSWORD");
    pty.paste(NEW);
    pty.send("\tScheduled\t\x1b[C");
    pty.wait_for("[stage it]");
    pty.send("\r");
    pty.wait_for("made > [staged] > applied");
    assert_eq!(std::fs::read_to_string(&far).unwrap(), OLD);
    pty.settle();
    // Copies of both while both are needed.
    pty.send("y");
    pty.wait_wrote(crate::copied(NEW));
    pty.settle();
    pty.send("o");
    pty.wait_wrote(crate::copied(OLD));
    pty.settle();
    pty.send("v");
    pty.wait_for("applied > [verified] > current");
    pty.wait_for("refused, as it should be");
    assert_eq!(std::fs::read_to_string(&far).unwrap(), NEW);
    pty.settle();
    pty.send("p");
    pty.wait_for("DB_PASSWORD has version 2 now.");
    pty.settle();
    pty.send("\x1b");
    pty.wait_gone("Rotation of");
    pty.send("q");
    pty.wait_exit(Duration::from_secs(10));
    pty.assert_clean(&[OLD, NEW]);
    let history = told(&vault, &["history", "DB_PASSWORD"]);
    assert!(history.contains("rotated") && history.contains("Scheduled"), "{history}");
    let audit = told(&vault, &["audit", "--limit", "30"]);
    for wanted in ["stage ", "promote ", "step ", "For its rotation"] {
        assert!(audit.contains(wanted), "{wanted}: {audit}");
    }
}

#[test]
fn a_new_value_that_does_not_work_goes_back_by_itself() {
    let (vault, far) = vault();
    let mut pty = vault.screen().start();
    pty.wait_for("DB_PASSWORD");
    pty.settle();
    pty.send("r");
    pty.wait_for("Rotate DB_PASSWORD");
    // The far side refuses everything from now on, until its old value is back.
    let refused = far.with_file_name("far side.refused");
    pty.paste(NEW);
    pty.send("\tLeaked\t\x1b[C\r");
    pty.wait_for("[staged]");
    pty.settle();
    pty.send("a");
    pty.wait_for("[applied]");
    pty.settle();
    std::fs::write(&refused, "").unwrap();
    pty.send("v");
    pty.wait_for("[unsettled]");
    pty.settle();
    assert_eq!(std::fs::read_to_string(&far).unwrap(), OLD);
    // Left, it stays on the list and in the header, over a lock too.
    pty.send("\x1b");
    pty.wait_for("1 unsettled");
    std::fs::remove_file(&refused).unwrap();
    pty.settle();
    pty.send("r");
    pty.wait_for("Going back failed");
    pty.settle();
    pty.send("d");
    pty.wait_for("Destroy the pending version");
    pty.send("It never worked\r");
    pty.wait_for("y does it");
    pty.settle();
    pty.send("y");
    pty.wait_for("[aborted]");
    pty.settle();
    pty.send("\x1b");
    pty.wait_gone("Rotation of");
    pty.settle();
    pty.send("q");
    pty.wait_exit(Duration::from_secs(10));
    pty.assert_clean(&[OLD, NEW]);
    assert_eq!(std::fs::read_to_string(&far).unwrap(), OLD);
    assert_eq!(told(&vault, &["reveal", "DB_PASSWORD"]).trim(), OLD);
    let audit = told(&vault, &["audit", "--limit", "40"]);
    for wanted in ["verify of the pending value failed with exit code 1", "abort ", "It never worked"] {
        assert!(audit.contains(wanted), "{wanted}: {audit}");
    }
}

#[test]
fn a_lock_ends_the_step_and_the_next_unlock_knows() {
    let (vault, far) = vault();
    let recipe = vault.home().join("recipe.toml");
    let quick = std::fs::read_to_string(&recipe).unwrap();
    let slow = quick.replace("cat > \"$1\"", "echo $$ > \"$1.pid\"; sleep 60");
    std::fs::write(&recipe, slow).unwrap();
    vault.run(&["recipe", "set", "DB_PASSWORD", "--file", recipe.to_str().unwrap()], b"");
    let mut pty = vault.screen().start();
    pty.wait_for("DB_PASSWORD");
    pty.settle();
    pty.send("r");
    pty.wait_for("Rotate DB_PASSWORD");
    pty.paste(NEW);
    pty.send("\r");
    pty.wait_for("apply of the pending value: runs");
    let pid = far.with_file_name("far side.pid");
    pty.wait_until("the program runs", |_| std::fs::read_to_string(&pid).is_ok_and(|pid| pid.ends_with('\n')));
    let program = std::fs::read_to_string(&pid).unwrap();
    pty.send("q");
    pty.wait_for("A step is running");
    pty.settle();
    pty.send("q");
    pty.wait_gone("Rotation of");
    pty.settle();
    pty.send("q");
    pty.wait_for("again leaves it halfway");
    pty.settle();
    pty.send("q");
    assert_eq!(pty.wait_exit(Duration::from_secs(10)), 1);
    pty.assert_restored();
    pty.wait_for("The rotation of DB_PASSWORD was left halfway.");
    pty.wait_for("DB_PASSWORD --resume.");
    let process = PathBuf::from("/proc").join(program.trim());
    let until = std::time::Instant::now() + Duration::from_secs(10);
    while process.exists() {
        assert!(std::time::Instant::now() < until, "the program outlives its lock");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(std::fs::read_to_string(&far).unwrap(), OLD);
    // Nobody has seen the end of that step: the next one looks, and puts the old value behind it.
    std::fs::write(&recipe, quick).unwrap();
    vault.run(&["recipe", "set", "DB_PASSWORD", "--by-hand", "--file", recipe.to_str().unwrap()], b"");
    let mut pty = vault.screen().start();
    pty.wait_for("1 unsettled");
    pty.settle();
    pty.send("r");
    pty.wait_for("Go on from there");
    pty.settle();
    pty.send("g");
    pty.wait_for("[aborted]");
    pty.settle();
    pty.send("\x1b");
    pty.wait_gone("Rotation of");
    pty.settle();
    pty.send("q");
    pty.wait_exit(Duration::from_secs(10));
    assert_eq!(told(&vault, &["reveal", "DB_PASSWORD"]).trim(), OLD);
}
