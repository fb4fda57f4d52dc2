//! Where an action's keys work: for the help dialog and for the README's key table.
//!
//! An action may have other keys in other places, and a key may mean something else
//! there; whoever reads of a key is told the places that it belongs to.

use super::action::{ACTIONS, Action, Context, Group};
use super::keymap::{Key, Keymap};

/// Keys that mean the same in some places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeysAt {
    /// The first one being shown where there is little room.
    pub keys: Vec<Key>,
    /// `list, detail`; `everywhere`.
    pub places: String,
}

/// The keys of an action, those of each place once.
#[must_use]
pub fn keys_at(keymap: &Keymap, action: Action) -> Vec<KeysAt> {
    let mut sets: Vec<(Vec<Key>, Vec<&str>)> = Vec::new();
    for context in Context::ALL {
        let keys = keymap.keys(*context, action);
        let at = sets.iter().position(|(known, _)| *known == keys);
        match at {
            _ if keys.is_empty() => {}
            Some(at) if sets[at].1.contains(&context.title()) => {}
            Some(at) => sets[at].1.push(context.title()),
            None => sets.push((keys, vec![context.title()])),
        }
    }
    let everywhere = |places: &[&str]| Context::ALL.iter().all(|context| places.contains(&context.title()));
    let words = |places: Vec<&str>| if everywhere(&places) { "everywhere".to_owned() } else { places.join(", ") };
    sets.into_iter().map(|(keys, places)| KeysAt { keys, places: words(places) }).collect()
}

/// The key table of the README, as Markdown.
#[must_use]
pub fn readme_table() -> String {
    let keymap = Keymap::default();
    let mut table = String::new();
    for group in Group::ALL {
        table.push_str(&format!("\n**{}**\n\n| keys | where | what |\n|---|---|---|\n", group.title()));
        for row in ACTIONS.iter().filter(|row| row.group == *group) {
            for KeysAt { keys, places } in keys_at(&keymap, row.action) {
                let keys: Vec<String> = keys.iter().map(|key| code(&key.label())).collect();
                table.push_str(&format!("| {} | {places} | {} |\n", keys.join(" "), row.help));
            }
        }
    }
    table.trim_start().to_owned()
}

/// Markdown code, also of a backtick.
fn code(text: &str) -> String {
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn the_readme_table_has_every_action() {
        let table = readme_table();
        for row in ACTIONS {
            assert!(table.contains(row.help), "{}", row.name);
        }
    }

    #[test]
    fn a_key_and_a_place_mean_one_thing() {
        let keymap = Keymap::default();
        let mut seen: HashMap<(String, String), Action> = HashMap::new();
        for row in ACTIONS {
            for KeysAt { keys, places } in keys_at(&keymap, row.action) {
                let each = places.split(", ").flat_map(|place| keys.iter().map(move |key| (key.label(), place)));
                for (key, place) in each {
                    // The help of an action says itself where its key is no text in an input.
                    let other = seen.insert((key.clone(), place.to_owned()), row.action);
                    assert!(other.is_none_or(|other| other == row.action), "{key} in {place}: {other:?}, {}", row.name);
                }
            }
        }
    }

    #[test]
    fn other_keys_in_another_place_stand_apart() {
        let keys = |action| {
            let sets = keys_at(&Keymap::default(), action);
            let words = |set: KeysAt| {
                let keys: Vec<String> = set.keys.iter().map(|key| key.label()).collect();
                format!("{}: {}", set.places, keys.join(" "))
            };
            sets.into_iter().map(words).collect::<Vec<_>>()
        };
        assert_eq!(keys(Action::Compare), ["history: d"]);
        assert_eq!(keys(Action::Delete), ["list, detail: d"]);
        assert_eq!(keys(Action::Open), ["list, detail: Enter l Right", "history, overview: Enter"]);
        assert_eq!(keys(Action::Lock), ["everywhere: Ctrl-L"]);
    }
}
