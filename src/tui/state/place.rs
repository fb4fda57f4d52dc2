//! [`Place`]: where one was, and [`OpenVault::new`], which leads back there after an unlock.

use std::sync::Arc;

use jiff::Timestamp;

use crate::tui::layout::Pane;
use crate::tui::panes::history::Tab;
use crate::tui::panes::overview::OverviewPane;
use crate::tui::panes::secrets::{Earlier, Folds, SecretsPane};
use crate::tui::undo::UndoStack;
use crate::vault::ReadOnly;
use crate::vault::catalog::Catalog;
use crate::vault::secret::SecretId;

use super::OpenVault;

/// Where one was, kept over an idle lock: no secret, only where the eye was.
#[derive(Debug, Clone, Default)]
pub struct Place {
    pub(in crate::tui) selected: Option<SecretId>,
    pub(in crate::tui) filter: String,
    pub(in crate::tui) earlier: Earlier,
    pub(in crate::tui) folds: Folds,
    pub(in crate::tui) opened: Vec<SecretId>,
    pub(in crate::tui) focus: Pane,
    pub(in crate::tui) overview: bool,
    pub(in crate::tui) zoomed: bool,
    pub(in crate::tui) tab: Tab,
    pub(in crate::tui) undo: UndoStack,
}

impl Place {
    /// Where one is in this vault.
    #[must_use]
    pub fn of(vault: &OpenVault) -> Self {
        Self {
            selected: vault.secrets.selected().map(|listed| listed.id),
            filter: vault.secrets.filter().to_owned(),
            opened: vault.opened.clone(),
            folds: vault.secrets.folds().clone(),
            earlier: vault.secrets.earlier_filters().clone(),
            focus: vault.focus,
            overview: vault.overview.is_some(),
            zoomed: vault.zoomed,
            tab: vault.history.tab(),
            undo: vault.undo.over_a_lock(),
        }
    }
}

impl OpenVault {
    /// A vault as it looks right after the unlock, back at the place one left.
    pub(in crate::tui) fn new(
        catalog: Arc<Catalog>,
        failed_unlocks: u64,
        read_only: Option<ReadOnly>,
        place: Place,
        now: Timestamp,
    ) -> Self {
        let mut vault = Self {
            secrets: SecretsPane::new(catalog, now),
            detail: Default::default(),
            history: Default::default(),
            focus: place.focus,
            overview: None,
            filtering: false,
            zoomed: place.zoomed,
            read_only,
            unkept: None,
            damaged: Vec::new(),
            failed_unlocks,
            audit: None,
            waiting: None,
            wanted_detail: None,
            asked: None,
            sequence: None,
            undo: place.undo,
            delete_pressed: None,
            rotation: None,
            incident: None,
            working: None,
            removing: Vec::new(),
            expected: None,
            opened: place.opened,
        };
        vault.secrets.remember_filters(place.earlier);
        vault.secrets.set_folds(place.folds, now);
        if !place.filter.is_empty() {
            vault.secrets.set_filter(&place.filter, now);
        }
        vault.history.set_tab(place.tab);
        if let Some(id) = place.selected {
            vault.secrets.select(id, now);
        }
        if place.overview {
            vault.open_overview(now);
        }
        vault
    }

    /// What was asked for does not come.
    pub(in crate::tui) fn expect_nothing(&mut self) {
        self.asked = None;
        if let Some(sequence) = &mut self.sequence {
            sequence.note_failed();
        }
        self.waiting = None;
        self.removing.clear();
    }

    /// Shows the overview in place of the panes; a shown value is hidden.
    pub(in crate::tui) fn open_overview(&mut self, now: Timestamp) {
        self.detail.mask();
        self.filtering = false;
        let usage = &self.secrets.facts().usage;
        self.overview = Some(OverviewPane::new(self.secrets.catalog(), usage, now));
    }
}
