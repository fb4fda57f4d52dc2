//! [`Inquiry`]: what somebody could have seen, found out in slices, and again after every
//! change and every new record.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::error::Result;
use crate::tui::event::Answer;
use crate::vault::Vault;
use crate::vault::catalog::CatalogChange;
use crate::vault::incident::{Choice, Investigation};

/// So many records are read, or secrets judged, before requests are looked at again.
const SLICE: usize = 2_000;
/// The shortest time between two answers about how far it is.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// The investigation that the screen has asked for.
pub(super) struct Inquiry {
    investigation: Investigation,
    /// There is something to be found out yet.
    has_more: bool,
    /// Something came while it was under way.
    again: bool,
    /// When it was told how far it is; `None` once it has told what it found, since then it
    /// only follows what changes.
    told: Option<Instant>,
}

impl Inquiry {
    /// One that has seen nothing yet.
    pub(super) fn new(choice: Choice) -> Result<Self> {
        let investigation = Investigation::new(choice)?;
        Ok(Self { investigation, has_more: true, again: false, told: Some(Instant::now()) })
    }

    /// True while there is something to do.
    pub(super) fn has_more(&self) -> bool {
        self.has_more
    }

    /// Takes in what a look for changes found; the log may have grown without any.
    pub(super) fn look(&mut self, vault: &mut Vault, change: Option<&CatalogChange>) {
        if let Some(change) = change {
            self.investigation.note(change);
        }
        let changed = change.is_some();
        if self.has_more {
            self.again |= changed;
        } else {
            self.has_more = changed || vault.has_more_to_investigate(&self.investigation).unwrap_or(false);
        }
    }

    /// Does the next slice.
    pub(super) fn go_on(&mut self, vault: &mut Vault) -> Result<Vec<Answer>> {
        if let Some(incident) = vault.investigate(&mut self.investigation, SLICE)? {
            self.has_more = std::mem::take(&mut self.again);
            self.told = None;
            let takes_us = incident.choice.takes(Timestamp::now(), vault.actor());
            return Ok(vec![Answer::Incident(Box::new(incident), takes_us)]);
        }
        let Some(told) = self.told.as_mut().filter(|told| told.elapsed() >= TELL_EVERY) else {
            return Ok(Vec::new());
        };
        *told = Instant::now();
        Ok(vec![Answer::IncidentAt(vault.investigated(&self.investigation)?)])
    }
}
