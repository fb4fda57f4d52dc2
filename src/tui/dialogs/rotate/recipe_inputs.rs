//! The recipe in the rotate dialog: its kind, its size, and what they are worth.

use crate::tui::dialogs::form::told;
use crate::tui::dialogs::page::Page;
use crate::tui::dialogs::recipes;
use crate::tui::press::Press;
use crate::tui::theme::Role;
use crate::tui::widgets::text_input::TextInput;
use crate::vault::generate::Recipe;
use crate::vault::strength::{Level, Strength};

/// What is generated.
pub(in crate::tui::dialogs) struct RecipeInputs {
    kind: usize,
    size: TextInput,
}

impl RecipeInputs {
    /// The recipe that suits most uses.
    pub(in crate::tui::dialogs) fn new() -> Self {
        let mut inputs = Self { kind: 0, size: TextInput::new() };
        inputs.choose(0);
        inputs
    }

    /// Another kind, in its usual size.
    pub(in crate::tui::dialogs) fn choose(&mut self, by: isize) {
        let count = recipes::NAMES.len();
        self.kind = (self.kind + count).saturating_add_signed(by) % count;
        self.size =
            TextInput::holding(recipes::usual_size(self.kind).map_or_else(String::new, |size| size.to_string()));
    }

    /// A larger or smaller size.
    pub(in crate::tui::dialogs) fn resize(&mut self, by: isize) {
        let size = self.size.text().trim().parse::<usize>().unwrap_or(0).saturating_add_signed(by).max(1);
        self.size = TextInput::holding(size.to_string());
    }

    /// Takes a key for the size.
    pub(in crate::tui::dialogs) fn press(&mut self, press: Press) -> bool {
        match press {
            Press::Type('+') => self.resize(1),
            Press::Type('-') => self.resize(-1),
            Press::Type(other) if !other.is_ascii_digit() => return false,
            press => return self.size.press(press),
        }
        true
    }

    /// True where there is a size to choose.
    pub(in crate::tui::dialogs) fn has_size(&self) -> bool {
        recipes::usual_size(self.kind).is_some()
    }

    /// The recipe, or what is wrong with its size.
    pub(in crate::tui::dialogs) fn recipe(&self) -> Result<Recipe, String> {
        let size = match self.size.text().trim() {
            _ if !self.has_size() => 0,
            text => text.parse().map_err(|_| "Give the size as a whole number.".to_owned())?,
        };
        let recipe = recipes::recipe(self.kind, size);
        recipe.entropy_bits().map_err(|error| told(&error))?;
        Ok(recipe)
    }

    /// `32 characters, letters and digits`
    pub(in crate::tui::dialogs) fn words(&self) -> String {
        let name = recipes::NAMES.get(self.kind).copied().unwrap_or_default();
        let unit = recipes::unit(self.kind).to_lowercase();
        match self.kind {
            _ if !self.has_size() => name.to_owned(),
            2 => format!("{} {unit}", self.size.text().trim()),
            _ => format!("{} {unit}, {name}", self.size.text().trim()),
        }
    }

    /// Describes the rows.
    pub(in crate::tui::dialogs) fn show<'a>(&'a self, page: &mut Page<'a>, kind_focused: bool, size_focused: bool) {
        page.choice("Recipe", recipes::NAMES.to_vec(), self.kind, kind_focused);
        if self.has_size() {
            page.text(recipes::unit(self.kind), &self.size, "", size_focused);
        }
        match self.recipe().and_then(|recipe| recipe.entropy_bits().map_err(|error| told(&error))) {
            Ok(bits) => {
                let level = Strength::of_bits(bits).level();
                let role = if level == Level::Weak { Role::Warn } else { Role::Muted };
                page.note(format!("{bits:.0} bits of entropy: {}", level.word()), role);
            }
            Err(why) => page.note(why, Role::Danger),
        }
    }
}
