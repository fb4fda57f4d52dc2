//! What a program is given, by which way, and where it cannot be seen.

use strongroom::error::Kind;
use strongroom::rotation::step::How;
use strongroom::vault::rotation::StepKind;

use super::place::{LOGIN, Place, VALUE, shell};

#[test]
fn everything_arrives_by_the_way_that_the_recipe_names() {
    let place = Place::new();
    let out = place.path("out");
    let script = format!(
        "exec >{}; cat; echo; cat <&3; echo; cat <&5; echo; printf %s \"$TOKEN\"; echo; cat /dev/fd/9; pwd; umask",
        out.display()
    );
    let end = place.apply(&shell(
        &script,
        "stdin = \"{{login}}>{{value}}\"\n\
         fd = { 5 = \"{{secrets.ADMIN|base64}}\", 3 = \"{{value#public}} {{login#public}}\", 9 = \"\" }\n\
         env = { TOKEN = \"{{value | url}}\" }",
    ));
    assert_eq!(end.how, How::Exited(0), "{}", end.shown);
    let written = std::fs::read_to_string(out).unwrap();
    let lines: Vec<&str> = written.lines().collect();
    assert_eq!(lines[0], format!("{LOGIN}>{VALUE}"));
    assert_eq!(lines[1..5], ["new-public old-public", "YWRtMW4tU2VjcmV0", "n3w%2FValue%26of%3Dit", "/"]);
}

#[test]
fn descriptors_are_files_in_memory_that_nobody_else_can_open_or_change() {
    let place = Place::new();
    let out = place.path("out");
    let script = format!(
        "exec >{}\nfor n in 0 3 4 7; do stat -L -c \"$n %F %a %s\" /proc/self/fd/$n; readlink /proc/self/fd/$n; done\n\
         for n in 5 6 8 9; do [ -e /proc/$$/fd/$n ] && echo $n; done; echo\n\
         (echo x >&4) 2>/dev/null || echo sealed\ntail -c 4 <&4; echo; cat <&4; echo end",
        out.display()
    );
    let end = place.apply(&shell(&script, "stdin = \"{{value}}\"\nfd = { 3 = \"a\", 4 = \"{{value}}\", 7 = \"b\" }"));
    assert_eq!(end.how, How::Exited(0), "{}", end.shown);
    let written = std::fs::read_to_string(out).unwrap();
    let lines: Vec<&str> = written.lines().collect();
    for (at, start) in [
        (0, "0 regular file 400 15"),
        (2, "3 regular file 400 1"),
        (4, "4 regular file 400 15"),
        (6, "7 regular file 400 1"),
    ] {
        assert_eq!(lines[at], start, "{written}");
        assert!(lines[at + 1].starts_with("/memfd:strongroom"), "{written}");
    }
    // What only took up a number is closed when the program begins.
    assert_eq!(lines[8], "", "{written}");
    assert_eq!(lines[9..], ["sealed", &VALUE[VALUE.len() - 4..], "end"], "{written}");
}

/// Under its own number beside 0, what closes its input before it starts a helper would
/// hand the value on all the same.
#[test]
fn standard_input_is_there_once() {
    let place = Place::new();
    let script = "for fd in /proc/$$/fd/*; do case $(readlink $fd) in /memfd:*) echo ${fd##*/};; esac; done";
    let end = place.apply(&shell(script, "stdin = \"{{value}}\""));
    assert_eq!(end.shown, "0");
    let end = place.apply(&shell(script, "stdin = \"{{value}}\"\nfd = { 4 = \"{{value}}\" }"));
    assert_eq!(end.shown, "0\n4");
}

#[test]
fn a_step_without_input_reads_nothing_and_one_that_reads_a_part_is_fine() {
    let place = Place::new();
    let lines = shell("cat; echo end", "fd = { 3 = \"{{value}}\" }");
    assert_eq!(place.apply(&lines).shown, "end");
    assert_eq!(place.script("head -c 2 >/dev/null; exit 5").how, How::Exited(5));
    assert_eq!(place.script("exit 5").how, How::Exited(5));
    let long = shell("wc -c", &format!("stdin = \"{{{{value}}}}{}\"", "x".repeat(50_000)));
    assert_eq!(place.apply(&long).shown.trim(), (50_000 + VALUE.len()).to_string());
}

#[test]
fn there_is_no_terminal_and_no_variable_of_ours() {
    let place = Place::new();
    let out = place.path("out");
    let script = format!(
        "exec >{}; (: </dev/tty) 2>/dev/null && echo terminal; env | grep -c STRONGROOM; ps -o tty= -p $$; \
         grep -E '^Sig(Blk|Ign)' /proc/self/status; ulimit -c; exit 0",
        out.display()
    );
    let end = place.script(&script);
    assert_eq!(end.how, How::Exited(0), "{}", end.shown);
    let written = std::fs::read_to_string(out).unwrap();
    assert!(!written.contains("terminal"), "{written}");
    let lines: Vec<&str> = written.lines().map(str::trim).collect();
    assert_eq!(lines[..2], ["0", "?"], "{written}");
    assert_eq!(lines[2].split_whitespace().last(), Some("0000000000000000"), "{written}");
    let ignored = u64::from_str_radix(lines[3].split_whitespace().last().unwrap(), 16).unwrap();
    assert_eq!(ignored >> 12 & 1, 0, "a program that writes to nobody would go on: {written}");
    assert_eq!(lines[4], "0", "no core of a program that holds values");
}

#[test]
fn no_value_is_in_an_argument_or_an_environment_of_any_process() {
    let place = Place::new();
    let out = place.path("out");
    // Of the program itself, its supervisor, and the shell.
    let script = format!(
        "exec >{}; for pid in $$ $PPID; do tr '\\0' '\\n' </proc/$pid/cmdline; tr '\\0' '\\n' </proc/$pid/environ; done",
        out.display()
    );
    let lines = shell(&script, "stdin = \"{{login}}{{value}}\"\nfd = { 3 = \"{{secrets.ADMIN}}\" }");
    let end = place.apply(&lines);
    let written = std::fs::read(&out).unwrap();
    assert_eq!(end.how, How::Exited(0), "{}", end.shown);
    assert!(written.len() > 100);
    for value in [VALUE, LOGIN, "adm1n-Secret"] {
        let is_there = written.windows(value.len()).any(|window| window == value.as_bytes());
        assert!(!is_there, "{value}");
    }
    assert!(String::from_utf8_lossy(&written).contains("--supervise-a-step"));
}

#[test]
fn what_is_released_for_a_step_is_on_record_with_its_reason() {
    let place = Place::new();
    place.prepared(StepKind::Apply, &shell("true", "stdin = \"{{value}}{{secrets.ADMIN}}\"")).unwrap();
    let audit = String::from_utf8(place.vault.run(&["audit", "--json"], b"").stdout).unwrap();
    let line = audit.split('}').find(|line| line.contains("\"run\"")).unwrap();
    for part in ["\"secret\": \"ADMIN\"", "\"scope\": \"prod/db\"", "\"rotation of prod/db/app/PASSWORD: apply\""] {
        assert!(line.contains(part), "{line}");
    }
}

#[test]
fn what_is_not_there_or_does_not_fit_keeps_a_step_from_being_made() {
    let place = Place::new();
    for (kind, more, told, error_kind) in [
        (StepKind::Apply, "stdin = \"{{value#user}}\"", "has no field user", Kind::NotFound),
        (StepKind::Apply, "stdin = \"{{value}}{{login#user}}\"", "has no field user", Kind::NotFound),
        (StepKind::Apply, "stdin = \"{{value}}{{secrets.NOTHING}}\"", "NOTHING", Kind::NotFound),
        (StepKind::Apply, "stdin = \"{{value}}{{secrets.ADMIN#user}}\"", "has no field user", Kind::NotFound),
        (StepKind::Apply, "stdin = \"{{value}}{{secrets.ADMIN@7}}\"", "has no version 7", Kind::NotFound),
    ] {
        let error = place.prepared(kind, &shell("true", more)).err().unwrap();
        assert!(error.message().contains(told) && error.kind() == error_kind, "{more}: {error}");
        assert!(!error.in_full().contains(VALUE) && error.next_step().is_some());
    }
    let long = format!("stdin = \"{{{{value}}}}\"\nenv = {{ A = \"{}{{{{value}}}}\" }}", "x".repeat(60_000));
    assert!(place.prepared(StepKind::Apply, &shell("true", &long)).is_ok());
    let error = place.prepared(StepKind::Revoke, "run = [\"true\"]").err();
    assert!(error.is_none());
    let place = Place::new();
    let recipe =
        strongroom::rotation::Recipe::parse("what = \"x\"\n[verify]\nrun = [\"true\"]\nstdin = \"{{value}}\"").unwrap();
    let error = place.prepared_of(&recipe, StepKind::Apply).err().unwrap();
    assert!(error.message().contains("has no [apply]"), "{error}");
}
