//! One whole sequence → the event it is, or none.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::tui::event::{Event, Mouse, MouseAction};

/// A character, or what Ctrl makes of it; with an escape before it, with Alt.
pub(super) fn character(bytes: &[u8]) -> Option<Event> {
    let (alt, bytes) =
        bytes.strip_prefix(b"\x1b").map_or((KeyModifiers::NONE, bytes), |rest| (KeyModifiers::ALT, rest));
    let control = |letter: u8| KeyEvent::new(KeyCode::Char(char::from(letter)), KeyModifiers::CONTROL);
    let mut key = match bytes {
        b"\r" => KeyCode::Enter.into(),
        b"\t" => KeyCode::Tab.into(),
        b"\x7f" => KeyCode::Backspace.into(),
        b"\0" => control(b' '),
        [byte @ 0x01..=0x1a] => control(byte - 0x01 + b'a'),
        [byte @ 0x1c..=0x1f] => control(byte - 0x1c + b'4'),
        _ => typed(std::str::from_utf8(bytes).ok()?.chars().next()?),
    };
    key.modifiers |= alt;
    Some(Event::Key(key))
}

fn typed(character: char) -> KeyEvent {
    let shift = if character.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
    KeyEvent::new(KeyCode::Char(character), shift)
}

/// `ESC O P`, `ESC [ [ A`.
pub(super) fn function(bytes: &[u8]) -> Option<Event> {
    let code = match bytes {
        [0x1b, b'[', b'[', letter @ b'A'..=b'E'] => KeyCode::F(letter - b'A' + 1),
        [0x1b, b'O', b'R'] => KeyCode::F(3),
        [0x1b, b'O', b'M'] => KeyCode::Enter,
        [0x1b, b'O', letter] => lettered(*letter)?,
        _ => return None,
    };
    Some(Event::Key(code.into()))
}

/// `ESC [`, numbers, and a letter that says what they are.
pub(super) fn sequence(bytes: &[u8]) -> Option<Event> {
    let (last, numbers) = bytes.strip_prefix(b"\x1b[")?.split_last()?;
    let numbers = std::str::from_utf8(numbers).ok()?;
    if let Some(numbers) = numbers.strip_prefix('<') {
        return (*last == b'M').then(|| mouse(numbers)).flatten();
    }
    // A mark before the numbers, or another byte among them: an answer or a report.
    if !numbers.chars().all(|c| c.is_ascii_digit() || matches!(c, ';' | ':')) {
        return None;
    }
    let number = |at: usize| -> Option<u32> { numbers.split(';').nth(at)?.split(':').next()?.parse().ok() };
    let modifiers = modifiers(number(1).unwrap_or(1));
    // Let go, where somebody asked the terminal to tell.
    if numbers.split(';').nth(1).is_some_and(|part| part.ends_with(":3")) {
        return None;
    }
    let key = match last {
        b'I' if numbers.is_empty() => return Some(Event::Focus(true)),
        b'O' if numbers.is_empty() => return Some(Event::Focus(false)),
        b'Z' => KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT),
        b'u' => exact(number(0)?, modifiers)?,
        b'~' if number(0) == Some(27) => exact(number(2)?, modifiers)?,
        b'~' => KeyEvent::new(numbered(number(0)?)?, modifiers),
        letter => KeyEvent::new(lettered(*letter)?, modifiers),
    };
    Some(Event::Key(key))
}

/// The keys that end in a letter. `R` would be F3, and is the cursor's place too: an answer.
fn lettered(letter: u8) -> Option<KeyCode> {
    Some(match letter {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'P' => KeyCode::F(1),
        b'Q' => KeyCode::F(2),
        b'S' => KeyCode::F(4),
        _ => return None,
    })
}

/// The keys that have a number.
fn numbered(number: u32) -> Option<KeyCode> {
    let function = |first: u32| u8::try_from(number - first).ok().map(KeyCode::F);
    match number {
        1 | 7 => Some(KeyCode::Home),
        2 => Some(KeyCode::Insert),
        3 => Some(KeyCode::Delete),
        4 | 8 => Some(KeyCode::End),
        5 => Some(KeyCode::PageUp),
        6 => Some(KeyCode::PageDown),
        11..=15 => function(10),
        17..=21 => function(11),
        23..=24 => function(12),
        _ => None,
    }
}

/// A key told by its character's number.
fn exact(number: u32, modifiers: KeyModifiers) -> Option<KeyEvent> {
    let shift = modifiers.contains(KeyModifiers::SHIFT);
    let code = match number {
        9 if shift => KeyCode::BackTab,
        9 => KeyCode::Tab,
        13 => KeyCode::Enter,
        27 => KeyCode::Esc,
        127 => KeyCode::Backspace,
        _ => {
            // Those of the keypad and the like are for private use, and no characters.
            let character =
                char::from_u32(number).filter(|c| !c.is_control() && !('\u{e000}'..='\u{f8ff}').contains(c))?;
            let upper = character.to_uppercase().next().filter(|_| shift);
            KeyCode::Char(upper.unwrap_or(character))
        }
    };
    Some(KeyEvent::new(code, modifiers))
}

/// The number that tells Shift, Alt and Ctrl.
fn modifiers(number: u32) -> KeyModifiers {
    let bits = number.saturating_sub(1);
    let held = [(1, KeyModifiers::SHIFT), (2, KeyModifiers::ALT), (4, KeyModifiers::CONTROL)];
    held.into_iter().filter(|(bit, _)| bits & bit != 0).fold(KeyModifiers::NONE, |all, (_, one)| all | one)
}

/// `0;8;4`: a button pressed over a cell, counted from 1.
fn mouse(numbers: &str) -> Option<Event> {
    let mut numbers = numbers.split(';').map(|number| number.parse::<u16>().ok());
    let mut next = || numbers.next().flatten();
    at(next()?, next()?.checked_sub(1)?, next()?.checked_sub(1)?)
}

/// `ESC [ M` and three bytes, of terminals that know no other way.
pub(super) fn old_mouse(bytes: &[u8]) -> Option<Event> {
    let [.., button, column, row] = bytes else { return None };
    at(u16::from(button.checked_sub(32)?), u16::from(column.checked_sub(33)?), u16::from(row.checked_sub(33)?))
}

fn at(button: u16, column: u16, row: u16) -> Option<Event> {
    // Shift, Alt and Ctrl make no difference.
    let what = match button & !0b1_1100 {
        0 => MouseAction::Click,
        64 => MouseAction::WheelUp,
        65 => MouseAction::WheelDown,
        _ => return None,
    };
    Some(Event::Mouse(Mouse { what, column, row }))
}
