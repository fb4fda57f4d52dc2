//! [`JsonPage`]: all the metadata as one JSON text over the form. What is wrong with
//! it is said while it is typed, with its line and character; what is right goes
//! back into the form, and nothing is saved before the form is.

use jiff::Timestamp;

use crate::secret_text::SecretText;
use crate::tui::action::Action;
use crate::tui::dialogs::page::Page;
use crate::tui::json::Fault;
use crate::tui::press::Press;
use crate::tui::theme::Role;
use crate::tui::widgets::secret_input::SecretInput;

use super::document::Document;

/// A text that is being edited.
pub(super) struct JsonPage {
    /// Shown, and wiped like a value: metadata is sealed as well.
    input: SecretInput,
    at_first: SecretText,
    fault: Option<Fault>,
    /// The fault keeps it from being taken over.
    is_refused: bool,
    /// Esc was pressed over a changed text; the next one discards it.
    may_discard: bool,
}

/// What comes of a key.
pub(super) enum Turn {
    /// It goes on.
    Stay,
    /// Back to the form, nothing taken over.
    Back,
    /// The form takes this.
    Take(Document),
    /// Into the operator's editor with it.
    Editor(SecretText),
}

impl JsonPage {
    /// On what stands in the form.
    pub(super) fn on(document: &Document) -> Self {
        let text = SecretText::copied_from(document.text().as_bytes());
        let mut page = Self {
            input: SecretInput::multi_line().holding(text.duplicate()),
            at_first: text,
            fault: None,
            is_refused: false,
            may_discard: false,
        };
        page.input.show(true);
        page.input.go_to(0);
        page
    }

    /// Takes a text whole, as an editor left it.
    pub(super) fn set(&mut self, text: SecretText, now: Timestamp) {
        self.input.set(text);
        self.input.show(true);
        self.read_again(now);
        self.is_refused = self.fault.is_some();
        self.input.go_to(self.fault.as_ref().map_or(0, |fault| fault.offset));
    }

    /// Takes a key.
    pub(super) fn press(&mut self, press: Press, now: Timestamp) -> Turn {
        match press {
            Press::Action(action) => return self.act(action, now),
            press => {
                if self.input.press(press) {
                    self.read_again(now);
                }
            }
        }
        Turn::Stay
    }

    /// Takes a paste.
    pub(super) fn paste(&mut self, pasted: &SecretText, now: Timestamp) {
        self.input.paste(pasted);
        self.read_again(now);
    }

    fn act(&mut self, action: Action, now: Timestamp) -> Turn {
        match action {
            Action::Submit => match self.read(now) {
                Ok(document) => return Turn::Take(document),
                Err(fault) => {
                    self.input.go_to(fault.offset);
                    (self.fault, self.is_refused) = (Some(fault), true);
                }
            },
            Action::Cancel if self.may_discard || *self.input.secret() == self.at_first => return Turn::Back,
            Action::Cancel => self.may_discard = true,
            Action::OpenEditor => return Turn::Editor(self.input.secret().duplicate()),
            Action::NextField => self.paste(&SecretText::copied_from(b"  "), now),
            _ => {}
        }
        Turn::Stay
    }

    fn read(&self, now: Timestamp) -> Result<Document, Fault> {
        match self.input.secret().expose_str() {
            Some(text) => Document::read(text, now),
            None => Err(Fault { line: 1, character: 1, offset: 0, cause: "these bytes are no text".to_owned() }),
        }
    }

    fn read_again(&mut self, now: Timestamp) {
        self.fault = self.read(now).err();
        (self.is_refused, self.may_discard) = (false, false);
    }

    /// What its keys do; what was refused is not offered again before it is mended.
    pub(super) fn foot(&self) -> String {
        let take = if self.is_refused { "" } else { "⟨submit⟩ take it over · " };
        format!("{take}⟨cancel⟩ back · ⟨open-editor⟩ editor")
    }

    /// Its page, under a title that names the secret.
    pub(super) fn show<'a>(&'a self, page: &mut Page<'a>) {
        page.area(&self.input);
        match &self.fault {
            _ if self.may_discard => page.tell("Not taken over yet. ⟨cancel⟩ again discards it.", Role::Warn),
            Some(fault) => {
                let role = if self.is_refused { Role::Danger } else { Role::Warn };
                page.tell(format!("{}.", capital(&fault.told())), role);
            }
            None => page.tell("It goes into the form; nothing is saved before the form is.", Role::Muted),
        }
    }
}

/// A sentence begins with a capital.
fn capital(words: &str) -> String {
    let mut characters = words.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}
