//! `run` on a terminal: as without us, but for the values.

use super::*;

const LONG: Duration = Duration::from_secs(15);
const MASKED: &str = "sk_live_****...****";

fn vault() -> TestVault {
    let vault = TestVault::new();
    vault.set("STRIPE_KEY", VALUE);
    vault
}

/// `run` with a shell script as the program.
fn started(vault: &TestVault, script: &str) -> Pty {
    vault.screen().size(90, 30).arg("run").arg("--").arg("sh").arg("-c").arg(script).start()
}

#[track_caller]
fn ends(mut pty: Pty, code: u32) {
    assert_eq!(pty.wait_exit(LONG), code, "{}", pty.contents());
    pty.assert_restored();
    pty.assert_clean(&[VALUE]);
}

#[test]
fn run_keeps_colour_and_size_and_masks_in_a_terminal() {
    let vault = vault();
    let script = "stty size; test -t 0 && test -t 1 && test -t 2 && echo all terminals; \
                  printf '\\033[31m%s\\033[0m\\n' $STRIPE_KEY; printf %s $STRIPE_KEY | od -An -tx1 | tr -d ' \\n'; exit 7";
    let pty = started(&vault, script);
    pty.wait_for("30 90");
    pty.wait_for("all terminals");
    pty.wait_wrote(format!("\x1b[31m{MASKED}\x1b[0m"));
    ends(pty, 7);
}

#[test]
fn run_passes_a_new_size_on() {
    let vault = vault();
    let mut pty = started(&vault, "trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.05; done");
    pty.wait_for("ready");
    pty.resize(100, 40);
    pty.wait_for("40 100");
    ends(pty, 0);
}

#[test]
fn run_lets_a_full_screen_program_have_the_terminal() {
    let vault = vault();
    let script = "stty -icanon -echo -isig; printf '\\033[?1049h\\033[2J\\033[Hin full: %s' $STRIPE_KEY; \
                  key=$(dd bs=1 count=1 2>/dev/null | od -An -tu1 | tr -d ' '); \
                  stty icanon echo isig; printf '\\033[?1049l'; echo key $key";
    let mut pty = started(&vault, script);
    pty.wait_for(&format!("in full: {MASKED}"));
    assert!(pty.screen(vt100::Screen::alternate_screen));
    pty.send("\x03");
    pty.wait_for("key 3");
    ends(pty, 0);
}

#[test]
fn run_passes_ctrl_c_on_once() {
    let vault = vault();
    let script = "trap 'n=$((n+1)); echo got $n' INT; echo ready; read line; echo after $line $n";
    let mut pty = started(&vault, &format!("{script}; read line; echo after $line $n"));
    pty.wait_for("ready");
    pty.send("\x03");
    pty.wait_for("got 1");
    pty.settle();
    pty.send("one\r");
    pty.wait_for("after one 1");
    assert!(!pty.contents().contains("got 2"), "{}", pty.contents());
    pty.send("two\r");
    ends(pty, 0);
    // Down a pipe the program stays in our group, and the key reaches it without us.
    let script =
        format!("\"$STRONGROOM\" run -- sh -c '{}' | (trap '' INT; cat); echo over", script.replace('\'', "'\\''"));
    let mut pty = vault.shell(&format!("trap : INT; {script}")).start();
    pty.wait_for("ready");
    pty.send("\x03");
    pty.wait_for("got 1");
    // The signal ends the shell's `read` too.
    pty.wait_for("after 1");
    pty.wait_for("over");
    assert!(!pty.contents().contains("got 2"), "{}", pty.contents());
}

#[test]
fn run_ends_as_the_program_that_ctrl_c_ended() {
    let vault = vault();
    // The shell sees a program that died of the signal; without its trap it may die of it first.
    let mut pty = vault.shell("trap : INT; \"$STRONGROOM\" run -- sh -c 'echo ready; sleep 100'; echo code $?").start();
    pty.wait_for("ready");
    pty.send("\x03");
    pty.wait_for("code 130");
    pty.wait_exit(LONG);
}

#[test]
fn run_stops_with_its_program_and_goes_on_with_it() {
    let vault = vault();
    let script = "set -m; \"$STRONGROOM\" run -- sh -c 'echo begun; read line; echo got $line $STRIPE_KEY'; \
                  echo stopped $?; stty -a | grep -q '[^-]icanon' && echo usual modes; fg >/dev/null; echo over $?";
    let mut pty = vault.shell(script).start();
    pty.wait_for("begun");
    pty.settle();
    pty.send("\x1a");
    pty.wait_for("stopped");
    pty.wait_for("usual modes");
    pty.settle();
    pty.send("hello\r");
    pty.wait_for(&format!("got hello {MASKED}"));
    pty.wait_for("over 0");
    pty.wait_exit(LONG);
    pty.assert_clean(&[VALUE]);
}

#[test]
fn run_leaves_ctrl_c_and_ctrl_z_to_its_program_after_a_prompt_too() {
    let vault = TestVault::with_passphrase("correct horse");
    let passphrase = vault.home().join("passphrase");
    std::fs::write(&passphrase, "correct horse").unwrap();
    std::fs::set_permissions(&passphrase, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    vault.run(&["set", "STRIPE_KEY", VALUE, "--passphrase-file", passphrase.to_str().unwrap()], b"");
    std::fs::remove_file(passphrase).unwrap();
    let script = "set -m; \"$STRONGROOM\" run -- sh -c 'echo begun; read line; echo got $line'; \
                  echo stopped; fg >/dev/null; echo over $?; \
                  \"$STRONGROOM\" run -- sh -c 'trap \"echo once; exit 4\" INT; echo ready; read line' \
                  | (trap '' INT; cat); echo end";
    let mut pty = vault.shell(script).start();
    pty.wait_for("Passphrase for");
    pty.settle();
    pty.send("correct horse\r");
    pty.wait_for("begun");
    pty.settle();
    pty.send("\x1a");
    pty.wait_for("stopped");
    pty.settle();
    pty.send("hello\r");
    pty.wait_for("got hello");
    pty.wait_for("over 0");
    pty.settle();
    pty.send("correct horse\r");
    pty.wait_for("ready");
    pty.send("\x03");
    pty.wait_for("once");
    pty.wait_for("end");
}

#[test]
fn run_tells_the_program_when_the_terminal_is_gone() {
    let vault = vault();
    let pty = started(&vault, "trap 'echo gone > hung-up; exit' HUP; echo ready; while :; do sleep 0.05; done");
    pty.wait_for("ready");
    pty.cut();
    let begun = std::time::Instant::now();
    while !vault.home().join("hung-up").exists() {
        assert!(begun.elapsed() < LONG, "the program was not told");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn run_shows_a_prompt_that_could_be_the_beginning_of_a_value() {
    let vault = vault();
    let mut pty = started(&vault, "printf 'your keys'; read line; echo you said $line");
    pty.wait_for("your keys");
    pty.send("sk_live_4eC39\r");
    pty.wait_for("you said sk_live_4eC39");
    ends(pty, 0);
}

#[test]
fn run_gives_standard_error_a_terminal_of_its_own() {
    let vault = vault();
    let script = "\"$STRONGROOM\" run -- sh -c 'test -t 2 && echo $STRIPE_KEY >&2; stty size <&2 >&2; test -t 1 || echo out' \
                  | tr a-z A-Z";
    let mut pty = vault.shell(script).size(77, 22).start();
    pty.wait_for(MASKED);
    pty.wait_for("22 77");
    pty.wait_for("OUT");
    assert_eq!(pty.wait_exit(LONG), 0);
    pty.assert_clean(&[VALUE]);
}

#[test]
fn run_in_the_background_leaves_the_terminal_alone() {
    let vault = vault();
    let script = "set -m; \"$STRONGROOM\" run -- sh -c 'echo begun $STRIPE_KEY' & wait; \
                  stty -a | grep -q '[^-]icanon' && echo usual modes";
    let mut pty = vault.shell(script).start();
    pty.wait_for(&format!("begun {MASKED}"));
    pty.wait_for("usual modes");
    assert_eq!(pty.wait_exit(LONG), 0);
}
