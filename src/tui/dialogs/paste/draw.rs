//! How it looks: the list of panes, and the question.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::dialogs::frame as dialog_frame;
use crate::tui::dialogs::page::Page;
use crate::tui::keymap::Keys;
use crate::tui::panes::{marker, row_area};
use crate::tui::text;
use crate::tui::theme::{Role, Theme};
use crate::tui::tmux::TmuxPane;

use super::{PasteDialog, dangers};

/// Rows that are no panes: the input, and what is told below the list.
const AROUND: u16 = 1 + TOLD;
/// Rows for what is told below the list, the first of them empty.
const TOLD: u16 = 4;
/// Most rows of panes.
const MOST_ROWS: u16 = 12;
/// Most cells of a place and of a program's name.
const PLACE: usize = 22;
const COMMAND: usize = 16;
/// Cells it would like; the same whatever is found, so that the box stands still.
const WIDTH: u16 = 84;

/// The rows of panes on a screen of so many rows.
pub(super) fn page(height: u16) -> usize {
    usize::from(height.saturating_sub(3 + 2 + AROUND).min(MOST_ROWS)).max(1)
}

impl PasteDialog {
    /// Draws the list, or the question, in the middle of `area`.
    pub fn draw(&self, keys: Keys<'_>, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
        match &self.asking {
            Some(pane) => self.question(pane).draw(keys, theme, area, frame),
            None => self.draw_list(keys, theme, area, frame),
        }
    }

    fn question(&self, pane: &TmuxPane) -> Page<'_> {
        let mut page = Page::new("Paste into a pane?", self.foot());
        let TmuxPane { id, place, command, .. } = pane;
        page.prose(format!("Paste {} into pane {id} ({command}, {place})?", self.what()), Role::Text);
        if !pane.title.is_empty() {
            page.fact("title", pane.title.clone());
        }
        page.gap();
        if let Some(expired) = &self.expired {
            page.prose(format!("It expired {expired}; the audit log will say so."), Role::Danger);
        }
        page.prose("No Enter is added. Nothing is put on a clipboard.", Role::Muted);
        let shape = self.seen.as_ref().map(|(_, shape)| shape);
        let mut told = shape.map(|shape| dangers(shape, pane.takes_whole)).unwrap_or_default();
        if pane.is_piped {
            told.push("All that the pane shows is also written elsewhere (pipe-pane).".to_owned());
        }
        if !told.is_empty() {
            let harmless = pane.takes_whole == Some(true) && !pane.is_piped;
            page.tell(told.join(" "), if harmless { Role::Text } else { Role::Warn });
        }
        page
    }

    fn draw_list(&self, keys: Keys<'_>, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
        let foot = self.foot();
        let count = self.panes.as_ref().map_or(1, Vec::len);
        let rows = u16::try_from(count).unwrap_or(u16::MAX).clamp(1, MOST_ROWS);
        let title = format!("Paste {} into", text::printable(&self.what()));
        let inner =
            dialog_frame::open(theme, area, frame, &title, &keys.named(&foot), (WIDTH, rows.saturating_add(AROUND)));
        let told = self.told(keys, usize::from(inner.width));
        let below = u16::try_from(told.len()).unwrap_or(TOLD).min(TOLD).min(inner.height.saturating_sub(2));
        let list_rows = usize::from(inner.height.saturating_sub(1 + below).min(rows));
        let mut cursor = self.cursor;
        cursor.follow(self.found.len(), list_rows.max(1));
        let widths = self.widths(usize::from(inner.width));
        for at in 0..list_rows {
            let row = cursor.top + at;
            if let (Some(pane), Some(area)) = (self.at(row), row_area(inner, at + 1)) {
                frame.render_widget(draw_pane(pane, row == cursor.row, widths, theme, usize::from(area.width)), area);
            }
        }
        if let (true, Some(row)) = (self.found.is_empty(), row_area(inner, 1)) {
            frame.render_widget(Line::styled(format!("  {}", self.nothing()), theme.style(Role::Muted)), row);
        }
        let first = usize::from(inner.height.saturating_sub(below));
        for (at, (line, role)) in told.into_iter().take(usize::from(below)).enumerate() {
            if let Some(row) = row_area(inner, first + at) {
                frame.render_widget(Line::styled(line, theme.style(role)), row);
            }
        }
        if let Some(row) = row_area(inner, 0) {
            frame.render_widget(Span::styled("/", theme.style(Role::Accent)), row);
            let input = Rect { x: row.x.saturating_add(1), width: row.width.saturating_sub(1), ..row };
            self.input.draw(theme.style(Role::Text), true, input, frame);
        }
    }

    /// Why there is no pane to choose.
    fn nothing(&self) -> &'static str {
        match &self.panes {
            None if self.problem.is_some() => "",
            None => "Asking tmux for its panes…",
            Some(panes) if panes.is_empty() => "There is no other pane in this tmux.",
            Some(_) => "No pane matches.",
        }
    }

    /// What is told below the list, line by line: what went wrong, or what the value is like.
    fn told(&self, keys: Keys<'_>, width: usize) -> Vec<(String, Role)> {
        let whole = self.at(self.cursor.row).and_then(|pane| pane.takes_whole);
        let mut told: Vec<(String, Role)> = Vec::new();
        match (&self.problem, &self.seen) {
            (Some(problem), _) => told.push((keys.named(problem).into_owned(), Role::Danger)),
            (None, None) => told.push(("Looking at the value…".to_owned(), Role::Muted)),
            (None, Some((_, shape))) => {
                told.extend(self.expired.iter().map(|expired| (format!("It expired {expired}."), Role::Danger)));
                let role = if whole == Some(true) { Role::Text } else { Role::Warn };
                told.extend(dangers(shape, whole).into_iter().map(|danger| (danger, role)));
            }
        }
        let wrapped = |(words, role): &(String, Role)| {
            let role = *role;
            text::wrap(words, width).into_iter().map(move |line| (line.to_owned(), role)).collect::<Vec<_>>()
        };
        let lines: Vec<(String, Role)> = told.iter().flat_map(wrapped).collect();
        let gap = (!lines.is_empty()).then(|| (String::new(), Role::Text));
        gap.into_iter().chain(lines).collect()
    }

    /// The cells of numbers, places and programs' names in a row of so many.
    fn widths(&self, room: usize) -> (usize, usize, usize) {
        let widest = |of: fn(&TmuxPane) -> &str, most: usize| {
            let panes = self.panes.iter().flatten();
            panes.map(|pane| text::width(&text::printable(of(pane)))).max().unwrap_or(0).min(most)
        };
        (
            widest(|pane| &pane.id, 6),
            widest(|pane| &pane.place, PLACE.min(room / 3)),
            widest(|pane| &pane.command, COMMAND.min(room / 4)),
        )
    }
}

fn draw_pane<'a>(
    pane: &TmuxPane,
    selected: bool,
    (id, place, command): (usize, usize, usize),
    theme: &Theme,
    room: usize,
) -> Line<'a> {
    let can = pane.obstacle.is_none();
    let role = |role: Role| if can { role } else { Role::Disabled };
    let cut = |text: &str, cells: usize| text::pad(&text::shorten(&text::printable(text), cells), cells);
    let (rest, rest_role) = match &pane.obstacle {
        Some(obstacle) => (obstacle, Role::Warn),
        None => (&pane.title, Role::Muted),
    };
    let left = room.saturating_sub(2 + id + 2 + place + 2 + command + 2);
    let name = if selected { Role::Selected } else { role(Role::Text) };
    Line::from(vec![
        marker(selected, true, theme),
        Span::raw(if can { " " } else { "-" }),
        Span::styled(cut(&pane.id, id), theme.style(role(Role::Accent))),
        Span::raw("  "),
        Span::styled(cut(&pane.place, place), theme.style(role(Role::Text))),
        Span::raw("  "),
        Span::styled(cut(&pane.command, command), theme.style(name)),
        Span::raw("  "),
        Span::styled(text::shorten(&text::printable(rest), left).into_owned(), theme.style(rest_role)),
    ])
}
