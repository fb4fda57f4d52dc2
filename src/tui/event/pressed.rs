//! [`Pressed`]: a key between two threads, its character apart.

use crossterm::event::{KeyCode, KeyEvent};
use zeroize::Zeroizing;

/// A key on its way to the loop. A channel does not wipe the places that its messages had,
/// and what is typed may be a passphrase: so its character lies where it is wiped.
pub struct Pressed {
    /// The key, its character overwritten. (Another code would leave the character's bytes.)
    key: KeyEvent,
    character: Option<Box<Zeroizing<char>>>,
}

impl From<KeyEvent> for Pressed {
    fn from(mut key: KeyEvent) -> Self {
        let character = match key.code {
            KeyCode::Char(character) => Some(Box::new(Zeroizing::new(character))),
            _ => None,
        };
        if character.is_some() {
            key.code = KeyCode::Char('\0');
        }
        Self { key, character }
    }
}

impl From<Pressed> for KeyEvent {
    fn from(pressed: Pressed) -> Self {
        let code = pressed.character.map_or(pressed.key.code, |character| KeyCode::Char(**character));
        Self { code, ..pressed.key }
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyModifiers;

    use super::*;

    #[test]
    fn a_key_arrives_as_it_was_and_carries_no_character() {
        for code in [KeyCode::Char('é'), KeyCode::Char('\0'), KeyCode::Enter, KeyCode::F(5), KeyCode::Null] {
            for modifiers in [KeyModifiers::NONE, KeyModifiers::ALT | KeyModifiers::SHIFT] {
                let key = KeyEvent::new(code, modifiers);
                let pressed = Pressed::from(key);
                assert!(!matches!(pressed.key.code, KeyCode::Char(character) if character != '\0'));
                assert_eq!(KeyEvent::from(pressed), key);
            }
        }
    }
}
