//! Which key comes next: mostly one that means something here, sometimes any.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use strongroom::tui::action::{ACTIONS, Action, Context};
use strongroom::tui::hints::hints;
use strongroom::tui::keymap::Keymap;
use strongroom::tui::press::Press;
use strongroom::tui::state::State;

use crate::screen::key_event;

/// Numbers that are the same in every run.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 16) % below as u64).unwrap()
    }

    /// True once in so many times.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// What people type, and what they had better not.
const WORDS: &[&str] = &[
    "NEW_KEY",
    "production/payments",
    "STRIPE_KEY",
    "staging",
    "30d",
    "never",
    "2020-01-01",
    "90",
    "+db -pci",
    "tag:",
    "due:<7d",
    "colour:red",
    "key",
    "zzz",
    "{\"a\": 1}",
    "ops@example.com",
    "./out.key",
    "/etc/",
    "correct horse battery",
    "秘密 🔑",
    "e\u{301}",
    "مفتاح",
    "a/b/c/d/e/f/g/h/i/j",
    "-",
    "y",
    "KEY_1",
];

/// Stands for the name that a question asks for.
pub(crate) const NAME: KeyEvent = KeyEvent::new(KeyCode::Null, KeyModifiers::META);

/// What people press without looking, separated by blanks; `~` stands for a word, `@` for
/// the name that is asked for.
const HABITS: &[&str] = &[
    "3 j Enter Enter y",
    "3 j j Enter ~ Enter y",
    "3 j Enter y",
    "3 G Enter y",
    "3 j R y",
    "3 G R ~ y",
    "3 j d",
    "3 Space j d C-t",
    "s j s",
    "S",
    "y Y",
    "y x",
    "Y Y Y Y Y Y Y Y",
    "r C-g Enter",
    "r Right Tab ~ Tab ~ Enter",
    "r p Enter",
    "r d y",
    "e C-t Tab C-t Enter",
    "e ~ Enter Enter",
    "e Tab C-r ~ Enter",
    "e C-o ~ Enter Enter",
    "a ~ Tab C-g Enter",
    "a ~ Tab ~ Enter",
    "e S-Tab S-Tab Enter ~ C-s",
    "w ~ Enter y",
    "w ~ Enter",
    "w a Enter Enter",
    "D @ Enter",
    "j D @ Enter",
    "G D @ Enter",
    "d y",
    "d u",
    "C-a t ~ Enter y",
    "C-a d y Esc",
    "C-a t ~ Enter y Esc",
    "C-a r Enter y",
    "v j j v m ~ Enter y u",
    "Space j Space E ~ Enter y",
    "m C-u ~ Enter y",
    "/ ~ Enter C-a Esc Esc",
    "/ ~ Tab Tab Up Down",
    "/ d u p Enter j",
    "f ~ Enter p",
    "` - j l j h",
    "o Tab Tab l Enter",
    "I o p s Enter",
    "I o p s Enter j j",
    "I o p s Enter G Esc",
    "P Enter y",
    "I o p s Enter Enter",
    "I o p s Enter C-s ~ Enter y",
    ": ~ Enter",
    ": ~ C-y",
    "? ~ PgDn",
    "~ Enter",
];

/// Keys that come one after the other.
pub(crate) fn next(random: &mut Random, state: &State, keymap: &Keymap) -> Vec<KeyEvent> {
    let context = state.context().unwrap_or(Context::Unlock);
    let typed = |text: &str| text.chars().map(|c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)).collect();
    if random.once_in(10) && (state.dialog().is_none() || context == Context::Unlock) {
        return habit(random);
    }
    match random.below(20) {
        // What the bar names.
        0..6 => {
            let actions: Vec<Action> = hints(state, 140).into_iter().filter_map(|hint| hint.action).collect();
            if actions.is_empty() {
                return vec![any(random, context, keymap)];
            }
            let action = *random.one(&actions);
            vec![of(random, context, action, keymap)]
        }
        // Anything that means something here.
        6..13 => vec![any(random, context, keymap)],
        // Anything that means something elsewhere.
        13..15 => {
            let elsewhere = *random.one(Context::ALL);
            vec![any(random, elsewhere, keymap)]
        }
        15..17 if context.takes_text() => typed(WORDS[random.below(WORDS.len())]),
        15..18 => typed(&char::from(u8::try_from(32 + random.below(95)).unwrap()).to_string()),
        _ => vec![odd(random)],
    }
}

fn habit(random: &mut Random) -> Vec<KeyEvent> {
    let habit = *random.one(HABITS);
    let key = |key: &str| -> Vec<KeyEvent> {
        let typed = match key {
            "~" => (*random.one(WORDS)).to_owned(),
            "@" => return vec![NAME],
            key => return vec![key_event(key)],
        };
        typed.chars().map(|c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)).collect()
    };
    habit.split(' ').flat_map(key).collect()
}

/// A key of an action that has one here.
fn any(random: &mut Random, context: Context, keymap: &Keymap) -> KeyEvent {
    let bound = |row: &&strongroom::tui::action::Row| !keymap.keys(context, row.action).is_empty();
    let actions: Vec<Action> = ACTIONS.iter().filter(bound).map(|row| row.action).collect();
    let action = *random.one(&actions);
    of(random, context, action, keymap)
}

fn of(random: &mut Random, context: Context, action: Action, keymap: &Keymap) -> KeyEvent {
    let keys = keymap.keys(context, action);
    if keys.is_empty() { key_event("Enter") } else { key_event(&random.one(&keys).to_string()) }
}

/// A key that hardly anybody has.
fn odd(random: &mut Random) -> KeyEvent {
    let code = *random.one(&[
        KeyCode::Char('é'),
        KeyCode::Char('鍵'),
        KeyCode::Char('\u{202e}'),
        KeyCode::Backspace,
        KeyCode::Delete,
        KeyCode::Insert,
        KeyCode::F(12),
        KeyCode::BackTab,
        KeyCode::Null,
    ]);
    let modifiers = *random.one(&[KeyModifiers::NONE, KeyModifiers::ALT, KeyModifiers::CONTROL, KeyModifiers::SHIFT]);
    KeyEvent::new(code, modifiers)
}

/// True for the keys that end a run or lock it; they are pressed less often than others.
pub(crate) fn ends(state: &State, keymap: &Keymap, key: KeyEvent) -> bool {
    let context = state.context().unwrap_or(Context::Unlock);
    let press = keymap.press(context, key);
    matches!(press, Some(Press::Action(Action::Quit | Action::Lock | Action::Suspend)))
}
