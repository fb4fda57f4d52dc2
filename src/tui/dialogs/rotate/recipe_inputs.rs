//! The recipe in the rotate dialog: its kind, its size, and what they are worth.

use crate::tui::dialogs::form::told;
use crate::tui::dialogs::page::Page;
use crate::tui::dialogs::recipes;
use crate::tui::press::{Edit, Press};
use crate::tui::theme::Role;
use crate::tui::widgets::text_input::TextInput;
use crate::vault::generate::{Class, Must, Recipe};
use crate::vault::strength::{Level, Strength};

/// What is generated.
pub(in crate::tui::dialogs) struct RecipeInputs {
    kind: usize,
    size: TextInput,
    /// Which classes a password must contain.
    must: Vec<(Class, bool)>,
    /// Which of them the cursor is on.
    at: usize,
}

impl RecipeInputs {
    /// The recipe that suits most uses.
    pub(in crate::tui::dialogs) fn new() -> Self {
        let mut inputs = Self { kind: 0, size: TextInput::new(), must: Vec::new(), at: 0 };
        inputs.choose(0);
        inputs
    }

    /// Another kind, in its usual size.
    pub(in crate::tui::dialogs) fn choose(&mut self, by: isize) {
        let count = recipes::NAMES.len();
        self.kind = (self.kind + count).saturating_add_signed(by) % count;
        self.size =
            TextInput::holding(recipes::usual_size(self.kind).map_or_else(String::new, |size| size.to_string()));
        self.must = recipes::classes(self.kind).into_iter().map(|class| (class, true)).collect();
        self.at = 0;
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

    /// True where it can be chosen what must be in it.
    pub(in crate::tui::dialogs) fn has_classes(&self) -> bool {
        !self.must.is_empty()
    }

    /// Takes a key for what must be in it; true when that changed.
    pub(in crate::tui::dialogs) fn press_class(&mut self, press: Press) -> bool {
        let last = self.must.len().saturating_sub(1);
        match press {
            Press::Edit(Edit::Left) => self.at = self.at.saturating_sub(1),
            Press::Edit(Edit::Right) => self.at = (self.at + 1).min(last),
            Press::Edit(Edit::Start) => self.at = 0,
            Press::Edit(Edit::End) => self.at = last,
            Press::Type(' ') => {
                self.must.iter_mut().skip(self.at).take(1).for_each(|(_, is_asked)| *is_asked = !*is_asked);
                return true;
            }
            _ => {}
        }
        false
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
        let mut recipe = recipes::recipe(self.kind, size);
        if let Recipe::Password { must, .. } = &mut recipe {
            *must = Must::Each(self.must.iter().filter(|(_, is_asked)| *is_asked).map(|(class, _)| *class).collect());
        }
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

    /// Describes the rows; `focus` is the one that has the keyboard.
    pub(in crate::tui::dialogs) fn show<'a>(&'a self, page: &mut Page<'a>, focus: Option<RecipePlace>) {
        page.choice("Kind", recipes::NAMES.to_vec(), self.kind, focus == Some(RecipePlace::Kind));
        if self.has_size() {
            page.text(recipes::unit(self.kind), &self.size, "", focus == Some(RecipePlace::Size));
        }
        if self.has_classes() {
            let options = self.must.iter().map(|(class, is_asked)| (class.word(), *is_asked)).collect();
            page.checks("Must contain", options, self.at, focus == Some(RecipePlace::Classes));
        }
        match self.recipe().and_then(|recipe| Ok((recipe.entropy_bits().map_err(|error| told(&error))?, recipe))) {
            Ok((bits, recipe)) => {
                let level = Strength::of_bits(bits).level();
                let role = if level == Level::Weak { Role::Warn } else { Role::Muted };
                let lost = match recipe.bits_lost() {
                    lost if lost >= 0.05 => format!(", the rule costs {lost:.1}"),
                    _ => String::new(),
                };
                page.note(format!("{bits:.0} bits of entropy{lost}: {}", level.word()), role);
            }
            Err(why) => page.note(why, Role::Danger),
        }
    }
}

/// A row of the recipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tui::dialogs) enum RecipePlace {
    /// What kind of value.
    Kind,
    /// How long.
    Size,
    /// What must be in it.
    Classes,
}
