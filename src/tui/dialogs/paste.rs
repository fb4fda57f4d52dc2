//! [`PasteDialog`]: into which pane of tmux, and whether really.
//!
//! It lists the panes around us, the nearest first, and asks once more before anything
//! leaves the vault: a pane looks like any other, and a shell obeys what is pasted into
//! it line by line. So what the value is like is looked at as soon as the dialog opens.

use jiff::Timestamp;

use crate::tui::action::{Action, Context};
use crate::tui::clock::Now;
use crate::tui::effect::{Effect, Request};
use crate::tui::panes::Cursor;
use crate::tui::press::Press;
use crate::tui::text;
use crate::tui::tmux::TmuxPane;
use crate::tui::widgets::text_input::TextInput;
use crate::vault::scope::Address;
use crate::vault::secret::{SecretId, VALUE};
use crate::vault::shape::{Class, Shape};

use super::{Input, Step};

mod draw;

/// Terminals cut off what is longer than this for programs that read line by line.
const LONGEST_LINE: usize = 4095;

/// What is to be pasted.
pub struct Subject {
    /// Of which secret.
    pub id: SecretId,
    /// What it is called.
    pub address: Address,
    /// Which field.
    pub field: String,
    /// Which version; `None` for the current one.
    pub version: Option<u64>,
    /// When it expired, if it has.
    pub expired: Option<Timestamp>,
}

/// Where to?
pub struct PasteDialog {
    subject: Subject,
    /// How long ago it expired, in words.
    expired: Option<String>,
    /// What the value is like, and in which version, once that is known.
    seen: Option<(u64, Shape)>,
    /// The panes; `None` until tmux has answered.
    panes: Option<Vec<TmuxPane>>,
    input: TextInput,
    /// What the words in the line leave, as positions.
    found: Vec<usize>,
    cursor: Cursor,
    page: usize,
    /// The pane was chosen; the question has the keyboard.
    asking: Option<TmuxPane>,
    problem: Option<String>,
}

impl PasteDialog {
    /// Opens it on a screen of so many rows, and asks for what it wants to know.
    #[must_use]
    pub fn new(subject: Subject, height: u16, now: Timestamp) -> (Self, Step) {
        let expired = subject.expired.map(|at| text::age(at, now));
        let Subject { id, field, version, .. } = &subject;
        let look = Request::Shape { id: *id, field: field.clone(), version: *version };
        let step = Step { effects: vec![Effect::ListTmuxPanes, Effect::Vault(look)], ..Step::default() };
        let (seen, panes, found, asking, problem) = (None, None, Vec::new(), None, None);
        let (input, cursor, page) = (TextInput::new(), Cursor::default(), draw::page(height));
        (Self { subject, expired, seen, panes, input, found, cursor, page, asking, problem }, step)
    }

    /// Which keys mean what in it now.
    #[must_use]
    pub fn context(&self) -> Context {
        if self.asking.is_some() { Context::Confirm } else { Context::TmuxPanes }
    }

    /// Takes an input.
    pub fn update(&mut self, input: Input, _now: Now) -> Step {
        let typed = match input {
            Input::Press(Press::Action(action)) => return self.act(action),
            Input::Press(press) => self.asking.is_none() && self.input.press(press),
            Input::Paste(pasted) => self.asking.is_none() && self.input.paste(&pasted),
            input => {
                self.learn(input);
                false
            }
        };
        if typed {
            self.find();
        }
        Step::default()
    }

    /// Takes what was asked for.
    fn learn(&mut self, input: Input) {
        match input {
            Input::TmuxPanes(Ok(panes)) => self.list(panes),
            Input::TmuxPanes(Err(error)) | Input::Failed(error) => {
                self.asking = None;
                self.problem = Some(super::confirm::problem(&error));
            }
            Input::Shaped { id, version, shape } if id == self.subject.id => self.seen = Some((version, *shape)),
            _ => {}
        }
    }

    fn act(&mut self, action: Action) -> Step {
        match action {
            Action::Cancel if self.asking.take().is_some() => Step::default(),
            Action::Cancel => Step { close: true, ..Step::default() },
            Action::Submit if self.asking.is_none() => self.choose(),
            Action::Yes => self.yes(),
            action if self.asking.is_none() => {
                if self.cursor.go(action, self.found.len(), self.page) && self.panes.is_some() {
                    self.problem = None;
                }
                Step::default()
            }
            _ => Step::default(),
        }
    }

    /// Takes the panes; the cursor stays on the pane that it was on, and what was told
    /// about that pane as long as it is so.
    fn list(&mut self, panes: Vec<TmuxPane>) {
        let was_on = self.at(self.cursor.row).map(|pane| pane.id.clone());
        let told = self.problem.take();
        self.panes = Some(panes);
        self.find();
        let row = (0..self.found.len()).find(|row| self.at(*row).map(|pane| &pane.id) == was_on.as_ref());
        self.cursor.row = row.filter(|_| was_on.is_some()).unwrap_or(0);
        let stands = self.at(self.cursor.row).is_some_and(|pane| pane.obstacle.is_some());
        self.problem = told.filter(|_| stands && was_on.is_some());
    }

    /// Finds the panes in which each of the words stands somewhere.
    fn find(&mut self) {
        let wanted = self.input.text().to_lowercase();
        let panes = self.panes.as_deref().unwrap_or_default();
        let fits = |pane: &TmuxPane| {
            let TmuxPane { id, place, command, title, .. } = pane;
            let told = format!("{id} {place} {command} {title}").to_lowercase();
            wanted.split_whitespace().all(|word| told.contains(word))
        };
        self.found = (0..panes.len()).filter(|at| fits(&panes[*at])).collect();
        (self.cursor, self.problem) = (Cursor::default(), None);
    }

    /// The pane in a row.
    fn at(&self, row: usize) -> Option<&TmuxPane> {
        self.panes.as_deref()?.get(*self.found.get(row)?)
    }

    /// Goes on to the question, once it is known what there is to ask. What is in the way
    /// may be gone by now, so the panes are listed anew.
    fn choose(&mut self) -> Step {
        let Some(pane) = self.at(self.cursor.row).cloned().filter(|_| self.seen.is_some()) else {
            return Step::default();
        };
        let Some(obstacle) = &pane.obstacle else {
            (self.asking, self.problem) = (Some(pane), None);
            return Step::default();
        };
        let words = format!("Nothing can be pasted into pane {} now: {obstacle}.", pane.id);
        let again = Step { effects: vec![Effect::ListTmuxPanes], ..Step::default() };
        self.problem = Some(words);
        again
    }

    fn yes(&mut self) -> Step {
        let (Some(pane), Some((seen, _))) = (self.asking.take(), &self.seen) else { return Step::default() };
        let Subject { id, field, version, expired, .. } = &self.subject;
        let request = Request::OpenToPaste {
            id: *id,
            field: field.clone(),
            version: *version,
            seen: *seen,
            allow_expired: expired.is_some(),
            pane: Box::new(pane),
        };
        Step { effects: vec![Effect::Vault(request)], close: true, ..Step::default() }
    }

    /// What is pasted, in words: `production/DB`, `username of production/DB`.
    fn what(&self) -> String {
        let Subject { address, field, version, .. } = &self.subject;
        let whole = version.map_or_else(|| address.to_string(), |number| format!("{address} v{number}"));
        if field == VALUE { whole } else { format!("{field} of {whole}") }
    }

    /// What its keys do.
    #[must_use]
    pub fn foot(&self) -> String {
        match () {
            () if self.asking.is_some() => "⟨yes⟩ paste it · ⟨cancel⟩ another pane".to_owned(),
            () if self.found.is_empty() => "⟨cancel⟩ close".to_owned(),
            () => "⟨submit⟩ choose · ⟨cancel⟩ close · ⟨up⟩/⟨down⟩ move".to_owned(),
        }
    }
}

/// What a program might do with a value of this shape, where that is not only to take it;
/// `whole`: whether it takes a paste as a whole, if that is known.
fn dangers(shape: &Shape, whole: Option<bool>) -> Vec<String> {
    let mut told = Vec::new();
    if shape.lines > 1 {
        told.push(match whole {
            Some(true) => format!("It has {} lines, which the program takes as a whole.", shape.lines),
            Some(false) => {
                format!(
                    "It has {} lines, and the program does not know pastes: a shell runs each of them.",
                    shape.lines
                )
            }
            None => format!("It has {} lines; a shell that does not know pastes runs each of them.", shape.lines),
        });
    } else if shape.final_newline && whole != Some(true) {
        told.push("It ends with a line break, which does what Enter does.".to_owned());
    }
    if shape.alphabet.contains(&Class::Binary) && whole != Some(true) {
        told.push("It has control characters, which a program may obey like keys.".to_owned());
    }
    if shape.bytes > LONGEST_LINE && shape.lines == 1 {
        told.push("Programs that read line by line get no more than 4095 bytes of a line.".to_owned());
    }
    told
}
