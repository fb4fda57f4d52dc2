//! `run`: what the program finds, what is seen of it, and when it is not started.

use std::os::unix::process::ExitStatusExt;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::Command;

use crate::support::{Ran, Room};

const STRIPE: &str = "sk_live_4eC39HqLyjWDarjtT1zdp7dc";
const PASSWORD: &str = "p@ss w/rd \"1\"";

/// Two secrets here, one narrower.
fn room() -> Room {
    let room = Room::new();
    room.set("STRIPE_KEY", STRIPE);
    room.set("db.password", PASSWORD);
    room.set("prod/STRIPE_KEY", "sk_live_prodprodprodprodprod");
    room
}

/// `run` with a shell script as the program, after these options.
fn command(room: &Room, options: &[&str], script: &str) -> Command {
    let mut command = room.command(&[&["run"], options, &["--", "sh", "-c", script]].concat());
    command.env("PATH", std::env::var_os("PATH").unwrap()).timeout(Duration::from_secs(20));
    command
}

fn sh(room: &Room, options: &[&str], script: &str) -> Ran {
    Ran::from(command(room, options, script).output().unwrap())
}

/// A script that leaves a trace if it is started at all.
fn trace(room: &Room) -> (String, impl Fn() -> bool) {
    let path = room.path("started");
    (format!("touch {}", path.display()), move || path.exists())
}

/// A run that must not start its program; gives what it said.
#[track_caller]
fn not_started(room: &Room, code: i32, options: &[&str]) -> String {
    let (script, started) = trace(room);
    let ran = sh(room, options, &script);
    assert_eq!(ran.code, code, "{options:?}: {}", ran.err);
    assert!(!started(), "the program was started");
    ran.err
}

#[test]
fn run_gives_every_secret_of_the_context_exact_to_the_byte() {
    let room = room();
    let all = "printf '<%s><%s>' \"$STRIPE_KEY\" \"$DB_PASSWORD\"";
    assert_eq!(sh(&room, &["--no-mask"], all).text(), format!("<{STRIPE}><{PASSWORD}>"));
    let prod = sh(&room, &["--no-mask", "--env", "prod"], all).text();
    assert_eq!(prod, format!("<sk_live_prodprodprodprodprod><{PASSWORD}>"));
    let value = "line one\nline two\n\twith = and 'quotes' \u{e9}\n";
    room.good(&["set", "odd", "--file", &room.file("odd", value.as_bytes())]);
    assert_eq!(sh(&room, &["--no-mask", "--only", "odd"], "printf %s \"$ODD\"").text(), value);
}

#[test]
fn run_only_takes_names_and_addresses() {
    let room = room();
    let script = "env | grep -E '^(STRIPE_KEY|DB_PASSWORD)=' | sort";
    let only = |names: &[&str]| sh(&room, &[&["--no-mask"], names].concat(), script).text();
    assert_eq!(only(&["--only", "STRIPE_KEY"]), format!("STRIPE_KEY={STRIPE}\n"));
    assert_eq!(only(&["--only", "prod/STRIPE_KEY"]), "STRIPE_KEY=sk_live_prodprodprodprodprod\n");
    let both = format!("DB_PASSWORD={PASSWORD}\nSTRIPE_KEY={STRIPE}\n");
    assert_eq!(only(&["--only", "STRIPE_KEY,db.password"]), both);
    assert_eq!(only(&["--only", "STRIPE_KEY", "--only", "db.password"]), both);
    assert_eq!(only(&["--only", "STRIPE_KEY,STRIPE_KEY"]), format!("STRIPE_KEY={STRIPE}\n"));
    assert!(not_started(&room, 2, &["--only", "prod/STRIPE_KEY,STRIPE_KEY"]).contains("wanted by"));
}

#[test]
fn run_puts_the_prefix_in_front() {
    let room = room();
    let ran = sh(&room, &["--no-mask", "--prefix", "FLUXBASE_SECRET_"], "echo $FLUXBASE_SECRET_STRIPE_KEY$STRIPE_KEY");
    assert_eq!(ran.text(), format!("{STRIPE}\n"));
    assert!(not_started(&room, 2, &["--prefix", "1"]).contains("prefix"));
}

#[test]
fn run_lets_a_variable_that_is_set_win_unless_overridden() {
    let room = room();
    let with = |value: &str, options: &[&str]| {
        let mut command = command(&room, &[&["--no-mask"], options].concat(), "echo $STRIPE_KEY");
        Ran::from(command.env("STRIPE_KEY", value).output().unwrap()).text()
    };
    assert_eq!(with("theirs", &[]), "theirs\n");
    assert_eq!(with("", &[]), format!("{STRIPE}\n"));
    assert_eq!(with("theirs", &["--override"]), format!("{STRIPE}\n"));
    // What was not used was not opened either.
    let actions = room.json(&["audit", "--action", "run", "--secret", "STRIPE_KEY"]);
    assert_eq!(actions.as_array().unwrap().len(), 2);
}

#[test]
fn run_explains_who_wins_and_opens_nothing() {
    let room = room();
    let line = ["run", "--explain", "--env", "prod", "--json"];
    let told = room.command(&line).env("DB_PASSWORD", "theirs").output().unwrap();
    let rows: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(
        rows[1],
        serde_json::json!({ "variable": "STRIPE_KEY", "secret": "STRIPE_KEY", "scope": "prod", "version": 1,
                            "is_expired": false, "file": null, "line": null, "references": [], "outcome": "set" })
    );
    assert_eq!(rows[0]["outcome"], "kept");
    let table = room.good(&["run", "--explain"]).text();
    assert!(table.contains("STRIPE_KEY") && table.contains("STRIPE_KEY@1") && !table.contains(STRIPE), "{table}");
    assert_eq!(room.json(&["audit", "--action", "run"]), serde_json::json!([]));
    assert_eq!(Room::new().json(&["run", "--explain"]), serde_json::json!([]));
}

#[test]
fn run_refuses_collisions_and_names_that_are_obeyed_all_at_once() {
    let room = room();
    for name in ["db-password", "path", "LD_PRELOAD", "2fa", "strongroom_x"] {
        room.set(name, "a value of some length");
    }
    let said = not_started(&room, 2, &[]);
    for part in ["db-password and db.password", "variable PATH;", "LD_PRELOAD", "2FA", "STRONGROOM_X;"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(room.json(&["audit", "--action", "run"]), serde_json::json!([]), "nothing was opened");
}

#[test]
fn run_does_not_start_with_missing_expired_or_impossible_secrets() {
    let room = room();
    room.good(&["set", "OLD", "an old value", "--expires", "1s"]);
    assert_eq!(room.run_with(&["set", "ZERO", "--stdin"], b"zero\0byte").code, 0);
    room.good(&["set", "LOGIN", "--field", "username=me"]);
    std::thread::sleep(Duration::from_millis(1100));
    let said = not_started(&room, 3, &["--only", "NOPE,OLD,STRIPE_KEY,NEITHER,LOGIN"]);
    for part in ["NOPE", "NEITHER", "OLD has expired", "LOGIN has no field"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(not_started(&room, 6, &["--only", "OLD"]).contains("OLD has expired"));
    let failed = room.json(&["audit", "--failed", "--action", "run"]);
    // OLD twice, and once all that is not there.
    assert_eq!(failed.as_array().unwrap().len(), 3);
    assert_eq!(failed[0]["reason"], "sh");
    let tells = |record: &serde_json::Value| record["error"].as_str().unwrap().contains("secret NOPE");
    assert_eq!(failed.as_array().unwrap().iter().filter(|record| tells(record)).count(), 1, "{failed}");
    assert_eq!(sh(&room, &["--no-mask", "--only", "OLD", "--allow-expired"], "echo $OLD").text(), "an old value\n");
    let said = not_started(&room, 2, &["--only", "ZERO"]);
    assert!(said.contains("ZERO holds a zero byte") && !said.contains("zero\\0"), "{said}");
}

#[test]
fn run_of_a_secret_without_a_value_leaves_it_out() {
    let room = room();
    room.good(&["set", "LOGIN", "--field", "username=me"]);
    let ran = sh(&room, &[], "echo ${LOGIN-unset}");
    assert_eq!(ran.text(), "unset\n");
    assert!(ran.err.contains("LOGIN"), "{}", ran.err);
}

#[test]
fn run_is_recorded_once_for_each_secret_with_its_reason() {
    let room = room();
    sh(&room, &[], "true --token hunter2");
    sh(&room, &["--only", "STRIPE_KEY", "--reason", "deploy 7"], "true");
    let records = room.json(&["audit", "--action", "run"]);
    let told: Vec<(&str, &str)> = records
        .as_array()
        .unwrap()
        .iter()
        .map(|record| (record["secret"].as_str().unwrap(), record["reason"].as_str().unwrap()))
        .collect();
    assert_eq!(told.len(), 3);
    assert_eq!(told[0], ("STRIPE_KEY", "deploy 7"));
    assert!(told.contains(&("db.password", "sh")) && told.contains(&("STRIPE_KEY", "sh")), "{told:?}");
}

#[test]
fn run_hands_on_the_programs_code() {
    let room = room();
    for mask in [&[][..], &["--no-mask"]] {
        for code in [0, 1, 5, 255] {
            assert_eq!(sh(&room, mask, &format!("exit {code}")).code, code);
        }
        let killed = command(&room, mask, "kill -KILL $$").output().unwrap();
        assert_eq!(killed.status.signal(), Some(9));
        let line = [&["run"], mask, &["--", "nosuchprogram"]].concat();
        assert!(room.fails(127, &line).contains("nosuchprogram"));
        let file = room.file("plain", b"no program");
        let line = [&["run"], mask, &["--", &file]].concat();
        assert!(room.fails(126, &line).contains("plain"));
    }
    let shell = format!("{} run -- sh -c 'kill -TERM $$'; echo $?", env!("CARGO_BIN_EXE_strongroom"));
    let ran = std::process::Command::new("sh").args(["-c", &shell]).envs(room.variables()).output().unwrap();
    assert_eq!(ran.stdout, b"143\n");
    assert_eq!(room.json(&["audit", "--action", "run"]).as_array().unwrap().len() % 2, 0);
}

#[test]
fn run_without_a_program_says_how() {
    let room = room();
    for line in [&["run"][..], &["run", "--"], &["run", "node", "server.js"], &["run", "--explain", "node"]] {
        assert!(room.fails(2, line).contains("strongroom run -- PROGRAM"), "{line:?}");
    }
}

#[test]
fn run_masks_stdout_and_stderr_apart() {
    let room = room();
    let ran = sh(&room, &[], "echo out $STRIPE_KEY; echo err \"$DB_PASSWORD\" >&2; printf %s \"$STRIPE_KEY\" | base64");
    assert_eq!(ran.text(), "out sk_live_****...****\n****...****\n");
    assert_eq!(ran.err, "err ****...****\n");
}

#[test]
fn run_keeps_the_order_of_streams_that_go_to_one_place() {
    let room = room();
    let script = "for n in 1 2 3 4 5 6 7 8 9; do echo out $n; echo err $n >&2; done";
    let shell = format!("{} run -- sh -c '{script}' 2>&1", env!("CARGO_BIN_EXE_strongroom"));
    let ran = std::process::Command::new("sh").args(["-c", &shell]).envs(room.variables()).output().unwrap();
    let expected: String = (1..=9).map(|n| format!("out {n}\nerr {n}\n")).collect();
    assert_eq!(String::from_utf8(ran.stdout).unwrap(), expected);
}

#[test]
fn run_says_which_values_are_too_short_to_be_masked() {
    let room = room();
    room.set("PIN", "123");
    let ran = sh(&room, &[], "echo $PIN");
    assert_eq!(ran.text(), "123\n");
    assert!(ran.err.contains("PIN") && !ran.err.contains("123") && !ran.err.contains("STRIPE"), "{}", ran.err);
}

#[test]
fn run_hides_values_from_argv_errors_and_the_log() {
    let room = room();
    let ran = sh(&room, &[], "cat /proc/$PPID/cmdline | tr '\\0' ' '; cat /proc/$$/cmdline | tr '\\0' ' '");
    assert!(
        ran.text().contains("run") && !ran.text().contains("sk_live") && !ran.text().contains("****"),
        "{}",
        ran.text()
    );
    let not = room.run(&["run", "--", STRIPE, PASSWORD]);
    let log = room.json(&["audit"]).to_string();
    assert_eq!(not.code, 127);
    assert!(!log.contains(STRIPE) && !log.contains(PASSWORD));
    let said = room.fails(2, &["run", PASSWORD]);
    assert!(!said.contains(PASSWORD), "{said}");
}

#[test]
fn run_gives_nothing_of_ours_and_leaves_everything_else_as_it_is() {
    let room = room();
    let script =
        "umask; ulimit -c; ulimit -Hc; ls /proc/self/fd | wc -l; cat <&7; echo $KEPT; env | grep -c STRONGROOM_";
    let seven = room.file("seven", b"seven\n");
    let with = |ours: &str| {
        let shell = format!("umask 027; ulimit -Sc 0; exec 7<{seven}; {ours} sh -c '{script}'");
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &shell]).envs(room.variables()).env("KEPT", "kept").stdin(Stdio::null());
        Ran::from(command.output().unwrap())
    };
    let without = with("").text();
    let (same, count) = without.trim_end().rsplit_once('\n').unwrap();
    assert_eq!((count, same.ends_with("seven\nkept")), ("2", true), "{without}");
    for mask in ["", "--no-mask"] {
        let ran = with(&format!("{} run {mask} --", env!("CARGO_BIN_EXE_strongroom")));
        assert_eq!(ran.text(), format!("{same}\n0\n"), "{mask}: {}", ran.err);
    }
    let cleared = sh(&room, &["--clear-env", "--only", "STRIPE_KEY"], "env | cut -d= -f1 | sort | tr '\\n' ' '").text();
    assert_eq!(cleared, "HOME PATH PWD STRIPE_KEY ");
}

#[test]
fn run_ends_when_the_reader_had_enough() {
    let room = room();
    let shell = format!("{} run -- yes | head -1", env!("CARGO_BIN_EXE_strongroom"));
    let begun = Instant::now();
    let ran = std::process::Command::new("sh").args(["-c", &shell]).envs(room.variables()).output().unwrap();
    assert_eq!((ran.stdout, begun.elapsed() < Duration::from_secs(15)), (b"y\n".to_vec(), true));
    assert_eq!(String::from_utf8(ran.stderr).unwrap(), "");
}

#[test]
fn run_does_not_wait_for_what_the_program_left_behind() {
    let room = room();
    let begun = Instant::now();
    let ran = sh(&room, &[], "(sleep 30; echo $STRIPE_KEY) & echo begun; exit 3");
    assert_eq!((ran.text().as_str(), ran.code), ("begun\n", 3));
    assert!(begun.elapsed() < Duration::from_secs(20), "it waited");
}

#[test]
fn run_shows_all_that_was_written_however_slowly_it_is_read() {
    let room = room();
    let shell = format!(
        "{} run -- sh -c 'yes $STRIPE_KEY | head -c 3000000' | {{ sleep 2; wc -c; }}",
        env!("CARGO_BIN_EXE_strongroom")
    );
    let ran = std::process::Command::new("sh").args(["-c", &shell]).envs(room.variables()).output().unwrap();
    let lines = 3_000_000 / (STRIPE.len() + 1);
    let rest = 3_000_000 % (STRIPE.len() + 1);
    let expected = lines * ("sk_live_****...****".len() + 1) + rest;
    assert_eq!(String::from_utf8(ran.stdout).unwrap().trim(), expected.to_string());
}

/// Sends `signal` to ours alone, once the program is ready; gives how it ended.
fn signalled(room: &Room, signal: rustix::process::Signal, script: &str) -> Output {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_strongroom"));
    let ready = room.path("ready");
    let _ = std::fs::remove_file(&ready);
    let script = format!("{script}; touch {}; while :; do sleep 0.05; done", ready.display());
    command.args(["run", "--", "sh", "-c", &script]).envs(room.variables());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    while !ready.exists() {
        assert!(begun.elapsed() < Duration::from_secs(20), "the program did not begin");
        std::thread::sleep(Duration::from_millis(10));
    }
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, signal).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn run_passes_signals_on() {
    use rustix::process::Signal;
    let room = room();
    for (signal, name) in [(Signal::TERM, "TERM"), (Signal::HUP, "HUP"), (Signal::USR1, "USR1"), (Signal::INT, "INT")] {
        let caught = signalled(&room, signal, &format!("trap 'echo caught; exit 9' {name}"));
        assert_eq!((caught.stdout, caught.status.code()), (b"caught\n".to_vec(), Some(9)), "{name}");
    }
    let killed = signalled(&room, Signal::TERM, ":");
    assert_eq!(killed.status.signal(), Some(Signal::TERM.as_raw()));
}

#[test]
fn run_leaves_an_ignored_signal_ignored() {
    let room = room();
    let shell = format!("trap '' HUP; {} run -- sh -c 'kill -HUP $$; echo alive'", env!("CARGO_BIN_EXE_strongroom"));
    let ran = std::process::Command::new("sh").args(["-c", &shell]).envs(room.variables()).output().unwrap();
    assert_eq!(ran.stdout, b"alive\n");
}

#[test]
fn run_hands_standard_input_on() {
    let room = room();
    for mask in [&[][..], &["--no-mask"]] {
        let mut command = command(&room, mask, "cat");
        assert_eq!(command.write_stdin("piped in").output().unwrap().stdout, b"piped in");
    }
}

#[test]
fn run_is_quiet() {
    let room = room();
    for mask in [&[][..], &["--no-mask"]] {
        let ran = sh(&room, mask, "true");
        assert_eq!((ran.code, ran.out.as_slice(), ran.err.as_str()), (0, &b""[..], ""));
    }
}

#[test]
fn run_takes_lines_of_files_with_references() {
    let room = room();
    room.good(&["set", "DB", "p@ss:w/rd", "--field", "username=me"]);
    let file = room.file(
        "a.env",
        b"# comment\nexport URL=\"postgres://{{secrets.DB#username}}:{{secrets.DB | url}}@db/app\"\nPLAIN='as it is' # so\n\
          TOKEN=$secret.STRIPE_KEY\nTWICE=1\nTWICE=2\nSET=file\n",
    );
    let second = room.file("b.env", b"TWICE=3\n");
    let script = "echo $URL; echo $PLAIN; echo $TOKEN; echo $TWICE; echo ${STRIPE_KEY-unset}; echo $SET";
    let run = |options: &[&str]| {
        let options = [&["--no-mask", "--env-file", &file], options].concat();
        Ran::from(command(&room, &options, script).env("SET", "already").output().unwrap()).text()
    };
    let url = "postgres://me:p%40ss%3Aw%2Frd@db/app";
    assert_eq!(run(&[]), format!("{url}\nas it is\n{STRIPE}\n2\nunset\nalready\n"));
    assert_eq!(run(&["--env-file", &second, "--override"]), format!("{url}\nas it is\n{STRIPE}\n3\nunset\nfile\n"));
    assert!(run(&["--only", "STRIPE_KEY"]).ends_with(&format!("{STRIPE}\nalready\n")));
    assert!(run(&["--all"]).ends_with(&format!("{STRIPE}\nalready\n")));
    let masked = sh(&room, &["--env-file", &file], "echo $URL $TOKEN").text();
    assert_eq!(masked, "postgres://me:****...****@db/app sk_live_****...****\n");
    // One record for each secret, though it is used twice.
    let records = room.json(&["audit", "--action", "run", "--limit", "2"]);
    assert_ne!(records[0]["secret"], records[1]["secret"]);
    let rows = room.json(&["run", "--explain", "--env-file", &file]);
    let url = rows.as_array().unwrap().iter().find(|row| row["variable"] == "URL").unwrap();
    assert_eq!((&url["line"], &url["references"]), (&2.into(), &serde_json::json!(["DB"])));
    assert_eq!(url["secret"], serde_json::Value::Null);
}

#[test]
fn run_tells_all_that_is_wrong_with_files_and_their_references() {
    let room = room();
    let file = room.file("a.env", b"A=\"x\nhunter2\nB=1\n");
    let said = not_started(&room, 2, &["--env-file", &file]);
    assert!(said.contains("a.env:1:3: The quote") && !said.contains("hunter2"), "{said}");
    let lines = b"A={{secrets.NOPE}}\nLD_PRELOAD=./evil.so\nB=$env.NOT_SET_AT_ALL\nC={{secrets.NOPE#x}}\n";
    let file = room.file("b.env", lines);
    let said = not_started(&room, 3, &["--env-file", &file, "--only", "GONE"]);
    for part in ["b.env:1:3: ", "b.env:2 would be the variable LD_PRELOAD", "b.env:3:3: ", "b.env:4:3: ", "GONE"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let file = room.file("c.env", b"A=x{{secrets.bad name}}\n");
    assert!(not_started(&room, 2, &["--env-file", &file]).contains("c.env:1:4"));
    not_started(&room, 1, &["--env-file", "/no/such/file"]);
    let records = room.json(&["audit", "--action", "run"]);
    assert_eq!((records.as_array().unwrap().len(), &records[0]["success"]), (1, &false.into()), "nothing was opened");
}

#[test]
fn run_fills_the_examples_variables() {
    let room = Room::new();
    for name in ["WEBHOOK_TOKEN", "API_TOKEN", "SERVICE_KEY"] {
        room.set(&format!("production/{name}"), &format!("value of {name}"));
    }
    room.good(&["set", "production/DB", "p@ss", "--field", "username=app"]);
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/example/service.env");
    let options = ["--no-mask", "--env", "production", "--env-file", example];
    let ran = sh(&room, &options, "echo $DATABASE_URL; echo $AUTHORIZATION");
    let expected = "postgres://app:p%40ss@db.internal:5432/payments\nBearer value of API_TOKEN\n";
    assert_eq!(ran.text(), expected, "{}", ran.err);
}
