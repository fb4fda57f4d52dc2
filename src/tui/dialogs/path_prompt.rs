//! [`PathPrompt`]: where a path is typed, with the names of files completed by a key.

use crate::tui::effect::Effect;
use crate::tui::files::Completion;
use crate::tui::press::Press;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::widgets::text_input::TextInput;

use super::page::Page;

/// A path with what may follow.
#[derive(Default)]
pub(super) struct PathPrompt {
    input: TextInput,
    names: Vec<String>,
    /// What is wrong about it.
    pub(super) problem: Option<String>,
    /// The file is being read or written; keys wait.
    pub(super) is_busy: bool,
}

impl PathPrompt {
    /// The path, if there is one.
    pub(super) fn path(&self) -> Option<String> {
        Some(self.input.text().to_owned()).filter(|path| !path.trim().is_empty())
    }

    /// Takes a key.
    pub(super) fn press(&mut self, press: Press) {
        if self.input.press(press) {
            self.names.clear();
            self.problem = None;
        }
    }

    /// Takes a paste.
    pub(super) fn paste(&mut self, pasted: &crate::secret_text::SecretText) {
        self.input.paste(pasted);
        self.problem = None;
    }

    /// Asks which names there are.
    pub(super) fn complete(&self) -> Effect {
        Effect::CompletePath(self.input.text().to_owned())
    }

    /// Takes the names, unless something else was typed meanwhile.
    pub(super) fn completed(&mut self, completion: Completion) {
        if completion.typed == self.input.text() {
            self.input = TextInput::holding(completion.completed);
            self.names = completion.names;
        }
    }

    /// Describes it.
    pub(super) fn show<'a>(&'a self, page: &mut Page<'a>, placeholder: &str) {
        page.text("Path", &self.input, placeholder, !self.is_busy);
        if let Some(problem) = &self.problem {
            page.note(problem.as_str(), Role::Danger);
        } else if !self.names.is_empty() {
            page.note(text::printable(&self.names.join("  ")).into_owned(), Role::Muted);
        }
    }
}
