//! One secret as a row of the list: marker, address, version, age, and whether it
//! is expired or due.

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::panes::secrets::tree::Scope;
use crate::tui::panes::{Look, marked, marker};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::vault::catalog::{Catalog, Listed, Symbol};
use crate::vault::rotation::UnderWay;
use crate::vault::search::Query;

use super::signs::{DUE, EXPIRED, MARKED, PINNED, REVOKE, STAGED, UNSETTLED};

/// Inner columns from which a row shows the version too.
const WITH_VERSION: u16 = 42;

/// What a row shows.
pub(super) struct Row<'a> {
    /// The secret.
    pub(super) listed: &'a Listed,
    /// It has the list's cursor.
    pub(super) selected: bool,
    /// Whether it is marked, while anything is.
    pub(super) mark: Option<bool>,
    /// What the matched characters are marked for.
    pub(super) query: &'a Query,
    /// It is one of those that come first when one jumps.
    pub(super) pinned: bool,
    /// In the tree: how far it is indented, its scope standing above it.
    pub(super) indent: Option<usize>,
}

impl Row<'_> {
    /// Draws the row over the whole of `area`.
    /// `alike` are the addresses on the screen that look the same when they are shortened alone.
    pub(super) fn draw(&self, catalog: &Catalog, alike: &[&str], look: &Look<'_>, area: Rect, frame: &mut Frame<'_>) {
        let (listed, theme) = (self.listed, look.theme);
        let (flag, role) = flag(listed, look.now);
        let mut right = self.when(look.now);
        if area.width >= WITH_VERSION {
            right = format!("{:>4} {right}", format!("v{}", listed.version));
        }
        let room = self.room(area.width);
        let mut spans = vec![marker(self.selected, look.focused, theme)];
        let gutter = self.mark.map(|marked| if marked { MARKED } else { " " });
        spans.extend(gutter.map(|sign| Span::styled(sign, theme.style(Role::Accent))));
        spans.push(Span::raw(" ".repeat(indentation(self.indent, self.width(area.width)))));
        spans.extend(self.name(catalog, look, alike, room));
        let pin = if self.pinned { PINNED } else { " " };
        spans.push(Span::styled(format!("{pin}{right}"), theme.style(Role::Muted)));
        spans.push(Span::styled(format!("{flag:<2}"), theme.style(role)));
        frame.render_widget(Line::from(spans), area);
    }

    /// In five cells how old the value is or, where the filter is about a due date or an
    /// expiry, how long ago that was or how far ahead it is: `-12d`, `+3d`.
    fn when(&self, now: Timestamp) -> String {
        let told = |at: i64, words: fn(Timestamp, Timestamp) -> String| {
            Timestamp::from_second(at).map(|at| words(at, now)).unwrap_or_default()
        };
        match self.query.presses(self.listed) {
            Some(at) => format!("{:>5}", told(at, text::short_due)),
            None => format!("{:>4} ", told(self.listed.value_changed_at, text::short_age)),
        }
    }

    /// The cells for indentation and address; a mark takes one, while anything is marked.
    fn width(&self, width: u16) -> usize {
        let version = if width >= WITH_VERSION { 5 } else { 0 };
        let gutter = usize::from(self.mark.is_some());
        usize::from(width).saturating_sub(1 + gutter + 1 + version + 5 + 2)
    }

    /// The cells for the address.
    fn room(&self, width: u16) -> usize {
        let width = self.width(width);
        width - indentation(self.indent, width)
    }

    /// What stands in the row: the whole address, in the tree the name.
    pub(super) fn address(&self, catalog: &Catalog) -> String {
        let scope = catalog.text(self.listed.scope);
        if scope.is_empty() || self.indent.is_some() {
            return self.listed.name.to_string();
        }
        format!("{scope}/{}", self.listed.name)
    }

    /// How it looks when it is shortened alone, and under which scope; `None` when it is shown whole.
    pub(super) fn shortened(&self, catalog: &Catalog, width: u16) -> Option<(Option<Symbol>, String)> {
        let under = self.indent.map(|_| self.listed.scope);
        marked::shortened(&self.address(catalog), self.room(width)).map(|shown| (under, shown))
    }

    /// The address in exactly `room` cells, with the matched characters marked.
    fn name<'a>(&self, catalog: &Catalog, look: &Look<'_>, alike: &[&str], room: usize) -> Vec<Span<'a>> {
        let Row { listed, query, .. } = self;
        let scope = catalog.text(listed.scope);
        let full = if scope.is_empty() { listed.name.to_string() } else { format!("{scope}/{}", listed.name) };
        let marks = if query.is_empty() { Vec::new() } else { query.marks(&full) };
        // In the tree the scope stands above, and so do the marks in it.
        let above = self.indent.map_or(0, |_| full.chars().count() - listed.name.chars().count());
        let marks: Vec<usize> = marks.into_iter().filter_map(|mark| mark.checked_sub(above)).collect();
        marked::spans(
            if above > 0 { &listed.name } else { &full },
            &marks,
            alike,
            self.selected && look.focused,
            room,
            look.theme,
        )
    }
}

/// Draws a scope of the tree: folded `+` or not `-`, its count, and whether something below is expired or due.
pub(super) fn draw_scope(
    scope: &Scope,
    selected: bool,
    mark: Option<&'static str>,
    look: &Look<'_>,
    area: Rect,
    frame: &mut Frame<'_>,
) {
    let theme = look.theme;
    let (flag, role) = match () {
        () if scope.expired > 0 => (EXPIRED, Role::Danger),
        () if scope.due > 0 => (DUE, Role::Warn),
        () => ("", Role::Text),
    };
    let flag = format!("{flag:<2}");
    let count = format!(" {:>4} ", text::grouped(scope.secrets as u64));
    let gutter = mark.map_or(0, str::len);
    let room = usize::from(area.width).saturating_sub(1 + gutter + text::width(&count) + flag.len());
    let indent = indentation(Some(scope.depth), room);
    let sign = if scope.unfolded { "- " } else { "+ " };
    let name = format!("{sign}{}/", text::printable(scope.name()));
    let shown = text::shorten(&name, room - indent).into_owned();
    let rest = (room - indent).saturating_sub(text::width(&shown));
    let line = Line::from(vec![
        marker(selected, look.focused, theme),
        Span::styled(mark.unwrap_or_default(), theme.style(Role::Accent)),
        Span::raw(" ".repeat(indent)),
        Span::styled(shown, theme.style(if selected && look.focused { Role::Selected } else { Role::Accent })),
        Span::raw(" ".repeat(rest)),
        Span::styled(count, theme.style(Role::Muted)),
        Span::styled(flag, theme.style(role)),
    ]);
    frame.render_widget(line, area);
}

/// The cells before a row of the tree; a deep one leaves its name the better part.
fn indentation(depth: Option<usize>, room: usize) -> usize {
    depth.map_or(0, |depth| (2 * depth).min(room / 3))
}

/// What is wrong with a secret, in at most two cells.
fn flag(listed: &Listed, now: Timestamp) -> (&'static str, Role) {
    match () {
        () if listed.under_way.is_unsettled() => (UNSETTLED, Role::Danger),
        () if listed.is_expired(now) => (EXPIRED, Role::Danger),
        () if listed.under_way.is_staged() => (STAGED, Role::Accent),
        () if listed.under_way == UnderWay::Revoke => (REVOKE, Role::Warn),
        () if listed.is_due(now) => (DUE, Role::Warn),
        () => ("", Role::Text),
    }
}
