//! What keys and pastes change in the inputs of the rotate dialog.

use crate::secret_text::SecretText;
use crate::tui::dialogs::form::{next, previous};
use crate::tui::press::{Edit, Press};
use crate::tui::widgets::secret_input::SecretInput;
use crate::tui::widgets::text_input::TextInput;

use super::{Place, REASONS, RotateDialog, Source};

impl RotateDialog {
    /// The choice after (`1`) or before (`-1`) in the row in focus; a size grows upwards.
    pub(super) fn choose(&mut self, by: isize) {
        let turned = |at: usize, count: usize| (at + count).saturating_add_signed(by) % count;
        match self.focus {
            Place::Source => {
                let sources = self.sources();
                let at = sources.iter().position(|source| *source == self.source).unwrap_or(0);
                self.take_source(sources[turned(at, sources.len())]);
            }
            Place::Then => self.stages = !self.stages,
            Place::Recipe => {
                self.recipe.choose(by);
                self.value.clear();
            }
            Place::Size => {
                self.recipe.resize(-by);
                self.value.clear();
            }
            Place::Reason => {
                let at = match self.usual_reason {
                    Some(at) => turned(at, REASONS.len()),
                    None if by > 0 => 0,
                    None => REASONS.len() - 1,
                };
                self.usual_reason = Some(at);
                self.reason = TextInput::holding(REASONS[at]);
            }
            Place::Value | Place::Again | Place::Classes if by > 0 => self.focus = next(&self.places(), self.focus),
            Place::Value | Place::Again | Place::Classes => self.focus = previous(&self.places(), self.focus),
        }
    }

    /// Another source; what the former one gave is wiped.
    pub(super) fn take_source(&mut self, source: Source) {
        if source == self.source {
            return;
        }
        self.source = source;
        self.same_is_meant = false;
        self.saves_generated = false;
        self.value = SecretInput::multi_line();
        self.again.clear();
        if !self.places().contains(&self.focus) {
            self.focus = Place::Source;
        }
    }

    pub(super) fn press(&mut self, press: Press) {
        let changed = match self.focus {
            Place::Value => self.value.press(press),
            Place::Again => self.again.press(press),
            Place::Size => self.recipe.press(press),
            Place::Classes => self.recipe.press_class(press),
            Place::Reason => self.press_reason(press),
            Place::Source | Place::Recipe | Place::Then => false,
        };
        if changed {
            self.changed();
        }
    }

    /// A usual reason that was not touched gives way to what is typed.
    pub(super) fn press_reason(&mut self, press: Press) -> bool {
        let deletes = matches!(press, Press::Edit(Edit::Backspace | Edit::DeleteWord | Edit::DeleteToStart));
        if self.usual_reason.is_some() && (matches!(press, Press::Type(_)) || deletes) {
            self.reason.clear();
            self.usual_reason = None;
        }
        let changed = self.reason.press(press);
        if changed {
            self.usual_reason = None;
        }
        changed || deletes
    }

    /// A paste goes into the input in focus; from anywhere else it is the new value.
    pub(super) fn paste(&mut self, pasted: &SecretText) {
        match self.focus {
            Place::Value => self.value.paste(pasted),
            Place::Again => self.again.paste(pasted),
            Place::Reason => {
                if self.usual_reason.take().is_some() {
                    self.reason.clear();
                }
                self.reason.paste(pasted)
            }
            Place::Source | Place::Recipe | Place::Size | Place::Classes | Place::Then => {
                self.take_source(Source::Paste);
                self.focus = Place::Value;
                self.value.paste(pasted)
            }
        };
        self.changed();
    }

    /// What was said, and a value made by another size, are old.
    pub(super) fn changed(&mut self) {
        self.writing.hush();
        self.same_is_meant &= self.focus == Place::Reason;
        if matches!(self.focus, Place::Size | Place::Classes) {
            self.value.clear();
        }
    }
}
