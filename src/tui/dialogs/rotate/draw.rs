//! What the rotate dialog looks like, and what its keys do now.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::rotation::recipe::command_line;
use crate::tui::dialogs::page::Page;
use crate::tui::keymap::Keys;
use crate::tui::text;
use crate::tui::theme::{Role, Theme};

use crate::vault::rotation::StepKind;

use super::{Place, RecipePlace, RotateDialog, Source};

impl Source {
    fn word(self) -> &'static str {
        match self {
            Self::Recipe => "by recipe",
            Self::Generate => "generate",
            Self::Type => "type",
            Self::Paste => "paste",
        }
    }
}

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
            Place::Source | Place::Recipe | Place::Then => "⟨previous-choice $⟩/⟨next-choice $⟩ choose".to_owned(),
            Place::Size => "⟨previous-choice⟩/⟨next-choice⟩ more, fewer".to_owned(),
            Place::Reason => "⟨previous-choice⟩/⟨next-choice⟩ usual reasons".to_owned(),
            Place::Classes => "Left/Right move · Space on or off".to_owned(),
            Place::Value | Place::Again => format!("⟨show-typed⟩ {show}"),
        };
        let deed = if self.stages { "stage" } else { "rotate" };
        format!("⟨submit⟩ {deed} · ⟨cancel⟩ cancel · ⟨next-field⟩ next · {more}")
    }

    /// Whether it becomes current, and what is run for that.
    fn show_what_follows<'a>(&'a self, page: &mut Page<'a>) {
        let now = if self.has_recipe { "tell, try, promote" } else { "current at once" };
        page.choice("Then", vec![now, "stage it"], usize::from(self.stages), self.focus == Place::Then);
        if self.stages {
            return page.note("Nobody gets it until it is promoted; the cockpit opens.", Role::Muted);
        }
        let Some(by) = &self.by else { return };
        for kind in [StepKind::Apply, StepKind::Verify] {
            if let Some(line) = by.step(kind).map(command_line) {
                page.note(text::printable(&format!("{}: {line}", kind.word())), Role::Muted);
            }
        }
    }

    /// Draws the dialog in the middle of `area`.
    pub fn draw(&self, keys: Keys<'_>, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
        if let Some(conflict) = &self.writing.conflict {
            return conflict.page(self.mine()).draw(keys, theme, area, frame);
        }
        let mut page = Page::new("Rotate", self.foot());
        self.writing.name_on(&mut page);
        page.gap();
        let sources = self.sources();
        let chosen = sources.iter().position(|source| *source == self.source).unwrap_or(0);
        let names = sources.into_iter().map(Source::word).collect();
        page.choice("New value", names, chosen, self.focus == Place::Source);
        page.gap();
        match self.source {
            Source::Recipe => {
                let made = self.by.as_ref().and_then(|by| by.step(StepKind::Make)).map(command_line);
                let made = made.map_or_else(
                    || "Our own generator makes it, as the recipe says.".to_owned(),
                    |line| format!("make: {line}"),
                );
                page.note(text::printable(&made), Role::Text);
            }
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
        self.show_what_follows(&mut page);
        page.gap();
        self.writing.show(&mut page);
        page.draw(keys, theme, area, frame);
    }
}
