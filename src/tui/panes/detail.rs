//! The detail of a secret: its fields, masked, and its metadata.
//!
//! A value is shown only as [`Revealed`], with a deadline, for one field; it is
//! wiped when the time is up, when another pane or secret gets the keyboard,
//! and by a lock.

use std::time::Instant;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use zeroize::Zeroizing;

use crate::error::{Error, Kind};
use crate::secret_text::SecretText;
use crate::tui::action::Action;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::vault::secret::{FieldName, Fields, Secret, SecretId, VALUE, Version};

use super::{Cursor, Look, draw_frame, marker, row_area, title};

/// Cells of the labels.
const LABELS: usize = 12;
/// Cells of the brackets around a blind value.
const BRACKETS: usize = 2;
/// Most lines of a shown value; the command line shows the rest.
const MOST_LINES: usize = 2_000;

/// The selected secret.
#[derive(Default)]
pub struct DetailPane {
    secret: Option<Box<Secret>>,
    /// Why there is none to be shown, where it was asked for.
    failure: Option<(SecretId, Error)>,
    /// When the current version was written, and by whom.
    written: Option<(Timestamp, String)>,
    /// The row is the selected field, the top the first line shown.
    cursor: Cursor,
    revealed: Option<Revealed>,
    known: Known,
}

/// What is known about the secret beside its record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// When it was last used, if ever; `None` while nobody can tell.
    pub used: Option<Option<Timestamp>>,
    /// Since when the log tells of uses, where something was cut off it.
    pub told_since: Option<Timestamp>,
    /// Some of those that have the same value, and how many more there are.
    pub alike: (Vec<String>, usize),
    /// Some of those that are built from it, and how many more; `None` while nobody has looked.
    pub built: Option<(Vec<String>, usize)>,
    /// Some of those whose recipes name it, and how many more; none while nobody has looked.
    pub recipes: (Vec<String>, usize),
}

/// One field's plaintext on the screen.
pub struct Revealed {
    /// Which version it belongs to.
    pub version: u64,
    /// Which field.
    pub field: FieldName,
    /// When it is hidden again.
    pub until: Instant,
    shown: Shown,
    value: SecretText,
}

/// How a value is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// To be read.
    Plain,
    /// Between brackets in the colour of its ground, to be selected with the mouse.
    Blind,
}

impl Known {
    /// Those that have the same value, one a row: an address is never broken.
    fn alike_rows(&self, room: usize) -> Vec<Row> {
        let (named, more) = &self.alike;
        let of = named.iter().map(|address| {
            let address = text::printable(address);
            format!("of {}", text::shorten_start(&address, room.saturating_sub(3)))
        });
        let more = (*more > 0).then(|| format!("and {more} more"));
        let label = |at: usize| if at == 0 { "! DUPLICATE" } else { "" };
        of.chain(more).enumerate().map(|(at, words)| Row::new(label(at), words, Role::Warn)).collect()
    }
}

/// A line of the detail.
struct Row {
    label: String,
    /// A shown value, perhaps.
    text: Zeroizing<String>,
    role: Role,
    /// The field it stands for.
    field: Option<usize>,
    /// It takes the whole width, without room for a label.
    wide: bool,
}

impl Row {
    fn new(label: &str, text: impl Into<String>, role: Role) -> Self {
        Self { label: label.to_owned(), text: Zeroizing::new(text.into()), role, field: None, wide: false }
    }
}

impl DetailPane {
    /// The secret that is shown.
    #[must_use]
    pub fn secret(&self) -> Option<&Secret> {
        self.secret.as_deref()
    }

    /// Shows a secret; the selected field stays when it is the same secret.
    pub fn show(&mut self, secret: Box<Secret>, history: &[Version]) {
        if self.secret().is_none_or(|shown| shown.id != secret.id) {
            self.cursor = Cursor::default();
            self.revealed = None;
        }
        if self.secret().is_some_and(|shown| shown.version != secret.version) {
            self.revealed = None;
        }
        self.failure = None;
        self.cursor.row = self.cursor.row.min(secret.fields.len().saturating_sub(1));
        self.written = history.first().map(|version| (version.created_at, version.created_by.clone()));
        self.secret = Some(secret);
    }

    /// The version, when it was written and by whom; and the value's age, where an older one came back.
    fn how(&self, secret: &Secret, now: Timestamp) -> String {
        let made = text::age(secret.value_changed_at, now);
        let Some((at, by)) = &self.written else { return format!("v{}, {made}", secret.version) };
        let older = if secret.value_changed_at.as_second() < at.as_second() {
            format!("; its value is from {made}")
        } else {
            String::new()
        };
        format!("v{}, {} by {by}{older}", secret.version, text::age(*at, now))
    }

    /// Takes what is known beside the record; true when that is news.
    pub fn learn(&mut self, known: Known) -> bool {
        let news = self.known != known;
        self.known = known;
        news
    }

    /// Shows why a secret cannot be shown, and nothing of another one.
    pub fn show_failure(&mut self, id: SecretId, error: Error) {
        *self = Self { failure: Some((id, error)), ..Self::default() };
    }

    /// The secret that is shown, or cannot be.
    #[must_use]
    pub fn id(&self) -> Option<SecretId> {
        self.secret().map(|secret| secret.id).or(self.failure.as_ref().map(|(id, _)| *id))
    }

    /// Shows nothing.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The name of the selected field of `id`, `value` while another secret is shown.
    #[must_use]
    pub fn selected_field(&self, id: SecretId) -> &str {
        let shown = self.secret().filter(|secret| secret.id == id);
        shown.and_then(|secret| secret.fields.get(self.cursor.row)).map_or(VALUE, FieldName::as_str)
    }

    /// What is shown in the clear.
    #[must_use]
    pub fn revealed(&self) -> Option<&Revealed> {
        self.revealed.as_ref()
    }

    /// Shows one field's value until `until`; true when there is one of that name.
    pub fn reveal(&mut self, version: u64, field: FieldName, fields: Fields, (shown, until): (Shown, Instant)) -> bool {
        self.revealed = fields.take(field.as_str()).map(|value| Revealed { version, field, until, shown, value });
        self.revealed.is_some()
    }

    /// Hides what is shown; true when something was.
    pub fn mask(&mut self) -> bool {
        self.revealed.take().is_some()
    }

    /// Moves among the fields, then down the lines; false for an action that is no movement.
    pub fn go(&mut self, action: Action, area: Rect, now: Timestamp) -> bool {
        let fields = self.secret().map_or(0, |secret| secret.fields.len());
        let page = usize::from(area.height).max(1);
        let most = self.rows(area.width, now, "").len().saturating_sub(page);
        let at = self.cursor;
        self.cursor = match action {
            Action::Up if at.top > 0 && at.row == 0 => Cursor { top: at.top - 1, ..at },
            Action::Up => Cursor { row: at.row.saturating_sub(1), ..at },
            Action::Down if at.row + 1 < fields => Cursor { row: at.row + 1, ..at },
            Action::Down => Cursor { top: (at.top + 1).min(most), ..at },
            Action::HalfPageUp => Cursor { top: at.top.saturating_sub(page.div_ceil(2)), ..at },
            Action::HalfPageDown => Cursor { top: (at.top + page.div_ceil(2)).min(most), ..at },
            Action::PageUp => Cursor { top: at.top.saturating_sub(page), ..at },
            Action::PageDown => Cursor { top: (at.top + page).min(most), ..at },
            Action::Top => Cursor::default(),
            Action::Bottom => Cursor { row: fields.saturating_sub(1), top: most },
            _ => return false,
        };
        if self.cursor.row != at.row {
            self.revealed = None;
            self.keep_field_visible(area, now);
        }
        true
    }

    /// Scrolls by so many lines.
    pub fn scroll(&mut self, by: isize, area: Rect, now: Timestamp) {
        let most = self.rows(area.width, now, "").len().saturating_sub(usize::from(area.height).max(1));
        self.cursor.top = self.cursor.top.saturating_add_signed(by).min(most);
    }

    /// Selects the field that is shown as line number `at`; false where there is none.
    pub fn point(&mut self, at: usize, area: Rect, now: Timestamp) -> bool {
        let field = self.rows(area.width, now, "").get(self.cursor.top + at).and_then(|row| row.field);
        if field.is_some_and(|field| field != self.cursor.row) {
            self.revealed = None;
        }
        self.cursor.row = field.unwrap_or(self.cursor.row);
        field.is_some()
    }

    fn keep_field_visible(&mut self, area: Rect, now: Timestamp) {
        let rows = self.rows(area.width, now, "");
        if let Some(line) = rows.iter().position(|row| row.field == Some(self.cursor.row)) {
            let page = usize::from(area.height).max(1);
            self.cursor.top = self.cursor.top.clamp((line + 1).saturating_sub(page), line);
        }
    }

    /// Draws the secret; in focus the terminal's cursor stands on the selected field.
    pub fn draw(&self, heading: &str, look: Look<'_>, area: Rect, frame: &mut Frame<'_>) {
        let Look { theme, focused, .. } = look;
        let left = self.revealed().map(|shown| shown.until.saturating_duration_since(look.instant));
        let hides = left.map(|left| format!("hides in {}", text::countdown(left))).unwrap_or_default();
        let heading = title(heading, focused, theme, area, hides.len() + 3);
        let inner = draw_frame(heading, &hides, focused, theme, area, frame);
        let rows = self.rows(inner.width, look.now, text::mask(theme.borders));
        let top = self.cursor.top.min(rows.len().saturating_sub(1));
        if rows.len() - top > usize::from(inner.height) {
            draw_more(&look, area, frame);
        }
        for (at, row) in rows.iter().skip(top).enumerate() {
            let Some(area) = row_area(inner, at) else { break };
            let selected = row.field == Some(self.cursor.row);
            if selected && focused {
                frame.set_cursor_position((area.x.saturating_add(1), area.y));
            }
            let mut spans = vec![marker(selected, focused, theme)];
            let before = if row.wide { 1 } else { LABELS + 2 };
            if !row.wide {
                spans.push(Span::styled(text::pad(&row.label, LABELS), theme.style(Role::Muted)));
                spans.push(Span::raw(" "));
            }
            let room = usize::from(area.width).saturating_sub(before);
            spans.extend(worded(row, room, look));
            frame.render_widget(Line::from(spans), area);
        }
    }

    fn rows(&self, width: u16, now: Timestamp, mask: &str) -> Vec<Row> {
        let Some(secret) = self.secret() else { return self.failure_rows(width) };
        let room = usize::from(width).saturating_sub(LABELS + 2).max(1);
        let mut rows = Vec::new();
        for (at, field) in secret.fields.iter().enumerate() {
            let first = rows.len();
            match self.revealed().filter(|shown| shown.field == *field) {
                Some(shown) => rows.extend(value_rows(shown, secret.version, width)),
                None => rows.push(Row::new("", mask, Role::Secret)),
            }
            if let Some(row) = rows.get_mut(first) {
                row.label = text::printable(field.as_str()).into_owned();
                row.field = Some(at);
            }
        }
        rows.extend(self.metadata_rows(secret, now, room));
        rows
    }

    /// What is wrong, and what to do.
    fn failure_rows(&self, width: u16) -> Vec<Row> {
        let Some((_, error)) = &self.failure else { return Vec::new() };
        let room = usize::from(width).saturating_sub(1).max(1);
        let (label, words, command) = match error.kind() {
            Kind::Damaged => ("!! DAMAGED", "Nothing of it is shown.", "strongroom verify names all that is damaged."),
            _ => ("! NOT READ", "It cannot be shown now.", ""),
        };
        // The cursor stands on what is wrong, as it does on a field.
        let first = Row { field: Some(0), ..Row::new(label, words, Role::Danger) };
        let mut rows = vec![first, Row::new("", "", Role::Text)];
        for paragraph in [error.message(), error.next_step().unwrap_or_default(), command] {
            let lines = text::printable(paragraph);
            let lines = text::wrap(&lines, room).into_iter().filter(|line| !line.is_empty());
            rows.extend(lines.map(|line| Row { wide: true, ..Row::new("", line, Role::Text) }));
        }
        rows
    }

    fn metadata_rows(&self, secret: &Secret, now: Timestamp, room: usize) -> Vec<Row> {
        let metadata = &secret.metadata;
        let mut rows = Vec::new();
        let wrapped = |rows: &mut Vec<Row>, label: &str, words: &str| {
            for (at, line) in text::wrap(&text::printable(words), room).into_iter().enumerate() {
                rows.push(Row::new(if at == 0 { label } else { "" }, line, Role::Text));
            }
        };
        rows.extend(dates(secret, now));
        rows.extend(self.known.alike_rows(room));
        if !metadata.description.is_empty() {
            wrapped(&mut rows, "description", &metadata.description);
        }
        wrapped(&mut rows, "version", &self.how(secret, now));
        let rotated = secret.last_rotated.map_or_else(|| secret.unrotated().to_owned(), |at| text::age(at, now));
        wrapped(&mut rows, "rotated", &rotated);
        if let Some(used) = self.known.used {
            let none = || self.known.told_since.map_or("never".to_owned(), |since| format!("not since {}", day(since)));
            rows.push(Row::new("used", used.map_or_else(none, |at| text::age(at, now)), Role::Text));
        }
        if !metadata.tags.is_empty() {
            wrapped(&mut rows, "tags", &metadata.tags.join(" "));
        }
        if !metadata.owner.is_empty() {
            wrapped(&mut rows, "owner", &metadata.owner);
        }
        wrapped(&mut rows, "created", &format!("{} by {}", day(secret.created_at), secret.created_by));
        if let Some(json) = &metadata.json {
            wrapped(&mut rows, "metadata", &json.to_string());
        }
        rows
    }
}

/// A row's text; what is blind stands between brackets, since nothing else says where it is.
fn worded<'a>(row: &'a Row, room: usize, look: Look<'_>) -> Vec<Span<'a>> {
    let style = look.theme.style(row.role);
    if row.role != Role::Blind {
        return vec![Span::styled(text::shorten(&row.text, room), style)];
    }
    // A value was cut to fit already, so that nothing is copied here.
    let words = text::shorten(&row.text, room.saturating_sub(BRACKETS));
    let bracket = |side: &'static str| Span::styled(side, look.theme.style(Role::Muted));
    vec![bracket("["), Span::styled(words, style), bracket("]")]
}

/// Says on the frame that there is more below.
pub(super) fn draw_more(look: &Look<'_>, area: Rect, frame: &mut Frame<'_>) {
    let words = if look.theme.is_ascii() { " more below " } else { " ↓ more " };
    let width = u16::try_from(text::width(words)).unwrap_or(0);
    let place =
        Rect { x: area.right().saturating_sub(width + 1), y: area.bottom().saturating_sub(1), width, height: 1 };
    frame.render_widget(Span::styled(words, look.theme.style(Role::Muted)), place.intersection(area));
}

/// What is under way about the value.
fn rotation(secret: &Secret, now: Timestamp) -> Vec<Row> {
    let under_way = secret.rotation.under_way();
    let mut rows = Vec::new();
    if let Some(stage) = &secret.rotation.stage {
        let by = stage.by.split_once('@').map_or(stage.by.as_str(), |(user, _)| user);
        let when = format!("{} by {}", text::age(stage.since, now), text::printable(by));
        rows.push(match under_way.is_unsettled() {
            true => Row::new("?? UNSETTLED", format!("{}, begun {when}", stage.state.word()), Role::Danger),
            false => Row::new("> STAGED", format!("{}, {when}", stage.state.word()), Role::Accent),
        });
    }
    if let Some(revoke) = &secret.rotation.revoke {
        let words = format!("version {} is still taken", revoke.version);
        rows.push(Row::new("< REVOKE", words, Role::Warn));
    }
    rows
}

/// Expiry and due date, what is wrong first and in words.
fn dates(secret: &Secret, now: Timestamp) -> Vec<Row> {
    let mut rows = rotation(secret, now);
    if let Some(at) = secret.metadata.expires_at {
        let when = format!("{} ({})", text::due(at, now), day(at));
        rows.push(match secret.is_expired(now) {
            true => Row::new("!! EXPIRED", when, Role::Danger),
            false => Row::new("expires", when, Role::Text),
        });
    }
    if let (Some(at), Some(days)) = (secret.due_at(), secret.metadata.rotation_days) {
        let when = format!("{} (every {days})", text::due(at, now));
        rows.push(match secret.is_due(now) {
            true => Row::new("! DUE", when, Role::Warn),
            false => Row::new("due", when, Role::Text),
        });
    }
    rows
}

/// A date as people write it, in UTC.
pub(super) fn day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d").to_string()
}

/// A shown value: beside its label where it fits there, else below it over the whole
/// width, so that as much as can be is in one piece for who selects it with a mouse.
fn value_rows(shown: &Revealed, current: u64, width: u16) -> Vec<Row> {
    let beside = usize::from(width).saturating_sub(LABELS + 2).max(1);
    let below = usize::from(width).saturating_sub(1).max(1);
    let mut rows = Vec::new();
    let shown_line = |line: &str| Zeroizing::new(text::printable(line).into_owned());
    let longest = |value: &str| value.lines().map(|line| text::width(&shown_line(line))).max().unwrap_or(0);
    let wide = shown
        .value
        .expose_str()
        .is_some_and(|value| longest(value) + if shown.shown == Shown::Blind { BRACKETS } else { 0 } > beside);
    let (role, around) = match shown.shown {
        Shown::Plain => (Role::Secret, 0),
        Shown::Blind => (Role::Blind, BRACKETS),
    };
    let room = if wide { below } else { beside }.saturating_sub(around).max(1);
    if wide {
        rows.push(Row::new("", "", Role::Secret));
    }
    match shown.value.expose_str() {
        Some("") => rows.push(Row::new("", "(empty)", Role::Muted)),
        Some(value) => {
            for line in value.lines() {
                let line = shown_line(line);
                rows.extend(cut(&line, room).map(|part| Row { wide, ..Row::new("", part, role) }));
                if rows.len() > MOST_LINES {
                    break;
                }
            }
            if role == Role::Blind {
                rows.push(Row::new("", "(between the brackets)", Role::Muted));
            }
            rows.extend(remark(value).map(|remark| Row::new("", remark, Role::Muted)));
        }
        None => {
            let size = text::counted(shown.value.len() as u64, "byte");
            rows.push(Row::new("", format!("{size} that are no text; y copies them"), Role::Muted));
        }
    }
    if shown.version != current {
        rows.push(Row::new("", format!("(v{}, not current)", shown.version), Role::Warn));
    }
    rows
}

/// What the eye cannot see at the end of a value.
fn remark(value: &str) -> Option<&'static str> {
    match value {
        _ if value.ends_with('\n') => Some("(ends with a line break)"),
        _ if value.ends_with(char::is_whitespace) => Some("(ends with a blank)"),
        _ => None,
    }
}

/// `line` in pieces of at most `room` cells; an empty line is one piece.
fn cut(line: &str, room: usize) -> impl Iterator<Item = &str> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let line = rest?;
        let at = text::prefix(line, room);
        let at = if at == 0 { line.len() } else { at };
        rest = (at < line.len()).then(|| &line[at..]);
        Some(&line[..at])
    })
}
