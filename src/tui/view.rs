//! [`draw`]: the whole screen from the state, reading only.
//!
//! Header, panes, the open dialog over them, the notice, the hint bar. What is
//! wrong with the vault stands in the header in words, worst first.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;

use crate::error::Error;
use crate::vault::audit::AuditVerdict;

use super::action::{Action, Context};
use super::keymap::Keys;
use super::layout::{Areas, Pane, SizeClass, inside};
use super::panes::{self, Look, row_area};
use super::state::{Lease, OpenVault, State};
use super::text;
use super::theme::{Role, Theme};
use super::widgets::{self, hint_bar};

/// Draws everything.
pub fn draw(state: &State, theme: &Theme, frame: &mut Frame<'_>) {
    let area = frame.area();
    if area.is_empty() {
        return;
    }
    frame.render_widget(Clear, area);
    frame.buffer_mut().set_style(area, theme.ground());
    let areas = state.areas_in(area);
    if areas.class == SizeClass::TooSmall {
        draw_too_small(state, theme, area, frame);
        return;
    }
    draw_header(state, theme, areas.header, frame);
    match &state.vault {
        Some(vault) => draw_panes(state, vault, &areas, theme, frame),
        None if state.dialog().is_none() => draw_waiting(theme, areas.body, frame),
        None => {}
    }
    for dialog in [&state.dialog, &state.over].into_iter().flatten() {
        dialog.draw(&state.options.keymap, theme, areas.body, frame);
    }
    hint_bar::draw(state, theme, areas.hints, frame);
    draw_notice(state, theme, &areas, frame);
}

fn draw_too_small(state: &State, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let keys = Keys::new(&state.options.keymap, Context::Unlock);
    let keys = keys.named("⟨lock⟩ lock  ⟨quit⟩ quit");
    let words = format!("{}x{} is too small, 40x8 needed.", area.width, area.height);
    // On one row the keys come first: they are what one may need.
    let lines = if area.height > 1 { vec![words, keys.into_owned()] } else { vec![format!("{keys}  {words}")] };
    let lines = lines.iter().flat_map(|line| text::wrap(line, usize::from(area.width)));
    for (at, line) in lines.enumerate() {
        if let Some(row) = row_area(area, at) {
            frame.render_widget(Span::styled(line.to_owned(), theme.style(Role::Warn)), row);
        }
    }
}

fn draw_waiting(theme: &Theme, body: Rect, frame: &mut Frame<'_>) {
    let line = Rect { y: body.y.saturating_add(body.height / 2), height: 1, ..body }.intersection(body);
    frame.render_widget(Line::styled("Opening the vault…", theme.style(Role::Muted)).centered(), line);
}

/// ` strongroom  ops@bastion1  /srv/ops/vault.db      unlocked · 3 due · 1 expired`
fn draw_header(state: &State, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let mut right = Vec::new();
    let mut cells = 1;
    let total = usize::from(area.width);
    for (words, role) in standing(state) {
        let gap = if right.is_empty() { "" } else { " · " };
        if cells + text::width(gap) + text::width(&words) + 14 > total && !right.is_empty() {
            break;
        }
        cells += text::width(gap) + text::width(&words);
        right.push(Span::styled(gap, theme.style(Role::Muted)));
        right.push(Span::styled(words, theme.style(role)));
    }
    right.push(Span::raw(" "));
    let mut left = vec![Span::styled(" strongroom", theme.style(Role::Focus))];
    let mut room = total.saturating_sub(cells + 11);
    let who = text::printable(&state.options.who);
    if text::width(&who) + 4 <= room {
        room = room.saturating_sub(text::width(&who) + 2);
        left.push(Span::styled(format!("  {who}"), theme.style(Role::Text)));
        let vault = text::printable(&state.options.vault);
        if room >= 14 {
            let shown = text::shorten_start(&vault, room - 4).into_owned();
            left.push(Span::styled(format!("  {shown}"), theme.style(Role::Muted)));
        }
    }
    frame.render_widget(Line::from(left), area);
    let width = u16::try_from(cells).unwrap_or(area.width).min(area.width);
    let place = Rect { x: area.right().saturating_sub(width), width, ..area };
    frame.render_widget(Line::from(right), place);
}

/// What the header says about the vault, worst first.
fn standing(state: &State) -> Vec<(String, Role)> {
    let Some(vault) = &state.vault else { return vec![("locked".to_owned(), Role::Warn)] };
    let mut words = Vec::new();
    if let Some((AuditVerdict::Broken { first_bad, .. }, _)) = &vault.audit {
        words.push((format!("AUDIT LOG BROKEN at {first_bad}"), Role::Danger));
    }
    if vault.read_only.is_some() {
        words.push(("READ-ONLY".to_owned(), Role::Danger));
    }
    match state.locks_in() {
        Some(left) => words.push((format!("locks in {}", text::countdown(left)), Role::Warn)),
        None if words.is_empty() => words.push(("unlocked".to_owned(), Role::Ok)),
        None => {}
    }
    let counts = vault.secrets.counts();
    // Whoever reads the counts is told the key that leads to what is behind them.
    let key = state.options.keymap.shown(Context::Secrets, Action::Overview).filter(|_| vault.overview.is_none());
    let key = key.map(|key| format!(" ({})", key.label())).unwrap_or_default();
    // What is being driven here is not out of hand.
    let driven = vault.rotation.as_ref().filter(|log| log.is_open).map(|log| log.id);
    let driven = driven.and_then(|id| vault.secrets.listed(id)).is_some_and(|listed| listed.under_way.is_unsettled());
    let unsettled = counts.unsettled.saturating_sub(usize::from(driven));
    if unsettled > 0 {
        words.push((format!("{} unsettled", text::grouped(unsettled as u64)), Role::Danger));
    }
    if counts.expired > 0 {
        let key = if counts.due > 0 { "" } else { &key };
        words.push((format!("{} expired{key}", text::grouped(counts.expired as u64)), Role::Danger));
    }
    if counts.due > 0 {
        words.push((format!("{} due{key}", text::grouped(counts.due as u64)), Role::Warn));
    }
    if counts.due_soon > 0 {
        words.push((format!("{} due soon", text::grouped(counts.due_soon as u64)), Role::Text));
    }
    if vault.failed_unlocks > 0 {
        words.push((text::counted(vault.failed_unlocks, "failed unlock"), Role::Warn));
    }
    words
}

/// How and when a pane is looked at.
fn look<'a>(state: &'a State, vault: &OpenVault, pane: Pane, theme: &'a Theme) -> Look<'a> {
    let covered = state.dialog().is_some();
    Look {
        theme,
        keys: Keys::new(&state.options.keymap, Context::Secrets),
        focused: vault.focus == pane && !covered,
        filtering: vault.filtering && !covered,
        now: state.now.time,
        instant: state.now.instant,
    }
}

fn draw_panes(state: &State, vault: &OpenVault, areas: &Areas, theme: &Theme, frame: &mut Frame<'_>) {
    let look = |pane: Pane| look(state, vault, pane, theme);
    if let Some((overview, standing)) = vault.overview.as_ref().zip(state.standing()) {
        let look = Look { focused: state.dialog().is_none(), ..look(Pane::Secrets) };
        overview.draw(look, standing, areas.body, frame);
        return;
    }
    let address = match vault.detail.secret() {
        Some(secret) => Some(secret.address.clone()),
        None => vault.detail.id().and_then(|id| vault.secrets.address_of(id)),
    };
    let address = address.map(|address| address.to_string());
    let alone = Pane::ALL.iter().filter(|pane| areas.pane(**pane).is_some()).count() == 1;
    if let Some(area) = areas.pane(Pane::Secrets) {
        vault.secrets.draw(look(Pane::Secrets), area, frame);
    }
    if let Some(area) = areas.pane(Pane::Detail) {
        let scope = vault.secrets.selected_scope().filter(|_| vault.detail.id().is_none());
        match scope {
            Some(scope) => panes::scope::draw(scope, look(Pane::Detail), area, frame),
            None => vault.detail.draw(address.as_deref().unwrap_or("Detail"), look(Pane::Detail), area, frame),
        }
    }
    if let Some(area) = areas.pane(Pane::History) {
        vault.history.draw(address.as_deref().filter(|_| alone), look(Pane::History), area, frame);
    }
}

/// The notice; else what is wrong with the filter; else the countdown of the clipboard; else why the vault was locked.
fn draw_notice(state: &State, theme: &Theme, areas: &Areas, frame: &mut Frame<'_>) {
    let area = areas.notice;
    if let Some(notice) = &state.notice {
        let rows = widgets::notice::rows(notice, area.width);
        let y = area.bottom().saturating_sub(rows);
        let place = Rect { y, height: rows, ..area }.intersection(frame.area());
        widgets::notice::draw(notice, theme, place, frame);
        if let Some(lease) = state.lease.as_ref().filter(|_| rows == 1 && !notice.swallows_key()) {
            draw_beside(&clears_in(lease, state), notice.text(), theme, place, frame);
        }
        return;
    }
    let vault = state.vault.as_ref().filter(|_| state.dialog().is_none());
    if let Some(vault) = vault
        && vault.secrets.draw_candidates(look(state, vault, Pane::Secrets, theme), area, frame)
    {
        return;
    }
    // A filter that was kept says what is wrong with it too, unless a countdown runs.
    let wrong = vault.filter(|vault| vault.overview.is_none() && (vault.filtering || state.lease.is_none()));
    if let Some(error) = wrong.and_then(|vault| vault.secrets.filter_error()) {
        let beside = vault.zip(areas.pane(Pane::Secrets)).is_some_and(|(vault, area)| vault.secrets.tells_beside(area));
        draw_wrong_filter(error, beside, theme, area, frame);
        return;
    }
    let room = usize::from(area.width).saturating_sub(1);
    let overview = || vault?.overview.as_ref()?.told(state.standing()?, inside(areas.body));
    let history = || vault.filter(|vault| vault.focus == Pane::History)?.history.cut_row(areas.pane(Pane::History)?);
    let in_overview = vault.is_some_and(|vault| vault.overview.is_some());
    let cut = || if in_overview { overview() } else { history() };
    let (words, role) = match (&state.lease, &state.locked_because) {
        (Some(lease), _) if lease.pending => (PENDING.to_owned(), Role::Warn),
        (Some(lease), _) => match in_overview.then(overview).flatten() {
            Some(told) => (format!("{} · {told}", clears_in(lease, state)), Role::Ok),
            None => (lease_words(lease, state, room), Role::Ok),
        },
        (None, Some(because)) if state.is_locked() => match state.halfway {
            Some(_) => (format!("A rotation was left halfway; unlock to go on with it. {because}"), Role::Warn),
            None => (because.clone(), Role::Muted),
        },
        _ => match cut().or_else(|| tip(state)) {
            Some(words) => (words, Role::Muted),
            None => return,
        },
    };
    // A history that has the screen alone is one to be read.
    let zoomed = vault.is_some_and(|vault| vault.zoomed && vault.focus == Pane::History && !in_overview);
    draw_rows(&words, if zoomed { MOST_ROWS } else { 1 }, theme.style(role), theme, area, frame);
}

/// Most rows of what is no notice.
const MOST_ROWS: u16 = 3;

/// Draws words from the bottom of `area` up, in as many rows as they need and may have.
fn draw_rows(words: &str, most: u16, style: Style, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let room = usize::from(area.width).saturating_sub(2);
    let one = text::shorten(words, room + 1);
    let lines = if most == 1 { vec![one.as_ref()] } else { text::wrap(words, room) };
    let rows = u16::try_from(lines.len()).unwrap_or(most).min(most);
    let place = Rect { y: area.bottom().saturating_sub(rows), height: rows, ..area }.intersection(frame.area());
    frame.render_widget(Clear, place);
    frame.buffer_mut().set_style(place, theme.ground());
    for (at, line) in lines.into_iter().enumerate() {
        if let Some(row) = row_area(place, at) {
            frame.render_widget(Line::styled(format!(" {line}"), style), row);
        }
    }
}

/// The countdown of the clipboard on the right of a notice, where there is room for both.
fn draw_beside(words: &str, notice: &str, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    // A cell on either side, and three between them.
    let room = usize::from(area.width).saturating_sub(text::width(notice) + 5);
    if let Some(width) = u16::try_from(text::width(words)).ok().filter(|width| usize::from(*width) <= room) {
        let place = Rect { x: area.right().saturating_sub(width + 1), width, ..area };
        frame.render_widget(Line::styled(words.to_owned(), theme.style(Role::Ok)), place);
    }
}

/// First steps, while the vault is nearly empty: they leave by themselves, and for good.
const FIRST_STEPS: &str = "⟨help⟩ all keys · ⟨palette⟩ actions · ⟨overview⟩ overview";
/// So many secrets, and nobody needs first steps any more.
const FEW: usize = 3;

/// What may stand below the panes when nothing else does.
fn tip(state: &State) -> Option<String> {
    let vault = state.vault.as_ref().filter(|_| state.dialog().is_none())?;
    let first_steps = (vault.secrets.total() < FEW).then_some(FIRST_STEPS);
    let words = state.options.tip.as_deref().or(first_steps)?;
    Some(Keys::new(&state.options.keymap, Context::Secrets).named(words).into_owned())
}

/// What cannot be read in the filter, in three rows at most; what to do about it
/// alone where the rest stands `beside` the filter line.
fn draw_wrong_filter(error: &Error, beside: bool, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let told = if beside { "" } else { error.message() };
    let words = format!("{told} {}", error.next_step().unwrap_or_default());
    let words = text::printable(words.trim());
    draw_rows(words.trim(), MOST_ROWS, theme.style(Role::Danger), theme, area, frame);
}

/// `Clipboard clears in 0:27`, naming nothing.
fn clears_in(lease: &Lease, state: &State) -> String {
    if lease.pending {
        return PENDING.to_owned();
    }
    format!("Clipboard clears in {}", text::countdown(lease.until.saturating_duration_since(state.now.instant)))
}

/// A terminal may not listen while it is not looked at.
const PENDING: &str = "Clear pending: press a key here, or focus this terminal";

/// `Copied · clears in 0:27 · production/KEY · X11 clipboard`; a locked screen names nothing.
/// Where room is short the route goes, then the start of the address, never what is certain.
fn lease_words(lease: &Lease, state: &State, room: usize) -> String {
    if state.is_locked() {
        return clears_in(lease, state);
    }
    let left = text::countdown(lease.until.saturating_duration_since(state.now.instant));
    let Lease { address, route, confirmed, .. } = lease;
    let word = if *confirmed { "Copied" } else { "Sent, unconfirmed" };
    let what = format!("{word} · clears in {left} · ");
    let address = address.to_string();
    let whole = format!("{what}{address} · {route}");
    if text::width(&whole) <= room {
        return whole;
    }
    format!("{what}{}", text::shorten_start(&address, room.saturating_sub(text::width(&what))))
}
