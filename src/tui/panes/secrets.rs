//! The list of secrets, and the filter line above it.
//!
//! Each idea has a room of its own: which rows there are, the filter line, a row,
//! the drawing. Here they meet: what `update` asks of the list, and that the
//! selection stays on its secret whatever happens to the rows.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;

use crate::error::Error;
use crate::inject::dependents::Dependents;
use crate::secret_text::SecretText;
use crate::tui::action::Action;
use crate::tui::press::Press;
use crate::tui::sequence::Step;
use crate::vault::catalog::{Catalog, CatalogChange, Listed};
use crate::vault::scope::Address;
use crate::vault::search::{Facts, Index};
use crate::vault::secret::SecretId;

use super::Cursor;
use super::marks::Marks;

mod counts;
mod draw;
mod earlier;
mod facts;
mod filter;
mod folding;
mod line;
mod nearest;
mod row;
mod rows;
mod signs;
mod tree;

pub use counts::Counts;
pub use earlier::Earlier;
pub use facts::lack;
use filter::FilterLine;
pub use folding::Folds;
use folding::Spot;
use rows::{ListRow, Rows};
pub use signs::{SIGNS, Sign, rotation_sign};
pub use tree::Scope;

/// The list.
pub struct SecretsPane {
    rows: Rows,
    filter: FilterLine,
    cursor: Cursor,
    counts: Counts,
    /// Another number after each change of the catalog.
    revision: u64,
    folds: Folds,
    /// The pinned secrets, in the order they were pinned.
    pub(in crate::tui) pins: Vec<SecretId>,
    /// How many deleted secrets can come back, once known.
    pub(in crate::tui) deleted: Option<u64>,
    /// What the next action is for.
    pub(in crate::tui) marks: Marks,
    /// What terms know beside the catalog.
    facts: Facts,
    /// The vault was asked for the duplicates, which it tells from then on.
    searched: bool,
    /// Which is built from which, once that was looked for.
    dependents: Option<Dependents>,
    reads_mentions: bool,
}

impl SecretsPane {
    /// The whole list.
    #[must_use]
    pub fn new(catalog: Arc<Catalog>, now: Timestamp) -> Self {
        let counts = Counts::of(&catalog, now);
        Self {
            rows: Rows::new(catalog),
            filter: FilterLine::default(),
            cursor: Cursor::default(),
            counts,
            revision: 0,
            folds: Folds::default(),
            pins: Vec::new(),
            deleted: None,
            marks: Marks::default(),
            facts: Facts::default(),
            searched: false,
            dependents: None,
            reads_mentions: false,
        }
    }

    /// Secrets that pass the filter.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.matching()
    }

    /// True when none passes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All secrets.
    #[must_use]
    pub fn total(&self) -> usize {
        self.rows.total()
    }

    /// The secret in a row; `None` where there is a scope.
    #[must_use]
    pub fn at(&self, row: usize) -> Option<&Listed> {
        self.rows.secret_at(row)
    }

    /// Every secret there is, to be kept.
    #[must_use]
    pub fn shared_catalog(&self) -> Arc<Catalog> {
        self.rows.shared()
    }

    /// The selected secret; `None` while a scope of the tree is selected.
    #[must_use]
    pub fn selected(&self) -> Option<&Listed> {
        self.at(self.cursor.row)
    }

    /// The selected secret's address.
    #[must_use]
    pub fn selected_address(&self) -> Option<Address> {
        self.rows.catalog().address(self.selected()?)
    }

    /// What can be copied of the selected secret, one after the other.
    #[must_use]
    pub fn copy_steps(&self) -> Vec<Step> {
        let catalog = self.rows.catalog();
        let fields = self.selected().map(|listed| catalog.text(listed.fields)).unwrap_or_default();
        Step::of(&fields.split(' ').collect::<Vec<_>>())
    }

    /// The address of any listed secret.
    #[must_use]
    pub fn address_of(&self, id: SecretId) -> Option<Address> {
        let catalog = self.rows.catalog();
        catalog.address(catalog.listed().get(catalog.position(id)?)?)
    }

    /// A secret as it is listed.
    #[must_use]
    pub fn listed(&self, id: SecretId) -> Option<&Listed> {
        let catalog = self.rows.catalog();
        catalog.listed().get(catalog.position(id)?)
    }

    /// True when a secret that lives bears this name.
    #[must_use]
    pub fn named(&self, address: &Address) -> bool {
        self.rows.named(address).is_some()
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
        self.filter.error()
    }

    /// Every listed secret, and a number that is another one after each change.
    #[must_use]
    pub fn catalog(&self) -> (&Catalog, u64) {
        (self.rows.catalog(), self.revision)
    }

    /// How many need something done.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Moves the selection; false for an action that is no movement.
    pub fn go(&mut self, action: Action, page: usize) -> bool {
        let length = self.rows.len();
        self.cursor.go(action, length, page)
    }

    /// Scrolls by so many rows.
    pub fn scroll(&mut self, by: isize, page: usize) {
        let length = self.rows.len();
        self.cursor.scroll(by, length, page);
    }

    /// Selects what is shown as row number `at`; false where there is nothing.
    pub fn point(&mut self, at: usize) -> bool {
        let length = self.rows.len();
        self.cursor.point(at, length)
    }

    /// Keeps the selection on the page after a resize.
    pub fn follow(&mut self, page: usize) {
        let length = self.rows.len();
        self.cursor.follow(length, page);
        self.span_marks();
    }

    /// A range of marks goes from where it began to the cursor.
    fn span_marks(&mut self) {
        let Some(from) = self.marks.anchor().and_then(|anchor| self.rows.find(anchor)) else { return };
        let to = self.cursor.row;
        let rows = from.min(to)..=from.max(to);
        let ids: Vec<SecretId> = rows.flat_map(|row| self.rows.ids_at(row)).collect();
        self.marks.span(ids);
    }

    /// The secrets that the filter hides; none where there is no filter.
    #[must_use]
    pub fn hides(&self, ids: &[SecretId]) -> HashSet<SecretId> {
        if !self.rows.are_filtered() {
            return HashSet::new();
        }
        let shown: HashSet<SecretId> = self.rows.ids_in("").into_iter().collect();
        ids.iter().filter(|id| !shown.contains(id)).copied().collect()
    }

    /// Marks all that is shown or, when all of it is marked, takes those marks away.
    pub fn mark_shown(&mut self) {
        self.marks.toggle_all(&self.rows.ids_in(""));
    }

    /// Marks the selected secret, or all that lies below the selected scope; unmarks what is marked.
    pub fn mark_selected(&mut self) {
        match self.rows.at(self.cursor.row) {
            Some(ListRow::Secret(listed)) => self.marks.toggle(listed.id),
            Some(ListRow::Scope(scope)) => self.marks.toggle_all(&self.rows.ids_in(&scope.path)),
            None => {}
        }
    }

    /// The marked secrets in the order of the list, those that the filter hides too.
    pub fn marked(&self) -> impl Iterator<Item = &Listed> {
        self.rows.catalog().listed().iter().filter(|listed| self.marks.has(listed.id))
    }

    /// Selects a secret and unfolds the way to it; false when it is not in the list as filtered.
    pub fn select(&mut self, id: SecretId, now: Timestamp) -> bool {
        self.uncover(id, now);
        let found = self.rows.find(id);
        self.cursor.row = found.unwrap_or(self.cursor.row);
        found.is_some()
    }

    /// True when a secret has a row.
    #[must_use]
    pub fn shows(&self, id: SecretId) -> bool {
        self.rows.find(id).is_some()
    }

    /// Selects the secret at an address; false when it is not in the list as filtered.
    pub fn select_address(&mut self, address: &Address, now: Timestamp) -> bool {
        self.rows.named(address).is_some_and(|id| self.select(id, now))
    }

    /// Takes the index that was made for this catalog.
    pub fn take_index(&mut self, index: Index) {
        self.rows.take_index(index);
    }

    /// The whole vault, whatever the filter is, to be searched elsewhere.
    pub fn whole(&mut self) -> (Arc<Catalog>, Arc<Index>) {
        self.rows.whole()
    }

    /// Gets ready for the first key of a filter.
    pub fn prepare_filter(&mut self) {
        self.rows.index();
    }

    /// Types into the filter.
    pub fn type_filter(&mut self, press: Press, now: Timestamp) {
        if self.filter.press(press, now) {
            self.refilter(now);
        }
    }

    /// Pastes into the filter.
    pub fn paste_filter(&mut self, pasted: &SecretText, now: Timestamp) {
        if self.filter.paste(pasted, now) {
            self.refilter(now);
        }
    }

    /// Shows the filter before this one, or after it.
    pub fn walk_filters(&mut self, back: bool, now: Timestamp) {
        if self.filter.walk(back, now) {
            self.refilter(now);
        }
    }

    /// Completes the term before the cursor of the filter line; false when nothing fits.
    pub fn complete_filter(&mut self, now: Timestamp) -> bool {
        let completed = self.filter.complete(self.rows.catalog(), now);
        if completed {
            self.refilter(now);
        }
        completed
    }

    /// The filter line loses the keyboard.
    pub fn leave_filter(&mut self) {
        self.filter.leave();
    }

    /// The filters of this session.
    #[must_use]
    pub fn earlier_filters(&self) -> &Earlier {
        self.filter.earlier()
    }

    /// Remembers the filters of before a lock.
    pub fn remember_filters(&mut self, earlier: Earlier) {
        self.filter.remember(earlier);
    }

    /// Replaces the filter; the selection stays where it can.
    pub fn set_filter(&mut self, filter: &str, now: Timestamp) {
        let selected = self.selected().map(|listed| listed.id);
        self.filter.set(filter, now);
        self.refilter(now);
        if let Some(id) = selected {
            self.select(id, now);
        }
    }

    /// Applies what was changed; the selection stays on its secret.
    pub fn apply(&mut self, change: CatalogChange, now: Timestamp) {
        let (spot, was) = (self.spot(), self.selected().map(|listed| listed.id));
        let others = if change.upserted.len() + change.removed.len() > 1 { self.nearest() } else { Vec::new() };
        self.marks.forget(&change.removed);
        self.rows.apply(change);
        self.revision = self.revision.wrapping_add(1);
        self.arrange_around(spot, now);
        if was.is_some_and(|id| !others.is_empty() && self.rows.find(id).is_none()) {
            self.stand_on_first(&others);
        }
        self.counts = Counts::of(self.rows.catalog(), now);
    }

    /// Takes a secret off the list by its address.
    pub fn remove(&mut self, address: &Address, now: Timestamp) {
        if let Some(id) = self.rows.named(address) {
            self.apply(CatalogChange { upserted: Vec::new(), removed: vec![id] }, now);
        }
    }

    /// Counts again when the minute is another one; true when the counts changed.
    pub fn recount(&mut self, now: Timestamp) -> bool {
        let before = self.counts;
        if before.is_old(now) {
            self.counts = Counts::of(self.rows.catalog(), now);
        }
        let changed = (before.due, before.expired) != (self.counts.due, self.counts.expired);
        if changed {
            self.lay_out(now);
        }
        changed
    }

    /// Finds the rows anew; the selection stays where it was.
    fn arrange_around(&mut self, spot: Option<Spot>, now: Timestamp) {
        self.arrange(now);
        match spot {
            Some(Spot::Secret(id)) => drop(self.select(id, now)),
            Some(spot) => self.stand_on(&spot),
            None => self.cursor = Cursor { row: self.rows.best(), top: 0 },
        }
    }

    /// Finds the rows anew.
    fn arrange(&mut self, now: Timestamp) {
        // The facts are shared only for as long as this takes: what is used meanwhile is added in their place.
        self.rows.run(&self.filter.query().clone().knowing(self.facts.clone()), now);
        self.lay_out(now);
    }

    /// Another filter: the best match is selected; without one, what was selected stays.
    fn refilter(&mut self, now: Timestamp) {
        let selected = self.selected().map(|listed| listed.id);
        self.arrange(now);
        self.cursor = Cursor { row: self.rows.best(), top: 0 };
        if let Some(id) = selected.filter(|_| self.filter.query().is_empty()) {
            self.select(id, now);
        }
    }
}
