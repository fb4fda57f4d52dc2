//! The list on the screen: its frame, the filter line, and the rows that fit.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::tui::panes::{Look, draw_frame, row_area, title};
use crate::tui::text;
use crate::tui::theme::Role;

use super::SecretsPane;
use super::row::Row;

impl SecretsPane {
    /// Draws the list; the terminal's cursor stands on the selected row or in the filter.
    pub fn draw(&self, look: Look<'_>, area: Rect, frame: &mut Frame<'_>) {
        let Look { theme, focused, .. } = look;
        let total = text::grouped(self.total() as u64);
        let count = match self.rows.are_filtered() {
            true => format!("{} of {total}", text::grouped(self.len() as u64)),
            false => total,
        };
        let heading = title("Secrets", focused, theme, area, count.len() + 3);
        let inner = draw_frame(heading, &count, focused, theme, area, frame);
        let list = Rect { y: inner.y.saturating_add(1), height: inner.height.saturating_sub(1), ..inner };
        if self.is_empty() {
            self.draw_nothing(look, list, frame);
        }
        self.draw_rows(&look, list, frame);
        if let Some(row) = row_area(inner, 0) {
            self.filter.draw(look, self.total() > 0, row, frame);
        }
    }

    fn draw_rows(&self, look: &Look<'_>, list: Rect, frame: &mut Frame<'_>) {
        for at in 0..usize::from(list.height) {
            let row = self.cursor.top + at;
            if let (Some(listed), Some(area)) = (self.at(row), row_area(list, at)) {
                let row = Row { listed, selected: row == self.cursor.row, query: self.filter.query() };
                row.draw(self.rows.catalog(), look, area, frame);
            }
        }
        let selected = row_area(list, self.cursor.row.saturating_sub(self.cursor.top));
        if let Some(row) = selected.filter(|_| look.focused && !self.is_empty()) {
            frame.set_cursor_position((row.x.saturating_add(1), row.y));
        }
    }

    fn draw_nothing(&self, look: Look<'_>, area: Rect, frame: &mut Frame<'_>) {
        let lines: &[&str] = match self.total() {
            0 => &["No secrets yet.", "", "⟨add⟩  add the first one", "⟨help⟩  what the keys do"],
            _ if look.filtering => &["Nothing matches."],
            _ => &["Nothing matches.", "", "⟨back⟩ clears the filter."],
        };
        for (at, line) in lines.iter().enumerate() {
            if let Some(row) = row_area(area, at + 1) {
                let line = look.keys.named(line);
                frame.render_widget(Line::styled(format!(" {line}"), look.theme.style(Role::Muted)), row);
            }
        }
    }
}
