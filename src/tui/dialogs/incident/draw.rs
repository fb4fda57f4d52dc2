//! How an incident looks: the form, the line that says how far the search is, and the
//! checklist: whose doings, the line that narrows it, a row each, and below them all that
//! is known about the selected one.

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::dialogs::frame as dialog_frame;
use crate::tui::dialogs::page::Page;
use crate::tui::keymap::Keys;
use crate::tui::panes::{marked, marker, row_area};
use crate::tui::text;
use crate::tui::theme::{Role, Theme};
use crate::vault::incident::{ExposedSecret, Incident, Progress};

use super::{Found, IncidentDialog};

/// Most rows of secrets, and fewest.
const MOST_ROWS: u16 = 14;
const FEWEST_ROWS: u16 = 3;
/// Cells they would like, so that long addresses stay whole.
const WIDTH: u16 = 110;
/// Rows above them: whose doings, and the filter.
const ABOVE: u16 = 2;
/// Rows below them: a gap, the address, and what is known.
const BELOW: u16 = 5;
/// Inner columns from which a row says how it was seen.
const WIDE: u16 = 66;
/// Cells for how.
const HOW: usize = 16;
/// So many versions are told one by one.
const FEW: usize = 3;
/// So many secrets that are built from it are named.
const NAMED: usize = 3;

/// The rows of secrets on a screen of so many rows.
pub(super) fn page(height: u16) -> usize {
    usize::from(height.saturating_sub(3 + 2 + ABOVE + BELOW).min(MOST_ROWS)).max(1)
}

impl IncidentDialog {
    /// Draws what stands there now in the middle of `area`.
    pub fn draw(&self, keys: Keys<'_>, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
        if let Some(writing) = &self.writing {
            return writing.draw(keys, theme, area, frame);
        }
        match (&self.looking, &self.found) {
            (Some(progress), _) => {
                let mut page = Page::new("Incident", self.foot());
                page.prose(far(*progress), Role::Accent);
                page.gap();
                page.prose("Nothing is told before the whole log is verified.", Role::Muted);
                page.draw(keys, theme, area, frame);
            }
            (None, Some(found)) if !self.question.is_open => self.draw_found(found, keys, theme, area, frame),
            _ => {
                let mut page = Page::new("Incident: who could have seen what", self.foot());
                self.question.show(&mut page);
                page.draw(keys, theme, area, frame);
            }
        }
    }

    fn draw_found(&self, found: &Found, keys: Keys<'_>, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
        let foot = self.foot();
        let foot = keys.named(&foot);
        let rows = u16::try_from(found.total()).unwrap_or(MOST_ROWS).clamp(FEWEST_ROWS, MOST_ROWS);
        // The width is known before the height, and with it how much there is to tell.
        let below = self.below(found, keys, usize::from(dialog_frame::inner_width(theme, area, WIDTH)));
        let wanted = u16::try_from(below.len()).unwrap_or(BELOW).saturating_add(1).max(BELOW);
        let size = (WIDTH, (ABOVE + rows).saturating_add(wanted));
        let inner = dialog_frame::open(theme, area, frame, &self.title(found), &foot, size);
        let width = usize::from(inner.width);
        let height = wanted.min(inner.height.saturating_sub(ABOVE) * 2 / 3);
        let list_area =
            Rect { y: inner.y.saturating_add(ABOVE), height: inner.height.saturating_sub(ABOVE + height), ..inner };
        self.draw_list(found, theme, list_area.intersection(inner), frame);
        let below_area = Rect { y: list_area.bottom(), height, ..inner }.intersection(inner);
        let gap = usize::from(below_area.height > u16::try_from(below.len()).unwrap_or(u16::MAX));
        for (at, (line, role)) in below.into_iter().enumerate() {
            if let Some(row) = row_area(below_area, at + gap) {
                frame.render_widget(Line::styled(line, theme.style(role)), row);
            }
        }
        if let Some(row) = row_area(inner, 0) {
            let whose = text::shorten(&whose(found.incident()), width).into_owned();
            frame.render_widget(Line::styled(whose, theme.style(Role::Muted)), row);
        }
        if let Some(row) = row_area(inner, 1) {
            frame.render_widget(Span::styled("/", theme.style(Role::Accent)), row);
            let input = Rect { x: row.x.saturating_add(1), width: row.width.saturating_sub(1), ..row };
            self.input.draw(theme.style(Role::Text), true, input, frame);
        }
    }

    /// `Incident · 3 to do · 5 done · 2 of 8 shown`.
    fn title(&self, found: &Found) -> String {
        let (all, open) = (found.total(), found.incident().open());
        let count = |count: usize| text::grouped(count as u64);
        let shown = match self.input.text().trim() {
            "" => String::new(),
            _ => format!(" · {} of {} shown", count(found.len()), count(all)),
        };
        format!("Incident · {} to do · {} done{shown}", count(open), count(all - open))
    }

    fn draw_list(&self, found: &Found, theme: &Theme, list: Rect, frame: &mut Frame<'_>) {
        let caveats: Vec<&str> = found.incident().caveats().collect();
        let nothing = match (found.total(), found.len()) {
            (0, _) if !caveats.is_empty() => Some(text::printable(&caveats.join(" ")).into_owned()),
            (0, _) => Some(format!(
                "No secret could have been seen: {}, all verified.",
                text::counted(found.incident().records, "record")
            )),
            (_, 0) => Some("None of them matches.".to_owned()),
            _ => None,
        };
        if let Some(words) = nothing {
            let role = if found.total() == 0 && !caveats.is_empty() { Role::Warn } else { Role::Muted };
            for (at, line) in text::wrap(&words, usize::from(list.width).saturating_sub(2)).into_iter().enumerate() {
                if let Some(row) = row_area(list, at) {
                    frame.render_widget(Line::styled(format!("  {line}"), theme.style(role)), row);
                }
            }
            return;
        }
        let mut cursor = self.cursor;
        cursor.follow(found.len(), usize::from(list.height).max(1));
        for at in 0..usize::from(list.height) {
            if let (Some(area), Some(secret)) = (row_area(list, at), found.at(cursor.top + at)) {
                self.draw_row(found, secret, cursor.top + at == self.cursor.row, theme, area, frame);
            }
        }
    }

    fn draw_row(
        &self,
        found: &Found,
        secret: &ExposedSecret,
        selected: bool,
        theme: &Theme,
        area: Rect,
        frame: &mut Frame<'_>,
    ) {
        let at = secret.last_seen();
        let right = if area.width >= WIDE {
            let age = at.map_or_else(|| "-".to_owned(), |at| text::age(at, self.now));
            format!("  {} {age:>13}", text::pad(&text::shorten(&ways(secret), HOW), HOW))
        } else {
            let age = at.map_or_else(|| "-".to_owned(), |at| text::short_age(at, self.now));
            format!(" {age:>4}")
        };
        let is_done = secret.standing.is_done();
        let (state, role) = if is_done { ("done ", Role::Ok) } else { ("to do", Role::Warn) };
        let room = usize::from(area.width).saturating_sub(1 + state.len() + 1 + text::width(&right));
        let name = secret.name();
        let mut spans = vec![marker(selected, true, theme), Span::styled(state, theme.style(role)), Span::raw(" ")];
        spans.extend(marked::spans(&name, &found.marks(&name), &[], selected, room, theme));
        spans.push(Span::styled(right, theme.style(Role::Muted)));
        frame.render_widget(Line::from(spans), area);
    }

    /// What is to be told or, without that, all that is known about the selected one; then
    /// what holds for all of them.
    fn below(&self, found: &Found, keys: Keys<'_>, width: usize) -> Vec<(String, Role)> {
        let lines = |words: &str, role: Role| -> Vec<(String, Role)> {
            let words = text::printable(words);
            text::wrap(&words, width.max(1)).into_iter().map(|line| (line.to_owned(), role)).collect()
        };
        let mut below = Vec::new();
        if let Some((told, role)) = &self.told {
            below.extend(lines(&self.named(keys, told), *role));
        } else if let Some(secret) = self.selected() {
            let name = text::printable(&secret.name()).into_owned();
            below.push((text::shorten_start(&name, width).into_owned(), Role::Accent));
            let role = if secret.standing.is_done() { Role::Ok } else { Role::Warn };
            below.extend(lines(&sentence(&secret.standing.told()), role));
            below.extend(lines(&self.seen(secret), Role::Text));
            below.extend(built(secret).into_iter().flat_map(|words| lines(&words, Role::Text)));
        }
        if self.takes_us {
            let words = "You are one of those chosen, so what you write counts as seen: have somebody else rotate.";
            below.extend(lines(words, Role::Warn));
        }
        if found.total() > 0 {
            below.extend(found.incident().caveats().flat_map(|told| lines(told, Role::Warn)));
        }
        let keys_made = found.incident().keys.len() as u64;
        if keys_made > 0 {
            let words = format!(
                "They changed keys of the vault or made backups, {}: look at strongroom key list.",
                text::counted(keys_made, "time")
            );
            below.extend(lines(&words, Role::Danger));
        }
        below
    }

    /// `Seen: v3 v4 by copy 2, last 3 days ago (2026-03-07 02:14 UTC) by alice@bastion1.`
    fn seen(&self, secret: &ExposedSecret) -> String {
        let Some(last) = secret.exposures.iter().max_by_key(|exposure| (exposure.at, exposure.seq)) else {
            return "Nobody chosen took it out of the vault itself.".to_owned();
        };
        let versions = versions(secret);
        let when = moment(last.at);
        let age = text::age(last.at, self.now);
        format!("Seen: {versions}{}; last {age} ({when}): {} by {}.", ways(secret), last.action, last.actor.place())
    }
}

/// How far the search is, a sentence.
fn far(progress: Option<Progress>) -> String {
    let count = |count: usize| text::grouped(count as u64);
    match progress {
        None => "Reading and verifying the audit log…".to_owned(),
        Some(Progress::Log(done, all)) => format!(
            "Reading and verifying the audit log: {} of {} records.",
            text::grouped(done),
            text::grouped(all.max(done))
        ),
        Some(Progress::Values) => "Comparing the values of the vault with each other…".to_owned(),
        Some(Progress::Seen(done, all)) => format!("Looking at what was seen: {} of {}.", count(done), count(all)),
        Some(Progress::Judging(done, all)) => format!("Judging each secret: {} of {}.", count(done), count(all)),
    }
}

/// `alice, since 2026-02-08 02:14:00 UTC · seen 31 times · 4 sessions`
fn whose(incident: &Incident) -> String {
    let seen = text::counted(incident.exposures() as u64, "time");
    let sessions = text::counted(incident.sessions, "session");
    text::printable(&format!("{} · seen {seen} · {sessions}", incident.choice.told())).into_owned()
}

/// `v3 v4, `, or `9 versions up to v20, `; nothing where none lasted.
fn versions(secret: &ExposedSecret) -> String {
    let versions = secret.versions();
    match versions.as_slice() {
        [] => String::new(),
        [.., last] if versions.len() > FEW => format!("{} versions up to v{last}, ", versions.len()),
        few => format!("{}, ", few.iter().map(|version| format!("v{version}")).collect::<Vec<_>>().join(" ")),
    }
}

/// `copy, reveal 2`
fn ways(secret: &ExposedSecret) -> String {
    let told = |(action, count)| match count {
        1 => format!("{action}"),
        _ => format!("{action} {count}"),
    };
    let ways: Vec<String> = secret.ways().into_iter().map(told).collect();
    if ways.is_empty() { "same value".to_owned() } else { ways.join(", ") }
}

/// `Built from it: A, B, C and 2 more.`
fn built(secret: &ExposedSecret) -> Option<String> {
    let names: Vec<String> = secret.dependents.iter().take(NAMED).map(ToString::to_string).collect();
    let more = secret.dependents.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!names.is_empty()).then(|| format!("Built from it: {}{more}.", names.join(", ")))
}

/// To the second, so that two of one day are told apart.
fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// With a great letter and a full stop.
fn sentence(words: &str) -> String {
    let mut characters = words.chars();
    match characters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), characters.as_str()),
        None => String::new(),
    }
}
