//! Another session was faster: what was typed here is shown beside theirs, and written over
//! it where that is wanted.

use crate::tui::action::Action;
use crate::tui::clock::Now;
use crate::tui::dialogs::Step;
use crate::tui::dialogs::conflict::{Mine, Verdict};
use crate::tui::dialogs::form::{ask, close};
use crate::tui::dialogs::writing::Way;
use crate::tui::effect::{Effect, Request};
use crate::tui::theme::Role;
use crate::vault::Expected;

use super::EditDialog;
use super::fields::FieldRow;

impl EditDialog {
    /// A key while another session's version waits for a decision.
    pub(super) fn decide(&mut self, action: Action, now: Now) -> Step {
        let mine = self.mine().len();
        let Some(conflict) = &mut self.writing.conflict else { return Step::default() };
        let rows = conflict.rows() + mine;
        match conflict.act(action, rows) {
            Verdict::Stay => {}
            Verdict::Ask(effect) => return ask(*effect),
            Verdict::Theirs => return close(),
            Verdict::Back => self.writing.conflict = None,
            Verdict::Mine => return self.overwrite(now),
        }
        self.show_as_conflict_does();
        if self.writing.conflict.is_none() {
            self.rows.iter_mut().for_each(|row| row.show(false));
        }
        Step::default()
    }

    /// Writes mine over what another session did.
    pub(super) fn overwrite(&mut self, now: Now) -> Step {
        self.rows.iter_mut().for_each(|row| row.show(false));
        let was = self.subject();
        let way = self.writing.resolve();
        if self.subject() != was {
            self.metadata.forget_seen(); // chosen to be written onto another secret
        }
        match way {
            None => Step::default(),
            Some(Way::Anew) => self.write_anew(now),
            Some(Way::Over { .. } | Way::Restored { .. }) => self.submit(now),
        }
    }

    /// What was typed as a new secret in the place of one that was destroyed.
    pub(super) fn write_anew(&mut self, now: Now) -> Step {
        match self.request(now) {
            Ok(Some(Request::Amend { address, fields, metadata, reason, .. })) if !fields.set.is_empty() => {
                let (fields, expected) = (Some(fields.set), Expected::Absent);
                ask(Effect::Vault(Request::Set { address, fields, metadata, reason, expected }))
            }
            _ => {
                self.writing.is_saving = false;
                self.writing.say("Nothing typed here is a value, so there is nothing to write.", Role::Danger);
                Step::default()
            }
        }
    }

    /// What was typed here, for the eye.
    pub(super) fn mine(&self) -> Vec<Mine<'_>> {
        let fields = self.rows.iter().filter_map(FieldRow::mine);
        let changed = self.metadata.changed_labels();
        let metadata = changed.map(|label| Mine { label, input: None, words: "changed".to_owned() });
        fields.chain(metadata).collect()
    }

    /// In a conflict mine is seen as long as theirs is.
    pub(super) fn show_as_conflict_does(&mut self) {
        if let Some(conflict) = &self.writing.conflict {
            let shows = conflict.shows_mine();
            self.rows.iter_mut().for_each(|row| row.show(shows));
        }
    }
}
