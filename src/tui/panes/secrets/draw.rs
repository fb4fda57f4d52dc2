//! The list on the screen: its frame, the filter line, and the rows that fit.

use std::collections::HashMap;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::tui::panes::{Look, draw_frame, row_area, title};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::vault::catalog::Listed;

use super::row::{Row, draw_scope};
use super::rows::{ListRow, lies_in};
use super::signs::{MARKED, SOME_MARKED};
use super::{Scope, SecretsPane};

impl SecretsPane {
    /// Draws the list; the terminal's cursor stands on the selected row or in the filter.
    pub fn draw(&self, look: Look<'_>, area: Rect, frame: &mut Frame<'_>) {
        let Look { theme, focused, .. } = look;
        let total = text::grouped(self.total() as u64);
        let count = match self.rows.are_filtered() {
            true if self.filter_lack().is_some() => format!("… of {total}"),
            true => format!("{} of {total}", text::grouped(self.len() as u64)),
            false => total,
        };
        let count = match self.marks.len() {
            0 => count,
            marked => format!("{} marked · {count}", text::grouped(marked as u64)),
        };
        let room = usize::from(area.width).saturating_sub(text::width(&count) + 3 + 4);
        let heading = title(&self.breadcrumb(&look, room), focused, theme, area, text::width(&count) + 3);
        let inner = draw_frame(heading, &count, focused, theme, area, frame);
        let list = self.list_area(area);
        if self.is_empty() {
            self.draw_nothing(look, list, frame);
        }
        self.draw_rows(&look, list, frame);
        self.draw_line(look, inner, frame);
    }

    fn draw_rows(&self, look: &Look<'_>, list: Rect, frame: &mut Frame<'_>) {
        let alike = self.alike(list);
        let marked = self.marked_by_scope();
        for at in 0..usize::from(list.height) {
            let row = self.cursor.top + at;
            let Some(area) = row_area(list, at) else { break };
            match self.rows.at(row) {
                Some(ListRow::Scope(scope)) => {
                    let mark = (!self.marks.is_empty()).then(|| sign(&marked, scope));
                    draw_scope(scope, row == self.cursor.row, mark, look, area, frame);
                }
                Some(ListRow::Secret(listed)) => {
                    let others: Vec<&str> = alike.get(&row).into_iter().flatten().map(String::as_str).collect();
                    self.row(listed, row).draw(self.rows.catalog(), &others, look, area, frame);
                }
                None => break,
            }
        }
        let selected = row_area(list, self.cursor.row.saturating_sub(self.cursor.top));
        if let Some(row) = selected.filter(|_| look.focused) {
            frame.set_cursor_position((row.x.saturating_add(1), row.y));
        }
    }

    /// How many are marked in each scope, while the list is a tree.
    fn marked_by_scope(&self) -> HashMap<&str, usize> {
        let mut counts = HashMap::new();
        if self.is_tree() && !self.marks.is_empty() {
            for listed in self.marked() {
                *counts.entry(self.rows.catalog().text(listed.scope)).or_default() += 1;
            }
        }
        counts
    }

    /// A secret as the row of that number.
    fn row<'a>(&'a self, listed: &'a Listed, row: usize) -> Row<'a> {
        let scope = self.rows.catalog().text(listed.scope);
        let depth = if scope.is_empty() { 0 } else { scope.split('/').count() };
        let indent = self.is_tree().then_some(depth);
        let pinned = self.pins.contains(&listed.id);
        let mark = (!self.marks.is_empty()).then(|| self.marks.has(listed.id));
        Row { listed, selected: row == self.cursor.row, mark, query: self.filter.query(), pinned, indent }
    }

    /// The rows on the screen that would look like others, with the addresses of those.
    fn alike(&self, list: Rect) -> HashMap<usize, Vec<String>> {
        let catalog = self.rows.catalog();
        let mut groups: HashMap<_, Vec<(usize, String)>> = HashMap::new();
        for row in self.cursor.top..self.cursor.top + usize::from(list.height) {
            let Some(listed) = self.rows.secret_at(row) else { continue };
            let shown = self.row(listed, row);
            if let Some(shortened) = shown.shortened(catalog, list.width) {
                groups.entry(shortened).or_default().push((row, shown.address(catalog)));
            }
        }
        let others = |group: &[(usize, String)], row: usize| -> Vec<String> {
            group.iter().filter(|(other, _)| *other != row).map(|(_, address)| address.clone()).collect()
        };
        let several = groups.into_values().filter(|group| group.len() > 1);
        several
            .flat_map(|group| group.iter().map(|(row, _)| (*row, others(&group, *row))).collect::<Vec<_>>())
            .collect()
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
        if let Some((words, role)) = self.filter_lack() {
            for (at, line) in text::wrap(words, usize::from(area.width).saturating_sub(2)).into_iter().enumerate() {
                if let Some(row) = row_area(area, at + 1) {
                    frame.render_widget(Line::styled(format!(" {line}"), look.theme.style(role)), row);
                }
            }
            return;
        }
        let back = match self.deleted {
            Some(1) => "1 deleted one can come back.".to_owned(),
            deleted => format!("{} deleted ones can come back.", text::grouped(deleted.unwrap_or_default())),
        };
        let lines: &[&str] = match self.total() {
            0 if self.deleted.is_some_and(|deleted| deleted > 0) => {
                &["No secrets now.", &back, "", "⟨deleted⟩  show what was deleted", "⟨add⟩  add a new one"]
            }
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

/// The sign of a scope: all below it are marked, some, or none.
fn sign(marked: &HashMap<&str, usize>, scope: &Scope) -> &'static str {
    let below: usize = marked.iter().filter(|(path, _)| lies_in(path, &scope.path)).map(|(_, count)| count).sum();
    match below {
        0 => " ",
        all if all >= scope.secrets => MARKED,
        _ => SOME_MARKED,
    }
}
