//! What is asked before something that cannot be taken back: a reason where one is worth
//! having, then a key that is neither Enter nor the one that asked.

use crate::rotation::decide::Has;
use crate::secret_text::SecretText;
use crate::tui::action::{Action, Context};
use crate::tui::dialogs::Step;
use crate::tui::dialogs::page::Page;
use crate::tui::press::Press;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::widgets::text_input::TextInput;

use super::CockpitDialog;

/// A question about one action.
pub(super) struct Asked {
    action: Action,
    pub(super) reason: TextInput,
    /// The reason was given, or none is wanted; the question itself has the keyboard.
    confirming: bool,
}

impl Asked {
    fn new(action: Action, with_reason: bool) -> Self {
        Self { action, reason: TextInput::new(), confirming: !with_reason }
    }

    pub(super) fn context(&self) -> Context {
        if self.confirming { Context::Confirm } else { Context::Form }
    }

    pub(super) fn paste(&mut self, pasted: &SecretText) {
        if !self.confirming {
            self.reason.paste(pasted);
        }
    }
}

impl CockpitDialog {
    /// What is to be asked before `action`, if anything.
    pub(super) fn question(&self, action: Action) -> Option<Asked> {
        match action {
            Action::AbortStage | Action::PromoteByHand | Action::AbortByHand => Some(Asked::new(action, true)),
            Action::Retire | Action::RetireByHand => Some(Asked::new(action, false)),
            Action::Apply | Action::TryPending | Action::Promote if self.has().unlooked => {
                Some(Asked::new(action, false))
            }
            Action::Promote if !self.secret.is_verified() && !self.has().verify => Some(Asked::new(action, false)),
            _ => None,
        }
    }

    /// A key while something is asked.
    pub(super) fn answer(&mut self, press: Press) -> Step {
        let Some(asked) = &mut self.asked else { return Step::default() };
        match press {
            Press::Action(Action::Cancel) => self.asked = None,
            Press::Action(Action::Submit | Action::NextField) if !asked.confirming => {
                if asked.reason.text().chars().any(text::is_deceptive) {
                    self.say("The reason has control or invisible characters. Delete them.", Role::Danger);
                    return Step::default();
                }
                asked.confirming = true;
            }
            Press::Action(Action::NextField | Action::PreviousField) if wants_reason(asked.action) => {
                asked.confirming = false;
            }
            Press::Action(Action::Yes) if asked.confirming => {
                let (action, reason) = (asked.action, asked.reason.text().trim().to_owned());
                self.asked = None;
                return self.send(action, reason);
            }
            press if !asked.confirming => {
                asked.reason.press(press);
            }
            _ => {}
        }
        self.hush();
        Step::default()
    }

    /// Describes the question.
    pub(super) fn show_question<'a>(&'a self, asked: &'a Asked, page: &mut Page<'a>) {
        page.prose(self.effect(asked.action), Role::Text);
        if wants_reason(asked.action) {
            page.gap();
            page.text("Reason", &asked.reason, "why (may be empty)", !asked.confirming);
        }
        page.gap();
        match asked.confirming {
            true => page.prose("⟨yes⟩ does it, any other way out leaves everything as it is.", Role::Warn),
            false => page.prose("⟨submit⟩ goes on to the question.", Role::Muted),
        }
    }

    /// What its keys do.
    pub(super) fn question_foot(asked: &Asked) -> &'static str {
        match asked.confirming {
            true => "⟨yes⟩ yes · ⟨cancel⟩ no",
            false => "⟨submit⟩ go on · ⟨cancel⟩ no",
        }
    }

    fn effect(&self, action: Action) -> String {
        let (address, version) = (&self.secret.address, self.secret.version);
        let old = self.secret.rotation.revoke.as_ref().map_or(version.saturating_sub(1), |revoke| revoke.version);
        let Has { revoke, .. } = self.has();
        match action {
            Action::Apply | Action::TryPending | Action::Promote if self.has().unlooked => format!(
                "Tell the far side the pending value of {address} all the same? Version {version} could not be verified: if \
                 the new one fails too, what was there before cannot be put back."
            ),
            Action::Promote => format!(
                "Make the pending version of {address} current? Nothing has tried it: is the far side told, and does \
                 it take it?"
            ),
            Action::AbortStage => format!(
                "Destroy the pending version of {address}? Version {version} stays current; what the far side was \
                 told is put back."
            ),
            Action::PromoteByHand => format!(
                "Make the pending version of {address} current, without a step? From then on everybody gets it: the \
                 far side must take it already."
            ),
            Action::AbortByHand => format!(
                "Destroy the pending version of {address}, without a step? The far side must take version {version}: \
                 if it took the new value, nobody will have that any more."
            ),
            Action::Retire if revoke => {
                format!("Have the far side refuse version {old} of {address}? Whoever still uses it is locked out.")
            }
            Action::RetireByHand => format!(
                "Take version {old} of {address} as refused by the far side? Nothing will remind of it any more."
            ),
            _ => format!("End the grace of version {old} of {address}? It is given out as the previous one no more."),
        }
    }
}

fn wants_reason(action: Action) -> bool {
    matches!(action, Action::AbortStage | Action::PromoteByHand | Action::AbortByHand)
}
