//! A generated value for a field: at once by the recipe that was taken last, and with
//! another key of another kind, length or alphabet, chosen as for a rotation.

use crate::tui::action::{Action, Context};
use crate::tui::dialogs::form::{ask, next, previous};
use crate::tui::dialogs::page::Page;
use crate::tui::dialogs::rotate::{RecipeInputs, RecipePlace};
use crate::tui::dialogs::{Input, Step};
use crate::tui::effect::Effect;
use crate::tui::press::Press;
use crate::tui::theme::Role;
use crate::vault::generate::Generated;

use super::EditDialog;
use super::fields::FieldRow;
use super::inputs::Place;

/// The recipe is being chosen for the row of this number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choosing {
    row: usize,
    focus: RecipePlace,
}

impl Choosing {
    /// Which keys mean what on the page.
    pub(super) fn context(self) -> Context {
        if self.focus == RecipePlace::Kind { Context::Choice } else { Context::Form }
    }

    /// What its keys do.
    pub(super) fn foot(self) -> String {
        let more = match self.focus {
            RecipePlace::Kind => "⟨previous-choice $⟩/⟨next-choice $⟩ choose",
            RecipePlace::Size => "⟨previous-choice⟩/⟨next-choice⟩ more, fewer",
            RecipePlace::Classes => "Left/Right move · Space on or off",
        };
        format!("⟨submit⟩ generate · ⟨cancel⟩ back · ⟨next-field⟩ next · {more}")
    }

    /// Describes the page.
    pub(super) fn show<'a>(self, recipe: &'a RecipeInputs, page: &mut Page<'a>) {
        page.gap();
        recipe.show(page, Some(self.focus));
        page.gap();
        page.prose("The value goes into the field and is not saved yet.", Role::Muted);
    }
}

/// The rows that a recipe has.
fn places(recipe: &RecipeInputs) -> Vec<RecipePlace> {
    let mut places = vec![RecipePlace::Kind];
    places.extend(recipe.has_size().then_some(RecipePlace::Size));
    places.extend(recipe.has_classes().then_some(RecipePlace::Classes));
    places
}

impl EditDialog {
    /// Asks for a value for the row in focus; where one was generated, first for the recipe.
    pub(super) fn generate(&mut self) -> Step {
        let row = match self.focus {
            Place::Value(row) | Place::FieldName(row) => row,
            _ => 0,
        };
        self.writing.hush();
        if self.generated_in == Some(row) && self.rows.get(row).is_some_and(FieldRow::is_made) {
            self.choosing = Some(Choosing { row, focus: RecipePlace::Kind });
            return Step::default();
        }
        let is_typed = self.rows.get(row).is_some_and(FieldRow::is_typed);
        if is_typed && self.may_replace != Some(row) {
            self.may_replace = Some(row);
            self.writing.say("A value is typed here already. ⟨generate⟩ again replaces it.", Role::Warn);
            return Step::default();
        }
        self.generate_into(row)
    }

    fn generate_into(&mut self, row: usize) -> Step {
        let Ok(recipe) = self.recipe.recipe() else { return Step::default() };
        self.choosing = None;
        self.generates = Some(row);
        ask(Effect::Generate(recipe))
    }

    /// The value that was asked for.
    pub(super) fn generated(&mut self, generated: Generated) {
        self.may_replace = None;
        self.bad = None;
        let words = self.recipe.words();
        if let Some(number) = self.generates.take()
            && let Some(row) = self.rows.get_mut(number)
        {
            row.take_generated(generated, &words);
            self.generated_in = Some(number);
        }
    }

    /// An input while the recipe is chosen.
    pub(super) fn choose_recipe(&mut self, input: Input) -> Step {
        let Some(Choosing { row, mut focus }) = self.choosing else { return Step::default() };
        let recipe = &mut self.recipe;
        match (focus, input) {
            (_, Input::Press(Press::Action(Action::Cancel))) => {
                self.choosing = None;
                return Step::default();
            }
            // A size that cannot be says so on the page.
            (_, Input::Press(Press::Action(Action::Submit | Action::Generate))) => return self.generate_into(row),
            (_, Input::Press(Press::Action(Action::NextField))) => focus = next(&places(recipe), focus),
            (_, Input::Press(Press::Action(Action::PreviousField))) => focus = previous(&places(recipe), focus),
            (RecipePlace::Kind, Input::Press(Press::Action(Action::NextChoice))) => recipe.choose(1),
            (RecipePlace::Kind, Input::Press(Press::Action(Action::PreviousChoice))) => recipe.choose(-1),
            (RecipePlace::Size, Input::Press(Press::Action(Action::NextChoice))) => recipe.resize(-1),
            (RecipePlace::Size, Input::Press(Press::Action(Action::PreviousChoice))) => recipe.resize(1),
            (RecipePlace::Size, Input::Press(press)) => drop(recipe.press(press)),
            (RecipePlace::Classes, Input::Press(Press::Action(Action::NextChoice))) => {
                focus = next(&places(recipe), focus)
            }
            (RecipePlace::Classes, Input::Press(Press::Action(Action::PreviousChoice))) => {
                focus = previous(&places(recipe), focus);
            }
            (RecipePlace::Classes, Input::Press(press)) => drop(recipe.press_class(press)),
            _ => {}
        }
        self.choosing = Some(Choosing { row, focus });
        Step::default()
    }
}
