//! Panes: the list, the detail and the history of an unlocked vault.
//!
//! Each pane owns what it shows, changes it when `update` says so, and draws it
//! for `view`. Here is what they share: a [`Cursor`] over rows, and the frame.

use std::time::Instant;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear};

use super::action::Action;
use super::keymap::Keys;
use super::layout::inside;
use super::text;
use super::theme::{Role, Theme};

pub mod detail;
pub mod history;
pub(super) mod marked;
pub mod marks;
pub mod overview;
pub mod scope;
pub mod secrets;

/// The selected row of a list and the first one on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    /// The selected row.
    pub row: usize,
    /// The first row shown.
    pub top: usize,
}

impl Cursor {
    /// Moves over `length` rows, `page` of which are shown; false for an action that is no movement.
    pub fn go(&mut self, action: Action, length: usize, page: usize) -> bool {
        let last = length.saturating_sub(1);
        let half = (page / 2).max(1);
        self.row = match action {
            Action::Up => self.row.saturating_sub(1),
            Action::Down => self.row.saturating_add(1),
            Action::HalfPageUp => self.row.saturating_sub(half),
            Action::HalfPageDown => self.row.saturating_add(half),
            Action::PageUp => self.row.saturating_sub(page),
            Action::PageDown => self.row.saturating_add(page),
            Action::Top => 0,
            Action::Bottom => last,
            _ => return false,
        }
        .min(last);
        self.follow(length, page);
        true
    }

    /// Scrolls by so many rows; the selected one is drawn along at the edge.
    pub fn scroll(&mut self, by: isize, length: usize, page: usize) {
        let most = length.saturating_sub(page);
        self.top = self.top.saturating_add_signed(by).min(most);
        let lowest = self.top + page.saturating_sub(1);
        self.row = self.row.clamp(self.top, lowest).min(length.saturating_sub(1));
    }

    /// Puts the cursor on the row that is shown as number `at`; false where there is none.
    pub fn point(&mut self, at: usize, length: usize) -> bool {
        let row = self.top + at;
        let is_there = row < length;
        if is_there {
            self.row = row;
        }
        is_there
    }

    /// Keeps the row within `length` and on a page of `page` rows, which is filled where it can be.
    pub fn follow(&mut self, length: usize, page: usize) {
        self.row = self.row.min(length.saturating_sub(1));
        let lowest = (self.row + 1).saturating_sub(page);
        self.top = self.top.clamp(lowest, self.row).min(length.saturating_sub(page).max(lowest));
    }
}

/// How and when a pane is looked at.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// Colours.
    pub theme: &'a Theme,
    /// What the keys mean in the list.
    pub keys: Keys<'a>,
    /// The pane has the keyboard.
    pub focused: bool,
    /// The filter line has it.
    pub filtering: bool,
    /// For ages.
    pub now: Timestamp,
    /// For countdowns.
    pub instant: Instant,
}

/// Draws a pane's frame with its title and gives the room within. Focus shows in the
/// title and the upper edge only, so that moving it writes two lines, not two boxes.
pub fn draw_frame(
    title: Line<'_>,
    right: &str,
    focused: bool,
    theme: &Theme,
    area: Rect,
    frame: &mut Frame<'_>,
) -> Rect {
    frame.render_widget(Clear, area);
    frame.buffer_mut().set_style(area, theme.ground());
    let mut block = Block::new().style(theme.ground()).title(title);
    if !right.is_empty() {
        block = block.title(Line::styled(format!(" {right} "), theme.style(Role::Muted)).right_aligned());
    }
    if let Some(set) = theme.frame() {
        block = block.borders(ratatui::widgets::Borders::ALL).border_set(set).border_style(theme.style(Role::Border));
        frame.render_widget(block, area);
        if focused {
            let is_edge = |symbol: &str| [set.top_left, set.horizontal_top, set.top_right].contains(&symbol);
            let edge = Rect { height: 1, ..area }.intersection(frame.area());
            for position in edge.positions() {
                let cell = &mut frame.buffer_mut()[position];
                if is_edge(cell.symbol()) {
                    cell.set_style(theme.style(Role::Focus));
                }
            }
        }
    } else {
        frame.render_widget(block, area);
    }
    inside(area)
}

/// A pane's title, shortened to leave `beside` cells free.
#[must_use]
pub fn title<'a>(shown: &str, focused: bool, theme: &Theme, area: Rect, beside: usize) -> Line<'a> {
    let room = usize::from(area.width).saturating_sub(beside + 4);
    let role = if focused { Role::Focus } else { Role::Text };
    let edge = if focused && theme.is_ascii() { "*" } else { " " };
    Line::from(Span::styled(format!("{edge}{} ", text::shorten_start(shown, room)), theme.style(role)))
}

/// The mark before a row: the selected one has it, with the keyboard in reverse.
#[must_use]
pub fn marker<'a>(selected: bool, focused: bool, theme: &Theme) -> Span<'a> {
    match (selected, focused) {
        (false, _) => Span::raw(" "),
        (true, true) => Span::styled(theme.marker(), theme.style(Role::Selected)),
        (true, false) => Span::styled(theme.marker(), theme.style(Role::Text)),
    }
}

/// The area of row `at` within `area`, if it is inside.
#[must_use]
pub fn row_area(area: Rect, at: usize) -> Option<Rect> {
    let at = u16::try_from(at).ok().filter(|at| *at < area.height)?;
    Some(Rect { y: area.y.saturating_add(at), height: 1, ..area })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_stays_on_the_page() {
        let mut cursor = Cursor::default();
        for _ in 0..7 {
            cursor.go(Action::Down, 10, 4);
        }
        assert_eq!(cursor, Cursor { row: 7, top: 4 });
        cursor.go(Action::PageDown, 10, 4);
        assert_eq!(cursor, Cursor { row: 9, top: 6 });
        cursor.go(Action::HalfPageUp, 10, 4);
        assert_eq!(cursor, Cursor { row: 7, top: 6 });
        cursor.go(Action::Top, 10, 4);
        assert_eq!(cursor, Cursor::default());
        assert!(!cursor.go(Action::Copy, 10, 4));
    }

    #[test]
    fn the_wheel_scrolls_and_takes_the_cursor_along_at_the_edge() {
        let mut cursor = Cursor { row: 1, top: 0 };
        cursor.scroll(3, 10, 4);
        assert_eq!(cursor, Cursor { row: 3, top: 3 });
        cursor.scroll(30, 10, 4);
        assert_eq!(cursor, Cursor { row: 6, top: 6 });
        cursor.scroll(-3, 10, 4);
        assert_eq!(cursor, Cursor { row: 6, top: 3 });
        cursor.scroll(3, 2, 4);
        assert_eq!(cursor, Cursor { row: 1, top: 0 });
        cursor.scroll(3, 0, 4);
        assert_eq!(cursor, Cursor::default());
        assert!(cursor.point(1, 2) && !cursor.point(2, 2));
        assert_eq!(cursor.row, 1);
    }

    #[test]
    fn a_list_that_shrinks_keeps_its_page_full() {
        let mut cursor = Cursor { row: 9, top: 6 };
        cursor.follow(3, 4);
        assert_eq!(cursor, Cursor { row: 2, top: 0 });
        cursor.follow(0, 4);
        assert_eq!(cursor, Cursor::default());
    }
}
