//! [`Told`]: the rows of the help, from the table of actions, that of line editing and
//! that of the filter's terms.

use crate::tui::action::{ACTIONS, Action, Context, Group};
use crate::tui::key_table::{KeysAt, keys_at};
use crate::tui::keymap::{Key, Keymap};
use crate::tui::panes::secrets::SIGNS;
use crate::tui::text;
use crate::vault::search::TERMS;

/// What is told about one place.
pub struct Told {
    context: Context,
    rows: Vec<ToldRow>,
}

/// Keys, or a term, and what comes of it.
pub(super) struct ToldRow {
    pub(super) heading: &'static str,
    keys: Vec<String>,
    /// What the palette calls it.
    name: &'static str,
    pub(super) words: String,
    /// It works where the help was asked for.
    pub(super) here: bool,
}

impl Told {
    /// What the keys do in `context`, as far as something there has a use for them, and elsewhere.
    #[must_use]
    pub fn new(keymap: &Keymap, context: Context, works: impl Fn(Action) -> bool) -> Self {
        let is_here = |action: Action| keymap.shown(context, action).is_some() && works(action);
        let mut rows = Vec::new();
        for group in order(context) {
            let here = ACTIONS.iter().filter(|row| row.group == group && is_here(row.action));
            rows.extend(here.map(|row| ToldRow {
                heading: group.title(),
                keys: labels(&keymap.keys(context, row.action)),
                name: row.name,
                words: row.help.to_owned(),
                here: true,
            }));
        }
        rows.extend(keymap.line_keys(context).map(|(keys, does)| ToldRow {
            heading: "In the line that is typed",
            keys: labels(&keys),
            name: "",
            words: does.to_owned(),
            here: true,
        }));
        rows.extend(SIGNS.iter().map(|sign| ToldRow {
            heading: "In the list",
            keys: vec![sign.example.to_owned()],
            name: "",
            words: sign.means.to_owned(),
            here: matches!(context, Context::Secrets | Context::Filter),
        }));
        rows.extend(TERMS.iter().map(|term| ToldRow {
            heading: "Terms of the filter and of a jump",
            keys: vec![term.example.to_owned()],
            name: "",
            words: term.finds.to_owned(),
            here: matches!(context, Context::Filter | Context::Jump | Context::Deleted),
        }));
        for row in ACTIONS.iter().filter(|row| !is_here(row.action)) {
            rows.extend(keys_at(keymap, row.action).into_iter().map(|KeysAt { keys, places }| ToldRow {
                heading: "Elsewhere",
                keys: labels(&keys),
                name: row.name,
                words: format!("{places}: {}", row.help),
                here: false,
            }));
        }
        Self { context, rows }
    }

    /// About which place.
    pub(super) fn context(&self) -> Context {
        self.context
    }

    /// What works there first.
    pub(super) fn rows(&self) -> &[ToldRow] {
        &self.rows
    }
}

impl ToldRow {
    /// True when it is about what is looked for: a word, or a key.
    pub(super) fn passes(&self, wanted: &str) -> bool {
        let lower = wanted.to_lowercase();
        self.words.to_lowercase().contains(&lower)
            || self.name.contains(&lower)
            || self.heading.to_lowercase().contains(&lower)
            || self.keys.iter().any(|key| key == wanted || key.starts_with(wanted) && wanted.chars().count() > 1)
    }

    /// At most so many of its keys, in lines of so many cells.
    pub(super) fn keys_within(&self, cells: usize, most: usize) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for key in self.keys.iter().take(most) {
            match lines.last_mut() {
                Some(line) if text::width(line) + 1 + text::width(key) <= cells => {
                    line.push(' ');
                    line.push_str(key);
                }
                _ => lines.push(key.clone()),
            }
        }
        lines
    }
}

/// What the place is for comes first: in a dialog its own keys.
fn order(context: Context) -> [Group; 5] {
    match context {
        Context::Secrets | Context::Detail | Context::History | Context::Overview => {
            [Group::Secrets, Group::Movement, Group::Application, Group::Cockpit, Group::Dialogs]
        }
        Context::Cockpit => [Group::Cockpit, Group::Dialogs, Group::Movement, Group::Secrets, Group::Application],
        _ => [Group::Dialogs, Group::Movement, Group::Secrets, Group::Application, Group::Cockpit],
    }
}

fn labels(keys: &[Key]) -> Vec<String> {
    keys.iter().map(|key| key.label()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const NO_KEYS: [&str; 2] = ["In the list", "Terms of the filter and of a jump"];

    #[test]
    fn every_key_stands_in_the_table_however_many() {
        let told = Told::new(&Keymap::default(), Context::Choice, |_| true);
        let row = told.rows.iter().find(|row| row.name == "next-choice" && row.here).unwrap();
        assert_eq!(row.keys_within(16, usize::MAX), ["Down j Ctrl-N", "Space Right"]);
        assert_eq!(row.keys_within(6, 1), ["Down"]);
    }

    #[test]
    fn every_sign_of_the_list_is_told() {
        let told = Told::new(&Keymap::default(), Context::Secrets, |_| true);
        for sign in SIGNS {
            assert!(told.rows.iter().any(|row| row.here && row.keys == [sign.example]), "{}", sign.example);
        }
    }

    #[test]
    fn a_key_stands_once_for_each_place() {
        let keymap = Keymap::default();
        for context in Context::ALL {
            let told = Told::new(&keymap, *context, |_| true);
            let mut seen = HashSet::new();
            for row in told.rows.iter().filter(|row| !NO_KEYS.contains(&row.heading)) {
                let place = if row.here { "" } else { row.words.split(": ").next().unwrap() };
                for key in &row.keys {
                    assert!(seen.insert((key.clone(), place.to_owned())), "{key} twice in {context:?}: {}", row.words);
                }
            }
        }
    }

    #[test]
    fn every_action_is_told_whatever_the_place() {
        let keymap = Keymap::default();
        for context in Context::ALL {
            let told = Told::new(&keymap, *context, |action| action != Action::Generate);
            for row in ACTIONS {
                assert!(told.rows.iter().any(|told| told.words.ends_with(row.help)), "{} in {context:?}", row.name);
            }
            assert!(told.rows.iter().all(|row| row.name != "generate" || !row.here));
        }
    }

    #[test]
    fn every_term_is_told_and_found_by_its_start() {
        let told = Told::new(&Keymap::default(), Context::Secrets, |_| true);
        for term in TERMS {
            let found = told.rows.iter().find(|row| row.keys == [term.example]).unwrap();
            assert!(found.passes(&term.example[..3]) && found.passes("terms"));
        }
    }
}
