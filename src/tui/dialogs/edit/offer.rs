//! [`Offer`]: a paste into an empty form that could be several fields. Somebody chooses;
//! nothing is taken apart unasked.

use crate::secret_text::SecretText;
use crate::tui::action::Action;
use crate::tui::dialogs::page::Page;
use crate::tui::theme::Role;

use super::EditDialog;
use super::fields::FieldRow;
use super::inputs::Place;
use super::pasted::{self, Named};

/// What is offered.
pub(super) struct Offer {
    fields: Vec<Named>,
    /// The paste as it came.
    whole: SecretText,
    names: String,
    chosen: usize,
}

/// What was chosen.
pub(super) enum Chosen {
    /// The fields by name.
    Fields(Vec<Named>),
    /// One value, as it is.
    Whole(SecretText),
}

impl Offer {
    /// The offer for a paste, if it is fields.
    pub(super) fn of(pasted: &SecretText) -> Option<Self> {
        let fields = pasted::fields(pasted)?;
        let names = pasted::names(&fields);
        Some(Self { fields, whole: pasted.duplicate(), names, chosen: 0 })
    }

    /// Takes a key; gives itself back until something is chosen. Leaving it keeps the paste whole.
    pub(super) fn act(mut self, action: Action) -> Result<Chosen, Self> {
        match action {
            Action::Submit if self.chosen == 0 => return Ok(Chosen::Fields(self.fields)),
            Action::Submit | Action::Cancel => return Ok(Chosen::Whole(self.whole)),
            Action::NextChoice | Action::PreviousChoice | Action::NextField | Action::PreviousField => {
                self.chosen = 1 - self.chosen;
            }
            _ => {}
        }
        Err(self)
    }

    /// What its keys do.
    pub(super) const FOOT: &str = "⟨submit⟩ choose · ⟨cancel⟩ one value";

    /// Its page.
    pub(super) fn page(&self) -> Page<'_> {
        let mut page = Page::new("Several fields were pasted", Self::FOOT);
        page.gap();
        page.option("fields by name", &self.names, self.chosen == 0);
        page.option("one value", "the paste as it is, every byte", self.chosen == 1);
        if !pasted::has_main(&self.fields) {
            page.gap();
            page.prose("None is called value, so the main value stays empty.", Role::Muted);
        }
        page
    }
}

impl EditDialog {
    /// A key while several pasted fields wait for a choice.
    pub(super) fn choose(&mut self, action: Action) {
        match self.offer.take().map(|offer| offer.act(action)) {
            Some(Ok(Chosen::Fields(fields))) => {
                self.bad = None;
                let has_main = pasted::has_main(&fields);
                self.rows.retain(|_| !has_main);
                self.rows.extend(fields.into_iter().map(|(name, value)| FieldRow::filled(&name, value)));
                self.rows.sort_by_key(|row| row.name_input().is_some());
                self.focus = if self.name.is_empty() { Place::Name } else { Place::Value(0) };
            }
            Some(Ok(Chosen::Whole(whole))) => {
                if !matches!(self.focus, Place::Value(_)) {
                    self.focus = Place::Value(0);
                }
                self.paste(&whole);
            }
            Some(Err(offer)) => self.offer = Some(offer),
            None => {}
        }
    }
}
