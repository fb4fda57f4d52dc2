//! The hint bar: which keys work here and now, from [`hints`].

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::hints::hints;
use crate::tui::state::State;
use crate::tui::theme::{Role, Theme};

/// Draws the bar.
pub fn draw(state: &State, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let mut spans = Vec::new();
    for hint in hints(state, area.width) {
        spans.push(Span::raw(if spans.is_empty() { " " } else { "  " }));
        spans.push(Span::styled(hint.key, theme.style(Role::Accent)));
        spans.push(Span::styled(format!(" {}", hint.word), theme.style(Role::Muted)));
    }
    frame.render_widget(Line::from(spans), area);
}
