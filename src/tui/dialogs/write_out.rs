//! [`WriteOutDialog`]: one field's value into a new file. The value goes from the vault
//! thread into the file, never through here; a git work tree is asked about. The report of
//! an incident, which holds no value, is written the same way.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::tui::action::{Action, Context};
use crate::tui::clock::Now;
use crate::tui::effect::{Effect, Request};
use crate::tui::keymap::Keys;
use crate::tui::press::Press;
use crate::tui::text;
use crate::tui::theme::{Role, Theme};
use crate::vault::incident::Incident;
use crate::vault::scope::Address;
use crate::vault::secret::SecretId;

use super::form::{ask, close, told};
use super::page::Page;
use super::path_prompt::PathPrompt;
use super::{Input, Step};

/// What is written.
enum What {
    Field { id: SecretId, address: Address, version: u64, field: String },
    Report(Box<Incident>),
}

/// Asks for a path.
pub struct WriteOutDialog {
    what: What,
    prompt: PathPrompt,
    /// The git work tree that the file would lie in; a question until it is answered.
    work_tree: Option<String>,
}

impl WriteOutDialog {
    /// For the current version's `field`.
    #[must_use]
    pub fn new(id: SecretId, address: Address, version: u64, field: String) -> Self {
        Self::of(What::Field { id, address, version, field })
    }

    /// For the report of an incident.
    #[must_use]
    pub fn report(incident: Incident) -> Self {
        Self::of(What::Report(Box::new(incident)))
    }

    fn of(what: What) -> Self {
        Self { what, prompt: PathPrompt::default(), work_tree: None }
    }

    /// Takes an input.
    pub fn update(&mut self, input: Input, now: Now) -> Step {
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
            Input::Press(Press::Action(Action::Yes)) if self.work_tree.is_some() => return self.submit(true, now),
            Input::Press(Press::Action(Action::Submit)) if self.work_tree.is_none() => return self.submit(false, now),
            Input::Press(Press::Action(Action::NextField)) => return ask(self.prompt.complete()),
            Input::Press(press) => self.prompt.press(press),
            Input::Paste(pasted) => self.prompt.paste(&pasted),
            _ => {}
        }
        Step::default()
    }

    fn submit(&mut self, in_work_tree: bool, now: Now) -> Step {
        let Some(path) = self.prompt.path() else {
            self.prompt.problem = Some("Give the path of a new file.".to_owned());
            return Step::default();
        };
        self.prompt.is_busy = true;
        ask(Effect::Vault(match &self.what {
            What::Field { id, version, field, .. } => {
                Request::WriteOut { id: *id, version: *version, field: field.clone(), path, in_work_tree }
            }
            What::Report(incident) if is_json(&path) => {
                Request::WriteReport { text: format!("{:#}\n", incident.json(now.time)), path, in_work_tree }
            }
            What::Report(incident) => Request::WriteReport { text: incident.markdown(now.time), path, in_work_tree },
        }))
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
        let mut page = match &self.what {
            What::Field { address, version, field, .. } => {
                let mut page = Page::new("Write out", self.foot());
                page.about(address, *version);
                page.gap();
                page.fact("Field", field.as_str());
                page
            }
            What::Report(incident) => {
                let mut page = Page::new("Write the report", self.foot());
                page.fact("About", incident.choice.told());
                let format = self.prompt.path().is_some_and(|path| is_json(&path));
                page.fact("Format", if format { "JSON" } else { "Markdown; a path that ends in .json gets JSON" });
                page
            }
        };
        if let Some(root) = &self.work_tree {
            page.fact("Path", self.prompt.path().unwrap_or_default());
            page.gap();
            page.prose(format!("This is inside the git work tree {}", text::printable(root)), Role::Danger);
            page.prose("A file there is easily committed and pushed. Write it all the same?", Role::Text);
        } else {
            let (placeholder, words) = match self.what {
                What::Field { .. } => (
                    "a new file, like ~/stripe.key",
                    "For you alone (0600), every byte, never over a file that is there. The audit log keeps that it \
                     was written out; the file stays until you delete it.",
                ),
                What::Report(_) => (
                    "a new file, like ~/incident.md",
                    "For you alone (0600), never over a file that is there. It names secrets, people and hosts; there \
                     is no value in it.",
                ),
            };
            self.prompt.show(&mut page, placeholder);
            page.gap();
            page.prose(words, Role::Muted);
        }
        if self.prompt.is_busy {
            page.tell("Writing…", Role::Accent);
        }
        page.draw(keys, theme, area, frame);
    }
}

/// True for a path that asks for JSON.
fn is_json(path: &str) -> bool {
    path.trim_end().to_ascii_lowercase().ends_with(".json")
}
