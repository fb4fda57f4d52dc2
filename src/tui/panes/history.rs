//! The history of a secret: its versions, and its audit records.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::action::Action;
use crate::tui::layout::inside;
use crate::tui::text;
use crate::tui::theme::{Role, Theme};
use crate::vault::Segment;
use crate::vault::audit::AuditRecord;
use crate::vault::rotation::{GivenUp, Past, StepDone};
use crate::vault::secret::{SecretId, Version};

use super::detail::day;
use super::{Cursor, Look, draw_frame, marker, row_area};

/// Columns from which a row shows the whole date too.
const WITH_DATE: u16 = 70;

/// Where the tabs stand in the title: behind the frame's corner and ` History `.
const TABS_AT: usize = 1 + 9;

/// Which list the history shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tab {
    /// What was written.
    #[default]
    Versions,
    /// What was done.
    Audit,
}

/// Versions, with the rotations that came to none, and audit records; newest first.
#[derive(Default)]
pub struct HistoryPane {
    id: Option<SecretId>,
    tab: Tab,
    past: Vec<Past>,
    records: Option<Vec<AuditRecord>>,
    /// What was cut off the log before them; a row of its own tells it.
    cut_off: Option<Segment>,
    version_cursor: Cursor,
    record_cursor: Cursor,
    /// The version to compare with.
    marked: Option<u64>,
}

impl HistoryPane {
    /// The list in view.
    #[must_use]
    pub fn tab(&self) -> Tab {
        self.tab
    }

    /// Shows a list.
    pub fn set_tab(&mut self, tab: Tab) {
        self.tab = tab;
    }

    /// Whose history it is.
    #[must_use]
    pub fn id(&self) -> Option<SecretId> {
        self.id
    }

    /// Shows the past of a secret; what is selected stays when it is the same secret.
    pub fn show(&mut self, id: SecretId, past: Vec<Past>, page: usize) {
        if self.id == Some(id) {
            let selected = self.past.get(self.version_cursor.row);
            let at = past.iter().position(|row| Some(row) == selected);
            // On the newest one stays there when a newer one comes.
            self.version_cursor.row = at.filter(|_| self.version_cursor.row > 0).unwrap_or(0);
        } else {
            *self = Self { id: Some(id), tab: self.tab, ..Self::default() };
        }
        self.past = past;
        self.follow(page);
    }

    /// Shows the audit records of a secret, when it is the one in view.
    pub fn show_records(&mut self, id: SecretId, known: (Vec<AuditRecord>, Option<Segment>), page: usize) {
        if self.id == Some(id) {
            (self.records, self.cut_off) = (Some(known.0), known.1);
            self.follow(page);
        }
    }

    /// Shows nothing.
    pub fn clear(&mut self) {
        *self = Self { tab: self.tab, ..Self::default() };
    }

    /// The version under the cursor.
    #[must_use]
    pub fn selected_version(&self) -> Option<&Version> {
        self.past.get(self.version_cursor.row).and_then(Past::version)
    }

    /// True on a rotation that came to no version: there is no value to do anything with.
    #[must_use]
    pub fn is_on_given_up(&self) -> bool {
        let selected = self.past.get(self.version_cursor.row);
        self.tab == Tab::Versions && matches!(selected, Some(Past::GivenUp(_)))
    }

    /// The versions, newest first, each with its row.
    fn versions(&self) -> impl Iterator<Item = (usize, &Version)> {
        self.past.iter().enumerate().filter_map(|(row, past)| Some((row, past.version()?)))
    }

    /// The version that is marked to be compared with.
    #[must_use]
    pub fn marked(&self) -> Option<u64> {
        self.marked
    }

    /// Marks the selected version, or takes its mark away.
    pub fn toggle_mark(&mut self) {
        let Some(selected) = self.selected_version().map(|version| version.number) else { return };
        self.marked = Some(selected).filter(|_| self.marked != Some(selected));
    }

    /// A version by its number.
    #[must_use]
    pub fn version(&self, number: u64) -> Option<&Version> {
        self.versions().map(|(_, version)| version).find(|version| version.number == number)
    }

    /// Puts the cursor on the newest version.
    pub fn select_newest(&mut self) {
        let row = self.versions().next().map_or(0, |(row, _)| row);
        self.version_cursor = Cursor { row, ..Cursor::default() };
    }

    /// Puts the cursor on the version before the newest.
    pub fn select_previous(&mut self, page: usize) {
        let row = self.versions().nth(1).map_or(1, |(row, _)| row);
        self.version_cursor.row = row;
        self.follow(page);
    }

    /// Moves the cursor; false for an action that is no movement.
    pub fn go(&mut self, action: Action, page: usize) -> bool {
        let length = self.length();
        self.cursor_mut().go(action, length, page)
    }

    /// Scrolls by so many rows.
    pub fn scroll(&mut self, by: isize, page: usize) {
        let length = self.length();
        self.cursor_mut().scroll(by, length, page);
    }

    /// Puts the cursor on what is shown as row number `at`; false where there is nothing.
    pub fn point(&mut self, at: usize) -> bool {
        let length = self.length();
        self.cursor_mut().point(at, length)
    }

    /// The tab whose name stands so many cells from the pane's left edge, in its title.
    #[must_use]
    pub fn tab_at(x: u16) -> Option<Tab> {
        let x = usize::from(x).checked_sub(TABS_AT)?;
        let [versions, audit] = tab_labels(Tab::Versions).map(text::width);
        match x {
            _ if x < versions => Some(Tab::Versions),
            _ if x < versions + audit => Some(Tab::Audit),
            _ => None,
        }
    }

    /// Keeps the cursors on the page.
    pub fn follow(&mut self, page: usize) {
        self.version_cursor.follow(self.past.len(), page);
        self.record_cursor.follow(self.record_rows(), page);
    }

    /// The rows of the tab in view.
    fn length(&self) -> usize {
        match self.tab {
            Tab::Versions => self.past.len(),
            Tab::Audit => self.record_rows(),
        }
    }

    /// The records, and where the log begins.
    fn record_rows(&self) -> usize {
        self.records.as_ref().map_or(0, |records| records.len() + usize::from(self.cut_off.is_some()))
    }

    /// `2 of 7`; where the log begins is none of them.
    fn count(&self) -> String {
        let length = match self.tab {
            Tab::Versions => self.past.len(),
            Tab::Audit => self.records.as_ref().map_or(0, Vec::len),
        };
        match self.cursor().row + 1 {
            _ if length == 0 => String::new(),
            row if row > length => text::grouped(length as u64),
            row => format!("{row} of {}", text::grouped(length as u64)),
        }
    }

    /// The selected row and the first one shown.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        match self.tab {
            Tab::Versions => self.version_cursor,
            Tab::Audit => self.record_cursor,
        }
    }

    fn cursor_mut(&mut self) -> &mut Cursor {
        match self.tab {
            Tab::Versions => &mut self.version_cursor,
            Tab::Audit => &mut self.record_cursor,
        }
    }

    /// Draws the tab in view; `alone` is the secret's address when nothing else on the screen says it. In focus the terminal's cursor stands on the selected row.
    pub fn draw(&self, alone: Option<&str>, look: Look<'_>, area: Rect, frame: &mut Frame<'_>) {
        let Look { theme, focused, .. } = look;
        let count = self.count();
        let heading = match alone {
            Some(address) => self.breadcrumb(address, focused, theme, area, count.len() + 3),
            None => self.heading(focused, theme),
        };
        let inner = draw_frame(heading, &count, focused, theme, area, frame);
        let cursor = self.cursor();
        let length = self.length();
        for at in 0..usize::from(inner.height).min(length.saturating_sub(cursor.top)) {
            let Some(area) = row_area(inner, at) else { break };
            let row = cursor.top + at;
            let selected = row == cursor.row;
            if selected && focused {
                frame.set_cursor_position((area.x.saturating_add(1), area.y));
            }
            let mut spans = vec![marker(selected, focused, theme)];
            let room = area.width.saturating_sub(1);
            spans.extend(
                match self.tab {
                    Tab::Versions => self.past.get(row).map(|past| match past {
                        Past::Version(version) => {
                            version_row(version, self.is_newest(row), self.marked == Some(version.number), look, room)
                        }
                        Past::GivenUp(given_up) => given_up_row(given_up, look, room),
                    }),
                    Tab::Audit => match self.records.iter().flatten().nth(row) {
                        Some(record) => Some(record_row(record, look, room)),
                        None => self.cut_off.as_ref().map(|segment| begin_row(segment, look, room)),
                    },
                }
                .into_iter()
                .flatten(),
            );
            frame.render_widget(Line::from(spans), area);
        }
        let waiting = self.tab == Tab::Audit && self.records.is_none() && self.id.is_some();
        let words = if waiting { " Reading the audit log…" } else { " No audit records." };
        if let Some(row) = row_area(inner, 0).filter(|_| length == 0 && self.tab == Tab::Audit && self.id.is_some()) {
            frame.render_widget(Line::styled(words, theme.style(Role::Muted)), row);
        }
    }

    /// The selected row in one line, when it is cut off in a pane of this area.
    #[must_use]
    pub fn cut_row(&self, area: Rect) -> Option<String> {
        let room = inside(area).width.saturating_sub(1);
        let row = self.cursor().row;
        let (short, long) = match self.tab {
            Tab::Versions => match self.past.get(row)? {
                Past::Version(version) => {
                    let newest = self.is_newest(row);
                    (version_words(version, newest, room), version_words(version, false, u16::MAX))
                }
                Past::GivenUp(given_up) => (given_up_words(given_up, room), given_up_words(given_up, u16::MAX)),
            },
            Tab::Audit => match self.records.as_ref()?.get(row) {
                Some(record) => (record_words(record, room), record_words(record, u16::MAX)),
                None => return self.cut_off.as_ref().map(begin_told),
            },
        };
        // The number and the time take as much in every row; at most so many cells.
        let taken = if room >= WITH_DATE { 28 } else { 10 };
        (text::width(&short) + taken > usize::from(room)).then_some(long)
    }

    fn is_newest(&self, row: usize) -> bool {
        self.versions().next().is_some_and(|(newest, _)| newest == row)
    }

    /// `History [Versions] Audit`; the brackets say it without colour.
    fn heading(&self, focused: bool, theme: &Theme) -> Line<'static> {
        let role = if focused { Role::Focus } else { Role::Text };
        let tabs = tab_labels(self.tab);
        let edge = if focused && theme.is_ascii() { "*" } else { " " };
        let mut spans = vec![Span::styled(format!("{edge}History "), theme.style(role))];
        for (tab, shown) in [Tab::Versions, Tab::Audit].into_iter().zip(tabs) {
            let role = if tab == self.tab { role } else { Role::Muted };
            spans.push(Span::styled(shown, theme.style(role)));
        }
        spans.push(Span::raw(" "));
        Line::from(spans)
    }

    /// `production/payments/STRIPE_KEY › Versions`, its end kept.
    fn breadcrumb(&self, address: &str, focused: bool, theme: &Theme, area: Rect, beside: usize) -> Line<'static> {
        let tab = match self.tab {
            Tab::Versions => "Versions",
            Tab::Audit => "Audit",
        };
        let between = if theme.is_ascii() { ">" } else { "›" };
        super::title(&format!("{address} {between} {tab}"), focused, theme, area, beside)
    }
}

/// The names of the tabs; the brackets tell the one in view.
fn tab_labels(tab: Tab) -> [&'static str; 2] {
    match tab {
        Tab::Versions => ["[Versions]", " Audit "],
        Tab::Audit => [" Versions ", "[Audit]"],
    }
}

/// `7  3d  ops@bastion1  rotated  Scheduled rotation`
fn version_row<'a>(version: &Version, current: bool, marked: bool, look: Look<'_>, room: u16) -> Vec<Span<'a>> {
    let theme = look.theme;
    let number = format!("{:>3}{}", version.number, if marked { '*' } else { ' ' });
    let rest = version_words(version, current, room);
    vec![
        Span::styled(number, theme.style(Role::Accent)),
        Span::styled(when(version.created_at, look, room), theme.style(Role::Muted)),
        Span::styled(fit(&rest, look, room, 4), theme.style(Role::Text)),
    ]
}

/// `-  3d  ops@bastion1  aborted  Scheduled rotation. The verify …`
fn given_up_row<'a>(given_up: &GivenUp, look: Look<'_>, room: u16) -> Vec<Span<'a>> {
    let theme = look.theme;
    let rest = given_up_words(given_up, room);
    vec![
        Span::styled("  - ", theme.style(Role::Muted)),
        Span::styled(when(given_up.at, look, room), theme.style(Role::Muted)),
        Span::styled(fit(&rest, look, room, 4), theme.style(Role::Muted)),
    ]
}

fn given_up_words(given_up: &GivenUp, room: u16) -> String {
    words(&["aborted", by(&given_up.by, room), &given_up.reason, &steps(&given_up.steps)])
}

fn steps(steps: &[StepDone]) -> String {
    steps.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// How, by whom and why. The newest is the current one; where there is room the row says so.
fn version_words(version: &Version, current: bool, room: u16) -> String {
    let how =
        if current && room >= WITH_DATE { format!("{} (current)", version.origin) } else { version.origin.to_string() };
    words(&[&how, by(&version.created_by, room), &version.reason, &steps(&version.steps)])
}

/// `3d  copy v7  ops@bastion1 from 10.0.0.7  Reason`; what was refused says so.
fn record_row<'a>(record: &AuditRecord, look: Look<'_>, room: u16) -> Vec<Span<'a>> {
    let theme = look.theme;
    let (mark, role) = if record.error.is_some() { ("! ", Role::Danger) } else { ("  ", Role::Text) };
    let rest = record_words(record, room);
    vec![
        Span::styled(mark, theme.style(role)),
        Span::styled(when(record.at, look, room), theme.style(Role::Muted)),
        Span::styled(fit(&rest, look, room, 2), theme.style(role)),
    ]
}

/// What was done, by whom and why.
fn record_words(record: &AuditRecord, room: u16) -> String {
    let version = record.version.map(|version| format!(" v{version}")).unwrap_or_default();
    let what = format!("{}{version}", record.action.word().replace('_', " "));
    let signature = record.actor.signature();
    let from = if record.actor.ip.is_empty() { String::new() } else { format!(" from {}", record.actor.ip) };
    let who = format!("{}{from}", by(&signature, room));
    let refused = record.error.as_ref().map(|error| format!("refused: {error}")).unwrap_or_default();
    words(&[&what, &refused, &who, &record.reason])
}

/// `3d  log begins here; before: in a segment file`
fn begin_row<'a>(segment: &Segment, look: Look<'_>, room: u16) -> Vec<Span<'a>> {
    let words = match room {
        WITH_DATE.. => "log begins here; before: in a segment file",
        _ => "log begins; before: a segment",
    };
    vec![
        Span::raw("  "),
        Span::styled(when(segment.until, look, room), look.theme.style(Role::Muted)),
        Span::styled(fit(words, look, room, 2), look.theme.style(Role::Muted)),
    ]
}

/// Since when the log tells, and what tells of before.
fn begin_told(segment: &Segment) -> String {
    format!("Until {} in a segment file: strongroom audit --segment FILE", day(segment.until))
}

/// `user@host`, or the user alone where there is little room.
fn by(signature: &str, room: u16) -> &str {
    if room >= WITH_DATE { signature } else { signature.split_once('@').map_or(signature, |(user, _)| user) }
}

/// The words that there are, two blanks apart.
fn words(parts: &[&str]) -> String {
    let parts: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    text::printable(&parts.join("  ")).into_owned()
}

/// What fits beside the `before` cells of the number and the time.
fn fit(words: &str, look: Look<'_>, room: u16, before: usize) -> String {
    let taken = before + text::width(&when(look.now, look, room));
    text::shorten(words, usize::from(room).saturating_sub(taken)).into_owned()
}

/// The age, and the date where there is room.
fn when(at: jiff::Timestamp, look: Look<'_>, room: u16) -> String {
    let age = text::short_age(at, look.now);
    if room < WITH_DATE {
        return format!("{age:>4}  ");
    }
    let date = at.to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y-%m-%d %H:%M");
    format!("{age:>4}  {date}  ")
}
