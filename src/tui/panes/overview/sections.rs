//! What stands in the overview: titles, rows, and the filter that each row leads to.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::tui::text;
use crate::tui::theme::Role;
use crate::vault::overview::{Ahead, Overview, Task, Used, WEEKS, Work, age_filter, age_label, week_filter};
use crate::vault::secret::SecretId;
use crate::vault::usage::Extent;

use super::standing::{Standing, trouble_rows, vault_rows};

/// The block whose neighbour may stand beside it.
pub(super) const PAIR: usize = 1;

/// A block with a title.
pub(super) struct Section {
    pub(super) title: Cow<'static, str>,
    /// A row of dates stands above the rows.
    pub(super) dated: bool,
    pub(super) rows: Vec<Row>,
}

/// A row, and what it leads to: one cell, or one for each week.
pub(super) struct Row {
    pub(super) label: String,
    pub(super) body: Body,
    pub(super) cells: Vec<Cell>,
}

/// What a row shows behind its label.
pub(super) enum Body {
    Words(String, Role),
    Bar {
        count: usize,
        most: usize,
    },
    /// One count a day, today last.
    Days(Vec<u32>),
    Weeks {
        ahead: Ahead,
        role: Role,
    },
    Work {
        mark: &'static str,
        role: Role,
        count: usize,
        words: &'static str,
        address: String,
        when: String,
    },
}

/// What the cursor can stand on.
pub(super) struct Cell {
    /// The whole of it in words.
    pub(super) told: String,
    pub(super) lead: Option<Lead>,
}

/// Where a row leads: a filter, and the secret to look at first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lead {
    /// The line of the filter.
    pub filter: String,
    /// To be selected in it.
    pub select: Option<SecretId>,
}

impl Cell {
    /// A cell that leads to `count` secrets.
    pub(super) fn counted(told: String, count: usize, filter: String) -> Self {
        Self { told, lead: (count > 0).then_some(Lead { filter, select: None }) }
    }
}

impl Section {
    /// Rows with the title and the dates.
    pub(super) fn height(&self) -> u16 {
        u16::try_from(self.rows.len() + 1 + usize::from(self.dated)).unwrap_or(u16::MAX)
    }
}

/// All blocks, in the order in which the cursor visits them, for a sheet of so many columns.
#[must_use]
pub(super) fn sections(numbers: &Overview, standing: Standing<'_>, width: u16) -> Vec<Section> {
    let section = |title, dated, rows| Section { title: Cow::Borrowed(title), dated, rows };
    vec![
        section("What needs doing first", false, work_rows(numbers, standing)),
        section("Age of values", false, age_rows(numbers)),
        section("The vault", false, vault_rows(numbers, standing)),
        section("Next 90 days", true, calendar_rows(numbers, standing.now)),
        accesses(numbers, standing, width),
    ]
}

/// Values that left the vault, day by day: 90 of them, or as many as there is room for.
fn accesses(numbers: &Overview, standing: Standing<'_>, width: u16) -> Section {
    let room = usize::from(width).saturating_sub(1);
    let days = [90, 60, 30, 14].into_iter().find(|days| *days <= room).unwrap_or(7);
    let title = Cow::Owned(format!("Accesses per day, last {days} days"));
    let row = match &numbers.used {
        Some(Used { per_day, .. }) => {
            let counts = per_day.get(per_day.len().saturating_sub(days)..).unwrap_or_default().to_vec();
            let sum = counts.iter().fold(0, |sum: u64, count| sum + u64::from(*count));
            let noun = if sum == 1 { "access" } else { "accesses" };
            let mut told = format!("{} {noun}{}", text::grouped(sum), busiest(&counts, standing.now));
            if let Some(segment) = standing.cut_off.filter(|segment| segment.until > ago(standing.now, days)) {
                told.push_str(&format!(" · the log begins on {}", date(segment.until)));
            }
            let cell = Cell::counted(told, usize::try_from(sum).unwrap_or(usize::MAX), format!("used:<{days}d"));
            Row { label: String::new(), body: Body::Days(counts), cells: vec![cell] }
        }
        None => {
            let (words, role) = not_known(standing.usage);
            plain("", words.to_owned(), role)
        }
    };
    Section { title, dated: false, rows: vec![row] }
}

/// ` · most, 88, on Mar 3`.
fn busiest(counts: &[u32], now: Timestamp) -> String {
    let ago = counts.iter().rev().enumerate().max_by_key(|(ago, count)| (**count, std::cmp::Reverse(*ago)));
    match ago {
        Some((ago, count)) if *count > 0 => {
            format!(" · most, {}, on {}", text::grouped(u64::from(*count)), date(self::ago(now, ago)))
        }
        _ => String::new(),
    }
}

/// So many days ago.
fn ago(now: Timestamp, days: usize) -> Timestamp {
    let before = jiff::SignedDuration::from_hours(24 * i64::try_from(days).unwrap_or(0));
    now.checked_sub(before).unwrap_or(Timestamp::MIN)
}

/// Why nothing is said about the use of secrets.
pub(super) fn not_known(usage: Extent) -> (&'static str, Role) {
    match usage {
        Extent::Reading | Extent::Whole => ("reading the audit log…", Role::Muted),
        Extent::Unknown => ("!! unknown: the log is damaged", Role::Danger),
    }
}

fn work_rows(numbers: &Overview, standing: Standing<'_>) -> Vec<Row> {
    let mut rows = trouble_rows(standing);
    if numbers.work.is_empty() && rows.is_empty() {
        let words = if numbers.total == 0 {
            "There is no secret."
        } else {
            "Nothing is under way, has expired, is due or soon will be."
        };
        return vec![plain("", words.to_owned(), Role::Ok)];
    }
    rows.extend(numbers.work.iter().map(|work| work_row(work, standing.now)));
    rows
}

fn work_row(work: &Work, now: Timestamp) -> Row {
    let (mark, role, words) = match work.task {
        Task::Unsettled => ("??", Role::Danger, "unsettled: which value works?"),
        Task::Staged => ("> ", Role::Accent, "staged beside the current"),
        Task::Revoke => ("< ", Role::Warn, "previous value not revoked"),
        Task::ExpiredInUse => ("!!", Role::Danger, "expired and still in use"),
        Task::Expired => ("!!", Role::Danger, "expired"),
        Task::Overdue => ("! ", Role::Warn, "overdue for rotation"),
        Task::ExpiresSoon => ("  ", Role::Text, "expire within 14 days"),
        Task::DueSoon => ("  ", Role::Text, "due within 7 days"),
        Task::NeverRotated => ("  ", Role::Text, "over 1 year, by no rotation"),
    };
    let when = text::due(work.at, now);
    let told = format!("{} {words} · first {}, {when}", text::grouped(work.count as u64), work.address);
    let lead = Lead { filter: work.task.filter().to_owned(), select: Some(work.first) };
    let body = Body::Work { mark, role, count: work.count, words, address: work.address.clone(), when };
    Row { label: String::new(), body, cells: vec![Cell { told, lead: Some(lead) }] }
}

fn age_rows(numbers: &Overview) -> Vec<Row> {
    let most = numbers.ages.iter().copied().max().unwrap_or(0);
    let row = |(band, count): (usize, &usize)| {
        let label = age_label(band);
        let (some, all) = (text::grouped(*count as u64), text::grouped(numbers.total as u64));
        let told = format!("{some} of {all} values: {label}");
        let body = Body::Bar { count: *count, most };
        Row { label: label.to_owned(), body, cells: vec![Cell::counted(told, *count, age_filter(band))] }
    };
    numbers.ages.iter().enumerate().map(row).collect()
}

fn calendar_rows(numbers: &Overview, now: Timestamp) -> Vec<Row> {
    vec![
        week_row(("due", "overdue", "due"), &numbers.due, Role::Warn, now),
        week_row(("expires", "expired", "expired"), &numbers.expiring, Role::Danger, now),
    ]
}

/// A row of weeks; its first cell is what is over. `words` are the term, what is over, and the filter for that.
fn week_row(words: (&str, &str, &str), ahead: &Ahead, role: Role, now: Timestamp) -> Row {
    let (term, over, over_filter) = words;
    let past = text::grouped(ahead.past as u64);
    let mut cells = vec![Cell::counted(format!("{past} {over} already"), ahead.past, over_filter.to_owned())];
    for (week, count) in ahead.weeks.iter().enumerate() {
        let days = format!("{} to {}", day(now, week * 7), day(now, week * 7 + 6));
        let told = format!("{term} {days}: {}", text::grouped(*count as u64));
        cells.push(Cell::counted(told, *count, week_filter(term, week)));
    }
    Row { label: term.to_owned(), body: Body::Weeks { ahead: ahead.clone(), role }, cells }
}

/// The date so many days ahead: `Mar 17`.
fn day(now: Timestamp, days: usize) -> String {
    let ahead = jiff::SignedDuration::from_hours(24 * i64::try_from(days).unwrap_or(0));
    now.checked_add(ahead).map(date).unwrap_or_default()
}

fn date(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%b %-d").to_string()
}

/// The heads of the weeks: `today`, then their first days.
#[must_use]
pub(super) fn week_heads(now: Timestamp) -> Vec<String> {
    (0..WEEKS).map(|week| if week == 0 { "today".to_owned() } else { day(now, week * 7) }).collect()
}

/// A row about the vault, which leads to no secret.
pub(super) fn plain(label: &str, words: String, role: Role) -> Row {
    let words = text::printable(&words).into_owned();
    let told = if label.is_empty() { words.clone() } else { format!("{label}: {words}") };
    Row { label: label.to_owned(), body: Body::Words(words, role), cells: vec![Cell { told, lead: None }] }
}
