//! [`SecretInput`]: where a passphrase or a value is typed or pasted.
//!
//! Our own, because text widgets keep plaintext in undo and yank buffers. The
//! text lives in one wiped buffer, the mask is always the same so that it tells
//! no length, and what is often pasted by accident is pointed out.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use zeroize::Zeroize;

use crate::secret_text::SecretText;
use crate::tui::json::{self, Fault};
use crate::tui::press::{Edit, Press};
use crate::tui::text;
use crate::vault::secret::MAX_VERSION_BYTES;

use super::traps::Trap;
use super::{editing, input_line};

/// Most lines that are shown at once.
const MAX_LINES: usize = 6;

/// Secret text with a cursor, masked unless shown.
#[derive(Default)]
pub struct SecretInput {
    secret: SecretText,
    cursor: usize,
    multi_line: bool,
    shown: bool,
    refusal: Option<String>,
    /// The text is elsewhere: the mask stands for it.
    stands_in: bool,
}

impl SecretInput {
    /// For passphrases and keys: one line; a pasted line end at the end is dropped.
    #[must_use]
    pub fn single_line() -> Self {
        Self::default()
    }

    /// For values: any number of lines, every byte kept.
    #[must_use]
    pub fn multi_line() -> Self {
        Self { multi_line: true, ..Self::default() }
    }

    /// The same input holding `secret`, with the cursor at its end.
    #[must_use]
    pub fn holding(mut self, secret: SecretText) -> Self {
        self.set(secret);
        self
    }

    /// Draws the mask for a text that is kept elsewhere, while nothing is typed.
    pub fn stand_in(&mut self, stands_in: bool) {
        self.stands_in = stands_in;
    }

    /// True when nothing stands in the input, not even a mask for what is elsewhere.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.is_empty() && !self.stands_in
    }

    /// What was typed.
    #[must_use]
    pub fn secret(&self) -> &SecretText {
        &self.secret
    }

    /// True when nothing was typed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.secret.is_empty()
    }

    /// True while the text is shown.
    #[must_use]
    pub fn is_shown(&self) -> bool {
        self.shown
    }

    /// Shows or masks the text.
    pub fn show(&mut self, shown: bool) {
        self.shown = shown;
    }

    /// Replaces the text.
    pub fn set(&mut self, secret: SecretText) {
        self.cursor = secret.len();
        self.secret = secret;
        self.refusal = None;
    }

    /// Moves the text out and leaves the input empty and masked.
    #[must_use]
    pub fn take(&mut self) -> SecretText {
        self.cursor = 0;
        self.shown = false;
        self.refusal = None;
        std::mem::take(&mut self.secret)
    }

    /// Wipes the text and masks the input.
    pub fn clear(&mut self) {
        drop(self.take());
    }

    /// Takes a key; true when the text changed. Actions are not its business.
    pub fn press(&mut self, press: Press) -> bool {
        match press {
            Press::Type(character) => {
                let mut bytes = [0; 4];
                let changed = self.insert(character.encode_utf8(&mut bytes).as_bytes());
                bytes.zeroize();
                changed
            }
            Press::Edit(edit) => self.edit(edit),
            Press::Action(_) => false,
        }
    }

    /// Takes a paste whole, at the cursor; true when the text changed.
    pub fn paste(&mut self, pasted: &SecretText) -> bool {
        let bytes = pasted.expose();
        // Terminals send a lone carriage return for a line break.
        let lone_returns = bytes.contains(&b'\r') && !bytes.contains(&b'\n');
        let pasted = SecretText::from(
            bytes.iter().map(|&byte| if lone_returns && byte == b'\r' { b'\n' } else { byte }).collect::<Vec<u8>>(),
        );
        self.insert(if self.multi_line { pasted.expose() } else { without_line_end(pasted.expose()) })
    }

    /// Puts `bytes` at the cursor, or refuses them all and says so.
    fn insert(&mut self, bytes: &[u8]) -> bool {
        if self.is_binary() {
            self.clear();
        }
        let size = self.secret.len() + bytes.len();
        if size > MAX_VERSION_BYTES {
            let size = text::grouped(u64::try_from(size).unwrap_or(u64::MAX));
            self.refusal =
                Some(format!("That would be {size} bytes; a value has at most 1 MiB. Nothing was inserted."));
            return false;
        }
        self.refusal = None;
        self.secret.replace_range(self.cursor..self.cursor, bytes);
        self.cursor += bytes.len();
        !bytes.is_empty()
    }

    /// Moves or deletes. Bytes that are no text go as a whole.
    fn edit(&mut self, edit: Edit) -> bool {
        self.refusal = None;
        let Some(text) = self.secret.expose_str() else {
            let deletes = matches!(
                edit,
                Edit::Backspace | Edit::Delete | Edit::DeleteWord | Edit::DeleteToStart | Edit::DeleteToEnd
            );
            if deletes {
                self.clear();
            }
            return deletes;
        };
        let change = editing::change(text, self.cursor, edit, self.multi_line);
        let changes = !change.range.is_empty() || !change.insert.is_empty();
        if changes {
            self.secret.replace_range(change.range, change.insert.as_bytes());
        }
        self.cursor = change.cursor;
        changes
    }

    /// True for bytes that are no UTF-8: they are kept or replaced whole.
    #[must_use]
    pub fn is_binary(&self) -> bool {
        self.secret.expose_str().is_none()
    }

    /// Why the last input was refused.
    #[must_use]
    pub fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }

    /// What may have been typed or pasted by accident.
    #[must_use]
    pub fn trap(&self) -> Option<Trap> {
        Trap::find(self.secret.expose())
    }

    /// Mends what was typed or pasted by accident; false when nothing can be.
    pub fn mend(&mut self) -> bool {
        let mended = self.trap().and_then(|trap| trap.mended(&self.secret));
        mended.map(|mended| self.set(mended)).is_some()
    }

    /// What is wrong with a value that looks like JSON.
    #[must_use]
    pub fn json_fault(&self) -> Option<Fault> {
        let text = self.secret.expose_str().filter(|text| json::is_meant(text))?;
        Fault::find(text)
    }

    /// Puts the cursor on a byte.
    pub fn go_to(&mut self, offset: usize) {
        self.cursor = self.secret.expose_str().map_or(0, |text| editing::on_boundary(text, offset));
    }

    /// How many lines it has.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.secret.expose_str().map_or(1, |text| text.split('\n').count())
    }

    /// How many rows it takes on the screen.
    #[must_use]
    pub fn rows(&self) -> u16 {
        let lines = match self.secret.expose_str() {
            Some(text) if self.shown && self.multi_line => text.split('\n').take(MAX_LINES).count(),
            _ => 1,
        };
        u16::try_from(lines).unwrap_or(1)
    }

    /// Draws the mask, or the text while it is shown; in focus it places the terminal's cursor.
    pub fn draw(&self, style: Style, mask: &str, focused: bool, area: Rect, frame: &mut Frame) {
        frame.buffer_mut().set_style(area, style);
        let shown = if self.shown && !self.stands_in { self.secret.expose_str() } else { None };
        let Some(text) = shown else {
            let line = if self.is_blank() { "" } else { mask };
            let cursor = focused.then_some(line.len());
            if let Some(column) = input_line::draw(line, cursor, style, area, frame.buffer_mut()) {
                frame.set_cursor_position((column, area.y));
            }
            return;
        };
        self.draw_lines(text, style, focused, area, frame);
    }

    /// Draws the lines around the cursor.
    fn draw_lines(&self, text: &str, style: Style, focused: bool, area: Rect, frame: &mut Frame) {
        let cursor = editing::on_boundary(text, self.cursor);
        let row = text[..cursor].matches('\n').count();
        let rows = usize::from(area.height);
        let total = text.split('\n').count();
        let first = row.saturating_sub(rows / 2).min(total.saturating_sub(rows));
        for ((number, line), y) in text.split('\n').enumerate().skip(first).zip(area.y..area.bottom()) {
            let here = number == row;
            let column = (here && focused).then(|| cursor - editing::line_start(text, cursor));
            let area = Rect { y, height: 1, ..area };
            if let Some(column) = input_line::draw(line, column, style, area, frame.buffer_mut()) {
                frame.set_cursor_position((column, y));
            }
        }
    }
}

/// `bytes` without one line end at the end.
fn without_line_end(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;

    fn typed(mut input: SecretInput, text: &str) -> SecretInput {
        for character in text.chars() {
            input.press(Press::Type(character));
        }
        input
    }

    fn drawn(input: &SecretInput) -> String {
        let mut terminal = Terminal::new(TestBackend::new(16, 3)).unwrap();
        terminal.draw(|frame| input.draw(Style::new(), "••••••••", true, frame.area(), frame)).unwrap();
        terminal.backend().to_string()
    }

    #[test]
    fn the_mask_tells_no_length() {
        let one = drawn(&typed(SecretInput::single_line(), "a"));
        assert_eq!(one, drawn(&typed(SecretInput::multi_line(), "a much longer value\nwith lines")));
        assert!(!one.contains('a') && one.contains("••••••••"));
        assert!(!drawn(&SecretInput::single_line()).contains('•'));
    }

    #[test]
    fn shown_text_is_escaped_and_scrolled() {
        let mut input = typed(SecretInput::multi_line(), "one\ntwo\u{202e}\nthree\nfour");
        input.show(true);
        assert_eq!(input.rows(), 4);
        let screen = drawn(&input);
        assert!(screen.contains("two\\u{202e}") && screen.contains("four") && !screen.contains("one"), "{screen}");
    }

    #[test]
    fn a_pem_pastes_whole() {
        let pem = b"-----BEGIN KEY-----\nAAAA\n-----END KEY-----\n";
        let mut input = SecretInput::multi_line();
        assert!(input.paste(&SecretText::copied_from(pem)));
        assert_eq!(input.secret().expose(), pem);
        assert_eq!(input.trap(), Some(Trap::FinalNewline));
        assert!(input.mend() && !input.mend());
        assert_eq!(input.secret().expose(), &pem[..pem.len() - 1]);
        // The way most terminals send it.
        let mut input = SecretInput::multi_line();
        input.paste(&SecretText::copied_from(&pem.map(|byte| if byte == b'\n' { b'\r' } else { byte })));
        assert_eq!(input.secret().expose(), pem);
    }

    #[test]
    fn broken_json_is_pointed_out_with_its_place_and_is_no_refusal() {
        let mut input = SecretInput::multi_line();
        assert!(input.paste(&SecretText::copied_from(b"{\"key\": \"hunter2\",\n \"user\" \"ops\"}")));
        let told = input.json_fault().unwrap().told();
        assert!(told.starts_with("line 2, character 9") && !told.contains("hunter") && !told.contains("ops"), "{told}");
        assert_eq!(input.refusal(), None);
        input.stand_in(true);
        assert!(typed(SecretInput::multi_line(), "{x7!").json_fault().is_none());
        assert!(typed(SecretInput::multi_line(), "{\"a\": 1}").json_fault().is_none());
    }

    #[test]
    fn a_single_line_drops_one_line_end() {
        for pasted in ["pass phrase\n", "pass phrase\r\n", "pass phrase\r", "pass phrase"] {
            let mut input = SecretInput::single_line();
            input.paste(&SecretText::copied_from(pasted.as_bytes()));
            assert_eq!(input.secret().expose_str(), Some("pass phrase"));
        }
        let mut input = typed(SecretInput::single_line(), "a");
        assert!(!input.press(Press::Edit(Edit::NewLine)));
    }

    #[test]
    fn the_mask_stands_for_what_is_elsewhere() {
        let mut input = SecretInput::multi_line();
        input.stand_in(true);
        assert!(drawn(&input).contains('•') && input.is_empty() && !input.is_blank());
        input.show(true);
        assert!(drawn(&input).contains('•'), "there is nothing here to be shown");
    }

    #[test]
    fn more_than_a_mebibyte_is_refused_whole() {
        let mut input = typed(SecretInput::multi_line(), "ab");
        assert!(!input.paste(&SecretText::from(vec![b'x'; MAX_VERSION_BYTES - 1])));
        assert_eq!(input.secret().expose(), b"ab");
        assert!(input.refusal().unwrap().contains("1 048 577 bytes"));
        assert!(input.paste(&SecretText::from(vec![b'x'; MAX_VERSION_BYTES - 2])));
        assert_eq!(input.refusal(), None);
    }

    #[test]
    fn binary_is_kept_or_replaced_whole() {
        let binary = || SecretInput::multi_line().holding(SecretText::copied_from(&[0xff, 0xfe, 0]));
        let mut kept = binary();
        assert!(!kept.press(Press::Edit(Edit::Left)));
        assert_eq!(kept.secret().len(), 3);
        let replaced = typed(binary(), "a");
        assert_eq!(replaced.secret().expose(), b"a");
        let mut deleted = binary();
        assert!(deleted.press(Press::Edit(Edit::Backspace)) && deleted.is_empty());
    }
}
