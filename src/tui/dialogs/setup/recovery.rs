//! The recovery key of a new vault: offered, shown once, and asked back.
//!
//! Asked back are two of its groups, for someone who wrote it on paper, or the
//! whole key, for someone who pasted it into a password manager: 56 characters
//! typed blindly teach people to skip the step, and two groups prove as well
//! that there is a copy that can be read.

use zeroize::Zeroize;

use crate::crypto::keyring::RawKey;
use crate::secret_text::SecretText;
use crate::tui::action::{Action, Context};
use crate::tui::dialogs::Input;
use crate::tui::dialogs::page::Page;
use crate::tui::effect::RawKeyUse;
use crate::tui::press::Press;
use crate::tui::theme::Role;
use crate::tui::widgets::secret_input::SecretInput;

use super::Turn;

/// Where the step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Stage {
    /// Make one, or go without?
    #[default]
    Offer,
    /// The key is on the screen.
    Shown,
    /// The key is asked back.
    AskedBack,
    /// Really go without?
    Without,
}

/// The step that settles the recovery key.
#[derive(Default)]
pub(super) struct RecoveryStep {
    stage: Stage,
    goes_without: bool,
    key: Option<(RawKey, SecretText)>,
    input: SecretInput,
    message: Option<&'static str>,
}

impl RecoveryStep {
    /// Back to its beginning, when one comes back to it.
    pub(super) fn rewind(&mut self) {
        self.stage = Stage::Offer;
        self.input.clear();
        self.message = None;
    }

    /// A second copy of the key, unless one goes without.
    pub(super) fn key(&self) -> Option<RawKey> {
        self.key.as_ref().filter(|_| !self.goes_without).map(|(key, _)| key.duplicate())
    }

    /// Which keys mean what now.
    pub(super) fn context(&self) -> Context {
        match self.stage {
            Stage::Offer | Stage::Shown => Context::Choice,
            Stage::AskedBack => Context::Form,
            Stage::Without => Context::Confirm,
        }
    }

    /// The keys that lead on and back.
    pub(super) fn foot(&self) -> &'static str {
        match self.stage {
            Stage::Offer => "⟨submit⟩ go on · ⟨cancel⟩ back · ⟨previous-choice⟩/⟨next-choice⟩ choose",
            Stage::Shown => "⟨submit⟩ I have it · ⟨cancel⟩ back",
            Stage::AskedBack => "⟨submit⟩ check · ⟨cancel⟩ show the key again",
            Stage::Without => "⟨yes⟩ go without · ⟨cancel⟩ back",
        }
    }

    /// Takes an input.
    pub(super) fn update(&mut self, input: Input) -> Turn {
        match (self.stage, input) {
            (_, Input::RawKey(RawKeyUse::Recovery, key)) => {
                let text = key.to_text();
                self.key = Some((key, text));
            }
            (_, Input::Press(Press::Action(action))) => return self.act(action),
            (Stage::AskedBack, Input::Press(press)) => {
                self.input.press(press);
                self.message = None;
            }
            (Stage::AskedBack, Input::Paste(pasted)) => {
                self.input.paste(&pasted);
                self.message = None;
            }
            _ => {}
        }
        Turn::Stay
    }

    fn act(&mut self, action: Action) -> Turn {
        match (self.stage, action) {
            (Stage::Offer, Action::NextChoice | Action::PreviousChoice | Action::NextField | Action::PreviousField) => {
                self.goes_without = !self.goes_without;
            }
            (Stage::Offer, Action::Submit) if self.goes_without => self.stage = Stage::Without,
            (Stage::Offer, Action::Submit) => {
                self.stage = Stage::Shown;
                if self.key.is_none() {
                    return Turn::MakeKey(RawKeyUse::Recovery);
                }
            }
            (Stage::Offer, Action::Cancel) => return Turn::Back,
            (Stage::Shown, Action::Submit) if self.key.is_some() => {
                self.stage = Stage::AskedBack;
                self.input.show(true);
            }
            (Stage::AskedBack, Action::ShowTyped) => self.input.show(!self.input.is_shown()),
            (Stage::AskedBack, Action::Submit) => return self.check(),
            (Stage::AskedBack, Action::Cancel) => {
                self.input.clear();
                self.message = None;
                self.stage = Stage::Shown;
            }
            (Stage::Without, Action::Yes) => return Turn::Next,
            (Stage::Shown | Stage::Without, Action::Cancel) => self.rewind(),
            _ => {}
        }
        Turn::Stay
    }

    /// Compares what was typed with the whole key or the two groups.
    fn check(&mut self) -> Turn {
        let Some((_, text)) = &self.key else {
            return Turn::Stay;
        };
        let (one, two) = asked_groups(text);
        let groups = [group(text, one), group(text, two)].concat();
        let typed = letters(self.input.secret().expose());
        let whole = letters(text.expose());
        let is_two = typed == letters(&groups);
        let is_whole = typed == whole || whole.expose().strip_prefix(b"SR1") == Some(typed.expose());
        SecretText::from(groups).clear();
        if is_two || is_whole {
            self.input.clear();
            return Turn::Next;
        }
        self.message = Some(if self.input.is_empty() {
            "Type the two groups first."
        } else {
            "That is not in the key. Compare it with your copy; ⟨cancel⟩ shows the key again."
        });
        Turn::Stay
    }

    /// Describes the step.
    pub(super) fn show<'a>(&'a self, page: &mut Page<'a>) {
        match self.stage {
            Stage::Offer => self.show_offer(page),
            Stage::Shown => self.show_key(page),
            Stage::AskedBack => self.show_question(page),
            Stage::Without => {
                page.prose("Without a recovery key there is one way into this vault.", Role::Danger);
                page.gap();
                page.prose(
                    "Forgotten, lost or overwritten, it takes every secret with it: nobody can open the vault without a key, and there is no reset.",
                    Role::Text,
                );
                page.gap();
                page.prose("Press ⟨yes⟩ to go without one, ⟨cancel⟩ to go back.", Role::Accent);
            }
        }
    }

    fn show_offer<'a>(&'a self, page: &mut Page<'a>) {
        page.prose("A recovery key opens the vault when the other key is forgotten or lost. It is shown once, for paper in a safe or another password manager.", Role::Text);
        page.gap();
        page.option("Make a recovery key", "recommended: a second way in", !self.goes_without);
        page.option("Go without one", "no way back if the other key is lost", self.goes_without);
    }

    fn show_key<'a>(&'a self, page: &mut Page<'a>) {
        let Some((_, text)) = &self.key else {
            page.prose("Making the key…", Role::Text);
            return;
        };
        page.prose("This is the recovery key. It is shown now and never again.", Role::Text);
        page.gap();
        page.groups(text);
        page.gap();
        page.prose(
            "Write it down or store it away from this machine. Upper and lower case and dashes do not matter.",
            Role::Text,
        );
    }

    fn show_question<'a>(&'a self, page: &mut Page<'a>) {
        let (one, two) = self.key.as_ref().map_or((1, 2), |(_, text)| asked_groups(text));
        page.prose(
            format!(
                "To be sure that your copy can be read: type groups {} and {} of it, or paste the whole key.",
                one + 1,
                two + 1
            ),
            Role::Text,
        );
        page.gap();
        page.secret("From your copy", &self.input, "8 characters, or all of them", true);
        if let Some(message) = self.message {
            page.tell(message, Role::Danger);
        }
    }
}

/// The letters of a key as typed: upper case, without dashes and blanks, with digits that base32 lacks read as the letters they look like.
fn letters(typed: &[u8]) -> SecretText {
    let mut letters = Vec::with_capacity(typed.len());
    for byte in typed.iter().filter(|byte| byte.is_ascii_alphanumeric()) {
        letters.push(byte.to_ascii_uppercase());
    }
    let body = if letters.starts_with(b"SR1") { 3 } else { 0 };
    for byte in &mut letters[body..] {
        *byte = match *byte {
            b'0' => b'O',
            b'1' => b'I',
            b'8' => b'B',
            byte => byte,
        };
    }
    SecretText::from(letters)
}

/// Group `number` of a key, 0 being its prefix.
fn group(text: &SecretText, number: usize) -> &[u8] {
    text.expose().split(|byte| *byte == b'-').nth(number).unwrap_or_default()
}

/// Which two groups are asked for: as random as the key itself, so nobody learns to note only some.
fn asked_groups(text: &SecretText) -> (usize, usize) {
    let groups = text.expose().split(|byte| *byte == b'-').count().saturating_sub(1).max(2);
    let mut sum = text.expose().iter().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte)));
    let half = groups / 2;
    let asked = (1 + sum % half, half + 1 + sum / half % (groups - half));
    sum.zeroize();
    asked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(step: &mut RecoveryStep, action: Action) -> Turn {
        step.update(Input::Press(Press::Action(action)))
    }

    fn asked() -> RecoveryStep {
        let mut step = RecoveryStep::default();
        assert!(matches!(act(&mut step, Action::Submit), Turn::MakeKey(RawKeyUse::Recovery)));
        assert!(matches!(act(&mut step, Action::Submit), Turn::Stay), "there is no key yet");
        step.update(Input::RawKey(RawKeyUse::Recovery, RawKey::from_text(&[b'7'; 64]).unwrap()));
        act(&mut step, Action::Submit);
        assert_eq!(step.context(), Context::Form);
        step
    }

    #[test]
    fn two_groups_or_the_whole_key_prove_a_copy() {
        let text = RawKey::from_text(&[b'7'; 64]).unwrap().to_text();
        let whole = text.expose_str().unwrap().to_owned();
        let (one, two) = asked_groups(&text);
        assert!(one < two && two <= 14);
        let groups: Vec<&str> = whole.split('-').collect();
        let both = format!("{} {}", groups[one], groups[two]);
        for (typed, fits) in [
            (whole.clone(), true),
            (whole.to_lowercase().replace('-', ""), true),
            (whole[4..].to_owned(), true),
            (both.to_lowercase(), true),
            (format!("{} {}", groups[two], groups[one]), groups[one] == groups[two]),
            (whole.replacen('-', "-A", 2), false),
            (String::new(), false),
        ] {
            let mut step = asked();
            step.update(Input::Paste(SecretText::copied_from(typed.as_bytes())));
            assert_eq!(matches!(act(&mut step, Action::Submit), Turn::Next), fits, "{typed}");
            assert!(step.key().is_some());
        }
    }

    #[test]
    fn look_alikes_are_read_as_letters() {
        assert!(letters(b"sr1-o0i1-b8") == SecretText::copied_from(b"SR1OOIIBB"));
    }

    #[test]
    fn going_without_takes_a_y() {
        let mut step = RecoveryStep::default();
        act(&mut step, Action::NextChoice);
        assert!(matches!(act(&mut step, Action::Submit), Turn::Stay));
        assert_eq!(step.context(), Context::Confirm);
        assert!(matches!(act(&mut step, Action::Submit), Turn::Stay), "Enter is no consent");
        assert!(matches!(act(&mut step, Action::Cancel), Turn::Stay));
        assert_eq!(step.context(), Context::Choice);
        act(&mut step, Action::Submit);
        assert!(matches!(act(&mut step, Action::Yes), Turn::Next));
        assert!(step.key().is_none());
    }
}
