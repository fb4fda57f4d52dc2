//! [`FilterLine`]: what is typed above the list, and the query it was read as.

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;

use crate::error::Error;
use crate::secret_text::SecretText;
use crate::tui::panes::Look;
use crate::tui::press::Press;
use crate::tui::theme::Role;
use crate::tui::widgets::text_input::TextInput;
use crate::vault::search::Query;

/// The line, what it means, and what in it means nothing.
#[derive(Default)]
pub(super) struct FilterLine {
    input: TextInput,
    query: Query,
    error: Option<Error>,
}

impl FilterLine {
    /// The line as typed.
    pub(super) fn text(&self) -> &str {
        self.input.text()
    }

    /// What it asks for: the part that can be read.
    pub(super) fn query(&self) -> &Query {
        &self.query
    }

    /// What cannot be read in it.
    pub(super) fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// Takes a key; true when the line is another one.
    pub(super) fn press(&mut self, press: Press, now: Timestamp) -> bool {
        let changed = self.input.press(press);
        if changed {
            self.read(now);
        }
        changed
    }

    /// Takes pasted text; true when the line is another one.
    pub(super) fn paste(&mut self, pasted: &SecretText, now: Timestamp) -> bool {
        let changed = self.input.paste(pasted);
        if changed {
            self.read(now);
        }
        changed
    }

    /// Replaces the line.
    pub(super) fn set(&mut self, line: &str, now: Timestamp) {
        self.input = TextInput::holding(line);
        self.read(now);
    }

    /// Reads the line; a term that cannot be read is told and left out.
    fn read(&mut self, now: Timestamp) {
        (self.query, self.error) = match Query::parse(self.text(), now) {
            Ok(query) => (query, None),
            Err(error) => (self.readable_part(now), Some(error)),
        };
    }

    /// The line without the terms that cannot be read.
    fn readable_part(&self, now: Timestamp) -> Query {
        let readable = |word: &&str| Query::parse(word, now).is_ok();
        let words: Vec<&str> = self.text().split_whitespace().filter(readable).collect();
        Query::parse(&words.join(" "), now).unwrap_or_default()
    }

    /// Draws the line; while it is typed the terminal's cursor stands in it.
    /// An empty one says how to begin, where there is something to filter.
    pub(super) fn draw(&self, look: Look<'_>, can_filter: bool, row: Rect, frame: &mut Frame<'_>) {
        let Look { theme, filtering: typing, .. } = look;
        if !typing && self.text().is_empty() {
            let hint = if can_filter { look.keys.named("⟨filter⟩ to filter").into_owned() } else { String::new() };
            frame.render_widget(Span::styled(hint, theme.style(Role::Muted)), row);
            return;
        }
        // What cannot be read is told without colour too.
        let (mark, role) = if self.error.is_some() { ("!", Role::Danger) } else { ("/", Role::Accent) };
        frame.render_widget(Span::styled(mark, theme.style(role)), row);
        let input = Rect { x: row.x.saturating_add(1), width: row.width.saturating_sub(1), ..row };
        let role = if self.error.is_some() { Role::Danger } else { Role::Text };
        self.input.draw(theme.style(role), typing, input, frame);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_read_filters_while_the_rest_is_told() {
        let now = Timestamp::UNIX_EPOCH;
        let mut line = FilterLine::default();
        line.set("key nosuch:x tag:db", now);
        assert!(line.error().is_some_and(|error| error.message().contains("nosuch")));
        assert_eq!(*line.query(), Query::parse("key tag:db", now).unwrap());
        line.set("key", now);
        assert_eq!((line.error(), line.query()), (None, &Query::parse("key", now).unwrap()));
    }

    #[test]
    fn only_a_key_that_changes_the_line_is_news() {
        let mut line = FilterLine::default();
        assert!(line.press(Press::Type('k'), Timestamp::UNIX_EPOCH));
        assert!(!line.press(Press::Edit(crate::tui::press::Edit::Left), Timestamp::UNIX_EPOCH));
        assert!(!line.query().is_empty());
    }
}
