//! [`CompareDialog`]: two versions of a secret side by side, told by shape. It
//! opens at once and fills in when the vault has compared; no value ever gets here.

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::tui::action::{Action, Context};
use crate::tui::clock::Now;
use crate::tui::keymap::Keys;
use crate::tui::press::Press;
use crate::tui::theme::{Role, Theme};
use crate::vault::compare::{Fate, ShapeDiff};
use crate::vault::scope::Address;
use crate::vault::secret::SecretId;

use super::form::{close, told};
use super::page::Page;
use super::{Input, Step, differences};

/// Two versions compared.
pub struct CompareDialog {
    id: SecretId,
    address: Address,
    before: u64,
    after: u64,
    diff: Option<(Box<ShapeDiff>, Timestamp)>,
    /// The field in view.
    row: usize,
    problem: Option<String>,
}

impl CompareDialog {
    /// For two versions of a secret, the older one first.
    #[must_use]
    pub fn new(id: SecretId, address: Address, before: u64, after: u64) -> Self {
        Self { id, address, before, after, diff: None, row: 0, problem: None }
    }

    /// Takes an input.
    pub fn update(&mut self, input: Input, now: Now) -> Step {
        match input {
            Input::Compared(diff) if self.is_about(&diff) => self.diff = Some((diff, now.time)),
            Input::Failed(error) => self.problem = Some(told(&error)),
            Input::Press(Press::Action(action)) => return self.act(action),
            _ => {}
        }
        Step::default()
    }

    fn is_about(&self, diff: &ShapeDiff) -> bool {
        (diff.id, diff.before.number, diff.after.number) == (self.id, self.before, self.after)
    }

    fn act(&mut self, action: Action) -> Step {
        let last = self.diff.as_ref().map_or(0, |(diff, _)| diff.fields.len().saturating_sub(1));
        match action {
            Action::Submit | Action::Cancel => return close(),
            Action::NextChoice | Action::NextField => self.row = (self.row + 1).min(last),
            Action::PreviousChoice | Action::PreviousField => self.row = self.row.saturating_sub(1),
            _ => {}
        }
        Step::default()
    }

    /// Which keys mean what in it.
    #[must_use]
    pub fn context(&self) -> Context {
        Context::Choice
    }

    /// What its keys do now.
    #[must_use]
    pub fn foot(&self) -> String {
        match &self.diff {
            Some((diff, _)) if diff.fields.len() > 1 => {
                "⟨cancel⟩ close · ⟨next-choice⟩/⟨previous-choice⟩ next, previous field".to_owned()
            }
            _ => "⟨cancel⟩ close".to_owned(),
        }
    }

    /// Draws the dialog in the middle of `area`.
    pub fn draw(&self, keys: Keys<'_>, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
        let mut page = Page::new("Compare", self.foot());
        page.between(&self.address, self.before, self.after);
        page.gap();
        match (&self.diff, &self.problem) {
            (Some((diff, now)), _) => show(diff, self.row, *now, &mut page),
            (None, Some(problem)) => page.prose(problem.clone(), Role::Danger),
            (None, None) => page.prose("Comparing…", Role::Muted),
        }
        page.draw(keys, theme, area, frame);
    }
}

fn show<'a>(diff: &'a ShapeDiff, row: usize, now: Timestamp, page: &mut Page<'a>) {
    page.fact("from", differences::noted(&diff.before, diff.current, now));
    page.fact("to", differences::noted(&diff.after, diff.current, now));
    page.gap();
    for (at, field) in diff.fields.iter().enumerate() {
        page.lines(differences::label(field), differences::lines(field), at == row);
    }
    page.gap();
    let same = diff.fields.iter().all(|field| field.fate() == Fate::Same);
    let words = if same { "Nothing differs." } else { "Told by shape; no value was opened." };
    page.prose(words, Role::Muted);
}
