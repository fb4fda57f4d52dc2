//! The box that every dialog is drawn in: centred, titled, and never larger
//! than the screen.

use ratatui::Frame;
use ratatui::layout::{Margin, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Padding};

use crate::tui::text;
use crate::tui::theme::{Role, Theme};

/// The widest box; longer lines are hard to read.
pub(crate) const MAX_WIDTH: u16 = 76;
/// From this width on, the text keeps two cells off the border.
const ROOMY: u16 = 50;

/// Clears the middle of `area`, draws a box around content of the `wanted` width
/// and height and returns where it goes. `foot` names the keys that end the dialog.
pub(crate) fn open(
    theme: &Theme,
    area: Rect,
    frame: &mut Frame<'_>,
    title: &str,
    foot: &str,
    wanted: (u16, u16),
) -> Rect {
    let area = area.intersection(frame.area());
    let outer = middle(area, outer_width(area, wanted.0), wanted.1.saturating_add(2));
    frame.render_widget(Clear, outer);
    frame.buffer_mut().set_style(outer, theme.ground());
    if outer.is_empty() {
        return outer;
    }
    match theme.frame() {
        Some(set) => {
            let room = usize::from(outer.width).saturating_sub(4);
            let label = |text: &str| match text {
                "" => Line::default(),
                text => Line::styled(format!(" {} ", text::shorten(text, room)), theme.style(Role::Focus)),
            };
            let foot = whole_parts(foot, room);
            let block = Block::bordered()
                .border_set(set)
                .border_style(theme.style(Role::Focus))
                .title(label(title))
                .title_bottom(label(foot))
                .padding(Padding::horizontal(if outer.width >= ROOMY { 2 } else { 1 }));
            let inner = block.inner(outer);
            frame.render_widget(block, outer);
            stand_at(inner, frame)
        }
        None => {
            let last = outer.bottom().saturating_sub(1);
            let style = theme.style(Role::Focus);
            frame.buffer_mut().set_stringn(outer.x, outer.y, title, usize::from(outer.width), style);
            frame.buffer_mut().set_stringn(outer.x, last, foot, usize::from(outer.width), style);
            stand_at(outer.inner(Margin { horizontal: 0, vertical: 1 }), frame)
        }
    }
}

/// Puts the terminal's cursor where the content begins, so that a screen reader is there;
/// what has the focus within takes it from there.
fn stand_at(inner: Rect, frame: &mut Frame<'_>) -> Rect {
    if !inner.is_empty() {
        frame.set_cursor_position((inner.x, inner.y));
    }
    inner
}

/// How wide the box is: all of a narrow screen, else a readable width, or more where the content wants it.
fn outer_width(area: Rect, wanted: u16) -> u16 {
    let width = MAX_WIDTH.max(wanted.saturating_add(6));
    if area.width <= MAX_WIDTH + 2 { area.width } else { width.min(area.width) }
}

/// How wide the content will be, before its height is known.
pub(crate) fn inner_width(theme: &Theme, area: Rect, wanted: u16) -> u16 {
    let outer = outer_width(area, wanted);
    let padding = if outer >= ROOMY { 2 } else { 1 };
    if theme.frame().is_some() { outer.saturating_sub(2 + 2 * padding) } else { outer }
}

/// How many cells the title has.
pub(crate) fn title_room(area: Rect, wanted: u16) -> usize {
    usize::from(outer_width(area, wanted)).saturating_sub(4)
}

/// As many of the parts of `foot` as fit, the first ones before all.
fn whole_parts(foot: &str, cells: usize) -> &str {
    let mut foot = foot;
    while text::width(foot) > cells
        && let Some((fewer, _)) = foot.rsplit_once(" · ")
    {
        foot = fewer;
    }
    foot
}

/// A rectangle of at most `width` and `height` in the middle of `area`, a little above rather than below.
fn middle(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    let x = area.x.saturating_add(area.width.saturating_sub(width) / 2);
    let y = area.y.saturating_add(area.height.saturating_sub(height) / 2);
    Rect { x, y, width, height }
}
