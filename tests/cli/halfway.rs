//! What scripts see of a rotation that was left halfway, and what commands say of versions.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use strongroom::secret_text::SecretText;
use strongroom::vault::Expected;
use strongroom::vault::rotation::Promotion;
use strongroom::vault::scope::{Address, ScopePath};
use strongroom::vault::secret::Fields;

use crate::rotating::{APPLY, FarSide, VERIFY, opened, unsettled};
use crate::support::Room;

fn flaws(room: &Room, code: i32, line: &[&str]) -> Vec<(String, String)> {
    let ran = room.run(&[&["check", "--no-duplicates", "--json"], line].concat());
    assert_eq!(ran.code, code, "{}", ran.err);
    let findings = ran.json();
    let word = |finding: &Value, what: &str| finding[what].as_str().unwrap().to_owned();
    let mut flaws: Vec<(String, String)> =
        findings.as_array().unwrap().iter().map(|finding| (word(finding, "flaw"), word(finding, "told"))).collect();
    flaws.sort_unstable();
    flaws
}

fn ten_days_ago() -> Timestamp {
    Timestamp::now() - SignedDuration::from_hours(240)
}

#[test]
fn check_names_what_is_unsettled_to_be_revoked_or_staged_since_long() {
    let far = unsettled();
    let found = flaws(&far.room, 1, &[]);
    assert_eq!((found.len(), found[0].0.as_str()), (1, "unsettled"));
    assert!(found[0].1.contains("left unsettled") && found[0].1.contains("rotate prod/DB --resume"), "{found:?}");
    assert!(far.room.fails(4, &["delete", "prod/DB"]).contains("is unsettled: the far side may have it, or not"));
    let said = far.room.fails(1, &["check", "--no-duplicates"]);
    assert!(said.contains("1 unsettled"), "{said}");
    assert_eq!(flaws(&far.room, 0, &["--scope", "elsewhere"]), []);
    let text = far.room.file("t", b"{{secrets.prod/DB}}");
    assert_eq!(flaws(&far.room, 1, &["--template", &text]).len(), 1);

    let room = Room::new();
    let mut vault = opened(&room, ten_days_ago);
    let value = |text: &str| Fields::value(SecretText::copied_from(text.as_bytes()));
    for (name, grace) in [("OVER", 9), ("GRACE", 11)] {
        let address = Address::parse(name, &ScopePath::root()).unwrap();
        vault.set(&address, Some(value(name)), Default::default(), "", Expected::Absent).unwrap();
        let id = vault.stage(&address, value("new"), None, "", Expected::Present).unwrap().id;
        let grace = Some(SignedDuration::from_hours(24 * grace));
        vault.promote(id, &Promotion { revoke: true, grace, ..Promotion::default() }, "").unwrap();
    }
    let address = Address::parse("STAGED", &ScopePath::root()).unwrap();
    vault.set(&address, Some(value("one")), Default::default(), "", Expected::Absent).unwrap();
    vault.stage(&address, value("two"), None, "", Expected::Present).unwrap();
    vault.lock().unwrap();
    room.set("FRESH", "one");
    room.good(&["rotate", "FRESH", "--stage", "two"]);
    let found = flaws(&room, 1, &[]);
    let words: Vec<&str> = found.iter().map(|(flaw, _)| flaw.as_str()).collect();
    assert_eq!(words, ["revoke", "staged"], "a fresh stage and a grace that goes on are no flaws: {found:?}");
    assert!(found[0].1.contains("still takes version 1, whose grace is over"), "{found:?}");
    assert!(found[1].1.contains("waits for more than 7 days"), "{found:?}");
    assert_eq!(flaws(&room, 1, &["--due-within", "2d"]).len(), 3, "a grace that is over within two days");
}

/// A step that runs at this moment is no flaw: somebody is at it.
#[test]
fn what_is_at_work_is_no_flaw_and_what_may_not_work_is_warned_of() {
    let far = FarSide::with(&format!("{APPLY}; sleep 1.5"), VERIFY, "");
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_strongroom"));
    child.env_clear().envs(far.room.variables()).args(["rotate", "prod/DB", "new"]);
    let mut child = child.stderr(std::process::Stdio::null()).spawn().unwrap();
    let since = std::time::Instant::now();
    while far.holds() != "new" {
        assert!(since.elapsed() < std::time::Duration::from_secs(30));
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let said = far.room.good(&["reveal", "prod/DB"]).err;
    assert!(said.contains("began apply, a step of the rotation of prod/DB"), "{said}");
    assert_eq!(flaws(&far.room, 0, &[]), []);
    assert!(child.wait().unwrap().success());
}

#[test]
fn run_and_render_warn_as_reveal_does() {
    let far = unsettled();
    let room = &far.room;
    room.set("prod/OTHER", "sound");
    let warning = "warning: The rotation of prod/DB was cut off. Perhaps the far side has the pending value.";
    let warned = |line: &[&str]| room.good(line).err.matches(warning).count();
    let text = room.file("t", b"{{secrets.prod/DB}} {{secrets.prod/DB#value}} {{secrets.prod/OTHER}}");
    let pending = room.file("p", b"{{secrets.prod/DB@pending}} {{secrets.prod/OTHER}}");
    let lines = room.file("e.env", b"DB={{secrets.prod/DB}}\n");
    assert_eq!(warned(&["reveal", "prod/DB"]), 1);
    assert_eq!(warned(&["render", &text]), 1, "each secret once");
    assert_eq!(warned(&["render", &pending]), 0);
    assert_eq!(warned(&["run", "--env", "prod", "--", "true"]), 1);
    assert_eq!(warned(&["run", "--only", "prod/OTHER", "--", "true"]), 0);
    assert_eq!(warned(&["run", "--env-file", &lines, "--", "true"]), 1);
}

#[test]
fn a_new_value_past_the_recipe_says_that_nobody_was_told() {
    let far = FarSide::new();
    let room = &far.room;
    let told = "warning: The far side of prod/DB was not told";
    assert!(room.good(&["set", "prod/DB", "a"]).err.contains(told));
    assert!(!room.good(&["set", "prod/DB", "a"]).err.contains(told), "nothing changed");
    assert!(!room.good(&["set", "prod/DB", "--description", "x"]).err.contains(told));
    assert!(room.good(&["rotate", "prod/DB", "b", "--by-hand"]).err.contains(told));
    room.good(&["rotate", "prod/DB", "c", "--by-hand", "--grace", "1h"]);
    room.good(&["rotate", "prod/DB", "d", "--stage"]);
    assert!(room.good(&["rotate", "prod/DB", "--promote", "--by-hand"]).err.contains(told));
    assert!(room.good(&["rollback", "prod/DB", "1"]).err.contains(told));
    assert!(!room.good(&["rotate", "prod/DB", "e"]).err.contains(told), "the recipe was followed");
}

#[test]
fn a_retired_version_is_retired_once() {
    let room = Room::new();
    room.set("DB", "old");
    assert!(room.fails(3, &["rotate", "DB", "--retire"]).contains("no previous version"));
    room.good(&["rotate", "DB", "new", "--grace", "1h"]);
    assert!(room.good(&["get", "DB"]).text().contains("previous     version 1, until"));
    room.good(&["rotate", "DB", "--retire"]);
    assert!(room.good(&["get", "DB"]).text().contains("previous     version 1, retired"));
    assert!(room.fails(6, &["rotate", "DB", "--retire"]).contains("was retired at"));
    assert!(room.fails(6, &["rotate", "DB", "--retire", "--by-hand"]).contains("was retired at"));
    // No grace at all.
    room.good(&["rotate", "DB", "newest", "--grace", "0"]);
    assert!(room.fails(6, &["reveal", "DB@previous"]).contains("was retired at"));
    assert!(room.good(&["get", "DB"]).text().contains("version 2, retired"));
    room.fails(2, &["rotate", "DB", "x", "--grace", "1"]);
}

#[test]
fn a_pending_version_is_named_as_such_and_compared_by_shape() {
    let room = Room::new();
    room.set("DB", "one");
    room.set("DB", "second");
    room.good(&["rotate", "DB", "--stage", "one", "--field", "user=ops"]);
    let said = room.fails(3, &["reveal", "DB@3"]);
    assert!(said.contains("Version 3 is pending: take it with DB@pending"), "{said}");
    assert!(!room.fails(3, &["reveal", "DB@4"]).contains("pending"));
    let diff = room.json(&["diff", "DB@pending"]);
    assert_eq!((&diff["before"]["version"], &diff["after"]["version"]), (&json!(2), &json!(3)));
    let field = |name: &str| diff["fields"].as_array().unwrap().iter().find(|field| field["name"] == name).unwrap();
    assert_eq!((&field("value")["change"], &field("user")["change"]), (&json!("changed"), &json!("added")));
    let table = room.good(&["diff", "DB@pending"]).text();
    assert!(table.contains("same as version 1") && !table.contains("second") && !table.contains("ops"), "{table}");
    assert_eq!(room.json(&["diff", "DB@1"])["after"]["version"], 2);
    assert_eq!(room.json(&["diff", "DB@previous"])["before"]["version"], 1);
    room.fails(2, &["diff", "DB@pending", "1", "2"]);
    room.fails(2, &["diff", "DB"]);
    room.fails(2, &["diff", "DB", "1"]);
    for line in [&["get", "DB@pending"], &["history", "DB@pending"], &["dependents", "DB@3"]] {
        let said = room.fails(2, line);
        assert!(said.contains("about DB as a whole") && said.contains("diff take a version"), "{said}");
    }
    room.good(&["rotate", "DB", "--abort"]);
    room.fails(3, &["diff", "DB@pending"]);
}

#[test]
fn making_the_current_value_once_more_is_no_rotation() {
    let far = FarSide::with(APPLY, VERIFY, "[make]\nrun = [\"echo\", \"old\"]\n");
    let ran = far.room.run(&["rotate", "prod/DB"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("made no new value") && ran.err.contains("is the current value"), "{}", ran.err);
    far.is_settled_at("old", 1);
    let said = far.rotate("old");
    assert!(said.0 == 0 && said.1.contains("The new value is the current one again"), "{}", said.1);
}

#[test]
fn an_expired_secret_stays_so_with_a_new_value_and_that_is_said() {
    let far = FarSide::new();
    far.room.good(&["set", "prod/DB", "--expires", "2020-01-01"]);
    let told = "warning: prod/DB has expired, also with its new value";
    let (code, said) = far.rotate("new");
    assert!(code == 0 && said.contains(told), "{said}");
    assert!(far.room.good(&["rotate", "prod/DB", "newer", "--by-hand"]).err.contains(told));
    far.room.good(&["set", "prod/DB", "--expires", "1d"]);
    assert!(!far.rotate("newest").1.contains("expired"));
}

#[test]
fn rotate_as_json_has_what_a_failed_step_said() {
    let far = FarSide::with("echo \"refused: $(cat)\" >&2; exit 3", VERIFY, "");
    let ran = far.room.run_with(&["rotate", "prod/DB", "--stdin", "--json"], b"hunter2-hunter2");
    assert_eq!(ran.code, 1, "{}", ran.err);
    let steps = &ran.json()["steps"];
    let failed = steps.as_array().unwrap().iter().find(|step| step["end"] == "exit-3").unwrap();
    let output = failed["output"].as_str().unwrap();
    assert!(output.starts_with("refused: ****") && !output.contains("hunter2"), "{output}");
    assert!(
        steps
            .as_array()
            .unwrap()
            .iter()
            .filter(|step| step["end"] == "exit-0")
            .all(|step| step.get("output").is_none())
    );
    // One that could not be started says why.
    let text = "what = \"x\"\n[apply]\nrun = [\"no-such-program-here\"]\nstdin = \"{{value}}\"\n[verify]\nrun = [\"true\"]\nstdin = \"{{value}}\"\n";
    let path = far.room.file("none.toml", text.as_bytes());
    far.room.good(&["recipe", "set", "prod/DB", "--file", &path]);
    let ran = far.room.run_with(&["rotate", "prod/DB", "--stdin", "--json"], b"other");
    let steps = &ran.json()["steps"];
    let unstarted = steps.as_array().unwrap().iter().find(|step| step["end"] == "not-started").unwrap();
    assert!(unstarted["error"].as_str().unwrap().contains("no-such-program-here"), "{}", ran.text());
}
