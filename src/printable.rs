//! [`printable`]: text in which no character can deceive the eye or move a cursor.
//!
//! Whatever is shown to people and was written by others goes through here: names and
//! metadata in tables and panes, and what the programs of a rotation write.

use std::borrow::Cow;

/// `text` with every control, bidi and invisible character shown escaped, like `\u{202e}`.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) || !text.chars().any(is_deceptive) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_deceptive(character) {
            shown.extend(escaped(character));
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// The characters that stand for a deceptive one: `\n`, `\t`, `\u{202e}`.
pub fn escaped(character: char) -> impl Iterator<Item = char> {
    let (short, long) = match character {
        '\n' | '\r' | '\t' | '\\' => (Some(character.escape_default()), None),
        _ => (None, Some(character.escape_unicode())),
    };
    short.into_iter().flatten().chain(long.into_iter().flatten())
}

/// True for characters that a terminal obeys, that turn the reading direction
/// round, or that cannot be seen: showing them raw would let two names look the same.
#[must_use]
pub fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0e}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
        || (character.is_whitespace() && character != ' ')
}
