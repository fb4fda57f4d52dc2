//! The filter line on the screen, and under it what cannot be read in it.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::layout::inside;
use crate::tui::panes::{Look, row_area};
use crate::tui::text;
use crate::tui::theme::Role;

use super::SecretsPane;

/// Most rows of what is told under the line.
const MOST_TOLD: usize = 3;
/// Rows that the list keeps at least when something is told above it.
const LEAST_ROWS: u16 = 6;

impl SecretsPane {
    /// Where the rows of the list go in the pane's `area`.
    #[must_use]
    pub fn list_area(&self, area: Rect) -> Rect {
        let inner = inside(area);
        let above = 1 + u16::try_from(self.told(inner).len()).unwrap_or(0);
        Rect { y: inner.y.saturating_add(above), height: inner.height.saturating_sub(above), ..inner }
            .intersection(inner)
    }

    /// How many rows the list shows in the pane's `area`, at least 1.
    #[must_use]
    pub fn page(&self, area: Rect) -> usize {
        usize::from(self.list_area(area).height).max(1)
    }

    /// True when the error stands under the filter line, so that only the next step is told elsewhere.
    #[must_use]
    pub fn tells_beside(&self, area: Rect) -> bool {
        !self.told(inside(area)).is_empty()
    }

    /// What is told under the line: the error, when it is no term that is still being
    /// typed and leaves the list room.
    fn told(&self, inner: Rect) -> Vec<&str> {
        let Some(error) = self.filter_error().filter(|_| !self.filter.is_unfinished()) else { return Vec::new() };
        let lines = text::wrap(error.message(), usize::from(inner.width).saturating_sub(2));
        let room = usize::from(inner.height.saturating_sub(LEAST_ROWS + 1));
        let fits = lines.len() <= MOST_TOLD.min(room);
        if fits { lines } else { Vec::new() }
    }

    /// Draws the line; while it is typed the terminal's cursor stands in it.
    /// An empty one says how to begin, where there is something to filter.
    pub(super) fn draw_line(&self, look: Look<'_>, inner: Rect, frame: &mut Frame<'_>) {
        let Look { theme, filtering: typing, .. } = look;
        let Some(row) = row_area(inner, 0) else { return };
        if !typing && self.filter().is_empty() {
            let hint =
                if self.total() > 0 { look.keys.named("⟨filter⟩ to filter").into_owned() } else { String::new() };
            frame.render_widget(Span::styled(hint, theme.style(Role::Muted)), row);
            return;
        }
        let wrong = self.filter_error().is_some();
        // What cannot be read is told without colour too.
        let (mark, role) = if wrong { ("!", Role::Danger) } else { ("/", Role::Accent) };
        frame.render_widget(Span::styled(mark, theme.style(role)), row);
        let input = Rect { x: row.x.saturating_add(1), width: row.width.saturating_sub(1), ..row };
        let role = if wrong { Role::Danger } else { Role::Text };
        for (at, line) in self.told(inner).into_iter().enumerate() {
            if let Some(row) = row_area(inner, at + 1) {
                frame.render_widget(Line::styled(format!("  {line}"), theme.style(Role::Danger)), row);
            }
        }
        self.filter.input.draw(theme.style(role), typing, input, frame);
    }

    /// Draws what Tab chooses from; false when there is nothing.
    pub fn draw_candidates(&self, look: Look<'_>, area: Rect, frame: &mut Frame<'_>) -> bool {
        let candidates = self.filter.candidates().filter(|_| look.filtering);
        if let Some(candidates) = candidates {
            candidates.draw(look.theme, area, frame);
        }
        candidates.is_some()
    }
}
