//! What the rotate dialog looks like, and what its keys do now.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::tui::dialogs::page::Page;
use crate::tui::keymap::Keys;
use crate::tui::theme::{Role, Theme};

use super::{Place, RecipePlace, RotateDialog, Source};

impl RotateDialog {
    /// What its keys do now.
    #[must_use]
    pub fn foot(&self) -> String {
        if let Some(conflict) = &self.writing.conflict {
            return conflict.foot();
        }
        if self.writing.is_saving {
            return String::new();
        }
        let show = if self.value.is_shown() { "hide" } else { "show" };
        let more = match self.focus {
            Place::Source | Place::Recipe => "⟨previous-choice $⟩/⟨next-choice $⟩ choose".to_owned(),
            Place::Size => "⟨previous-choice⟩/⟨next-choice⟩ more, fewer".to_owned(),
            Place::Reason => "⟨previous-choice⟩/⟨next-choice⟩ usual reasons".to_owned(),
            Place::Classes => "Left/Right move · Space on or off".to_owned(),
            Place::Value | Place::Again => format!("⟨show-typed⟩ {show}"),
        };
        format!("⟨submit⟩ rotate · ⟨cancel⟩ cancel · ⟨next-field⟩ next · {more}")
    }

    /// Draws the dialog in the middle of `area`.
    pub fn draw(&self, keys: Keys<'_>, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
        if let Some(conflict) = &self.writing.conflict {
            return conflict.page(self.mine()).draw(keys, theme, area, frame);
        }
        let mut page = Page::new("Rotate", self.foot());
        self.writing.name_on(&mut page);
        page.gap();
        page.choice("New value", vec!["generate", "type", "paste"], self.source, self.focus == Place::Source);
        page.gap();
        match self.source() {
            Source::Generate => {
                let focus = match self.focus {
                    Place::Recipe => Some(RecipePlace::Kind),
                    Place::Size => Some(RecipePlace::Size),
                    Place::Classes => Some(RecipePlace::Classes),
                    _ => None,
                };
                self.recipe.show(&mut page, focus);
                page.secret("Value", &self.value, "made when you rotate; ⟨generate⟩ makes it now", false);
            }
            Source::Type => {
                page.secret("Value", &self.value, "", self.focus == Place::Value);
                page.secret("Again", &self.again, "", self.focus == Place::Again);
            }
            Source::Paste => {
                page.secret("Value", &self.value, "paste it here; every byte is kept", self.focus == Place::Value);
            }
        }
        page.gap();
        page.text("Reason", &self.reason, "why now (may be empty)", self.focus == Place::Reason);
        if self.focus == Place::Reason && (self.usual_reason.is_some() || self.reason.is_empty()) {
            page.note("⟨previous-choice⟩ and ⟨next-choice⟩ give the usual reasons; type for your own.", Role::Muted);
        }
        page.gap();
        self.writing.show(&mut page);
        page.draw(keys, theme, area, frame);
    }
}
