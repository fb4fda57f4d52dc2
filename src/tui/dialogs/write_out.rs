//! [`WriteOutDialog`]: one field's value into a new file. The value goes from the vault
//! thread into the file, never through here; a git work tree is asked about.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::tui::action::{Action, Context};
use crate::tui::clock::Now;
use crate::tui::effect::{Effect, Request};
use crate::tui::keymap::Keys;
use crate::tui::press::Press;
use crate::tui::text;
use crate::tui::theme::{Role, Theme};
use crate::vault::scope::Address;
use crate::vault::secret::SecretId;

use super::form::{ask, close, told};
use super::page::Page;
use super::path_prompt::PathPrompt;
use super::{Input, Step};

/// Asks for a path.
pub struct WriteOutDialog {
    id: SecretId,
    address: Address,
    version: u64,
    field: String,
    prompt: PathPrompt,
    /// The git work tree that the file would lie in; a question until it is answered.
    work_tree: Option<String>,
}

impl WriteOutDialog {
    /// For the current version's `field`.
    #[must_use]
    pub fn new(id: SecretId, address: Address, version: u64, field: String) -> Self {
        Self { id, address, version, field, prompt: PathPrompt::default(), work_tree: None }
    }

    /// Takes an input.
    pub fn update(&mut self, input: Input, _now: Now) -> Step {
        match input {
            Input::Failed(error) => {
                self.prompt.is_busy = false;
                self.work_tree = None;
                self.prompt.problem = Some(told(&error));
            }
            Input::InWorkTree(root) => {
                self.prompt.is_busy = false;
                self.work_tree = Some(root);
            }
            Input::Completed(completion) => self.prompt.completed(completion),
            Input::Press(Press::Action(Action::Cancel)) if self.work_tree.is_some() => self.work_tree = None,
            Input::Press(Press::Action(Action::Cancel)) => return close(),
            _ if self.prompt.is_busy => {}
            Input::Press(Press::Action(Action::Yes)) if self.work_tree.is_some() => return self.submit(true),
            Input::Press(Press::Action(Action::Submit)) if self.work_tree.is_none() => return self.submit(false),
            Input::Press(Press::Action(Action::NextField)) => return ask(self.prompt.complete()),
            Input::Press(press) => self.prompt.press(press),
            Input::Paste(pasted) => self.prompt.paste(&pasted),
            _ => {}
        }
        Step::default()
    }

    fn submit(&mut self, in_work_tree: bool) -> Step {
        let Some(path) = self.prompt.path() else {
            self.prompt.problem = Some("Give the path of a new file.".to_owned());
            return Step::default();
        };
        self.prompt.is_busy = true;
        let (id, field, version) = (self.id, self.field.clone(), self.version);
        ask(Effect::Vault(Request::WriteOut { id, version, field, path, in_work_tree }))
    }

    /// True when something was typed.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.prompt.path().is_some()
    }

    /// Which keys mean what in it now.
    #[must_use]
    pub fn context(&self) -> Context {
        if self.work_tree.is_some() { Context::Confirm } else { Context::Form }
    }

    /// What its keys do now.
    #[must_use]
    pub fn foot(&self) -> String {
        match self.work_tree {
            _ if self.prompt.is_busy => "⟨cancel⟩ close".to_owned(),
            Some(_) => "⟨yes⟩ write it there · ⟨cancel⟩ another path".to_owned(),
            None => "⟨submit⟩ write · ⟨cancel⟩ cancel · ⟨next-field⟩ complete".to_owned(),
        }
    }

    /// Draws the dialog in the middle of `area`.
    pub fn draw(&self, keys: Keys<'_>, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
        let mut page = Page::new("Write out", self.foot());
        page.about(&self.address, self.version);
        page.gap();
        page.fact("Field", self.field.as_str());
        if let Some(root) = &self.work_tree {
            page.fact("Path", self.prompt.path().unwrap_or_default());
            page.gap();
            page.prose(format!("This is inside the git work tree {}", text::printable(root)), Role::Danger);
            page.prose("A file there is easily committed and pushed. Write it all the same?", Role::Text);
        } else {
            self.prompt.show(&mut page, "a new file, like ~/stripe.key");
            page.gap();
            page.prose(
                "For you alone (0600), every byte, never over a file that is there. The audit log keeps that it was \
                 written out; the file stays until you delete it.",
                Role::Muted,
            );
        }
        if self.prompt.is_busy {
            page.tell("Writing…", Role::Accent);
        }
        page.draw(keys, theme, area, frame);
    }
}
