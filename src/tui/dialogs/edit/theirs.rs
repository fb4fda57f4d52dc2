//! What another session makes of the metadata while the form is open: a line that was not
//! touched here follows it, and one that was is not written over theirs unasked.

use crate::tui::dialogs::Input;
use crate::tui::text;
use crate::tui::theirs;
use crate::tui::widgets::text_input::TextInput;
use crate::vault::secret::Metadata;

use super::EditDialog;
use super::inputs::Meta;
use super::metadata::{MetadataInputs, line, tags};

/// So much of theirs is shown beside mine.
const SHOWN: usize = 160;

/// A line as another session has left it.
pub(super) struct Theirs {
    /// What it holds there.
    text: String,
    /// It was asked about; the next save means it.
    is_asked: bool,
}

impl EditDialog {
    /// Learns what another session made of the metadata.
    pub(super) fn hear_details(&mut self, input: &Input) {
        let subject = self.subject();
        let metadata = match input {
            Input::Changed(secret) if subject == Some(secret.id) => &secret.metadata,
            Input::Theirs(id, theirs::Theirs::Deleted { metadata, .. }) if subject == Some(*id) => metadata,
            _ => return,
        };
        let changed = self.metadata.learn(metadata);
        // What is being saved comes back so.
        if !changed.is_empty() && !self.writing.is_saving {
            self.writing.tell_details(&changed);
        }
    }
}

impl MetadataInputs {
    /// The metadata is like that in the vault now; gives the labels of the lines that changed there.
    fn learn(&mut self, metadata: &Metadata) -> Vec<&'static str> {
        if self.seen.is_none() {
            return Vec::new();
        }
        self.seen = Some(Box::new(metadata.clone()));
        let mut changed = Vec::new();
        for (at, meta) in Meta::ALL.iter().enumerate() {
            let text = line(metadata, *meta);
            if text == self.at_first[at] {
                continue;
            }
            if self.inputs[at].text() == self.at_first[at] {
                self.inputs[at] = TextInput::holding(text.clone());
            }
            self.at_first[at].clone_from(&text);
            self.theirs[at] = Some(Theirs { text, is_asked: false });
            changed.push(meta.label());
        }
        changed
    }

    /// What a save is made over, for the vault to check.
    pub(super) fn seen(&self) -> Option<Box<Metadata>> {
        self.seen.clone()
    }

    /// What is written over is of no account from now on.
    pub(super) fn forget_seen(&mut self) {
        self.seen = None;
        self.theirs = Default::default();
    }

    /// Asks once for each line whether mine is meant to replace theirs.
    pub(super) fn asks_about_theirs(&mut self) -> Option<(Meta, String)> {
        let at = (0..Meta::ALL.len()).find(|at| self.replaces(*at) && !self.is_asked(*at))?;
        let theirs = self.theirs[at].as_mut()?;
        theirs.is_asked = true;
        let told = told(&theirs.text);
        Some((Meta::ALL[at], format!("Another session {told}. Save again to write yours over it.")))
    }

    /// What another session made of a line that was changed here.
    pub(super) fn theirs(&self, meta: Meta) -> Option<String> {
        let at = meta as usize;
        let theirs = self.theirs[at].as_ref().filter(|_| self.replaces(at))?;
        Some(format!("Another session {}.", told(&theirs.text)))
    }

    fn is_asked(&self, at: usize) -> bool {
        self.theirs[at].as_ref().is_some_and(|theirs| theirs.is_asked)
    }

    /// True where mine would replace what another session wrote.
    fn replaces(&self, at: usize) -> bool {
        let Some(theirs) = &self.theirs[at] else { return false };
        let mine = self.inputs[at].text();
        let is_same = mine == theirs.text || (Meta::ALL[at] == Meta::Tags && tags(mine) == tags(&theirs.text));
        !is_same
    }
}

/// What another session did to a line.
fn told(theirs: &str) -> String {
    if theirs.is_empty() {
        return "emptied this meanwhile".to_owned();
    }
    let printable = text::printable(theirs);
    format!("made this: {}", text::shorten(&printable, SHOWN))
}
