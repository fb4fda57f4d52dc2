//! [`Keymap`]: (context, key) → what the key means there.
//!
//! Built from the table in `action` and the user's overrides; `update` asks it
//! about every key, the hint bar and the help dialog show what it holds, so
//! that no hint can lie.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

pub use crossterm::event::KeyEvent;
use crossterm::event::{KeyCode, KeyEventKind, KeyModifiers};

use crate::error::{Error, Result};

use super::action::{ACTIONS, Action, Context};
use super::press::{Edit, Press};

/// A key as people write it: `j`, `C-d`, `S-Tab`, `PgDn`, `F1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    code: Code,
    control: bool,
    alt: bool,
}

/// The key itself; Shift is part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Code {
    Char(char),
    Named(&'static str),
    Function(u8),
}

/// Keys with a name, as crossterm calls them.
const NAMED: &[(&str, KeyCode)] = &[
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("S-Tab", KeyCode::BackTab),
    ("Space", KeyCode::Char(' ')),
    ("Backspace", KeyCode::Backspace),
    ("Delete", KeyCode::Delete),
    ("Insert", KeyCode::Insert),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
];

impl Key {
    /// The key of a terminal event; `None` for media keys and the like.
    #[must_use]
    pub fn of(event: KeyEvent) -> Option<Self> {
        let control = event.modifiers.contains(KeyModifiers::CONTROL);
        let alt = event.modifiers.contains(KeyModifiers::ALT);
        let shift = event.modifiers.contains(KeyModifiers::SHIFT);
        let code = match event.code {
            KeyCode::Tab if shift => Code::Named("S-Tab"),
            KeyCode::Char(' ') => Code::Named("Space"),
            KeyCode::Char(c) if control => Code::Char(c.to_ascii_lowercase()),
            KeyCode::Char(c) => Code::Char(c),
            KeyCode::F(number) => Code::Function(number),
            other => Code::Named(NAMED.iter().find(|(_, code)| *code == other)?.0),
        };
        Some(Self { code, control, alt })
    }

    /// The key as the screen shows it: `Ctrl-D`, `Shift-Tab`.
    #[must_use]
    pub fn label(self) -> String {
        let prefix = format!("{}{}", if self.control { "Ctrl-" } else { "" }, if self.alt { "Alt-" } else { "" });
        match self.code {
            Code::Char(c) if self.control || self.alt => format!("{prefix}{}", c.to_ascii_uppercase()),
            Code::Named("S-Tab") => format!("{prefix}Shift-Tab"),
            _ => format!("{prefix}{}", Self { control: false, alt: false, ..self }),
        }
    }

    /// The character it types, without Ctrl or Alt.
    #[must_use]
    fn typed(self) -> Option<char> {
        match self.code {
            _ if self.control || self.alt => None,
            Code::Char(c) => Some(c),
            Code::Named("Space") => Some(' '),
            _ => None,
        }
    }
}

impl FromStr for Key {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (control, rest) = text.strip_prefix("C-").map_or((false, text), |rest| (true, rest));
        let (alt, rest) = rest.strip_prefix("A-").map_or((false, rest), |rest| (true, rest));
        let named = NAMED.iter().find(|(name, _)| *name == rest).map(|(name, _)| Code::Named(name));
        let function = || rest.strip_prefix('F')?.parse().ok().filter(|n| (1..=12).contains(n)).map(Code::Function);
        let single = || {
            let mut chars = rest.chars();
            let c = chars.next().filter(|c| !c.is_control() && !c.is_whitespace())?;
            chars.next().is_none().then_some(Code::Char(c))
        };
        let code = named.or_else(function).or_else(single).ok_or_else(|| {
            Error::usage(format!("There is no key {}.", text.escape_debug()))
                .hint("Write keys like j, C-d, S-Tab, Enter, PgDn or F1.")
        })?;
        Ok(Self { code, control, alt })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.control { "C-" } else { "" })?;
        f.write_str(if self.alt { "A-" } else { "" })?;
        match self.code {
            Code::Char(c) => write!(f, "{c}"),
            Code::Named(name) => f.write_str(name),
            Code::Function(number) => write!(f, "F{number}"),
        }
    }
}

/// The keys of one context, for texts that name them.
///
/// A text names an action in brackets, `⟨submit⟩ saves it`, and whoever shows it
/// puts the effective key there; `⟨next-choice $⟩` is the last of its keys.
#[derive(Debug, Clone, Copy)]
pub struct Keys<'a> {
    keymap: &'a Keymap,
    context: Context,
}

impl<'a> Keys<'a> {
    /// What `keymap` has in `context`.
    #[must_use]
    pub fn new(keymap: &'a Keymap, context: Context) -> Self {
        Self { keymap, context }
    }

    /// `text` with the keys of the actions it names.
    #[must_use]
    pub fn named<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !text.contains('⟨') {
            return Cow::Borrowed(text);
        }
        let mut shown = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, (name, after))) =
            rest.split_once('⟨').and_then(|(before, behind)| Some((before, behind.split_once('⟩')?)))
        {
            shown.push_str(before);
            match self.key(name) {
                Some(key) => shown.push_str(&key.label()),
                None => shown.push_str(name),
            }
            rest = after;
        }
        shown.push_str(rest);
        Cow::Owned(shown)
    }

    fn key(&self, name: &str) -> Option<Key> {
        let (name, last) = name.strip_suffix(" $").map_or((name, false), |name| (name, true));
        let keys = self.keymap.keys.get(&(self.context, Action::named(name)?))?;
        if last { keys.last().copied() } else { keys.first().copied() }
    }
}

/// What every key means in every context.
#[derive(Debug, Clone)]
pub struct Keymap {
    /// Each action's keys by context, the first one being shown.
    keys: HashMap<(Context, Action), Vec<Key>>,
    actions: HashMap<(Context, Key), Action>,
}

/// The keys as shipped.
impl Default for Keymap {
    fn default() -> Self {
        let mut keymap = Self { keys: HashMap::new(), actions: HashMap::new() };
        for row in ACTIONS {
            for binding in row.bindings {
                let keys: Vec<Key> = binding.keys.split_whitespace().filter_map(|key| key.parse().ok()).collect();
                for context in binding.contexts {
                    keymap.keys.entry((*context, row.action)).or_default().extend(&keys);
                }
            }
        }
        keymap.index();
        keymap
    }
}

impl Keymap {
    /// The keys as shipped, with the user's in place of an action's own,
    /// wherever that action has keys: `[("copy", "c C-y")]`.
    ///
    /// # Errors
    /// Usage, for an unknown action or key, a key that stands twice in a
    /// context, or a question answered by Enter.
    pub fn with_overrides(overrides: &[(String, String)]) -> Result<Self> {
        let mut keymap = Self::default();
        for (name, text) in overrides {
            let action = Action::named(name).ok_or_else(|| {
                Error::usage(format!("There is no action {}.", name.escape_debug()))
                    .hint("The help dialog (?) and the palette (:) list the names.")
            })?;
            let keys = text.split_whitespace().map(str::parse).collect::<Result<Vec<Key>>>()?;
            if keys.is_empty() {
                return Err(Error::usage(format!("The action {name} has no key.")).hint("Give it at least one."));
            }
            for ((_, held), known) in &mut keymap.keys {
                if *held == action {
                    *known = keys.clone();
                }
            }
        }
        keymap.check()?;
        keymap.index();
        Ok(keymap)
    }

    /// The keys of an action in a context, the first one being shown.
    #[must_use]
    pub fn keys(&self, context: Context, action: Action) -> Vec<Key> {
        self.keys.get(&(context, action)).cloned().unwrap_or_default()
    }

    /// The key to show for an action in a context.
    #[must_use]
    pub fn shown(&self, context: Context, action: Action) -> Option<Key> {
        self.keys.get(&(context, action))?.first().copied()
    }

    /// What a key means in `context`; `None` for nothing.
    #[must_use]
    pub fn press(&self, context: Context, event: KeyEvent) -> Option<Press> {
        let key = Key::of(event)?;
        if let Some(action) = self.actions.get(&(context, key)) {
            return Some(Press::Action(*action));
        }
        if !context.takes_text() {
            return None;
        }
        key.typed().map(Press::Type).or_else(|| line_edit(key, context).map(Press::Edit))
    }

    /// The keys that edit a line in `context`, where no action has them, and what they do.
    pub fn line_keys(&self, context: Context) -> impl Iterator<Item = (Vec<Key>, &'static str)> {
        let free = move |key: &Key| !self.actions.contains_key(&(context, *key));
        let of = move |keys: &str| keys.split(' ').filter_map(|key| key.parse().ok()).filter(free).collect::<Vec<_>>();
        edits(context).map(move |(keys, _, does)| (of(keys), *does)).filter(|(keys, _)| !keys.is_empty())
    }

    fn index(&mut self) {
        self.actions = self
            .keys
            .iter()
            .flat_map(|((context, action), keys)| keys.iter().map(|key| ((*context, *key), *action)))
            .collect();
    }

    /// What is wrong with a key by itself is told before what it is wrong beside.
    fn check(&self) -> Result<()> {
        let bound = || self.keys.iter().flat_map(|(at, keys)| keys.iter().map(move |key| (*at, *key)));
        for ((context, action), key) in bound() {
            if action == Action::Yes && key.to_string() == "Enter" {
                return Err(Error::usage("A question must not be answered by Enter.").hint("Choose a letter."));
            }
            if context.takes_text() && key.typed().is_some() {
                let name = super::action::row(action).name;
                return Err(Error::usage(format!("The key {key} for {name} could not be typed any more."))
                    .hint("Choose a key with Ctrl, or a named one."));
            }
        }
        let mut seen: HashMap<(Context, Key), Action> = HashMap::new();
        for ((context, action), key) in bound() {
            if let Some(other) = seen.insert((context, key), action).filter(|other| *other != action) {
                let (one, two) = (super::action::row(action).name, super::action::row(other).name);
                let place = context.title();
                return Err(Error::usage(format!("The key {key} means both {one} and {two} in the {place}."))
                    .hint("Give one of them another key."));
            }
        }
        Ok(())
    }
}

/// True when the key was let go, which means nothing here.
#[must_use]
pub fn is_release(event: KeyEvent) -> bool {
    event.kind == KeyEventKind::Release
}

/// Readline's keys, the same in every input, with what they do.
const EDITS: &[(&str, Edit, &str)] = &[
    ("Left C-b", Edit::Left, "One character to the left."),
    ("Right C-f", Edit::Right, "One character to the right."),
    ("Up", Edit::Up, "One line up."),
    ("Down", Edit::Down, "One line down."),
    ("C-Left A-b", Edit::WordLeft, "One word to the left."),
    ("C-Right A-f", Edit::WordRight, "One word to the right."),
    ("Home C-a", Edit::Start, "To the start of the line."),
    ("End C-e", Edit::End, "To the end of the line."),
    ("Enter", Edit::NewLine, "A line break."),
    ("Backspace C-h", Edit::Backspace, "Delete the character before the cursor."),
    ("Delete C-d", Edit::Delete, "Delete the character at the cursor."),
    ("C-w A-Backspace", Edit::DeleteWord, "Delete the word before the cursor."),
    ("C-u", Edit::DeleteToStart, "Delete to the start of the line."),
    ("C-k", Edit::DeleteToEnd, "Delete to the end of the line."),
];

/// The edits that a context has; only a long input has line breaks.
fn edits(context: Context) -> impl Iterator<Item = &'static (&'static str, Edit, &'static str)> {
    let long = matches!(context, Context::Lines | Context::Document);
    EDITS.iter().filter(move |(_, edit, _)| context.takes_text() && (long || *edit != Edit::NewLine))
}

fn line_edit(key: Key, context: Context) -> Option<Edit> {
    let key = key.to_string();
    edits(context).find(|(keys, ..)| keys.split(' ').any(|known| known == key)).map(|(_, edit, _)| *edit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(code: KeyCode, modifiers: KeyModifiers) -> KeyEvent {
        KeyEvent::new(code, modifiers)
    }

    #[test]
    fn labels_are_for_people() {
        let labels = ["C-l", "S-Tab", "q", "A-b", "C-Left"].map(|text| text.parse::<Key>().unwrap().label());
        assert_eq!(labels, ["Ctrl-L", "Shift-Tab", "q", "Alt-B", "Ctrl-Left"]);
    }

    #[test]
    fn keys_read_back() {
        for text in ["j", "C-d", "S-Tab", "Space", "F12", "A-b", "?", "C-Left", "é"] {
            assert_eq!(text.parse::<Key>().unwrap().to_string(), text);
        }
        for text in ["", "C-", "jj", "F13", "\n", " "] {
            assert!(text.parse::<Key>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn terminal_events_become_keys() {
        let shifted = Key::of(event(KeyCode::Char('G'), KeyModifiers::SHIFT)).unwrap();
        assert_eq!(shifted.to_string(), "G");
        assert_eq!(Key::of(event(KeyCode::BackTab, KeyModifiers::SHIFT)).unwrap().to_string(), "S-Tab");
        assert_eq!(Key::of(event(KeyCode::Char('D'), KeyModifiers::CONTROL)).unwrap().to_string(), "C-d");
        assert!(Key::of(event(KeyCode::CapsLock, KeyModifiers::NONE)).is_none());
    }

    #[test]
    fn a_letter_is_an_action_in_the_list_and_text_in_an_input() {
        let keymap = Keymap::default();
        let y = event(KeyCode::Char('y'), KeyModifiers::NONE);
        assert_eq!(keymap.press(Context::Secrets, y), Some(Press::Action(Action::Copy)));
        assert_eq!(keymap.press(Context::Form, y), Some(Press::Type('y')));
        assert_eq!(keymap.press(Context::Confirm, y), Some(Press::Action(Action::Yes)));
        let enter = event(KeyCode::Enter, KeyModifiers::NONE);
        assert_eq!(keymap.press(Context::Lines, enter), Some(Press::Edit(Edit::NewLine)));
        assert_eq!(keymap.press(Context::Confirm, enter), None);
    }

    #[test]
    fn overrides_replace_and_are_checked() {
        let with = |name: &str, keys: &str| Keymap::with_overrides(&[(name.to_owned(), keys.to_owned())]);
        let keymap = with("copy", "c").unwrap();
        let y = event(KeyCode::Char('y'), KeyModifiers::NONE);
        assert_eq!(keymap.press(Context::Secrets, y), None);
        assert_eq!(keymap.shown(Context::Secrets, Action::Copy).unwrap().to_string(), "c");
        for (name, keys) in
            [("copy", "r"), ("nothing", "c"), ("copy", "cc"), ("copy", ""), ("yes", "Enter"), ("submit", "x")]
        {
            assert!(with(name, keys).is_err(), "{name} {keys}");
        }
    }
}
