//! Values in the form: opened to be seen, and compared with the current ones.

use crate::tui::dialogs::Step;
use crate::tui::dialogs::form::ask;
use crate::tui::effect::{Effect, Request};
use crate::vault::secret::{FieldName, Fields, SecretId};

use super::EditDialog;
use super::fields::FieldRow;

impl EditDialog {
    /// Shows every value, or hides them; those that nobody has opened are asked for.
    pub(super) fn show_typed(&mut self) -> Step {
        self.writing.hush();
        let shown = self.rows.iter().any(FieldRow::is_shown);
        self.rows.iter_mut().for_each(|row| row.show(!shown));
        let wanted = self.writing.subject().filter(|_| !shown && self.rows.iter().any(FieldRow::is_unopened));
        match (wanted, self.writing.seen()) {
            (Some((id, _)), Some(version)) => ask(Effect::Vault(Request::OpenToEdit { id, version })),
            _ => Step::default(),
        }
    }

    /// The values that were asked for: fields that were typed over meanwhile stay so.
    pub(super) fn opened(&mut self, version: u64, fields: &Fields) {
        if self.writing.seen() == Some(version) {
            self.rows.iter_mut().for_each(|row| row.open(fields));
        }
    }

    /// Asks which of the values typed unseen are the current ones already.
    pub(super) fn find_same(&mut self) -> Step {
        self.changes += 1;
        let mut typed = Fields::default();
        self.rows.iter().filter_map(FieldRow::typed_unseen).for_each(|(name, value)| typed.set(name, value));
        match self.writing.subject().filter(|_| !typed.is_empty()) {
            Some((id, _)) => ask(Effect::Vault(Request::FindSame { id, fields: typed, ticket: self.changes })),
            None => Step::default(),
        }
    }

    /// Says which are, unless something was typed since it was asked.
    pub(super) fn tell_same(&mut self, id: SecretId, names: &[FieldName], ticket: u64) {
        if ticket == self.changes && self.writing.subject().is_some_and(|(subject, _)| subject == id) {
            self.rows.iter_mut().for_each(|row| row.tell_same(names));
        }
    }
}
