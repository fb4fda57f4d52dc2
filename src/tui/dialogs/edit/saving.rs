//! What the form stands for is sent, or what is wrong with it is pointed out.

use crate::error::{Error, Kind};
use crate::tui::clock::Now;
use crate::tui::dialogs::Step;
use crate::tui::dialogs::form::ask;
use crate::tui::effect::{Effect, Request};
use crate::tui::theme::Role;
use crate::vault::{Expected, MetadataChange};

use super::inputs::{self, Meta, Place};
use super::{EditDialog, fields};

impl EditDialog {
    pub(super) fn failed(&mut self, error: &Error) -> Step {
        if self.is_new() && error.kind() == Kind::Conflict {
            self.focus = Place::Name;
        }
        self.rows.iter_mut().for_each(|row| row.show(false));
        let is_refused = error.kind() == Kind::Conflict && error.current_version().is_none();
        if let Some((meta, words)) = is_refused.then(|| self.metadata.asks_about_theirs()).flatten() {
            // What the vault refused to write over has arrived with the refusal.
            self.writing.is_saving = false;
            self.focus = Place::Meta(meta);
            self.bad = Some((self.focus, words));
            return Step::default();
        }
        self.writing.failed(error)
    }

    /// Sends what changed, or points at the first thing that is wrong.
    pub(super) fn submit(&mut self, now: Now) -> Step {
        self.bad = None;
        match self.request(now) {
            Ok(Some(request)) => ask(Effect::Vault(request)),
            Ok(None) => {
                self.writing.say("Nothing was changed.", Role::Text);
                Step::default()
            }
            Err((place, why)) => {
                self.writing.hush();
                self.focus = place;
                self.bad = Some((place, why));
                Step::default()
            }
        }
    }

    /// The write that the form stands for; `None` when it changes nothing.
    pub(super) fn request(&mut self, now: Now) -> Result<Option<Request>, (Place, String)> {
        let address = match self.writing.subject() {
            Some((_, address)) => address.clone(),
            None => inputs::address(&self.scope, &self.name)?,
        };
        let fields = fields::change(&self.rows)?;
        let metadata = self.metadata.change(now.time)?;
        if fields.is_empty() && metadata == MetadataChange::default() {
            return Ok(None);
        }
        let reason = self.metadata.reason()?;
        if let Some(words) = self.metadata.asks_about_expiry(now.time) {
            return Err((Place::Meta(Meta::Expires), words));
        }
        if let Some((meta, words)) = self.metadata.asks_about_theirs() {
            return Err((Place::Meta(meta), words));
        }
        let expected = self.writing.begin();
        Ok(Some(if self.is_new() {
            Request::Set { address, fields: Some(fields.set), metadata, reason, expected }
        } else {
            // What touches no field overwrites no version.
            let expected = match expected {
                Expected::This(id, _) if fields.is_empty() => Expected::This(id, None),
                expected => expected,
            };
            let over = self.metadata.seen();
            Request::Amend { address, fields: Box::new(fields), metadata, over, reason, expected }
        }))
    }
}
