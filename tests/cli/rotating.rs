//! Rotation in stages and by recipes, through the binary: the far side is a file that real
//! programs write and compare, and that goes wrong in every way.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use strongroom::crypto::keyring::{RawKey, UnlockKey};
use strongroom::secret_text::SecretText;
use strongroom::vault::audit::Actor;
use strongroom::vault::scope::{Address, ScopePath};
use strongroom::vault::secret::Fields;
use strongroom::vault::{Expected, LockedVault, MetadataChange, Vault};

use crate::support::Room;

/// A vault with one secret whose far side is a file.
pub(crate) struct FarSide {
    pub(crate) room: Room,
    pub(crate) path: PathBuf,
}

pub(crate) const APPLY: &str = "printf %s \"$(cat)\" > \"$1\"";
pub(crate) const VERIFY: &str = "[ \"$(cat)\" = \"$(cat \"$1\")\" ]";

impl FarSide {
    pub(crate) fn new() -> Self {
        let far = Self::with(APPLY, VERIFY, "");
        std::fs::write(&far.path, "old").unwrap();
        far
    }

    /// With scripts of its own; `$1` is the file, standard input the value.
    pub(crate) fn with(apply: &str, verify: &str, rest: &str) -> Self {
        let room = Room::new();
        room.set("prod/DB", "old");
        let far = Self { path: room.path("far"), room };
        std::fs::write(&far.path, "old").unwrap();
        far.recipe(apply, verify, rest);
        far
    }

    pub(crate) fn recipe(&self, apply: &str, verify: &str, rest: &str) {
        let step = |name: &str, script: &str| {
            format!(
                "[{name}]\nrun = [\"sh\", \"-c\", '''{script}''', \"sh\", \"{}\"]\nstdin = \"{{{{value}}}}\"\ntimeout = \"2s\"\n",
                self.path.display()
            )
        };
        let text = format!("what = \"a file\"\n{rest}{}{}", step("apply", apply), step("verify", verify));
        let path = self.room.file("recipe.toml", text.as_bytes());
        self.room.good(&["recipe", "set", "prod/DB", "--file", &path, "--by-hand"]);
    }

    pub(crate) fn holds(&self) -> String {
        std::fs::read_to_string(&self.path).unwrap()
    }

    /// Rotates to `value`; gives the exit code and what was said.
    pub(crate) fn rotate(&self, value: &str) -> (i32, String) {
        let ran = self.room.run_with(&["rotate", "prod/DB", "--stdin", "--reason", "quarterly"], value.as_bytes());
        (ran.code, ran.err)
    }

    pub(crate) fn version(&self) -> u64 {
        self.room.json(&["get", "prod/DB"])["version"].as_u64().unwrap()
    }

    /// Current is `value`, it is what the far side has, and nothing is under way.
    pub(crate) fn is_settled_at(&self, value: &str, version: u64) {
        assert_eq!((self.room.reveal("prod/DB").as_str(), self.holds().as_str()), (value, value));
        let secret = self.room.json(&["get", "prod/DB"]);
        assert_eq!((secret["version"].as_u64(), secret.get("pending")), (Some(version), None));
    }
}

#[test]
fn an_earlier_version_comes_back_at_the_far_side_too() {
    let far = FarSide::new();
    let room = &far.room;
    assert_eq!((far.rotate("new").0, far.holds().as_str()), (0, "new"));
    let back = room.json(&["rotate", "prod/DB", "--to", "previous", "--reason", "outage", "--if-version", "2"]);
    assert_eq!((&back["outcome"], &back["version"]), (&"promoted".into(), &3.into()));
    far.is_settled_at("old", 3);
    let newest = &room.json(&["history", "prod/DB"])[0];
    assert_eq!((&newest["rolled_back_from"], &newest["reason"]), (&1.into(), &"outage".into()));
    assert_eq!(newest["steps"].as_array().unwrap().len(), 4);
    // In stages.
    let staged = room.json(&["rotate", "prod/DB", "--to", "2", "--stage"]);
    assert_eq!((&staged["outcome"], &staged["pending"]["from"]), (&"staged".into(), &2.into()));
    assert_eq!((room.reveal("prod/DB@pending"), far.holds()), ("new".into(), "old".into()));
    room.good(&["rotate", "prod/DB", "--promote"]);
    far.is_settled_at("new", 4);
    // A far side that does not take it any more has the current one again.
    far.recipe(APPLY, "v=$(cat); [ \"$v\" != old ] && [ \"$v\" = \"$(cat \"$1\")\" ]", "");
    let failed = room.run(&["rotate", "prod/DB", "--to", "1"]);
    assert!(failed.code == 1 && failed.err.contains("verify of the pending value failed"), "{}", failed.err);
    far.is_settled_at("new", 4);
    // In the vault alone it is a value that works nowhere, and it is said what would do.
    let warned = room.good(&["rollback", "prod/DB", "1"]).err;
    assert!(warned.contains("strongroom rotate prod/DB --to N"), "{warned}");
}

#[test]
fn what_cannot_come_back_is_refused_and_nothing_is_staged() {
    let far = FarSide::new();
    let room = &far.room;
    room.fails(3, &["rotate", "prod/DB", "--to", "previous"]);
    room.fails(2, &["rotate", "prod/DB", "--to", "1"]);
    room.fails(3, &["rotate", "prod/DB", "--to", "2"]);
    room.fails(3, &["rotate", "prod/NONE", "--to", "1"]);
    for bad in ["0", "-1", "current", "pending", "x", "@", "@0", "@@1", "@pending"] {
        room.fails(2, &["rotate", "prod/DB", "--to", bad]);
    }
    far.rotate("new");
    room.fails(4, &["rotate", "prod/DB", "--to", "1", "--if-version", "1"]);
    for more in
        [&["value"][..], &["--generate"], &["--stdin"], &["--length", "20"], &["--promote"], &["--field", "a=b"]]
    {
        room.fails(2, &[&["rotate", "prod/DB", "--to", "1"], more].concat());
    }
    room.fails(2, &["rotate", "--due", "--plan", "--to", "1"]);
    room.good(&["rotate", "prod/DB", "--retire"]);
    // Its grace is over for those who read it; going back is decided by whoever does.
    assert!(room.fails(6, &["reveal", "prod/DB@previous"]).contains("by its number"));
    room.good(&["rotate", "prod/DB", "--to", "previous"]);
    far.is_settled_at("old", 3);
    room.good(&["rotate", "prod/DB", "--to", "@2"]);
    far.is_settled_at("new", 4);
    // Without a recipe it is what a rollback is.
    room.set("A", "one");
    room.set("A", "two");
    assert_eq!(room.json(&["rotate", "A", "--to", "1"])["version"], 3);
    assert_eq!(
        (room.reveal("A"), room.json(&["history", "A"])[0]["rolled_back_from"].clone()),
        ("one".into(), 1.into())
    );
}

#[test]
fn a_stage_is_nobodys_until_it_is_promoted() {
    let room = Room::new();
    room.set("prod/DB", "old");
    let staged = room.json(&["rotate", "prod/DB", "--stage", "new", "--grace", "1h", "--reason", "quarterly"]);
    assert_eq!((&staged["outcome"], &staged["version"]), (&"staged".into(), &1.into()));
    assert_eq!((&staged["pending"]["version"], &staged["pending"]["reason"]), (&2.into(), &"quarterly".into()));
    assert_eq!(room.reveal("prod/DB"), "old");
    assert_eq!((room.reveal("prod/DB@pending"), room.reveal("prod/DB@1")), ("new".into(), "old".into()));
    room.fails(3, &["reveal", "prod/DB@previous"]);
    room.fails(3, &["reveal", "prod/DB@2"]);
    room.fails(2, &["reveal", "prod/DB@latest"]);
    room.fails(2, &["reveal", "prod/DB@1", "--version", "1"]);
    let sheet = room.good(&["get", "prod/DB"]).text();
    assert!(sheet.contains("pending      version 2, staged, staged"), "{sheet}");
    assert!(room.fails(4, &["rotate", "prod/DB", "other"]).contains("has a pending version"));
    assert!(room.fails(4, &["delete", "prod/DB"]).contains("Promote it or abort it first"));
    let text = room.file("t", b"{{secrets.prod/DB}} {{secrets.prod/DB@pending}} {{secrets.prod/DB@previous}}");
    assert!(room.fails(3, &["render", &text]).contains("no previous version"));
    let promoted = room.json(&["rotate", "prod/DB", "--promote", "--reason", "everybody has it"]);
    assert_eq!((&promoted["outcome"], &promoted["version"]), (&"promoted".into(), &2.into()));
    assert_eq!((room.reveal("prod/DB"), room.reveal("prod/DB@previous")), ("new".into(), "old".into()));
    assert_eq!(room.json(&["history", "prod/DB"])[0]["reason"], "quarterly. everybody has it");
    assert!(promoted["previous_until"].is_string());
    room.good(&["rotate", "prod/DB", "--retire", "--reason", "nobody uses it"]);
    assert!(room.fails(6, &["reveal", "prod/DB@previous"]).contains("retired"));
    let words = room.json(&["audit", "--secret", "prod/DB"]);
    let words: Vec<&str> = words.as_array().unwrap().iter().map(|record| record["action"].as_str().unwrap()).collect();
    for action in ["stage", "promote", "retire"] {
        assert!(words.contains(&action), "{words:?}");
    }
}

#[test]
fn an_abort_leaves_everything_as_it_was() {
    let room = Room::new();
    room.set("DB", "old");
    room.good(&["rotate", "DB", "--stage", "--generate"]);
    let aborted = room.json(&["rotate", "DB", "--abort", "--reason", "not now"]);
    assert_eq!(aborted["outcome"], "aborted");
    room.fails(3, &["reveal", "DB@pending"]);
    room.fails(3, &["rotate", "DB", "--abort"]);
    room.fails(3, &["rotate", "DB", "--promote"]);
    room.fails(3, &["rotate", "DB", "--resume"]);
    assert_eq!(room.reveal("DB"), "old");
    assert_eq!(room.json(&["audit", "--action", "abort"])[0]["reason"], "not now");
    let history = room.json(&["history", "DB"]);
    assert_eq!(history.as_array().unwrap().len(), 1, "a list of versions alone");
    assert_eq!(history[0]["aborted_rotations"][0]["reason"], "not now");
    let rows = room.good(&["history", "DB"]).text();
    let row = rows.lines().nth(1).unwrap();
    assert!(row.starts_with("- ") && row.contains("aborted") && row.ends_with("not now"), "{rows}");
    room.good(&["rotate", "DB", "--stage", "--generate", "--reason", "leaked"]);
    room.good(&["rotate", "DB", "--promote", "--by-hand"]);
    let history = room.json(&["history", "DB"]);
    assert_eq!(history[0]["reason"], "leaked. Promoted by hand.");
    assert_eq!(history[1]["aborted_rotations"][0]["reason"], "not now", "it stands by the version that stayed");
}

#[test]
fn a_recipe_tells_the_far_side_and_tries_it() {
    let far = FarSide::new();
    let (code, said) = far.rotate("new");
    assert_eq!(code, 0, "{said}");
    far.is_settled_at("new", 2);
    assert!(said.contains("apply of the pending value went well") && said.contains("is refused now, as it should be"));
    assert!(!said.contains("new\n"), "no value is told: {said}");
    let steps = &far.room.json(&["history", "prod/DB"])[0]["steps"];
    let ends: Vec<&str> = steps.as_array().unwrap().iter().map(|step| step["end"].as_str().unwrap()).collect();
    assert_eq!(
        ends,
        ["exit-0", "exit-0", "exit-0", "exit-1"],
        "it takes the old one, is told, takes the new one alone"
    );
    assert!(far.room.json(&["audit", "--failed"]).as_array().unwrap().is_empty());
    // The vault alone, for whoever has told the far side already.
    std::fs::write(&far.path, "by hand").unwrap();
    far.room.good(&["rotate", "prod/DB", "by hand", "--by-hand"]);
    far.is_settled_at("by hand", 3);
}

/// Beside each other, since most of them are waited for.
#[test]
fn a_recipe_of_any_bad_kind_leaves_the_old_value_and_says_so() {
    std::thread::scope(|scope| {
        for (apply, told) in [
            ("sleep 60", "took too long and was ended"),
            ("trap '' TERM; sleep 60", "took too long and was ended"),
            ("yes", "wrote without end and was ended"),
            ("kill -9 $$", "died by signal 9"),
            ("cat; echo too short >&2; exit 3", "failed with exit code 3"),
            ("cat >/dev/null", "verify of the pending value failed with exit code 1"),
            ("printf garbage > \"$1\"; exit 1", "failed with exit code 1"),
        ] {
            scope.spawn(move || leaves_the_old_value(apply, told));
        }
    });
}

fn leaves_the_old_value(apply: &str, told: &str) {
    let far = FarSide::with(apply, VERIFY, "");
    let (code, said) = far.rotate("hunter2");
    assert_eq!(code, 1, "{apply}: {said}");
    assert!(said.contains(told), "{apply}: {said}");
    assert!(!said.contains("hunter2"), "{said}");
    let may_arrive = !said.contains("of the pending value failed");
    if apply.contains("garbage") || may_arrive {
        // It cannot be put back by a recipe that writes garbage, and what was ended may have
        // sent something that arrives later: both values are kept.
        assert!(said.contains("Both are kept"), "{said}");
        assert_eq!(far.room.reveal("prod/DB@pending"), "hunter2");
        assert!(far.room.good(&["reveal", "prod/DB"]).err.contains("--resume"));
        far.recipe(APPLY, VERIFY, "");
        far.room.good(&["rotate", "prod/DB", "--resume"]);
    } else {
        assert!(said.contains("version 1 stays current"), "{apply}: {said}");
    }
    far.is_settled_at("old", 1);
    let aborted = &far.room.json(&["audit", "--action", "abort"])[0];
    assert!(aborted["reason"].as_str().unwrap().contains("of the pending value"), "{aborted}");
    let kept = &far.room.json(&["history", "prod/DB"])[0]["aborted_rotations"][0];
    let ends: Vec<&str> = kept["steps"].as_array().unwrap().iter().map(|step| step["end"].as_str().unwrap()).collect();
    assert!(ends.len() > 2 && ends.iter().any(|end| *end != "exit-0"), "{kept}");
    let why = aborted["reason"].as_str().unwrap();
    assert!(kept["reason"].as_str().unwrap().ends_with(why), "{kept}");
}

#[test]
fn a_verify_that_proves_nothing_is_a_warning() {
    let far = FarSide::with("cat >/dev/null", "cat >/dev/null", "");
    let (code, said) = far.rotate("new");
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("warning: The far side still takes the current value too"), "{said}");
    assert_eq!(far.version(), 2);
}

/// A far side that somebody else has changed is told nothing; the value stays staged until
/// it takes the current one again, or somebody knows better.
#[test]
fn a_far_side_that_does_not_take_the_current_value_is_told_nothing() {
    let far = FarSide::new();
    std::fs::write(&far.path, "changed by somebody").unwrap();
    let (code, said) = far.rotate("new");
    assert_eq!(code, 1, "{said}");
    let told =
        ["verify of the current value failed with exit code 1", "was told nothing", "--resume --force", "--abort"];
    assert!(told.iter().all(|told| said.contains(told)), "{said}");
    assert_eq!((far.holds().as_str(), far.room.reveal("prod/DB@pending").as_str()), ("changed by somebody", "new"));
    let again = far.room.run(&["rotate", "prod/DB", "--promote", "--json"]);
    assert_eq!((again.code, &again.json()["outcome"]), (1, &json!("refused")));
    assert_eq!(far.holds(), "changed by somebody");
    // What is known by now is told to everybody who looks, or takes the value.
    let known = "Version 1 of prod/DB could not be verified";
    assert!(far.room.fails(1, &["check"]).contains("1 unsettled"));
    assert!(far.room.run(&["check"]).text().contains(known));
    assert!(far.room.good(&["reveal", "prod/DB"]).err.contains(known));
    assert!(far.room.good(&["get", "prod/DB"]).text().contains("the current one could not be verified"));
    std::fs::write(&far.path, "old").unwrap();
    far.room.good(&["rotate", "prod/DB", "--resume"]);
    far.is_settled_at("new", 2);

    // The first time there is nothing at the far side yet.
    std::fs::remove_file(&far.path).unwrap();
    far.room.good(&["rotate", "prod/DB", "newer", "--force", "--reason", "a new host"]);
    far.is_settled_at("newer", 3);
}

#[test]
fn what_is_made_by_a_program_is_what_is_staged() {
    let far = FarSide::with(APPLY, VERIFY, "[make]\nrun = [\"sh\", \"-c\", \"echo made\"]\n");
    let ran = far.room.run(&["rotate", "prod/DB"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    far.is_settled_at("made", 2);
    far.recipe(APPLY, VERIFY, "[make]\nrun = [\"sh\", \"-c\", \"exit 7\"]\n");
    let unmade = |told: &str| {
        let ran = far.room.run(&["rotate", "prod/DB"]);
        assert!(ran.code == 1 && ran.err.contains(told) && ran.err.contains("No value was made"), "{}", ran.err);
    };
    unmade("make step failed with exit code 7");
    far.recipe(APPLY, VERIFY, "[make]\nrun = [\"true\"]\n");
    unmade("made no new value");
    let kept = &far.room.json(&["history", "prod/DB"])[0]["aborted_rotations"];
    let reasons: Vec<&str> = kept.as_array().unwrap().iter().map(|kept| kept["reason"].as_str().unwrap()).collect();
    assert!(reasons[0].contains("made no new value") && reasons[1].contains("exit code 7"), "{reasons:?}");
    far.is_settled_at("made", 2);
}

/// A step that is begun is over for whoever comes next once its session is gone.
#[test]
fn a_session_that_was_killed_is_gone_on_with() {
    let far = FarSide::with(&format!("{APPLY}; sleep 60"), VERIFY, "");
    let mut child = {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_strongroom"));
        command.env_clear().envs(far.room.variables()).args(["rotate", "prod/DB", "new"]);
        command.stderr(std::process::Stdio::null()).spawn().unwrap()
    };
    let since = std::time::Instant::now();
    while far.holds() != "new" {
        assert!(since.elapsed() < std::time::Duration::from_secs(30));
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert!(far.room.fails(8, &["rotate", "prod/DB", "--resume"]).contains("runs apply"));
    assert_eq!(far.room.run(&["check"]).code, 0, "somebody is at it");
    child.kill().unwrap();
    // As soon as it has ended, waited for or not.
    assert!(far.room.run(&["check"]).text().contains("was left applying"));
    assert_eq!(far.room.json(&["status"])["unsettled"], 1);
    child.wait().unwrap();
    assert_eq!(far.room.json(&["get", "prod/DB"])["pending"]["state"], "applying");
    far.recipe(APPLY, VERIFY, "");
    let plan = far.room.json(&["rotate", "--due", "--plan"]);
    assert_eq!((&plan[0]["name"], &plan[0]["how"]), (&"DB".into(), &"resume".into()));
    far.room.good(&["rotate", "prod/DB", "--resume"]);
    far.is_settled_at("new", 2);
}

#[test]
fn recipe_sets_shows_and_removes_what_is_sealed_with_a_secret() {
    let room = Room::new();
    room.set("prod/DB", "old");
    assert!(room.fails(3, &["recipe", "show", "prod/DB"]).contains("has no recipe"));
    let names = room.json(&["recipe", "ready"]);
    let names: Vec<&str> = names.as_array().unwrap().iter().map(|ready| ready["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"postgresql") && names.contains(&"ssh-key"), "{names:?}");
    assert!(room.good(&["recipe", "ready", "postgresql"]).text().contains("[verify]"));
    room.fails(3, &["recipe", "ready", "oracle"]);
    room.fails(3, &["recipe", "set", "prod/DB", "oracle"]);
    room.fails(2, &["recipe", "set", "prod/DB"]);
    assert!(room.fails(2, &["recipe", "set", "prod/DB", "postgresql"]).contains("role"), "a parameter is missing");
    room.fails(2, &["recipe", "set", "prod/DB", "postgresql", "--with", "role"]);
    let with = ["--with", "role=app", "--with", "database=app", "--reason", "as agreed"];
    room.good(&[&["recipe", "set", "prod/DB", "postgresql"][..], &with].concat());
    let shown = room.json(&["recipe", "show", "prod/DB"]);
    assert!(shown["text"].as_str().unwrap().contains("role = \"app\""), "{shown}");
    assert_eq!((&shown["steps"][0]["step"], &shown["steps"][0]["timeout_seconds"]), (&"apply".into(), &30.into()));
    let sheet = room.good(&["recipe", "show", "prod/DB"]).text();
    assert!(sheet.contains("# apply   psql") && sheet.contains("stdin: "), "{sheet}");
    assert_eq!(room.json(&["audit", "--action", "recipe"])[0]["reason"], "as agreed");
    assert_eq!(room.json(&["audit", "--action", "edit"]), json!([]), "no mere edit");
    // Whatever a recipe would have everybody read is refused, and nothing is kept of it.
    let bad = room.file("bad.toml", b"what = \"x\"\n[apply]\nrun = [\"psql\", \"{{value}}\"]\n");
    assert!(room.fails(2, &["recipe", "set", "prod/DB", "--file", &bad]).contains("ine 3"));
    assert_eq!(room.json(&["recipe", "show", "prod/DB"]), shown);
    room.good(&["recipe", "remove", "prod/DB"]);
    room.fails(3, &["recipe", "show", "prod/DB"]);
}

/// Two days ago.
fn earlier() -> Timestamp {
    Timestamp::now() - SignedDuration::from_hours(48)
}

/// The vault of a room, in this process, as it would have been opened then.
pub(crate) fn opened(room: &Room, clock: fn() -> Timestamp) -> Vault {
    let key = UnlockKey::Environment(RawKey::from_text(room.key().as_bytes()).unwrap());
    let locked = LockedVault::open(&room.vault()).unwrap();
    let mut vault = locked.unlock(&key, Actor::default()).map_err(|refused| refused.1).unwrap();
    vault.set_clock(clock);
    vault
}

/// Sets a secret as it would have been set two days ago, with a rotation each day.
pub(crate) fn set_earlier(room: &Room, address: &str, recipe: Option<String>) {
    let mut vault = opened(room, earlier);
    let address = Address::parse(address, &ScopePath::root()).unwrap();
    let change = MetadataChange { rotation_days: Some(Some(1)), recipe: Some(recipe), ..MetadataChange::default() };
    let fields = Fields::value(SecretText::copied_from(b"old"));
    vault.set(&address, Some(fields), change, "", Expected::Absent).unwrap();
}

/// A recipe whose far side is the file `path`.
pub(crate) fn of_file(path: &std::path::Path, apply: &str) -> Option<String> {
    let path = path.display();
    Some(format!(
        "what = \"a file\"\n[apply]\nrun = [\"sh\", \"-c\", '{apply}', \"sh\", \"{path}\"]\nstdin = \"{{{{value}}}}\"\n\
         [verify]\nrun = [\"cmp\", \"-s\", \"-\", \"{path}\"]\nstdin = \"{{{{value}}}}\"\n"
    ))
}

/// What a timer does: each by its recipe, stopping or going on at a failure as told; run
/// again after a crash it does nothing twice.
#[test]
fn rotate_due_follows_recipes_and_stops_or_goes_on_as_told() {
    let room = Room::new();
    let far = |name: &str| {
        let path = room.path(name);
        std::fs::write(&path, "old").unwrap();
        path
    };
    let (good, broken, last) = (far("good"), far("broken"), far("last"));
    set_earlier(&room, "a/GOOD", of_file(&good, "cat > \"$1\""));
    set_earlier(&room, "b/BROKEN", of_file(&broken, "exit 3"));
    set_earlier(&room, "c/LAST", of_file(&last, "cat > \"$1\""));
    set_earlier(&room, "d/PLAIN", None);
    room.set("d/URL", "postgres://app:{{secrets.PLAIN}}@db/app");
    let plan = room.json(&["rotate", "--due", "--plan"]);
    let how: Vec<&str> = plan.as_array().unwrap().iter().map(|row| row["how"].as_str().unwrap()).collect();
    assert_eq!(how, ["recipe", "recipe", "recipe", "generate"]);
    let sheet = room.good(&["rotate", "--due", "--plan"]).text();
    assert_eq!(plan[3]["built_from_it"], json!(["d/URL"]));
    assert!(sheet.contains("by its recipe, a generated value") && sheet.contains("in the vault alone"), "{sheet}");

    let ran = room.run(&["rotate", "--due", "--apply", "--reason", "monthly", "--json"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let outcomes = |text: &[u8]| -> Vec<String> {
        let rows: serde_json::Value = serde_json::from_slice(text).unwrap();
        rows.as_array().unwrap().iter().map(|row| row["outcome"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(outcomes(&ran.out), ["done", "failed", "not_tried", "done"]);
    assert_eq!(std::fs::read_to_string(&good).unwrap(), room.reveal("a/GOOD"));
    assert_eq!((room.reveal("b/BROKEN").as_str(), room.reveal("c/LAST").as_str()), ("old", "old"));

    let ran = room.run(&["rotate", "--due", "--apply", "--keep-going"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("[1/2] b/BROKEN") && ran.err.contains("[2/2] c/LAST"), "{}", ran.err);
    assert!(ran.err.contains("1 of 2 failed."), "{}", ran.err);
    assert_eq!(std::fs::read_to_string(&last).unwrap(), room.reveal("c/LAST"));
    let versions = |name: &str| room.json(&["get", name])["version"].clone();
    assert_eq!(
        [versions("a/GOOD"), versions("b/BROKEN"), versions("c/LAST"), versions("d/PLAIN")],
        [2, 1, 2, 2].map(|n| json!(n))
    );

    // One that somebody has staged by hand is that somebody's.
    room.good(&["rotate", "b/BROKEN", "--stage", "--generate"]);
    let plan = room.json(&["rotate", "--due", "--plan"]);
    assert_eq!((&plan[0]["name"], &plan[0]["how"]), (&"BROKEN".into(), &"left_out".into()));
}

#[test]
fn rotate_due_goes_on_with_what_was_cut_off_and_puts_back_what_does_not_work() {
    for (left, version) in [("new value that was applied", 2), ("old", 2)] {
        let room = Room::new();
        let path = room.path("far");
        std::fs::write(&path, "old").unwrap();
        set_earlier(&room, "a/DB", of_file(&path, "cat > \"$1\"; touch \"$1.began\"; sleep 60"));
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_strongroom"));
        child
            .env_clear()
            .envs(room.variables())
            .args(["rotate", "--due", "--apply"])
            .stderr(std::process::Stdio::null());
        let mut child = child.spawn().unwrap();
        let since = std::time::Instant::now();
        while !room.path("far.began").exists() {
            assert!(since.elapsed() < std::time::Duration::from_secs(30));
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let pending = room.reveal("a/DB@pending");
        if left == "old" {
            // The far side has lost it again.
            std::fs::write(&path, "old").unwrap();
        }
        let text = of_file(&path, "cat > \"$1\"").unwrap();
        room.good(&["recipe", "set", "a/DB", "--by-hand", "--file", &room.file("r.toml", text.as_bytes())]);
        assert_eq!(room.json(&["rotate", "--due", "--plan"])[0]["how"], "resume");
        let ran = room.good(&["rotate", "--due", "--apply"]);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), room.reveal("a/DB"), "{}", ran.err);
        assert_eq!(room.json(&["get", "a/DB"])["version"], version);
        assert_eq!(room.reveal("a/DB") == pending, left != "old", "no step is done twice");
        assert_eq!(room.json(&["rotate", "--due", "--plan"]), json!([]));
    }
}

/// Unsettled: the far side refuses whatever is put back.
pub(crate) fn unsettled() -> FarSide {
    let far = FarSide::with("printf garbage > \"$1\"; exit 1", VERIFY, "");
    assert_eq!(far.rotate("hunter2").0, 1);
    assert_eq!(far.room.json(&["get", "prod/DB"])["pending"]["state"], "unsettled");
    far
}

#[test]
fn what_the_way_back_needs_stays_while_the_far_side_may_have_been_told() {
    let far = unsettled();
    let room = &far.room;
    let before = room.json(&["recipe", "show", "prod/DB"]);
    for line in [
        &["recipe", "set", "prod/DB", "ssh-key", "--with", "user=a", "--with", "host=b"][..],
        &["recipe", "remove", "prod/DB"],
    ] {
        let said = room.fails(4, line);
        assert!(said.contains("is unsettled: the far side may have it, or not"), "{said}");
        assert!(
            said.contains("--resume goes on, --abort goes back") && said.contains("--by-hand changes the recipe"),
            "{said}"
        );
    }
    assert_eq!(room.json(&["recipe", "show", "prod/DB"]), before);
    assert!(room.fails(4, &["purge", "prod/DB", "--yes"]).contains("purge --by-hand destroys it all the same"));
    room.fails(4, &["delete", "prod/DB"]);
    let said = room.fails(4, &["key", "replace", "--yes"]);
    assert!(said.contains("1 secret is in mid-rotation") && said.contains("prod/DB is unsettled"), "{said}");
    assert_eq!(room.reveal("prod/DB@pending"), "hunter2", "nothing is lost by a refusal");

    let said = room.good(&["recipe", "remove", "prod/DB", "--by-hand", "--reason", "told by hand"]).err;
    assert!(said.contains("warning: The pending version of prod/DB is unsettled"), "{said}");
    let said = room.good(&["key", "replace", "--yes", "--by-hand"]).err;
    assert!(said.contains("warning: The pending version of prod/DB is unsettled"), "{said}");
    let said = room.good(&["purge", "prod/DB", "--yes", "--by-hand"]).err;
    assert!(
        said.contains("is unsettled") && said.contains("all its versions are gone. The pending one too."),
        "{said}"
    );
}

#[test]
fn what_is_merely_staged_binds_nobody_but_says_that_it_goes() {
    let far = FarSide::new();
    let room = &far.room;
    room.good(&["rotate", "prod/DB", "--stage", "new"]);
    far.recipe(APPLY, VERIFY, "grace = \"1h\"\n");
    room.good(&["recipe", "remove", "prod/DB"]);
    assert!(room.good(&["recipe", "remove", "prod/DB"]).err.contains("had no recipe"));
    room.good(&["key", "replace", "--yes"]);
    assert!(room.fails(4, &["delete", "prod/DB"]).contains("Promote it or abort it first"));
    assert!(room.good(&["purge", "prod/DB", "--yes"]).err.contains("gone. The pending one too."));
}

/// A recipe that reads lines, and whose every step leaves a trace.
fn by_lines(room: &Room) -> String {
    let step = |name: &str, more: &str| {
        let trace = room.path("trace").display().to_string();
        format!(
            "[{name}]\nrun = [\"sh\", \"-c\", 'echo {name} >>{trace}; cat'] \nstdin = \"{{{{value{more} | line}}}}\\n\"\n"
        )
    };
    room.file("lines.toml", format!("what = \"x\"\n{}{}", step("apply", "#user"), step("verify", "")).as_bytes())
}

#[test]
fn a_value_that_its_recipe_cannot_take_is_refused_before_any_program_starts() {
    let room = Room::new();
    room.good(&["set", "prod/DB", "old", "--field", "user=ops"]);
    room.good(&["recipe", "set", "prod/DB", "--file", &by_lines(&room)]);
    for stage in [&[][..], &["--stage"]] {
        let line = [&["rotate", "prod/DB", "--stdin", "--raw"][..], stage].concat();
        let ran = room.run_with(&line, b"x\n\\! touch /tmp/x");
        assert_eq!(ran.code, 2, "{}", ran.err);
        let told = "In the recipe of prod/DB, {{value}} cannot be written with line: it has a line end";
        assert!(ran.err.contains(told) && !ran.err.contains("touch"), "{}", ran.err);
    }
    assert!(room.fails(2, &["rotate", "prod/DB", "x", "--field", "user=a\nb"]).contains("{{value#user}}"));
    assert!(!room.path("trace").exists() && room.reveal("prod/DB") == "old");
    assert_eq!(room.json(&["get", "prod/DB"]).get("pending"), None, "nothing is staged either");
    // By hand nobody reads it by lines; a sound one goes its way.
    assert_eq!(room.run_with(&["rotate", "prod/DB", "--stdin", "--raw", "--by-hand"], b"two\nlines").code, 0);
    // The current one is refused where it is needed, and nothing was told by then.
    let ran = room.run(&["rotate", "prod/DB", "new"]);
    assert!(ran.code == 1 && !room.path("trace").exists(), "{}", ran.err);
    room.good(&["rotate", "prod/DB", "--abort"]);
    room.good(&["rotate", "prod/DB", "good", "--by-hand"]);
    room.good(&["rotate", "prod/DB", "better"]);
    assert!(std::fs::read_to_string(room.path("trace")).unwrap().contains("apply"));
}

/// What could not even be started has told nothing: there is nothing to put back.
#[test]
fn an_apply_that_cannot_be_started_leaves_nothing_to_settle() {
    let far = FarSide::new();
    let text = "what = \"x\"\n[apply]\nrun = [\"no-such-program-here\"]\nstdin = \"{{value}}\"\n\
                [verify]\nrun = [\"true\"]\nstdin = \"{{value}}\"\n";
    far.room.good(&["recipe", "set", "prod/DB", "--file", &far.room.file("none.toml", text.as_bytes())]);
    let ran = far.room.run_with(&["rotate", "prod/DB", "--stdin", "--json"], b"new");
    assert_eq!(ran.code, 1, "{}", ran.err);
    let told = ran.json();
    let ends: Vec<&str> = told["steps"].as_array().unwrap().iter().map(|step| step["end"].as_str().unwrap()).collect();
    assert_eq!((ends.last(), &told["outcome"]), (Some(&"not-started"), &json!("aborted")), "{told}");
    far.is_settled_at("old", 1);
}

#[test]
fn what_a_recipe_refers_to_is_looked_for_when_it_is_set() {
    let room = Room::new();
    room.set("prod/DB", "old");
    let set = |more: &str| {
        let text = format!("what = \"x\"\n[verify]\nrun = [\"true\"]\nstdin = '{{{{value}}}}'\n{more}");
        room.run(&["recipe", "set", "prod/DB", "--file", &room.file("r.toml", text.as_bytes())])
    };
    // Misspelt, or to be set first.
    for (more, told) in [
        (
            "[apply]\nrun = [\"true\"]\nstdin = '{{value}}{{value#usr}}'",
            "[apply] in the recipe asks for {{value#usr}}, and prod/DB has no field usr",
        ),
        ("[apply]\nrun = [\"true\"]\nstdin = '{{value}}'\nenv = { A = '{{login#usr}}' }", "asks for {{login#usr}}"),
        ("[revoke]\nrun = [\"true\"]\nfd = { 3 = '{{value#id}}' }", "[revoke] in the recipe asks for {{value#id}}"),
    ] {
        let ran = set(more);
        assert!(ran.code == 2 && ran.err.contains(told) && ran.err.contains("set prod/DB --field"), "{}", ran.err);
    }
    room.fails(3, &["recipe", "show", "prod/DB"]);
    room.good(&["set", "prod/DB", "--field", "usr=ops"]);
    assert_eq!(set("[apply]\nrun = [\"true\"]\nstdin = '{{value}}{{value#usr}}'").code, 0);
    // Made by the recipe itself: the current version may still lack it.
    let made = "[make]\nrun = [\"true\"]\njson = \"/t\"\nfields = { id = \"/id\" }\n";
    let ran = set(&format!("{made}[revoke]\nrun = [\"true\"]\nstdin = '{{{{value#id}}}}'"));
    assert!(
        ran.code == 0 && ran.err.contains("has no field id, so [revoke] cannot have the far side refuse it"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("rotate prod/DB --retire --by-hand"), "{}", ran.err);
    // Other secrets may come later.
    let admin = "[apply]\nrun = [\"true\"]\nstdin = '{{value}}{{secrets.ADMIN}}'";
    let ran = set(admin);
    assert!(ran.code == 0 && ran.err.contains("warning: [apply] cannot be run as things stand"), "{}", ran.err);
    assert!(ran.err.contains("ADMIN"), "{}", ran.err);
    room.set("prod/ADMIN", "x");
    assert!(!set(admin).err.contains("warning"));
    assert!(set("[apply]\nrun = [\"true\"]\nstdin = '{{value}}{{secrets.ADMIN#nope}}'").err.contains("no field nope"));
}
