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
        self.writing.failed(error)
    }

    /// Sends what changed, or points at the first thing that is wrong.
    pub(super) fn submit(&mut self, now: Now, prepared: impl FnOnce(Request) -> Request) -> Step {
        self.bad = None;
        match self.request(now) {
            Ok(Some(request)) => ask(Effect::Vault(prepared(request))),
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
        let expected = self.writing.begin();
        Ok(Some(if self.is_new() {
            Request::Set { address, fields: Some(fields.set), metadata, reason, expected }
        } else {
            // What touches no field overwrites no version.
            let expected = match expected {
                Expected::This(id, _) if fields.is_empty() => Expected::This(id, None),
                expected => expected,
            };
            Request::Amend { address, fields: Box::new(fields), metadata, reason, expected }
        }))
    }
}
