//! How the deleted secrets look: the line that narrows them, a row each, and below them
//! all that is known about the selected one.

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::dialogs::frame as dialog_frame;
use crate::tui::keymap::Keys;
use crate::tui::panes::secrets::lack;
use crate::tui::panes::{marked, marker, row_area};
use crate::tui::text;
use crate::tui::theme::{Role, Theme};
use crate::vault::secret::Secret;

use super::{DeletedDialog, Found};

/// Most rows of secrets, and fewest.
const MOST_ROWS: u16 = 14;
const FEWEST_ROWS: u16 = 3;
/// Cells they would like, so that long addresses stay whole.
const WIDTH: u16 = 100;
/// Rows below them: a gap, the address, and what is known.
const BELOW: u16 = 4;
/// Inner columns from which a row says who, and how long ago in words.
const WIDE: u16 = 60;
/// Cells for who.
const WHO: usize = 16;

/// The rows of secrets on a screen of so many rows.
pub(super) fn page(height: u16) -> usize {
    usize::from(height.saturating_sub(3 + 2 + 1 + BELOW).min(MOST_ROWS)).max(1)
}

impl DeletedDialog {
    /// Draws the list in the middle of `area`, or the question in its place.
    pub fn draw(&self, keys: Keys<'_>, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
        if let Some((_, question)) = &self.asking {
            return question.draw(keys, theme, area, frame);
        }
        let foot = self.foot();
        let foot = keys.named(&foot);
        let inner =
            dialog_frame::open(theme, area, frame, &self.title(), &foot, (WIDTH, 1 + self.wanted_rows() + BELOW));
        let below = self.below(keys, usize::from(inner.width));
        let wanted = u16::try_from(below.len()).unwrap_or(BELOW).saturating_add(1).max(BELOW);
        let height = wanted.min(inner.height.saturating_sub(1) * 2 / 3);
        let list = Rect { y: inner.y.saturating_add(1), height: inner.height.saturating_sub(1 + height), ..inner };
        self.draw_list(theme, list.intersection(inner), frame);
        let below_area = Rect { y: list.bottom(), height, ..inner }.intersection(inner);
        let gap = usize::from(below_area.height > u16::try_from(below.len()).unwrap_or(u16::MAX));
        for (at, (line, role)) in below.into_iter().enumerate() {
            if let Some(row) = row_area(below_area, at + gap) {
                frame.render_widget(Line::styled(line, theme.style(role)), row);
            }
        }
        if let Some(row) = row_area(inner, 0) {
            frame.render_widget(Span::styled("/", theme.style(Role::Accent)), row);
            let input = Rect { x: row.x.saturating_add(1), width: row.width.saturating_sub(1), ..row };
            self.input.draw(theme.style(Role::Text), true, input, frame);
        }
    }

    /// The rows for all there are, so that the box does not change while one types.
    fn wanted_rows(&self) -> u16 {
        let total = self.found.as_ref().map_or(0, Found::total);
        u16::try_from(total).unwrap_or(MOST_ROWS).clamp(FEWEST_ROWS, MOST_ROWS)
    }

    /// `Deleted secrets · 2 of 12`.
    fn title(&self) -> String {
        match &self.found {
            None => "Deleted secrets".to_owned(),
            Some(found) if self.query.is_empty() => {
                format!("Deleted secrets · {}", text::grouped(found.total() as u64))
            }
            Some(found) => {
                let (shown, total) = (text::grouped(found.len() as u64), text::grouped(found.total() as u64));
                format!("Deleted secrets · {shown} of {total}")
            }
        }
    }

    fn draw_list(&self, theme: &Theme, list: Rect, frame: &mut Frame<'_>) {
        if let Some((words, role)) = self.nothing() {
            for (at, line) in text::wrap(words, usize::from(list.width).saturating_sub(2)).into_iter().enumerate() {
                if let Some(row) = row_area(list, at) {
                    frame.render_widget(Line::styled(format!("  {line}"), theme.style(role)), row);
                }
            }
            return;
        }
        let Some(found) = &self.found else { return };
        let mut cursor = self.cursor;
        cursor.follow(found.len(), usize::from(list.height).max(1));
        for at in 0..usize::from(list.height) {
            if let (Some(area), Some(secret)) = (row_area(list, at), found.at(cursor.top + at)) {
                self.draw_row(secret, cursor.top + at == self.cursor.row, theme, area, frame);
            }
        }
    }

    /// Why no row is shown.
    fn nothing(&self) -> Option<(&str, Role)> {
        let lacks = self.query.lacks(&self.facts).map(|fact| lack(fact, &self.facts));
        match (&self.wrong, &self.found) {
            (Some(wrong), _) => Some((wrong, Role::Danger)),
            (None, None) if self.told.is_some() => Some(("", Role::Muted)),
            (None, None) => Some(("Reading…", Role::Muted)),
            (None, Some(found)) if found.total() == 0 => Some(("Nothing is deleted now.", Role::Muted)),
            (None, Some(_)) if lacks.is_some() => lacks,
            (None, Some(found)) if found.len() == 0 => Some(("Nothing that was deleted matches.", Role::Muted)),
            _ => None,
        }
    }

    fn draw_row(&self, secret: &Secret, selected: bool, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
        let version = format!("v{}", secret.version);
        let at = secret.deleted_at.unwrap_or(self.now);
        let like = |other: &&Secret| other.address == secret.address && self.age(other) == self.age(secret);
        let are_alike = self.found.as_ref().is_some_and(|found| found.shown().filter(like).count() > 1);
        let right = if area.width >= WIDE {
            let who = text::printable(self.deleter(secret).unwrap_or_default());
            let who = text::pad(&text::shorten(&who, WHO), WHO);
            let age = if are_alike { at.strftime("%H:%M:%S UTC").to_string() } else { self.age(secret) };
            format!("  {who} {version:>5} {age:>12}")
        } else {
            let age = if are_alike { at.strftime("%H:%M:%S").to_string() } else { text::short_age(at, self.now) };
            format!(" {version:>4} {age:>4}")
        };
        let room = usize::from(area.width).saturating_sub(1 + text::width(&right));
        let address = secret.address.to_string();
        let marks = self.query.marks(&address);
        let mut spans = vec![marker(selected, true, theme)];
        spans.extend(marked::spans(&address, &marks, &[], selected, room, theme));
        spans.push(Span::styled(right, theme.style(Role::Muted)));
        frame.render_widget(Line::from(spans), area);
    }

    /// What did not come about or, without that, all that is known about the selected one.
    fn below(&self, keys: Keys<'_>, width: usize) -> Vec<(String, Role)> {
        let lines = |words: &str, role: Role| -> Vec<(String, Role)> {
            text::wrap(words, width.max(1)).into_iter().map(|line| (line.to_owned(), role)).collect()
        };
        if let Some((told, role)) = &self.told {
            return lines(&text::printable(&keys.named(told)), *role);
        }
        if self.working {
            return lines("Bringing it back…", Role::Muted);
        }
        let Some(secret) = self.found.as_ref().and_then(|found| found.at(self.cursor.row)) else { return Vec::new() };
        let address = text::printable(&secret.address.to_string()).into_owned();
        let mut below = vec![(text::shorten_start(&address, width).into_owned(), Role::Accent)];
        below.extend(lines(&self.fate(secret), Role::Text));
        if self.is_taken(&secret.address) {
            below.extend(lines("Its name is taken by another secret, beside which it cannot come back.", Role::Warn));
        }
        below
    }

    /// `7 versions · deleted 2026-03-07 02:14:00 UTC by ops@bastion1`.
    fn fate(&self, secret: &Secret) -> String {
        let when = secret.deleted_at.map(|at| format!(" {}", moment(at))).unwrap_or_default();
        let by = self.deleter(secret).map(|by| format!(" by {}", text::printable(by))).unwrap_or_default();
        format!("{} · deleted{when}{by}", text::counted(secret.version, "version"))
    }

    /// How long ago it was deleted.
    fn age(&self, secret: &Secret) -> String {
        text::age(secret.deleted_at.unwrap_or(self.now), self.now)
    }

    fn deleter(&self, secret: &Secret) -> Option<&str> {
        self.by.get(&(secret.id, secret.deleted_at)).map(String::as_str)
    }
}

/// To the second, so that two of one day are told apart.
fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}
