//! The list of secrets, and the filter line above it.
//!
//! It holds the catalog and the positions that pass the filter; only rows on
//! the screen are formatted, so that 100,000 secrets draw like ten.

use std::sync::Arc;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::error::Error;
use crate::secret_text::SecretText;
use crate::tui::action::Action;
use crate::tui::press::Press;
use crate::tui::text;
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::text_input::TextInput;
use crate::vault::catalog::{Catalog, CatalogChange, Listed};
use crate::vault::scope::Address;
use crate::vault::search::{Index, Query, Survivors};
use crate::vault::secret::SecretId;

use super::{Cursor, Look, draw_frame, marked, marker, row_area, title};

/// Inner columns from which a row shows the version too.
const WITH_VERSION: u16 = 42;

/// The list.
pub struct SecretsPane {
    catalog: Arc<Catalog>,
    /// Built when the first filter needs it, and again after a change.
    index: Option<Index>,
    survivors: Option<Survivors>,
    query: Query,
    /// The positions that pass the filter; `None` for all of them.
    order: Option<Vec<u32>>,
    filter: TextInput,
    filter_error: Option<Error>,
    cursor: Cursor,
    counts: Counts,
}

/// How many secrets need something done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Due for rotation.
    pub due: usize,
    /// Expired.
    pub expired: usize,
    /// The minute they were counted in.
    minute: i64,
}

impl SecretsPane {
    /// The whole list.
    #[must_use]
    pub fn new(catalog: Arc<Catalog>, now: Timestamp) -> Self {
        let mut pane = Self {
            catalog,
            index: None,
            survivors: None,
            query: Query::default(),
            order: None,
            filter: TextInput::default(),
            filter_error: None,
            cursor: Cursor::default(),
            counts: Counts::default(),
        };
        pane.count(now);
        pane
    }

    /// Secrets that pass the filter.
    #[must_use]
    pub fn len(&self) -> usize {
        self.order.as_ref().map_or(self.total(), Vec::len)
    }

    /// True when none passes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All secrets.
    #[must_use]
    pub fn total(&self) -> usize {
        self.catalog.listed().len()
    }

    /// The secret in a row.
    #[must_use]
    pub fn at(&self, row: usize) -> Option<&Listed> {
        let position = match &self.order {
            Some(order) => usize::try_from(*order.get(row)?).ok()?,
            None => row,
        };
        self.catalog.listed().get(position)
    }

    /// The selected secret.
    #[must_use]
    pub fn selected(&self) -> Option<&Listed> {
        self.at(self.cursor.row)
    }

    /// The selected secret's address.
    #[must_use]
    pub fn selected_address(&self) -> Option<Address> {
        self.catalog.address(self.selected()?)
    }

    /// The address of any listed secret.
    #[must_use]
    pub fn address_of(&self, id: SecretId) -> Option<Address> {
        self.catalog.address(self.catalog.listed().get(self.catalog.position(id)?)?)
    }

    /// The selected row and the first one shown.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        self.cursor
    }

    /// The filter as typed.
    #[must_use]
    pub fn filter(&self) -> &str {
        self.filter.text()
    }

    /// What cannot be read in the filter.
    #[must_use]
    pub fn filter_error(&self) -> Option<&Error> {
        self.filter_error.as_ref()
    }

    /// How many need something done.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Moves the selection; false for an action that is no movement.
    pub fn go(&mut self, action: Action, page: usize) -> bool {
        let length = self.len();
        self.cursor.go(action, length, page)
    }

    /// Keeps the selection on the page after a resize.
    pub fn follow(&mut self, page: usize) {
        let length = self.len();
        self.cursor.follow(length, page);
    }

    /// Selects a secret; false when it is not in the list as filtered.
    pub fn select(&mut self, id: SecretId) -> bool {
        let found = (0..self.len()).find(|row| self.at(*row).is_some_and(|listed| listed.id == id));
        self.cursor.row = found.unwrap_or(self.cursor.row);
        found.is_some()
    }

    /// Selects the secret at an address; false when it is not in the list as filtered.
    pub fn select_address(&mut self, address: &Address) -> bool {
        let found = self.catalog.listed().iter().find(|listed| self.is_at(listed, address)).map(|listed| listed.id);
        found.is_some_and(|id| self.select(id))
    }

    fn is_at(&self, listed: &Listed, address: &Address) -> bool {
        *listed.name == *address.name.as_str() && self.catalog.text(listed.scope) == address.scope.as_stored()
    }

    /// Takes the index that was made for this catalog.
    pub fn take_index(&mut self, index: Index) {
        self.index.get_or_insert(index);
    }

    /// Gets ready for the first key of a filter.
    pub fn prepare_filter(&mut self) {
        self.index.get_or_insert_with(|| Index::build(&self.catalog));
    }

    /// Types into the filter.
    pub fn type_filter(&mut self, press: Press, now: Timestamp) {
        if self.filter.press(press) {
            self.refilter(now);
        }
    }

    /// Pastes into the filter.
    pub fn paste_filter(&mut self, pasted: &SecretText, now: Timestamp) {
        if self.filter.paste(pasted) {
            self.refilter(now);
        }
    }

    /// Replaces the filter; the selection stays where it can.
    pub fn set_filter(&mut self, filter: &str, now: Timestamp) {
        let selected = self.selected().map(|listed| listed.id);
        self.filter = TextInput::holding(filter);
        self.refilter(now);
        if let Some(id) = selected {
            self.select(id);
        }
    }

    /// Applies what was changed; the selection stays on its secret.
    pub fn apply(&mut self, change: CatalogChange, now: Timestamp) {
        let selected = self.selected().map(|listed| listed.id);
        let row = self.cursor.row;
        Arc::make_mut(&mut self.catalog).apply(change);
        self.index = None;
        self.survivors = None;
        self.run_query(now);
        self.cursor.row = row;
        if let Some(id) = selected {
            self.select(id);
        }
        self.count(now);
    }

    /// Takes a secret off the list by its address.
    pub fn remove(&mut self, address: &Address, now: Timestamp) {
        let found = self.catalog.listed().iter().find(|listed| self.is_at(listed, address)).map(|listed| listed.id);
        if let Some(id) = found {
            self.apply(CatalogChange { upserted: Vec::new(), removed: vec![id] }, now);
        }
    }

    /// Counts again when the minute is another one; true when the counts changed.
    pub fn recount(&mut self, now: Timestamp) -> bool {
        let before = self.counts;
        if now.as_second() / 60 != before.minute {
            self.count(now);
        }
        (before.due, before.expired) != (self.counts.due, self.counts.expired)
    }

    fn count(&mut self, now: Timestamp) {
        let mut counts = Counts { minute: now.as_second() / 60, ..Counts::default() };
        for listed in self.catalog.listed() {
            counts.due += usize::from(listed.is_due(now));
            counts.expired += usize::from(listed.is_expired(now));
        }
        self.counts = counts;
    }

    /// Reads the filter line; a term that cannot be read is told and left out.
    fn refilter(&mut self, now: Timestamp) {
        let (query, error) = match Query::parse(self.filter.text(), now) {
            Ok(query) => (query, None),
            Err(error) => (self.readable_part(now), Some(error)),
        };
        let selected = self.selected().map(|listed| listed.id);
        self.query = query;
        self.filter_error = error;
        self.run_query(now);
        self.cursor = Cursor::default();
        if let Some(id) = selected.filter(|_| self.query.is_empty()) {
            self.select(id);
        }
    }

    /// The filter line without the terms that cannot be read.
    fn readable_part(&self, now: Timestamp) -> Query {
        let readable = |word: &&str| Query::parse(word, now).is_ok();
        let words: Vec<&str> = self.filter.text().split_whitespace().filter(readable).collect();
        Query::parse(&words.join(" "), now).unwrap_or_default()
    }

    fn run_query(&mut self, now: Timestamp) {
        if self.query.is_empty() {
            self.order = None;
            self.survivors = None;
            return;
        }
        let index = self.index.get_or_insert_with(|| Index::build(&self.catalog));
        let matches = index.filter(&self.catalog, &self.query, self.survivors.as_ref(), now);
        self.order = Some(matches.order);
        self.survivors = Some(matches.survivors);
    }

    /// Draws the list; the terminal's cursor stands on the selected row or in the filter.
    pub fn draw(&self, look: Look<'_>, area: Rect, frame: &mut Frame<'_>) {
        let Look { theme, focused, .. } = look;
        let count = match &self.order {
            Some(order) => format!("{} of {}", text::grouped(order.len() as u64), text::grouped(self.total() as u64)),
            None => text::grouped(self.total() as u64),
        };
        let heading = title("Secrets", focused, theme, area, count.len() + 3);
        let inner = draw_frame(heading, &count, focused, theme, area, frame);
        let list = Rect { y: inner.y.saturating_add(1), height: inner.height.saturating_sub(1), ..inner };
        if self.is_empty() {
            self.draw_nothing(look, list, frame);
        }
        for at in 0..usize::from(list.height) {
            let row = self.cursor.top + at;
            if let (Some(listed), Some(area)) = (self.at(row), row_area(list, at)) {
                self.draw_row(listed, row == self.cursor.row, &look, area, frame);
            }
        }
        let selected = row_area(list, self.cursor.row.saturating_sub(self.cursor.top));
        if let Some(row) = selected.filter(|_| focused && !self.is_empty()) {
            frame.set_cursor_position((row.x.saturating_add(1), row.y));
        }
        if let Some(row) = row_area(inner, 0) {
            self.draw_filter(look, row, frame);
        }
    }

    fn draw_filter(&self, look: Look<'_>, row: Rect, frame: &mut Frame<'_>) {
        let Look { theme, filtering: typing, .. } = look;
        if !typing && self.filter().is_empty() {
            let hint =
                if self.total() > 0 { look.keys.named("⟨filter⟩ to filter").into_owned() } else { String::new() };
            frame.render_widget(Span::styled(hint, theme.style(Role::Muted)), row);
            return;
        }
        // What cannot be read is told without colour too.
        let (mark, role) = if self.filter_error.is_some() { ("!", Role::Danger) } else { ("/", Role::Accent) };
        frame.render_widget(Span::styled(mark, theme.style(role)), row);
        let input = Rect { x: row.x.saturating_add(1), width: row.width.saturating_sub(1), ..row };
        let role = if self.filter_error.is_some() { Role::Danger } else { Role::Text };
        self.filter.draw(theme.style(role), typing, input, frame);
    }

    fn draw_nothing(&self, look: Look<'_>, area: Rect, frame: &mut Frame<'_>) {
        let lines: &[&str] = match self.total() {
            0 => &["No secrets yet.", "", "⟨add⟩  add the first one", "⟨help⟩  what the keys do"],
            _ if look.filtering => &["Nothing matches."],
            _ => &["Nothing matches.", "", "⟨back⟩ clears the filter."],
        };
        for (at, line) in lines.iter().enumerate() {
            if let Some(row) = row_area(area, at + 1) {
                let line = look.keys.named(line);
                frame.render_widget(Line::styled(format!(" {line}"), look.theme.style(Role::Muted)), row);
            }
        }
    }

    fn draw_row(&self, listed: &Listed, selected: bool, look: &Look<'_>, area: Rect, frame: &mut Frame<'_>) {
        let theme = look.theme;
        let (flag, role) = match () {
            () if listed.is_expired(look.now) => ("!!", Role::Danger),
            () if listed.is_due(look.now) => ("! ", Role::Warn),
            () => ("  ", Role::Text),
        };
        let age = Timestamp::from_second(listed.value_changed_at).map(|at| text::short_age(at, look.now));
        let mut right = format!("{:>4} ", age.unwrap_or_default());
        if area.width >= WITH_VERSION {
            right = format!("{:>4} {right}", format!("v{}", listed.version));
        }
        let room = usize::from(area.width).saturating_sub(1 + 1 + right.len() + flag.len());
        let mut spans = vec![marker(selected, look.focused, theme)];
        spans.extend(self.marked_name(listed, room, theme));
        spans.push(Span::styled(format!(" {right}"), theme.style(Role::Muted)));
        spans.push(Span::styled(flag, theme.style(role)));
        frame.render_widget(Line::from(spans), area);
    }

    /// The address in exactly `room` cells, with the matched characters marked.
    fn marked_name<'a>(&self, listed: &Listed, room: usize, theme: &Theme) -> Vec<Span<'a>> {
        let scope = self.catalog.text(listed.scope);
        let full = if scope.is_empty() { listed.name.to_string() } else { format!("{scope}/{}", listed.name) };
        let marks = if self.query.is_empty() { Vec::new() } else { self.query.marks(&full) };
        marked::spans(&full, &marks, room, theme)
    }
}
