//! The notice on the screen, in as many rows as it needs.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;

use crate::tui::notice::Notice;
use crate::tui::panes::row_area;
use crate::tui::text;
use crate::tui::theme::Theme;

/// Most rows of a notice.
const MOST_ROWS: u16 = 4;

/// How many rows it needs at `width`: what it says is not cut off.
#[must_use]
pub fn rows(notice: &Notice, width: u16) -> u16 {
    u16::try_from(lines(notice, width).len()).unwrap_or(MOST_ROWS).clamp(1, MOST_ROWS)
}

/// Draws it into `area`.
pub fn draw(notice: &Notice, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let style = theme.style(notice.role());
    frame.render_widget(Clear, area);
    frame.buffer_mut().set_style(area, theme.ground());
    for (at, line) in lines(notice, area.width).into_iter().enumerate() {
        if let Some(row) = row_area(area, at) {
            frame.render_widget(Line::from(Span::styled(line, style)), row);
        }
    }
}

fn lines(notice: &Notice, width: u16) -> Vec<String> {
    let words = text::printable(notice.text());
    let shown = match notice.swallows_key() {
        true if notice.has_answer() => format!("! {words}  (any other key leaves it)"),
        true => format!("! {words}  (any key)"),
        false => words.into_owned(),
    };
    text::wrap(&shown, usize::from(width).saturating_sub(1)).into_iter().map(|line| format!(" {line}")).collect()
}
