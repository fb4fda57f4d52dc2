//! [`TextInput`]: one line of text that is no secret: a name, a filter, a
//! reason, a description.
//!
//! Values go into [`SecretInput`](super::secret_input::SecretInput).

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::secret_text::SecretText;
use crate::tui::press::{Edit, Press};

use super::{editing, input_line};

/// Most bytes of one line; longer pastes are cut, which the eye sees.
const MAX_BYTES: usize = 16 * 1024;

/// A line of text with a cursor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextInput {
    text: String,
    cursor: usize,
}

impl TextInput {
    /// An empty input.
    #[must_use]
    pub const fn new() -> Self {
        Self { text: String::new(), cursor: 0 }
    }

    /// An input that holds `text`, with the cursor at its end.
    #[must_use]
    pub fn holding(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { cursor: text.len(), text }
    }

    /// What was typed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// True when nothing was typed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The cursor as a byte offset.
    #[must_use]
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Empties the input.
    pub fn clear(&mut self) {
        *self = Self::new();
    }

    /// Takes a key; true when the text changed. Actions are not its business.
    pub fn press(&mut self, press: Press) -> bool {
        match press {
            Press::Type(character) => self.insert(character.encode_utf8(&mut [0; 4])),
            Press::Edit(edit) => self.edit(edit),
            Press::Action(_) => false,
        }
    }

    /// Takes pasted text at the cursor: line ends at its end go, those within become blanks.
    pub fn paste(&mut self, pasted: &SecretText) -> bool {
        let text = String::from_utf8_lossy(pasted.expose());
        let line = text.trim_end_matches(['\r', '\n']).replace("\r\n", " ").replace(['\r', '\n', '\t'], " ");
        self.insert(&line)
    }

    /// Puts `text` in the place of a range of bytes, as far as there is room; the cursor stands behind it.
    pub fn replace(&mut self, range: std::ops::Range<usize>, text: &str) {
        let (start, end) = (editing::on_boundary(&self.text, range.start), editing::on_boundary(&self.text, range.end));
        self.text.replace_range(start.min(end)..end, "");
        self.cursor = start.min(end);
        self.insert(text);
    }

    /// Puts `text` at the cursor, as far as there is room.
    fn insert(&mut self, text: &str) -> bool {
        let room = MAX_BYTES.saturating_sub(self.text.len());
        let text = &text[..editing::on_boundary(text, room)];
        self.text.insert_str(self.cursor, text);
        self.cursor += text.len();
        !text.is_empty()
    }

    /// Moves or deletes.
    fn edit(&mut self, edit: Edit) -> bool {
        let change = editing::change(&self.text, self.cursor, edit, false);
        let changes = !change.range.is_empty();
        self.text.replace_range(change.range, change.insert);
        self.cursor = change.cursor;
        changes
    }

    /// Draws the line into the first row of `area`, scrolled so that the cursor
    /// is seen; in focus it places the terminal's cursor.
    pub fn draw(&self, style: Style, focused: bool, area: Rect, frame: &mut Frame) {
        frame.buffer_mut().set_style(area, style);
        let cursor = focused.then_some(self.cursor);
        if let Some(column) = input_line::draw(&self.text, cursor, style, area, frame.buffer_mut()) {
            frame.set_cursor_position((column, area.y));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The plainest thing that could be called a line editor: characters and an index.
    #[derive(Default)]
    struct Model {
        characters: Vec<char>,
        at: usize,
    }

    impl Model {
        fn press(&mut self, press: Press) {
            let word = |c: &char| c.is_alphanumeric() || *c == '_';
            let left = |model: &Self| {
                let mut at = model.at;
                while at > 0 && !word(&model.characters[at - 1]) {
                    at -= 1;
                }
                while at > 0 && word(&model.characters[at - 1]) {
                    at -= 1;
                }
                at
            };
            match press {
                Press::Type(character) => {
                    self.characters.insert(self.at, character);
                    self.at += 1;
                }
                Press::Edit(Edit::Left) => self.at = self.at.saturating_sub(1),
                Press::Edit(Edit::Right) => self.at = (self.at + 1).min(self.characters.len()),
                Press::Edit(Edit::Start | Edit::Up) => self.at = 0,
                Press::Edit(Edit::End | Edit::Down) => self.at = self.characters.len(),
                Press::Edit(Edit::WordLeft) => self.at = left(self),
                Press::Edit(Edit::WordRight) => {
                    while self.at < self.characters.len() && !word(&self.characters[self.at]) {
                        self.at += 1;
                    }
                    while self.at < self.characters.len() && word(&self.characters[self.at]) {
                        self.at += 1;
                    }
                }
                Press::Edit(Edit::Backspace) if self.at > 0 => {
                    self.at -= 1;
                    self.characters.remove(self.at);
                }
                Press::Edit(Edit::Delete) if self.at < self.characters.len() => {
                    self.characters.remove(self.at);
                }
                Press::Edit(Edit::DeleteWord) => {
                    let start = left(self);
                    self.characters.drain(start..self.at);
                    self.at = start;
                }
                Press::Edit(Edit::DeleteToStart) => {
                    self.characters.drain(..self.at);
                    self.at = 0;
                }
                Press::Edit(Edit::DeleteToEnd) => self.characters.truncate(self.at),
                Press::Edit(_) | Press::Action(_) => {}
            }
        }
    }

    fn presses() -> impl Strategy<Value = Vec<Press>> {
        let edits = [
            Edit::Left,
            Edit::Right,
            Edit::Up,
            Edit::Down,
            Edit::WordLeft,
            Edit::WordRight,
            Edit::Start,
            Edit::End,
            Edit::Backspace,
            Edit::Delete,
            Edit::DeleteWord,
            Edit::DeleteToStart,
            Edit::DeleteToEnd,
            Edit::NewLine,
        ];
        // Characters that are each a cluster of their own in any company.
        let characters = prop::sample::select(vec!['a', 'Z', '_', '7', ' ', '-', '/', 'é', '秘', '密', '😀']);
        let press = prop_oneof![
            3 => characters.prop_map(Press::Type),
            2 => prop::sample::select(edits.to_vec()).prop_map(Press::Edit),
        ];
        prop::collection::vec(press, 0..60)
    }

    proptest! {
        #[test]
        fn it_edits_like_the_model(presses in presses()) {
            let mut input = TextInput::new();
            let mut model = Model::default();
            for press in presses {
                input.press(press);
                model.press(press);
                prop_assert_eq!(input.text(), model.characters.iter().collect::<String>());
                let at: usize = model.characters[..model.at].iter().map(|c| c.len_utf8()).sum();
                prop_assert_eq!(input.cursor(), at);
            }
        }

        #[test]
        fn any_text_can_be_edited(text in ".{0,40}", edits in prop::collection::vec(0_usize..6, 0..40)) {
            let some = [Edit::Left, Edit::Right, Edit::Backspace, Edit::Delete, Edit::WordLeft, Edit::WordRight];
            let mut input = TextInput::holding(text);
            for edit in edits {
                input.press(Press::Edit(some[edit]));
                prop_assert!(input.text().is_char_boundary(input.cursor()));
            }
        }
    }

    #[test]
    fn a_paste_stays_on_one_line() {
        let mut input = TextInput::holding("ab");
        input.press(Press::Edit(Edit::Left));
        assert!(input.paste(&SecretText::copied_from(b"one\r\ntwo\tthree\n")));
        assert_eq!(input.text(), "aone two threeb");
        assert_eq!(input.cursor(), 14);
    }

    #[test]
    fn a_huge_paste_is_cut() {
        let mut input = TextInput::new();
        input.paste(&SecretText::copied_from("ü".repeat(MAX_BYTES).as_bytes()));
        assert_eq!(input.text().len(), MAX_BYTES);
        assert!(!input.press(Press::Type('x')));
    }
}
