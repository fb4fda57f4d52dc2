//! The passphrase of a new vault: typed twice with its strength beside it, or
//! generated and typed once to prove that it was noted.

use crate::secret_text::SecretText;
use crate::tui::action::Action;
use crate::tui::dialogs::Input;
use crate::tui::dialogs::page::Page;
use crate::tui::press::Press;
use crate::tui::theme::Role;
use crate::tui::widgets::secret_input::SecretInput;
use crate::vault::generate::Recipe;
use crate::vault::strength::{Level, Strength};

use super::Turn;

/// Words of a generated passphrase.
const WORDS: usize = 6;
/// Cells of the strength bar.
const BAR: u16 = 12;

/// The step that settles the passphrase.
#[derive(Default)]
pub(super) struct PassphraseStep {
    first: SecretInput,
    again: SecretInput,
    is_again: bool,
    /// The entropy of what stands in `first`, when it was generated.
    generated_bits: Option<f64>,
    /// The weak passphrase was warned about; Enter keeps it.
    is_warned: bool,
    message: Option<(String, Role)>,
}

impl PassphraseStep {
    /// What its keys do now.
    pub(super) fn foot(&self) -> &'static str {
        if self.first.is_shown() {
            "⟨submit⟩ go on · ⟨cancel⟩ back · ⟨generate⟩ six words · ⟨show-typed⟩ hide"
        } else {
            "⟨submit⟩ go on · ⟨cancel⟩ back · ⟨generate⟩ six words · ⟨show-typed⟩ show"
        }
    }

    /// Takes an input.
    pub(super) fn update(&mut self, input: Input) -> Turn {
        match input {
            Input::Press(Press::Action(action)) => return self.act(action),
            Input::Press(press) => {
                let changed = self.input().press(press);
                self.typed(changed);
            }
            Input::Paste(pasted) => {
                let changed = self.input().paste(&pasted);
                self.typed(changed);
            }
            Input::Generated(generated) => {
                self.first.set(generated.value);
                self.first.show(true);
                self.again.clear();
                self.is_again = true;
                self.is_warned = false;
                self.generated_bits = Some(generated.entropy_bits);
                self.message = Some(("Write the words down, then type them again.".to_owned(), Role::Accent));
            }
            _ => {}
        }
        Turn::Stay
    }

    /// A second copy of the passphrase.
    pub(super) fn passphrase(&self) -> SecretText {
        self.first.secret().duplicate()
    }

    fn input(&mut self) -> &mut SecretInput {
        if self.is_again { &mut self.again } else { &mut self.first }
    }

    fn typed(&mut self, changed: bool) {
        if !changed {
            return;
        }
        self.message = None;
        if !self.is_again {
            self.generated_bits = None;
            self.is_warned = false;
        }
    }

    fn act(&mut self, action: Action) -> Turn {
        match action {
            Action::Submit => return self.submit(),
            Action::Cancel => return Turn::Back,
            Action::NextField | Action::PreviousField | Action::NextChoice | Action::PreviousChoice => {
                self.is_again = !self.is_again;
            }
            Action::Generate => return Turn::Generate(Recipe::Passphrase { words: WORDS }),
            Action::ShowTyped => {
                let shown = !self.first.is_shown();
                self.first.show(shown);
                self.again.show(shown);
            }
            _ => {}
        }
        Turn::Stay
    }

    fn submit(&mut self) -> Turn {
        let say = |text: &str, role: Role| Some((text.to_owned(), role));
        if self.first.is_empty() {
            self.is_again = false;
            self.message = say("Type a passphrase first.", Role::Warn);
        } else if self.again.is_empty() && !self.is_again {
            self.is_again = true;
        } else if self.first.secret() != self.again.secret() {
            self.again.clear();
            self.is_again = true;
            self.message = say("The two differ. Type the second one again.", Role::Danger);
        } else if self.strength().level() == Level::Weak && !self.is_warned {
            self.is_warned = true;
            let text = "A weak passphrase is the weakest part of the vault. ⟨submit⟩ again keeps it, ⟨generate⟩ makes a strong one.";
            self.message = say(text, Role::Danger);
        } else {
            self.first.show(false);
            self.again.show(false);
            return Turn::Next;
        }
        Turn::Stay
    }

    fn strength(&self) -> Strength {
        match self.generated_bits {
            Some(bits) => Strength::of_bits(bits),
            None => Strength::estimate(self.first.secret().expose()),
        }
    }

    /// Describes the step.
    pub(super) fn show<'a>(&'a self, page: &mut Page<'a>) {
        page.prose("The passphrase opens the vault. Several words that have nothing to do with each other are easy to keep and hard to guess.", Role::Text);
        page.gap();
        if self.is_again && self.first.is_shown() && self.generated_bits.is_some() {
            page.words("Passphrase", self.first.secret());
        } else {
            page.secret("Passphrase", &self.first, "type one, or ⟨generate⟩ for six words", !self.is_again);
        }
        let (bar, role) = self.bar();
        page.note(bar, role);
        page.secret("Again", &self.again, "", self.is_again);
        if let Some((message, role)) = &self.message {
            page.tell(message, *role);
        }
    }

    /// The strength as a bar of plain characters and in words.
    fn bar(&self) -> (String, Role) {
        let strength = self.strength();
        let filled = if self.first.is_empty() { 0 } else { strength.filled(BAR).max(1) };
        let bar = "#".repeat(usize::from(filled)) + &".".repeat(usize::from(BAR - filled));
        let role = match strength.level() {
            _ if self.first.is_empty() => Role::Muted,
            Level::Weak => Role::Danger,
            Level::Fair => Role::Warn,
            Level::Good | Level::Strong => Role::Ok,
        };
        let words = match self.generated_bits {
            _ if self.first.is_empty() => "how hard it is to guess".to_owned(),
            Some(bits) => format!("{}, {bits:.0} bits", strength.level().word()),
            None => strength.words(),
        };
        (format!("[{bar}] {words}"), role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::generate::Generated;

    fn act(step: &mut PassphraseStep, action: Action) -> Turn {
        step.update(Input::Press(Press::Action(action)))
    }

    fn type_in(step: &mut PassphraseStep, text: &str) {
        for character in text.chars() {
            step.update(Input::Press(Press::Type(character)));
        }
    }

    #[test]
    fn both_must_be_the_same() {
        let mut step = PassphraseStep::default();
        assert!(matches!(act(&mut step, Action::Submit), Turn::Stay));
        type_in(&mut step, "velvet orbit canyon mustard lantern");
        assert!(matches!(act(&mut step, Action::Submit), Turn::Stay));
        type_in(&mut step, "velvet orbit canyon mustard lanterm");
        assert!(matches!(act(&mut step, Action::Submit), Turn::Stay));
        assert!(step.again.is_empty() && !step.first.is_empty());
        type_in(&mut step, "velvet orbit canyon mustard lantern");
        assert!(matches!(act(&mut step, Action::Submit), Turn::Next));
    }

    #[test]
    fn a_weak_one_needs_a_second_enter() {
        let mut step = PassphraseStep::default();
        type_in(&mut step, "hunter2");
        act(&mut step, Action::NextField);
        type_in(&mut step, "hunter2");
        assert!(matches!(act(&mut step, Action::Submit), Turn::Stay));
        assert!(matches!(act(&mut step, Action::Submit), Turn::Next));
    }

    #[test]
    fn a_generated_one_is_shown_and_typed_again() {
        let mut step = PassphraseStep::default();
        assert!(matches!(act(&mut step, Action::Generate), Turn::Generate(Recipe::Passphrase { words: 6 })));
        let value = SecretText::copied_from(b"a-b-c-d-e-f");
        step.update(Input::Generated(Generated { value, entropy_bits: 66.0, recipe: Recipe::Passphrase { words: 6 } }));
        assert!(step.first.is_shown() && step.is_again);
        assert!(matches!(act(&mut step, Action::Submit), Turn::Stay), "not typed again yet");
        type_in(&mut step, "a-b-c-d-e-f");
        assert!(matches!(act(&mut step, Action::Submit), Turn::Next), "known to be strong");
        assert!(!step.first.is_shown());
    }
}
