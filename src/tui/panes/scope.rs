//! What the detail pane says while a scope of the tree is selected: how much lies
//! in it, and what needs something done.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::text;
use crate::tui::theme::Role;

use super::secrets::Scope;
use super::{Look, draw_frame, row_area, title};

/// Cells of the labels.
const LABELS: usize = 12;

/// Draws the scope in the place of a secret's detail.
pub fn draw(scope: &Scope, look: Look<'_>, area: Rect, frame: &mut Frame<'_>) {
    let Look { theme, focused, .. } = look;
    let heading = format!("{}/", text::printable(&scope.path));
    let inner = draw_frame(title(&heading, focused, theme, area, 0), "", focused, theme, area, frame);
    if focused && !inner.is_empty() {
        frame.set_cursor_position((inner.x, inner.y));
    }
    let number = |count: usize| text::grouped(count as u64);
    let mut rows = vec![("secrets", number(scope.secrets), Role::Text)];
    if scope.expired > 0 {
        rows.push(("!! EXPIRED", number(scope.expired), Role::Danger));
    }
    if scope.due > 0 {
        rows.push(("! DUE", number(scope.due), Role::Warn));
    }
    if scope.subscopes > 0 {
        rows.push(("subscopes", number(scope.subscopes), Role::Text));
    }
    for (at, (label, words, role)) in rows.into_iter().enumerate() {
        let Some(row) = row_area(inner, at) else { break };
        let label = Span::styled(format!(" {} ", text::pad(label, LABELS)), theme.style(Role::Muted));
        frame.render_widget(Line::from(vec![label, Span::styled(words, theme.style(role))]), row);
    }
    let words = if scope.unfolded { "⟨fold⟩ folds it." } else { "⟨open⟩ unfolds it." };
    if let Some(row) = row_area(inner, 5) {
        let words = look.keys.named(words).into_owned();
        frame.render_widget(Line::styled(format!(" {words}"), theme.style(Role::Muted)), row);
    }
}
