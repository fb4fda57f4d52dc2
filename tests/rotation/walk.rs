//! The rotation of a PostgreSQL password by keys alone, on the screen: once with success, once
//! with a new value that the server does not take.

use std::time::Duration;

use data_encoding::BASE64;
use serde_json::Value;

use super::postgresql::{ADMIN, Server};
use crate::support::pty::Pty;
use crate::support::vault::TestVault;

const ROLE: &str = "app";
const SECRET: &str = "prod/app/DB_PASSWORD";
const OLD: &str = "0ld-password";
const RIGHT: &str = "\x1b[C";
const ESC: &str = "\x1b";

/// A server with a role, and a vault with its password under a recipe.
struct Bench {
    server: Server,
    vault: TestVault,
}

impl Bench {
    fn new() -> Self {
        let (server, vault) = (Server::start(), TestVault::new());
        server.create_role(ROLE, OLD);
        let username = format!("username={ROLE}");
        vault.run(&["set", SECRET, "--stdin", "--raw", "--field", &username], OLD.as_bytes());
        Self { server, vault }
    }

    fn recipe(&self, ready: &str, more: &[&str]) {
        let (role, port) = (format!("role={ROLE}"), format!("port={}", self.server.port()));
        let with = [&["database=postgres", "host=127.0.0.1", &role, &port][..], more].concat();
        let with: Vec<&str> = with.iter().flat_map(|pair| ["--with", *pair]).collect();
        self.vault.run(&[&["recipe", "set", SECRET, ready][..], &with].concat(), b"");
    }

    fn told(&self, line: &[&str]) -> String {
        String::from_utf8(self.vault.run(line, b"").stdout).unwrap()
    }

    fn json(&self, line: &[&str]) -> Value {
        serde_json::from_str(&self.told(&[line, &["--json"]].concat())).unwrap()
    }

    /// What was done to the secret: action, version, reason.
    fn audit(&self) -> Vec<(String, u64, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let records = self.json(&["audit", "--secret", SECRET, "--limit", "100"]);
        let told = |record: &Value| {
            (text(&record["action"]), record["version"].as_u64().unwrap_or(0), text(&record["reason"]))
        };
        records.as_array().unwrap().iter().map(told).collect()
    }

    /// The screen with the secret selected.
    fn screen(&self) -> Pty {
        let mut pty = self.vault.screen().start();
        pty.wait_for("DB_PASSWORD");
        press(&mut pty, "G", "┌ prod/app/DB_PASSWORD ");
        pty
    }
}

/// A key, and what it brings.
#[track_caller]
fn press(pty: &mut Pty, key: &str, brings: &str) {
    pty.settle();
    pty.send(key);
    pty.wait_for(brings);
}

/// What a key of the cockpit puts on the clipboard.
#[track_caller]
fn copied(pty: &mut Pty, key: &str) -> String {
    const INTRODUCED: &[u8] = b"\x1b]52;c;";
    pty.settle();
    let before = pty.raw().len();
    pty.send(key);
    let found = |pty: &Pty| {
        let raw = pty.raw().split_off(before);
        let from = raw.windows(INTRODUCED.len()).position(|window| window == INTRODUCED)? + INTRODUCED.len();
        let value: Vec<u8> = raw[from..].iter().copied().take_while(|byte| *byte != 0x1b).collect();
        Some(String::from_utf8(BASE64.decode(&value).ok()?).unwrap()).filter(|value| !value.is_empty())
    };
    pty.wait_until("a copy", |pty| found(pty).is_some());
    found(pty).unwrap()
}

/// From the list to a value that is generated and staged, with its reason.
#[track_caller]
fn generate_and_stage(pty: &mut Pty, reason: &str) {
    press(pty, "r", "Rotate");
    press(pty, RIGHT, "Must contain");
    // Which characters, how many, of which classes; then why, then not at once.
    pty.send("\t\t\t\t");
    press(pty, reason, reason);
    pty.send("\t");
    press(pty, RIGHT, "[stage it]");
    press(pty, "\r", "[staged]");
}

/// From the cockpit to the history, over all the screen: `versions` stands there, and `records` in
/// the audit log; then out.
#[track_caller]
fn read_history_and_quit(pty: &mut Pty, versions: &[&str], records: &[&str]) {
    pty.settle();
    pty.send(ESC);
    pty.wait_gone("Rotation of");
    pty.settle();
    // Reasons are long.
    pty.resize(140, 30);
    pty.settle();
    pty.send("3");
    press(pty, "z", "› Versions");
    versions.iter().for_each(|words| pty.wait_for(words));
    press(pty, "]", "› Audit");
    records.iter().for_each(|words| pty.wait_for(words));
    pty.settle();
    pty.send("q");
    assert_eq!(pty.wait_exit(Duration::from_secs(10)), 0);
    pty.assert_restored();
}

#[test]
fn a_password_is_changed_at_the_server_by_keys_alone() {
    let bench = Bench::new();
    bench.recipe("postgresql", &[]);
    let mut pty = bench.screen();
    generate_and_stage(&mut pty, "Quarterly");
    assert!(bench.server.accepts(ROLE, OLD), "the server heard of it already");
    // Both are needed together, and the name that goes with them.
    assert_eq!(copied(&mut pty, "o"), OLD);
    let new = copied(&mut pty, "y");
    assert!(new != OLD && !bench.server.accepts(ROLE, &new));
    assert_eq!(copied(&mut pty, "u"), ROLE);
    press(&mut pty, "v", "applied > [verified] > current");
    pty.wait_for("verify of the current value: refused, as it should be");
    assert!(bench.server.accepts(ROLE, &new));
    press(&mut pty, "p", "DB_PASSWORD has version 2 now.");
    read_history_and_quit(&mut pty, &["rotated (current)", "Quarterly"], &["promote v2", "stage v2"]);
    pty.assert_clean(&[OLD, &new]);

    assert_eq!(bench.told(&["reveal", SECRET]), new);
    assert!(bench.server.accepts(ROLE, &new) && !bench.server.accepts(ROLE, OLD));
    let newest = &bench.json(&["history", SECRET])[0];
    assert_eq!((&newest["version"], &newest["reason"]), (&2.into(), &"Quarterly".into()));
    let steps: Vec<&str> =
        newest["steps"].as_array().unwrap().iter().map(|step| step["end"].as_str().unwrap()).collect();
    assert_eq!(steps, ["exit-0", "exit-0", "exit-0", "exit-2"]);
    let audit = bench.audit();
    for (action, version, reason) in
        [("stage", 2, "Quarterly"), ("copy", 1, "For its rotation"), ("promote", 2, "Quarterly")]
    {
        assert!(audit.contains(&(action.to_owned(), version, reason.to_owned())), "{action}: {audit:?}");
    }
    let log = bench.server.log();
    assert!(!log.contains(&new), "the server's log has the password");
}

/// The far side keeps the first 16 characters of what it is told, and says nothing about it:
/// logging in with the whole new value fails.
#[test]
fn a_password_that_the_server_does_not_take_is_put_back_by_itself() {
    let bench = Bench::new();
    bench.vault.set("prod/POSTGRES", ADMIN.1);
    bench.recipe("postgresql-admin", &["admin=postgres", "admin-secret=prod/POSTGRES"]);
    let text = bench.json(&["recipe", "show", SECRET])["text"].as_str().unwrap().to_owned();
    let cuts = r#""sh", "-c", "sed -E '2,3s/^(.{16}).*/\\1/' | psql \"$@\"", "#;
    let path = bench.vault.home().join("cuts.toml");
    std::fs::write(&path, text.replacen("\"psql\", ", &format!("{cuts}\"psql\", "), 1)).unwrap();
    bench.vault.run(&["recipe", "set", SECRET, "--file", path.to_str().unwrap()], b"");

    let mut pty = bench.screen();
    generate_and_stage(&mut pty, "Someone left");
    let new = copied(&mut pty, "y");
    pty.settle();
    pty.send("v");
    pty.wait_for("[aborted]");
    pty.settle();
    // Which step, why, what was done about it, and where things stand.
    let within = |line: &str| line.chars().skip(4).take(72).filter(|c| !c.is_whitespace()).collect::<String>();
    let said: String = pty.contents().lines().map(within).collect();
    for words in [
        "… 2 more; go up to read them",
        "x verify of the pending value: failed with exit code 2",
        "FATAL: password authentication failed for user \"app\"",
        "+ apply of the current value: went well",
        "+ verify of the current value: went well",
        "version 1 stays current.",
        "The far side takes version 1, tried.",
    ] {
        assert!(said.contains(&words.replace(' ', "")), "{words}\n{}", pty.contents());
    }
    assert!(bench.server.accepts(ROLE, OLD) && !bench.server.accepts(ROLE, &new));
    read_history_and_quit(
        &mut pty,
        &["created (current)", "aborted", "Someone left"],
        &["abort v2", "verify of the pending value failed"],
    );
    pty.assert_clean(&[OLD, &new, ADMIN.1]);
    assert_eq!(bench.told(&["reveal", SECRET]), OLD);
    let audit = bench.audit();
    let staged = ("stage".to_owned(), 2, "Someone left".to_owned());
    assert!(audit.contains(&staged), "{audit:?}");
    let aborted = audit.iter().find(|(action, ..)| action == "abort").unwrap();
    assert!(aborted.2.contains("verify of the pending value failed with exit code 2"), "{aborted:?}");
    let rows = bench.told(&["history", SECRET]);
    let kept = &bench.json(&["history", SECRET])[0]["aborted_rotations"][0];
    for why in ["Someone left", "verify of the pending value failed with exit code 2"] {
        assert!(rows.contains(why), "{rows}");
        assert!(kept["reason"].as_str().unwrap().contains(why), "{kept}");
    }
    let steps = kept["steps"].as_array().unwrap().iter();
    let steps: Vec<String> = steps.map(|step| format!("{} {} {}", step["step"], step["of"], step["end"])).collect();
    let walked = [
        "verify current exit-0",
        "apply pending exit-0",
        "verify pending exit-2",
        "verify current exit-2",
        "apply current exit-0",
        "verify current exit-0",
    ];
    assert_eq!(steps.join("\n").replace('"', ""), walked.join("\n"));
}
