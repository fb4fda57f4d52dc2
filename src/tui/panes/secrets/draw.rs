//! The list on the screen: its frame, the filter line, and the rows that fit.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::tui::panes::{Look, draw_frame, row_area, title};
use crate::tui::text;
use crate::tui::theme::Role;

use super::SecretsPane;
use super::row::{Row, draw_scope};
use super::rows::ListRow;

impl SecretsPane {
    /// Draws the list; the terminal's cursor stands on the selected row or in the filter.
    pub fn draw(&self, look: Look<'_>, area: Rect, frame: &mut Frame<'_>) {
        let Look { theme, focused, .. } = look;
        let total = text::grouped(self.total() as u64);
        let count = match self.rows.are_filtered() {
            true => format!("{} of {total}", text::grouped(self.len() as u64)),
            false => total,
        };
        let room = usize::from(area.width).saturating_sub(count.len() + 3 + 4);
        let heading = title(&self.breadcrumb(&look, room), focused, theme, area, count.len() + 3);
        let inner = draw_frame(heading, &count, focused, theme, area, frame);
        let list = self.list_area(area);
        if self.is_empty() {
            self.draw_nothing(look, list, frame);
        }
        self.draw_rows(&look, list, frame);
        self.draw_line(look, inner, frame);
    }

    fn draw_rows(&self, look: &Look<'_>, list: Rect, frame: &mut Frame<'_>) {
        for at in 0..usize::from(list.height) {
            let row = self.cursor.top + at;
            if let (Some(shown), Some(area)) = (self.rows.at(row), row_area(list, at)) {
                self.draw_row(shown, row == self.cursor.row, look, area, frame);
            }
        }
        let selected = row_area(list, self.cursor.row.saturating_sub(self.cursor.top));
        if let Some(row) = selected.filter(|_| look.focused) {
            frame.set_cursor_position((row.x.saturating_add(1), row.y));
        }
    }

    fn draw_row(&self, row: ListRow<'_>, selected: bool, look: &Look<'_>, area: Rect, frame: &mut Frame<'_>) {
        let catalog = self.rows.catalog();
        match row {
            ListRow::Scope(scope) => draw_scope(scope, selected, look, area, frame),
            ListRow::Secret(listed) => {
                let scope = catalog.text(listed.scope);
                let depth = if scope.is_empty() { 0 } else { scope.split('/').count() };
                let indent = self.is_tree().then_some(depth);
                Row { listed, selected, query: self.filter.query(), indent }.draw(catalog, look, area, frame);
            }
        }
    }

    /// `Secrets ─ production/payments`; where room is short the end of the scope alone.
    fn breadcrumb(&self, look: &Look<'_>, room: usize) -> String {
        let scope = text::printable(self.scope_in_view());
        if scope.is_empty() {
            return "Secrets".to_owned();
        }
        let dash = if look.theme.is_ascii() { "-" } else { "─" };
        let whole = format!("Secrets {dash} {scope}");
        if text::width(&whole) <= room { whole } else { text::shorten_start(&scope, room).into_owned() }
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
