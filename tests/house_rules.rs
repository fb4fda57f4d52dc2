//! The rules of the house, read off the source: who may import whom, what
//! stands only in its room, and what no code outside tests contains.
//!
//! The plan may grow: change it here and in `src/lib.rs` together, with the
//! reason in the commit. Sizes are printed for the eye (`--nocapture`), not judged.
#![expect(clippy::unwrap_used, reason = "a test says so when what it needs is not there")]

#[path = "house_rules/imports.rs"]
mod imports;
#[path = "house_rules/source.rs"]
mod source;

use source::Source;

/// Words that end the process, or might, outside tests.
const ENDINGS: &[&str] =
    &[".unwrap()", ".expect(", ".unwrap_err()", ".expect_err(", "panic!", "todo!", "unimplemented!", "unreachable!"];
/// Macros that write where only the command line may.
const WRITING: &[&str] = &["println!", "eprintln!", "print!", "eprint!", "dbg!"];
/// How a statement of SQL begins.
const SQL: &[&str] = &[
    "SELECT ",
    "INSERT INTO",
    "INSERT OR",
    "UPDATE ",
    "DELETE FROM",
    "CREATE TABLE",
    "CREATE INDEX",
    "CREATE UNIQUE",
    "PRAGMA ",
    "BEGIN IMMEDIATE",
    "VACUUM",
    "ATTACH ",
];
/// The files that know the terminal library; all others see `Press` and `Event`.
const TERMINAL_FILES: &[&str] = &[
    "src/tui/terminal.rs",
    "src/tui/event.rs",
    "src/tui/event/pressed.rs",
    "src/tui/input/keys.rs",
    "src/tui/input/parser.rs",
    "src/tui/keymap.rs",
];

/// The one file with `unsafe`.
const UNSAFE_FILE: &str = "src/guarded/memory.rs";

/// The places in `source` where one of `words` stands, each with the rule it breaks.
fn places(source: &Source, words: &[&str], rule: &str) -> Vec<String> {
    let found = words.iter().flat_map(|word| source.find(word).into_iter().map(move |at| (at, word)));
    found.map(|(at, word)| format!("{}: {word} — {rule}.", source.place(at))).collect()
}

fn endings(source: &Source) -> Vec<String> {
    places(source, ENDINGS, "outside tests an error is returned, never a panic")
}

fn writing(source: &Source) -> Vec<String> {
    if source.path.starts_with("src/cli/") || source.path == "src/main.rs" {
        return Vec::new();
    }
    places(source, WRITING, "only the command line prints")
}

fn allows(source: &Source) -> Vec<String> {
    places(source, &["#[allow", "#![allow"], "use #[expect(…, reason = \"…\")]")
}

fn unsafe_code(source: &Source) -> Vec<String> {
    if source.path == UNSAFE_FILE {
        return Vec::new();
    }
    let words = ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern", "unsafe trait", "unsafe(", "unsafe_code"];
    places(source, &words, "unsafe stands only in guarded's memory")
}

/// Each `unsafe` of the one file has its reason above it, or, where a function is, its condition.
fn reasons(source: &Source) -> Vec<String> {
    let lines: Vec<&str> = source.text.lines().collect();
    let is_said = |at: usize| {
        let above = lines[..at].iter().rev().take_while(|line| line.trim_start().starts_with("//"));
        let (mut above, condition) = (above.peekable(), lines[at].contains("unsafe fn"));
        above.peek().is_some() && above.any(|line| line.contains(if condition { "# Safety" } else { "SAFETY: " }))
    };
    let begins = |line: &str| !line.trim_start().starts_with("//") && line.contains("unsafe ");
    let silent = lines.iter().enumerate().filter(|(at, line)| begins(line) && !is_said(*at));
    silent.map(|(at, _)| format!("{}:{}: unsafe without its reason above it.", source.path, at + 1)).collect()
}

fn crossterm(source: &Source) -> Vec<String> {
    if TERMINAL_FILES.contains(&source.path.as_str()) {
        return Vec::new();
    }
    places(source, &["crossterm"], "only tui's terminal, event, input and keymap know the terminal library")
}

fn sql(source: &Source) -> Vec<String> {
    if source.path.starts_with("src/store/") {
        return Vec::new();
    }
    let mut broken = places(source, &["rusqlite"], "only store knows SQLite");
    for (at, text) in source.code_and_text.match_indices('"').filter_map(|(quote, _)| {
        let rest = source.code_and_text[quote + 1..].trim_start();
        SQL.iter().find(|start| rest.starts_with(**start)).map(|start| (quote, start))
    }) {
        broken.push(format!("{}: {text}… — SQL stands only in store.", source.place(at)));
    }
    broken
}

/// Runs a rule over the whole source and fails with every place at once.
fn hold(rule: fn(&Source) -> Vec<String>) {
    let broken: Vec<String> = Source::all().iter().flat_map(rule).collect();
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

#[test]
fn imports_follow_the_floor_plan() {
    hold(imports::forbidden);
}

#[test]
fn nothing_outside_tests_can_panic_on_purpose() {
    hold(endings);
}

#[test]
fn only_the_command_line_prints() {
    hold(writing);
}

#[test]
fn lints_are_expected_with_a_reason_never_allowed() {
    hold(allows);
}

#[test]
fn unsafe_stands_in_one_file_and_says_why() {
    hold(unsafe_code);
    let broken: Vec<String> =
        Source::all().iter().filter(|source| source.path == UNSAFE_FILE).flat_map(reasons).collect();
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
    assert!(Source::all().iter().any(|source| source.path == UNSAFE_FILE), "the file is gone, the rule remains");
}

#[test]
fn only_the_files_at_the_terminal_know_its_library() {
    hold(crossterm);
}

#[test]
fn sql_stands_only_in_store() {
    hold(sql);
}

#[test]
fn the_ten_longest_are_shown_for_the_eye() {
    let sources = Source::all();
    let mut files: Vec<(usize, &str)> =
        sources.iter().map(|source| (source.text.lines().count(), source.path.as_str())).collect();
    let mut functions: Vec<(usize, String)> = Vec::new();
    for source in &sources {
        let long = source.functions().into_iter();
        functions.extend(long.map(|(at, name, lines)| (lines, format!("{name} ({})", source.place(at)))));
    }
    files.sort_unstable();
    functions.sort_unstable();
    let median = files[files.len() / 2].0;
    println!("{} files, {median} lines in the middle one, tests included; the longest:", files.len());
    for (lines, path) in files.iter().rev().take(10) {
        println!("{lines:>6}  {path}");
    }
    println!("{} functions; the longest:", functions.len());
    for (lines, name) in functions.iter().rev().take(10) {
        println!("{lines:>6}  {name}");
    }
}

/// The rules are themselves tested: each finds what it is there to find, at its
/// line, and nothing in comments, literals and tests.
mod the_rules_see {
    use super::*;

    fn broken(path: &str, text: &str, rule: fn(&Source) -> Vec<String>) -> Vec<String> {
        rule(&Source::new(path, text)).iter().map(|line| line.split(": ").next().unwrap().to_owned()).collect()
    }

    #[test]
    fn panics_outside_tests_only() {
        let text = r##"
//! x.unwrap()
fn f() { let _ = 'u'; g("panic!", r#"todo!"#); x.unwrap(); } // panic!
fn h<'a>(x: &'a str) -> char { '\'' }
fn i() { x.unwrap_or(1); panic!("no"); }
#[cfg(test)]
use x::panic;
#[cfg(test)]
mod tests { fn t() { x.unwrap(); panic!() } }
fn j() { todo!() }
"##;
        assert_eq!(
            broken("src/vault/x.rs", text, endings),
            ["src/vault/x.rs:3", "src/vault/x.rs:5", "src/vault/x.rs:10"]
        );
    }

    #[test]
    fn printing_and_allowing() {
        let text = "fn f() { println!(); }\n#[allow(dead_code)]\nfn g() { eprint!(\"\"); }";
        assert_eq!(broken("src/tui/x.rs", text, writing), ["src/tui/x.rs:1", "src/tui/x.rs:3"]);
        assert_eq!(broken("src/cli/x.rs", text, writing), [""; 0]);
        assert_eq!(broken("src/cli/x.rs", text, allows), ["src/cli/x.rs:2"]);
    }

    #[test]
    fn unsafe_code_elsewhere_and_without_a_reason() {
        let text = "fn f() {\n    // SAFETY: said.\n    unsafe { x() };\n    unsafe { y() };\n}\n/// # Safety\n/// Said.\nunsafe fn z() {}\n";
        assert_eq!(
            broken("src/vault/x.rs", text, unsafe_code),
            ["src/vault/x.rs:3", "src/vault/x.rs:4", "src/vault/x.rs:8"]
        );
        assert_eq!(broken(UNSAFE_FILE, text, unsafe_code), [""; 0]);
        assert_eq!(broken(UNSAFE_FILE, text, reasons), ["src/guarded/memory.rs:4"]);
    }

    #[test]
    fn sql_and_terminal_code_in_the_wrong_room() {
        let text =
            "fn f() { g(\"SELECT 1\"); h(\"select a file\"); }\nuse rusqlite::Connection;\nuse crossterm::event;";
        assert_eq!(broken("src/vault/x.rs", text, sql), ["src/vault/x.rs:2", "src/vault/x.rs:1"]);
        assert_eq!(broken("src/store/x.rs", text, sql), [""; 0]);
        assert_eq!(broken("src/tui/view.rs", text, crossterm), ["src/tui/view.rs:3"]);
        assert_eq!(broken("src/tui/keymap.rs", text, crossterm), [""; 0]);
    }

    #[test]
    fn arrows_that_the_plan_does_not_have() {
        for (path, text) in [
            ("src/store/x.rs", "use crate::crypto::seal;"),
            ("src/store/mod.rs", "use super::crypto;"),
            ("src/vault/x.rs", "use crate::{error::Error, tui::state::State};"),
            ("src/vault/deep/x.rs", "fn f() { super::super::super::cli::run(); }"),
            ("src/crypto/x.rs", "use crate::vault::secret;"),
            ("src/tui/x.rs", "use crate::store::Store;"),
            ("src/tui/x.rs", "use crate::crypto::seal::open;"),
            ("src/session/x.rs", "use crate::{\n    error::Error,\n    tui,\n};"),
            ("src/main.rs", "use strongroom::vault::Vault;"),
            ("src/tui/view.rs", "use super::runtime::Runtime;"),
            ("src/tui/update.rs", "use ratatui::widgets::Block;"),
            ("src/tui/panes/secrets.rs", "use crate::vault::{Vault, secret::Secret};"),
            ("src/cellar/x.rs", ""),
        ] {
            assert!(!imports::forbidden(&Source::new(path, text)).is_empty(), "{path}: {text}");
        }
    }

    #[test]
    fn arrows_that_it_has() {
        for (path, text) in [
            ("src/vault/x.rs", "use crate::store::Store;\nuse super::secret::Secret;\nuse crate::crypto::seal;"),
            ("src/tui/x.rs", "use crate::crypto::keyring::{RawKey, SlotKind};\nuse crate::vault::Outcome;"),
            ("src/tui/dialogs/x.rs", "use super::super::effect::Effect;\nuse crate::vault::{Expected, secret};"),
            ("src/cli/x.rs", "use crate::tui;\nuse clap::Parser;\nuse std::store::x;"),
            ("src/main.rs", "use strongroom::{cli, error::Error};"),
            ("src/store/x.rs", "// use crate::crypto\n#[cfg(test)]\nmod tests { use crate::crypto::seal; }"),
        ] {
            assert_eq!(imports::forbidden(&Source::new(path, text)), [""; 0], "{path}: {text}");
        }
    }

    #[test]
    fn the_size_of_functions() {
        let source = Source::new("src/x.rs", "fn one() {}\n\nfn three(\n    x: u8,\n) { }\ntrait T { fn none(); }");
        let sizes: Vec<(String, usize)> =
            source.functions().into_iter().map(|(_, name, lines)| (name, lines)).collect();
        assert_eq!(sizes, [("one".to_owned(), 1), ("three".to_owned(), 3)]);
    }
}
