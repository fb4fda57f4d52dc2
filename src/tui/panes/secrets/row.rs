//! One secret as a row of the list: marker, address, version, age, and whether it
//! is expired or due.

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::panes::{Look, marked, marker};
use crate::tui::text;
use crate::tui::theme::Role;
use crate::vault::catalog::{Catalog, Listed};
use crate::vault::search::Query;

/// Inner columns from which a row shows the version too.
const WITH_VERSION: u16 = 42;

/// What a row shows.
pub(super) struct Row<'a> {
    /// The secret.
    pub(super) listed: &'a Listed,
    /// It has the list's cursor.
    pub(super) selected: bool,
    /// What the matched characters are marked for.
    pub(super) query: &'a Query,
}

impl Row<'_> {
    /// Draws the row over the whole of `area`.
    pub(super) fn draw(&self, catalog: &Catalog, look: &Look<'_>, area: Rect, frame: &mut Frame<'_>) {
        let (listed, theme) = (self.listed, look.theme);
        let (flag, role) = flag(listed, look.now);
        let age = Timestamp::from_second(listed.value_changed_at).map(|at| text::short_age(at, look.now));
        let mut right = format!("{:>4} ", age.unwrap_or_default());
        if area.width >= WITH_VERSION {
            right = format!("{:>4} {right}", format!("v{}", listed.version));
        }
        let room = usize::from(area.width).saturating_sub(1 + 1 + right.len() + flag.len());
        let mut spans = vec![marker(self.selected, look.focused, theme)];
        spans.extend(self.name(catalog, look, room));
        spans.push(Span::styled(format!(" {right}"), theme.style(Role::Muted)));
        spans.push(Span::styled(flag, theme.style(role)));
        frame.render_widget(Line::from(spans), area);
    }

    /// The address in exactly `room` cells, with the matched characters marked.
    fn name<'a>(&self, catalog: &Catalog, look: &Look<'_>, room: usize) -> Vec<Span<'a>> {
        let Row { listed, query, .. } = self;
        let scope = catalog.text(listed.scope);
        let full = if scope.is_empty() { listed.name.to_string() } else { format!("{scope}/{}", listed.name) };
        let marks = if query.is_empty() { Vec::new() } else { query.marks(&full) };
        marked::spans(&full, &marks, room, look.theme)
    }
}

/// What is wrong with a secret, in two cells.
fn flag(listed: &Listed, now: Timestamp) -> (&'static str, Role) {
    match () {
        () if listed.is_expired(now) => ("!!", Role::Danger),
        () if listed.is_due(now) => ("! ", Role::Warn),
        () => ("  ", Role::Text),
    }
}
