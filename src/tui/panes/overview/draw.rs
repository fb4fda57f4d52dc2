//! The overview on the screen.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::panes::{Look, draw_frame, marker, title};
use crate::tui::text;
use crate::tui::theme::{Role, Theme};
use crate::vault::overview::{Ahead, WEEKS};

use super::charts::{bar, cell, spark};
use super::sections::{Body, Row, week_heads};
use super::{OverviewPane, Sheet, Standing};

/// Cells of the labels.
const LABELS: usize = 13;
/// Cells of a number at the end of a bar or before words.
const NUMBERS: usize = 7;

impl OverviewPane {
    /// Draws it; the terminal's cursor stands on the selected row or week.
    pub fn draw(&self, look: Look<'_>, standing: Standing<'_>, area: Rect, frame: &mut Frame<'_>) {
        let theme = look.theme;
        let count = text::counted(self.numbers.total as u64, "secret");
        let heading = title("Overview", look.focused, theme, area, count.len() + 3);
        let inner = draw_frame(heading, &count, look.focused, theme, area, frame);
        let sheet = self.sheet(standing, inner);
        self.draw_titles(&sheet, theme, inner, standing, frame);
        for (row, _) in sheet.rows().enumerate() {
            let Some((_, _, content)) = sheet.spot(row) else { continue };
            let Some(place) = sheet.area_of(row, self.top, inner) else { continue };
            let selected = (row == self.row).then_some(self.cell);
            draw_row(content, selected, look, place.intersection(frame.area()), frame);
        }
        if self.top.saturating_add(inner.height) < sheet.height() {
            super::super::detail::draw_more(&look, area, frame);
        }
    }

    fn draw_titles(&self, sheet: &Sheet, theme: &Theme, inner: Rect, standing: Standing<'_>, frame: &mut Frame<'_>) {
        let on_screen = |place: &Rect, below: u16| {
            let y = place.y.saturating_add(below).checked_sub(self.top).filter(|y| *y < inner.height)?;
            let (x, y) = (inner.x.saturating_add(place.x), inner.y.saturating_add(y));
            Some(Rect { x, y, width: place.width, height: 1 }.intersection(frame.area()))
        };
        let mut lines = Vec::new();
        for (section, place) in sheet.sections.iter().zip(&sheet.places) {
            if let Some(area) = on_screen(place, 0) {
                let words = text::shorten(&section.title, usize::from(area.width)).into_owned();
                lines.push((area, Line::styled(words, theme.style(Role::Focus))));
            }
            if let Some(area) = on_screen(place, 1).filter(|_| section.dated) {
                lines.push((area, heads(standing, theme, area)));
            }
        }
        for (area, line) in lines {
            frame.render_widget(line, area);
        }
    }
}

fn draw_row(row: &Row, selected: Option<usize>, look: Look<'_>, area: Rect, frame: &mut Frame<'_>) {
    if area.is_empty() {
        return;
    }
    let theme = look.theme;
    let room = usize::from(area.width).saturating_sub(1);
    let mut spans = vec![marker(selected.is_some(), look.focused, theme)];
    spans.extend(match &row.body {
        Body::Words(words, role) => worded(&row.label, words, *role, theme, room),
        Body::Bar { count, most } => barred(&row.label, *count, *most, theme, room),
        Body::Days(counts) => days(counts, theme),
        Body::Weeks { ahead, role } => weeks(&row.label, ahead, *role, selected, look, area),
        Body::Work { .. } => work(&row.body, theme, room),
    });
    frame.render_widget(Line::from(spans), area);
    if let Some(at) = selected.filter(|_| look.focused) {
        let x = if row.cells.len() > 1 { cells(row, area).get(at).map(|cell| cell.x) } else { None };
        frame.set_cursor_position((x.unwrap_or(area.x.saturating_add(1)), area.y));
    }
}

fn worded<'a>(label: &str, words: &str, role: Role, theme: &Theme, room: usize) -> Vec<Span<'a>> {
    let before = if label.is_empty() { 0 } else { LABELS };
    let words = text::shorten(words, room.saturating_sub(before)).into_owned();
    vec![Span::styled(text::pad(label, before), theme.style(Role::Muted)), Span::styled(words, theme.style(role))]
}

fn barred<'a>(label: &str, count: usize, most: usize, theme: &Theme, room: usize) -> Vec<Span<'a>> {
    let cells = bar(count, most, room.saturating_sub(LABELS + NUMBERS), theme.is_ascii());
    vec![
        Span::styled(text::pad(label, LABELS), theme.style(Role::Muted)),
        Span::styled(cells, theme.style(Role::Accent)),
        Span::styled(format!(" {}", text::grouped(count as u64)), theme.style(Role::Text)),
    ]
}

/// A spark a day; the days without any are the ground line.
fn days<'a>(counts: &[u32], theme: &Theme) -> Vec<Span<'a>> {
    let sparks: Vec<(char, u32)> = spark(counts, theme.is_ascii()).chars().zip(counts.iter().copied()).collect();
    let runs = sparks.chunk_by(|a, b| (a.1 == 0) == (b.1 == 0));
    let role = |run: &[(char, u32)]| if run.iter().all(|(_, count)| *count == 0) { Role::Muted } else { Role::Accent };
    runs.map(|run| Span::styled(run.iter().map(|(spark, _)| *spark).collect::<String>(), theme.style(role(run))))
        .collect()
}

/// `!!     3 expired               production/payments/ADYEN_HMAC_KEY  9 days ago`
fn work<'a>(body: &Body, theme: &Theme, room: usize) -> Vec<Span<'a>> {
    let Body::Work { mark, role, count, words, address, when } = body else { return Vec::new() };
    let what = format!("{mark}{:>6} {words}", text::grouped(*count as u64));
    let mut spans = vec![Span::styled(text::shorten(&what, room).into_owned(), theme.style(*role))];
    let column = 38.min(room);
    let gap = column.saturating_sub(text::width(&what)).max(2);
    let left = room.saturating_sub(text::width(&what) + gap);
    let name = left.saturating_sub(text::width(when) + 2);
    if name >= 16 {
        let address = text::printable(address);
        spans.push(Span::raw(" ".repeat(gap)));
        spans.push(Span::styled(text::shorten_start(&address, name).into_owned(), theme.style(Role::Text)));
        spans.push(Span::styled(format!("  {when}"), theme.style(Role::Muted)));
    }
    spans
}

/// Cells of the label, of what is over, and of each week.
fn columns(width: u16) -> (u16, u16, u16) {
    let (label, past) = if width < 60 { (8, 3) } else { (LABELS as u16, 8) };
    let week = width.saturating_sub(1 + label + past) / WEEKS as u16;
    (label, past, week.clamp(1, 7))
}

/// Where each cell of a row is: what is over, then the weeks; the whole row where it has one cell.
pub(super) fn cells(row: &Row, area: Rect) -> Vec<Rect> {
    if row.cells.len() <= 1 {
        return vec![area];
    }
    let (label, past, week) = columns(area.width);
    let mut x = area.x.saturating_add(1 + label);
    let widths = std::iter::once(past).chain(std::iter::repeat_n(week, WEEKS));
    let place = |width: u16| {
        let cell = Rect { x, width, ..area }.intersection(area);
        x = x.saturating_add(width);
        cell
    };
    widths.map(place).collect()
}

/// `          over    today   Mar 17  Mar 24`, as many dates as there is room for.
fn heads<'a>(standing: Standing<'_>, theme: &Theme, area: Rect) -> Line<'a> {
    let (label, past, week) = columns(area.width);
    let mut line = " ".repeat(usize::from(1 + label));
    line.push_str(&text::pad(if past > 4 { "over" } else { "" }, usize::from(past)));
    let start = line.len();
    for (at, head) in week_heads(standing.now).iter().enumerate() {
        let x = start + at * usize::from(week);
        let fits = x == start || x > line.len();
        if fits && x + head.len() <= usize::from(area.width) {
            line.push_str(&" ".repeat(x - line.len()));
            line.push_str(head);
        }
    }
    Line::styled(line, theme.style(Role::Muted))
}

fn weeks<'a>(
    label: &str,
    ahead: &Ahead,
    role: Role,
    selected: Option<usize>,
    look: Look<'_>,
    area: Rect,
) -> Vec<Span<'a>> {
    let theme = look.theme;
    let (labels, past, week) = columns(area.width);
    let mut spans = vec![Span::styled(text::pad(label, usize::from(labels)), theme.style(Role::Muted))];
    let counts = std::iter::once((ahead.past, past)).chain(ahead.weeks.iter().map(|count| (*count, week)));
    for (at, (count, width)) in counts.enumerate() {
        let width = usize::from(width);
        let shown = cell(count, width.saturating_sub(1), theme.is_ascii());
        let gap = " ".repeat(width.saturating_sub(text::width(&shown)));
        let role = match count {
            _ if selected == Some(at) && look.focused => Role::Selected,
            0 => Role::Muted,
            _ => role,
        };
        spans.push(Span::styled(shown, theme.style(role)));
        spans.push(Span::raw(gap));
    }
    spans
}
