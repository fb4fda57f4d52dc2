//! Metadata outside its lines: as one JSON text over the form, and the description or
//! that text in the operator's editor. A value goes neither way.

use crate::error::Error;
use crate::secret_text::SecretText;
use crate::tui::clock::Now;
use crate::tui::dialogs::form::{ask, told};
use crate::tui::dialogs::{Input, Step};
use crate::tui::effect::{Draft, Effect};
use crate::tui::theme::Role;
use crate::tui::widgets::text_input::TextInput;

use super::EditDialog;
use super::document::Document;
use super::inputs::{Meta, Place};
use super::json_page::{JsonPage, Turn};

impl EditDialog {
    /// Shows all of the metadata as JSON.
    pub(super) fn open_json(&mut self) -> Step {
        if let Some(document) = self.document() {
            self.json = Some(JsonPage::on(&document));
        }
        Step::default()
    }

    /// The metadata as it stands; a line that cannot be read is pointed at.
    fn document(&mut self) -> Option<Document> {
        self.writing.hush();
        match self.metadata.document() {
            Ok(document) => Some(document),
            Err((place, why)) => {
                self.focus = place;
                self.bad = Some((place, why));
                None
            }
        }
    }

    /// An input while the JSON is on the screen.
    pub(super) fn edit_json(&mut self, input: Input, now: Now) -> Step {
        let Some(page) = &mut self.json else { return Step::default() };
        let turn = match input {
            Input::Press(press) => page.press(press, now.time),
            Input::Paste(pasted) => {
                page.paste(&pasted, now.time);
                Turn::Stay
            }
            _ => Turn::Stay,
        };
        match turn {
            Turn::Stay => {}
            Turn::Back => self.json = None,
            Turn::Take(document) => self.take_document(document, now),
            Turn::Editor(text) => return ask(Effect::OpenEditor { draft: Draft::Metadata, text }),
        }
        Step::default()
    }

    /// Puts what a document says into the form, and says which lines changed.
    fn take_document(&mut self, document: Document, now: Now) {
        self.json = None;
        let Some(before) = self.document() else { return };
        self.bad = None;
        let changed = self.metadata.take(document, &before);
        self.metadata.read(now.time);
        let words = match changed.join(", ").to_lowercase() {
            none if none.is_empty() => "Nothing of the metadata changed.".to_owned(),
            labels => format!("Changed in the form, not saved yet: {labels}."),
        };
        self.writing.say(words, Role::Text);
    }

    /// Opens the operator's editor on the description, or on all of the metadata from its other lines.
    pub(super) fn open_editor(&mut self) -> Step {
        if self.focus == Place::Meta(Meta::Description) {
            self.writing.hush();
            let text = SecretText::copied_from(self.metadata.input(Meta::Description).text().as_bytes());
            return ask(Effect::OpenEditor { draft: Draft::Description, text });
        }
        let Some(document) = self.document() else { return Step::default() };
        let text = SecretText::copied_from(document.text().as_bytes());
        ask(Effect::OpenEditor { draft: Draft::Metadata, text })
    }

    /// The editor has ended.
    pub(super) fn edited(&mut self, draft: Draft, outcome: Result<Option<SecretText>, Error>, now: Now) {
        match (outcome, draft) {
            (Err(error), _) => self.writing.say(told(&error), Role::Danger),
            (Ok(None), _) => self.writing.say("Nothing was changed in the editor.", Role::Text),
            (Ok(Some(text)), Draft::Description) => self.take_description(&text),
            (Ok(Some(text)), Draft::Metadata) => {
                match (text.expose_str().map(|text| Document::read(text, now.time)), &mut self.json) {
                    (Some(Ok(document)), None) => self.take_document(document, now),
                    (_, Some(page)) => page.set(text, now.time),
                    (_, None) => {
                        if let Some(document) = self.document() {
                            let mut page = JsonPage::on(&document);
                            page.set(text, now.time);
                            self.json = Some(page);
                        }
                    }
                }
            }
        }
    }

    /// A description is one line, whatever the editor made of it.
    fn take_description(&mut self, text: &SecretText) {
        let Some(text) = text.expose_str() else {
            return self.writing.say("The editor left bytes that are no text; the description stays.", Role::Danger);
        };
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        *self.metadata.input_mut(Meta::Description) = TextInput::holding(lines.join(" "));
        let words = match lines.len() {
            0 | 1 => "The description is from the editor, not saved yet.",
            _ => "From the editor, not saved yet: its lines were joined, a description is one line.",
        };
        self.writing.say(words, Role::Text);
    }
}
