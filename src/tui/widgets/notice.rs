//! The notice on the screen: one row for good news, as many as an error needs.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;

use crate::tui::notice::Notice;
use crate::tui::panes::row_area;
use crate::tui::text;
use crate::tui::theme::Theme;

/// Most rows of an error.
const MOST_ROWS: u16 = 4;

/// How many rows it needs at `width`: an error is not cut off.
#[must_use]
pub fn rows(notice: &Notice, width: u16) -> u16 {
    if !notice.swallows_key() {
        return 1;
    }
    u16::try_from(lines(notice, width).len()).unwrap_or(MOST_ROWS).clamp(1, MOST_ROWS)
}

/// Draws it into `area`.
pub fn draw(notice: &Notice, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let style = theme.style(notice.role());
    if !notice.swallows_key() {
        let room = usize::from(area.width).saturating_sub(1);
        let shown = text::printable(notice.text());
        let line = Line::from(Span::styled(format!(" {}", text::shorten(&shown, room)), style));
        frame.render_widget(line, area);
        return;
    }
    frame.render_widget(Clear, area);
    frame.buffer_mut().set_style(area, theme.ground());
    for (at, line) in lines(notice, area.width).into_iter().enumerate() {
        if let Some(row) = row_area(area, at) {
            frame.render_widget(Line::from(Span::styled(line, style)), row);
        }
    }
}

fn lines(notice: &Notice, width: u16) -> Vec<String> {
    let shown = format!("! {}  (any key)", text::printable(notice.text()));
    text::wrap(&shown, usize::from(width).saturating_sub(2)).into_iter().map(|line| format!(" {line}")).collect()
}
