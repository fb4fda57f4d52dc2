//! `render`: references in a text replaced by values.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use crate::support::{Ran, Room};

/// In every value that is set here.
const CANARY: &str = "canary-7f3a";

fn audited(room: &Room) -> Vec<(String, bool)> {
    let records = room.json(&["audit", "--action", "render"]);
    let told = |record: &serde_json::Value| {
        (record["secret"].as_str().unwrap_or("-").to_owned(), record["success"].as_bool().unwrap())
    };
    records.as_array().unwrap().iter().map(told).collect()
}

fn files_in(folder: &Path) -> Vec<String> {
    let listed = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        listed.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn quiet_about_values(ran: &Ran) {
    assert!(!ran.err.contains(CANARY), "{}", ran.err);
}

fn expired(room: &Room, name: &str) {
    room.good(&["set", name, CANARY, "--expires", "1s"]);
    std::thread::sleep(Duration::from_millis(1100));
}

#[test]
fn render_fills_the_example() {
    let room = Room::new();
    let pem = format!("-----BEGIN KEY-----\n{CANARY}\n-----END KEY-----\n");
    let pem = room.file("signing.pem", pem.as_bytes());
    room.good(&["set", "DB", "p@ss/wörd", "--env", "production", "--field", "username=payments"]);
    room.good(&["set", "WEBHOOK_TOKEN", "hook&1", "--env", "production"]);
    room.good(&["set", "SIGNING_KEY", "--env", "production", "--file", &pem]);
    room.good(&["set", "API_TOKEN", "token-1"]);
    room.good(&["set", "SERVICE_KEY", "say \"hi\""]);
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/example/service.yaml");
    let line = ["render", example, "--env", "production"];
    let ran = Ran::from(room.command(&line).env("PORT", "8080").output().unwrap());
    assert_eq!(ran.code, 0, "{}", ran.err);
    let text = ran.text();
    for wanted in [
        "listen: \"127.0.0.1:8080\"\n",
        "  url: \"postgres://payments:p%40ss%2Fw%C3%B6rd@db.internal:5432/payments\"\n",
        "  url: \"https://hooks.example.com/notify?token=hook%261\"\n",
        "    Authorization: \"Bearer token-1\"\n",
        "    X-Service-Key: \"say \\\"hi\\\"\"\n",
        "  key: \"-----BEGIN KEY-----\\ncanary-7f3a\\n-----END KEY-----\\n\"\n",
        "  greeting: \"Hello {{ .User.Name }},\"",
        "  footer: \"Write {{secrets.NAME}} or $secret.NAME where a value belongs.\"\n",
    ] {
        assert!(text.contains(wanted), "{wanted} is not in\n{text}");
    }
    assert_eq!(audited(&room).len(), 5, "one record for each secret");
}

#[test]
fn render_reads_every_reference_of_the_example_environment() {
    let room = Room::new();
    for name in ["production/DB", "production/WEBHOOK_TOKEN", "API_TOKEN", "SERVICE_KEY"] {
        room.good(&["set", name, "v w", "--field", "username=payments"]);
    }
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/example/service.env");
    let text = room.good(&["render", example, "--env", "production"]).text();
    assert!(text.contains("\nDATABASE_URL=postgres://payments:v%20w@db.internal:5432/payments\n"), "{text}");
    assert!(text.contains("\nAUTHORIZATION=Bearer v w\n"), "{text}");
}

#[test]
fn render_tells_all_that_is_wrong_at_once_with_line_and_column() {
    let room = Room::new();
    room.set("GOOD", CANARY);
    expired(&room, "OLD");
    let source = "a: {{secrets.GOOD}}\nb: ä {{secrets.NONE}} $secret.OLD\nc: {{secrets.GOOD@9}} $env.NOT_SET {{secrets.GOOD#user}}\n";
    let file = room.file("service.yaml", source.as_bytes());
    let out = room.file("out", b"as it was");
    let ran = room.run(&["render", &file, "-o", &out, "--scope", "prod"]);
    assert_eq!((ran.code, &ran.out[..]), (3, &b""[..]), "{}", ran.err);
    quiet_about_values(&ran);
    assert!(ran.err.starts_with("strongroom: 5 references cannot be filled in.\n"), "{}", ran.err);
    for wanted in [
        "2:6: There is no secret NONE in prod, global.",
        "2:23: OLD expired at ",
        "3:4: GOOD has no version 9; its newest is 1.",
        "3:23: The variable NOT_SET is not set.",
        "3:36: GOOD has no field user; it has value.",
    ] {
        assert!(ran.err.contains(&format!("  {file}:{wanted}")), "{wanted} is not in\n{}", ran.err);
    }
    assert!(ran.err.contains("Nothing was written."), "{}", ran.err);
    assert_eq!(std::fs::read(&out).unwrap(), b"as it was");
    assert!(files_in(&room.path("")).iter().all(|name| !name.starts_with(".strongroom")));
    let told = audited(&room);
    let refused = ["-", "GOOD", "OLD"].map(|secret| (secret.to_owned(), false));
    assert_eq!(told, refused, "refusals are on record, and once all that is not there; nothing else");
    let error: serde_json::Value =
        serde_json::from_str(&room.run(&["render", &file, "-o", &out, "--json"]).err).unwrap();
    assert_eq!(error["error"]["kind"], "not_found");
    assert_eq!(error["error"]["details"].as_array().unwrap().len(), 5);
}

#[test]
fn render_of_an_expired_secret_is_exit_6_unless_allowed() {
    let room = Room::new();
    expired(&room, "OLD");
    let file = room.file("t", b"[$secret.OLD]");
    let told = room.fails(6, &["render", &file]);
    assert!(told.contains("t:1:2: OLD expired at ") && told.contains("--allow-expired"), "{told}");
    assert_eq!(room.good(&["render", &file, "--allow-expired"]).text(), format!("[{CANARY}]"));
}

#[test]
fn render_refuses_a_malformed_reference_before_it_opens_the_vault() {
    let room = Room::empty();
    let file = room.file("t", b"{{secrets.A | jsn}}\n {{ secrets.A B }}");
    let told = room.fails(2, &["render", &file]);
    assert!(told.contains("t:1:1: There is no filter jsn") && told.contains("t:2:2: The reference has"), "{told}");
}

#[test]
fn render_writes_a_file_for_its_owner_alone_whatever_the_umask() {
    let room = Room::new();
    room.set("KEY", CANARY);
    let file = room.file("t", b"key=$secret.KEY\n");
    let out = room.file("out", b"old");
    std::fs::set_permissions(&out, PermissionsExt::from_mode(0o666)).unwrap();
    let line = format!("umask 000; exec \"$0\" render '{file}' -o '{out}' --json");
    let ran = std::process::Command::new("sh")
        .args(["-c", &line])
        .arg(assert_cmd::cargo::cargo_bin("strongroom"))
        .env_clear()
        .envs(room.variables())
        .output()
        .unwrap();
    let ran = Ran::from(ran);
    assert_eq!(ran.code, 0, "{}", ran.err);
    quiet_about_values(&ran);
    let told = ran.json();
    assert_eq!(told, serde_json::json!({ "file": file, "output": out, "references": 1, "secrets": ["KEY"] }));
    assert_eq!(std::fs::read_to_string(&out).unwrap(), format!("key={CANARY}\n"));
    assert_eq!(std::fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    let said = room.good(&["render", &file, "-o", &out]);
    assert!(said.err.contains("1 reference, 1 secret.") && said.out.is_empty(), "{}", said.err);
}

#[test]
fn render_replaces_a_file_and_nothing_else() {
    let room = Room::new();
    room.set("KEY", CANARY);
    let file = room.file("t", b"$secret.KEY");
    let target = room.file("target", b"mine");
    let link = room.path("link").display().to_string();
    symlink(&target, &link).unwrap();
    assert!(room.fails(2, &["render", &file, "-o", &link]).contains("symbolic link"));
    assert_eq!(std::fs::read(&target).unwrap(), b"mine");
    let folder = room.path("").display().to_string();
    room.fails(2, &["render", &file, "-o", &folder]);
    room.fails(2, &["render", &file, "-o", "/dev/null"]);
    room.fails(2, &["render", &file, "-o", &file]);
    room.fails(1, &["render", &file, "-o", &room.path("no/such/folder").display().to_string()]);
    assert_eq!(std::fs::read(&file).unwrap(), b"$secret.KEY");
    assert!(audited(&room).is_empty(), "no value is released for a file that cannot be written");
}

#[test]
fn render_into_a_git_work_tree_wants_to_be_told() {
    let room = Room::new();
    room.set("KEY", CANARY);
    let file = room.file("t", b"$secret.KEY");
    for (git, is_folder) in [("tree", true), ("linked", false)] {
        let root = room.path(git);
        std::fs::create_dir_all(root.join("deep/er")).unwrap();
        if is_folder {
            std::fs::create_dir(root.join(".git")).unwrap();
        } else {
            std::fs::write(root.join(".git"), "gitdir: /elsewhere\n").unwrap();
        }
        let out = root.join("deep/er/out").display().to_string();
        let told = room.fails(7, &["render", &file, "-o", &out]);
        assert!(told.contains("git work tree") && told.contains("--into-git"), "{told}");
        assert!(!Path::new(&out).exists());
        room.good(&["render", &file, "-o", &out, "--into-git"]);
        assert_eq!(std::fs::read_to_string(&out).unwrap(), CANARY);
    }
    let way_in = room.path("way-in");
    symlink(room.path("tree/deep"), &way_in).unwrap();
    room.fails(7, &["render", &file, "-o", &way_in.join("out").display().to_string()]);
    let inside = room.command(&["render", &file, "-o", "out"]).current_dir(room.path("linked")).output().unwrap();
    assert_eq!(Ran::from(inside).code, 7);
}

#[test]
fn render_takes_standard_input_and_passes_every_byte() {
    let room = Room::new();
    room.set("KEY", CANARY);
    let ran = room.run_with(&["render", "-", "-o", "-"], b"\xff\0{{ .x }}{{secrets.KEY}}\r\n");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.out, [b"\xff\0{{ .x }}", CANARY.as_bytes(), b"\r\n"].concat());
    let told = room.run_with(&["render", "-"], b"{{secrets.NONE}}");
    assert!(told.err.starts_with("strongroom: stdin:1:1: There is no secret NONE"), "{}", told.err);
    let plain = room.run_with(&["render", "-"], b"no references");
    assert_eq!((plain.code, &plain.out[..]), (0, &b"no references"[..]));
    assert!(plain.err.contains("no references"), "{}", plain.err);
    let both = room.run_with(&["render", "-", "--passphrase-file", "-"], b"x");
    assert_eq!(both.code, 2, "{}", both.err);
}

#[test]
fn render_gives_no_value_as_json_and_no_key_at_all() {
    let room = Room::new();
    room.set("KEY", CANARY);
    let file = room.file("t", b"$secret.KEY");
    let ran = room.run(&["render", &file, "--json"]);
    assert_eq!((ran.code, &ran.out[..]), (2, &b""[..]));
    for name in ["STRONGROOM_MASTER_KEY", "STRONGROOM_PASSPHRASE_FILE"] {
        let file = room.file("t", format!("$env.{name}").as_bytes());
        let told = room.fails(2, &["render", &file]);
        assert!(told.contains("opens the vault") && !told.contains(room.key()), "{told}");
    }
}

#[test]
fn render_says_why_in_the_audit_log() {
    let room = Room::new();
    room.set("KEY", CANARY);
    room.set("KEY", &format!("{CANARY}-2"));
    let file =
        room.file("service.yaml", b"$secret.KEY {{secrets.KEY@1}} {{secrets.KEY@previous | json}} {{secrets.KEY@2}}");
    room.good(&["render", &file]);
    room.good(&["render", &file, "--reason", "deploy 7"]);
    let records = room.json(&["audit", "--action", "render"]);
    let reasons: Vec<&str> =
        records.as_array().unwrap().iter().map(|record| record["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["deploy 7", "deploy 7", "render service.yaml", "render service.yaml"]);
}

#[test]
fn render_to_a_reader_that_leaves_is_no_error() {
    let room = Room::new();
    room.set("KEY", CANARY);
    let file = room.file("t", &b"$secret.KEY ".repeat(100_000));
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("strongroom"))
        .args(["render", &file])
        .env_clear()
        .envs(room.variables())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), &ended.stderr[..]), (Some(0), &b""[..]));
}

#[test]
fn render_of_a_huge_text_releases_each_secret_once() {
    let room = Room::new();
    for number in 0..10 {
        room.set(&format!("KEY_{number}"), &format!("{CANARY}-{number}"));
    }
    let filler = "x".repeat(1000);
    let source: String = (0..10_000).map(|n| format!("{filler} {{{{secrets.KEY_{}|json}}}} ", n % 10)).collect();
    let file = room.file("huge", source.as_bytes());
    let ran = room.good(&["render", &file]);
    assert_eq!(ran.text(), source.replace("{{secrets.KEY_", &format!("\"{CANARY}-")).replace("|json}}", "\""));
    assert_eq!(audited(&room).len(), 10);
    let long = room.file("long", &vec![b'x'; 16 * 1024 * 1024 + 1]);
    assert!(room.fails(2, &["render", &long]).contains("Split the text"));
}

#[test]
fn render_that_cannot_be_written_whole_leaves_the_old_file_and_nothing_else() {
    let room = Room::new();
    room.set("KEY", CANARY);
    let file = room.file("t", &b"0123456789 $secret.KEY\n".repeat(400_000));
    let out = room.file("out", b"as it was");
    let before = files_in(&room.path(""));
    // In blocks of 512 bytes: room for the vault, not for the output.
    let line = format!("ulimit -f 8000; exec \"$0\" render '{file}' -o '{out}'");
    let ran = std::process::Command::new("sh")
        .args(["-c", &line])
        .arg(assert_cmd::cargo::cargo_bin("strongroom"))
        .env_clear()
        .envs(room.variables())
        .output()
        .unwrap();
    let ran = Ran::from(ran);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("out cannot be written: ") && ran.err.contains("Nothing was changed."), "{}", ran.err);
    assert_eq!(std::fs::read(&out).unwrap(), b"as it was");
    assert_eq!(files_in(&room.path("")), before);
}

#[test]
fn render_says_how_a_name_is_written_that_a_bare_reference_cuts_short() {
    let room = Room::new();
    room.set("api-key", CANARY);
    let file = room.file("t", b"$secret.api-key");
    let told = room.fails(3, &["render", &file]);
    assert!(told.contains("There is no secret api in global. A name with - or . in it"), "{told}");
    let file = room.file("t", b"{{secrets.api-key}}");
    assert_eq!(room.good(&["render", &file]).text(), CANARY);
}
