//! Who imports whom: the paths a file names, from the crate's root, and the
//! arrows that the floor plan allows.

use super::source::{Source, find_words, is_word};

/// What each room may use besides `error`, `guarded`, `secret_text` and `printable`, which all may.
/// A path allows all that lies below it. The key types in `crypto::keyring` are
/// the words in which the outside hands a key in; nothing else of `crypto` is.
const ALLOWED: &[(&str, &[&str])] = &[
    // The process is hardened before anything else runs: trust begins in main.
    ("main", &["cli", "session::process"]),
    ("lib", &[]),
    ("error", &[]),
    ("guarded", &[]),
    ("secret_text", &[]),
    ("printable", &[]),
    ("crypto", &[]),
    ("store", &[]),
    ("vault", &["store", "crypto"]),
    ("config", &["vault"]),
    ("session", &["config", "vault", "crypto::keyring"]),
    ("clipboard", &["config", "session", "vault"]),
    ("inject", &["config", "session", "vault"]),
    ("rotation", &["inject", "config", "session", "vault"]),
    ("transfer", &["config", "session", "vault", "crypto::keyring"]),
    ("api", &["inject", "transfer", "session", "config", "vault"]),
    // Compiled for tests and fuzzers alone: it calls what is to be fuzzed, and its targets stand in every room.
    ("fuzzing", &["tui", "inject", "rotation", "vault"]),
    ("tui", &["rotation", "inject", "transfer", "clipboard", "session", "config", "vault", "crypto::keyring"]),
    ("cli", &["tui", "rotation", "inject", "transfer", "clipboard", "session", "config", "vault", "crypto::keyring"]),
];

/// Within `tui`: files (or folders) and what they must not name. What a widget
/// holds (an input's text, a notice) is state, so `update` may name it.
const FORBIDDEN_IN_TUI: &[(&str, &[&str])] = &[
    (
        "src/tui/update",
        &[
            "crossterm",
            "ratatui",
            "tui::widgets",
            "tui::view",
            "tui::terminal",
            "tui::runtime",
            "clipboard",
            VAULT,
            LOCKED,
        ],
    ),
    ("src/tui/view", &["crossterm", "tui::update", "tui::terminal", "tui::runtime", "clipboard", VAULT, LOCKED]),
    ("src/tui/panes", &["crossterm", "tui::terminal", "tui::runtime", "clipboard", VAULT, LOCKED]),
    ("src/tui/dialogs", &["crossterm", "tui::terminal", "tui::runtime", "clipboard", VAULT, LOCKED]),
    ("src/tui/widgets", &["crossterm", "tui::terminal", "tui::runtime", "tui::effect", "clipboard", VAULT, LOCKED]),
    ("src/tui/state", &["crossterm", "tui::terminal", "tui::runtime", "clipboard", VAULT, LOCKED]),
];
const VAULT: &str = "vault::Vault";
const LOCKED: &str = "vault::LockedVault";

/// A path that a file names: where, and its segments from the crate's root, or
/// starting with another crate's name.
pub(crate) type Named = (usize, Vec<String>);

/// Every path in `use` declarations, and every `crate::` and `super::` path elsewhere.
pub(crate) fn paths(source: &Source) -> Vec<Named> {
    let module: Vec<String> = source.module().iter().map(|part| (*part).to_owned()).collect();
    let mut named = Vec::new();
    for at in find_words(&source.code, "use") {
        let end = source.code[at..].find(';').map_or(source.code.len(), |length| at + length);
        expand(&source.code[at + 3..end], at, &module, &mut named);
    }
    for root in ["crate::", "super::", "strongroom::"] {
        for at in find_words(&source.code, root) {
            if !source.code[..at].ends_with("::") {
                let is_part = |c: &char| is_word(*c) || *c == ':';
                let path: String = source.code[at..].chars().take_while(is_part).collect();
                expand(path.trim_end_matches(':'), at, &module, &mut named);
            }
        }
    }
    named
}

/// Adds the paths of a use tree: `a::{b, c::d}` gives `a::b` and `a::c::d`.
fn expand(tree: &str, at: usize, module: &[String], named: &mut Vec<Named>) {
    let tree = tree.trim();
    if let Some((prefix, rest)) = tree.split_once('{') {
        for branch in split_branches(rest.strip_suffix('}').unwrap_or(rest)) {
            expand(&format!("{prefix}{branch}"), at, module, named);
        }
        return;
    }
    let path = tree.split(" as ").next().unwrap_or(tree);
    let segments: Vec<&str> = path.split("::").map(str::trim).filter(|part| !part.is_empty()).collect();
    let mut resolved = match segments.first() {
        Some(&("super" | "self")) => module.to_vec(),
        _ => Vec::new(),
    };
    for segment in segments {
        match segment {
            "crate" | "strongroom" => resolved.clear(),
            "self" => {}
            "super" => {
                resolved.pop();
            }
            other => resolved.push(other.to_owned()),
        }
    }
    named.push((at, resolved));
}

/// Splits at the commas that stand in no inner braces.
fn split_branches(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut branches) = (0_i32, 0, Vec::new());
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            b',' if depth == 0 => {
                branches.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    branches.push(text[start..].trim());
    branches.retain(|branch| !branch.is_empty());
    branches
}

/// The rooms: first segments that are modules of this crate.
fn is_room(name: &str) -> bool {
    ALLOWED.iter().any(|(room, _)| *room == name)
}

/// True when `path` is, or lies below, `above`.
fn lies_within(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Each arrow of `source` that the floor plan does not have.
pub(crate) fn forbidden(source: &Source) -> Vec<String> {
    let module = source.module();
    let room = module.first().copied().unwrap_or("lib");
    let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == room) else {
        return vec![format!("{}: there is no room \"{room}\" in the floor plan of tests/house_rules.", source.path)];
    };
    let mut broken = Vec::new();
    for (at, segments) in paths(source) {
        let path = segments.join("::");
        let target = segments.first().map_or("", String::as_str);
        let free = !is_room(target)
            || target == room
            || matches!(target, "error" | "guarded" | "secret_text" | "printable")
            || target == "fuzzing" && segments.last().is_some_and(|name| name == "Feed")
            || room == "lib";
        if !free && !allowed.iter().any(|above| lies_within(&path, above)) {
            broken.push(format!(
                "{}: {room} must not import {path} (who may import whom, src/lib.rs).",
                source.place(at)
            ));
        }
        let inside = FORBIDDEN_IN_TUI.iter().filter(|(file, _)| is_of(&source.path, file));
        for (file, _) in inside.filter(|(_, paths)| paths.iter().any(|above| lies_within(&path, above))) {
            broken.push(format!("{}: {file} must not import {path} (inside tui).", source.place(at)));
        }
    }
    broken.sort();
    broken.dedup();
    broken
}

/// True when `path` is `file` with `.rs`, or lies in that folder.
fn is_of(path: &str, file: &str) -> bool {
    path.strip_prefix(file).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}
