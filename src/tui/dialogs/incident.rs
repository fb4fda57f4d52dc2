//! [`IncidentDialog`]: what somebody could have seen or copied, as a checklist that leads
//! each secret to its rotation, and ends in a report.
//!
//! First it asks whose doings are looked at, then the vault finds out, and then it is the
//! list, which follows what changes. While a secret is rotated it waits out of sight, and
//! comes back as it was; a lock drops it. No value ever gets here.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::tui::action::{Action, Context};
use crate::tui::clock::Now;
use crate::tui::effect::{Effect, Request};
use crate::tui::keymap::Keys;
use crate::tui::panes::Cursor;
use crate::tui::press::Press;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::widgets::text_input::TextInput;
use crate::vault::incident::{Choice, ExposedSecret, Incident, Progress, Standing};
use crate::vault::scope::Address;
use crate::vault::secret::SecretId;

use super::form::{ask, close, told};
use super::write_out::WriteOutDialog;
use super::{Input, Step};

mod draw;
mod found;
mod question;

use found::Found;
use question::Question;

/// What is built from each secret, as far as that is known.
pub type Built = HashMap<SecretId, Vec<Address>>;

/// What somebody could have seen.
pub struct IncidentDialog {
    question: Question,
    /// What was asked of the vault; answers about anything else come too late.
    asked: Option<Choice>,
    /// The vault is looking; how far it is, once it has told.
    looking: Option<Option<Progress>>,
    /// `None` until the vault has found out.
    found: Option<Found>,
    /// Whoever acts here is one of those who were chosen.
    takes_us: bool,
    input: TextInput,
    cursor: Cursor,
    page: usize,
    /// The one whose rotation was opened from here.
    driven: Option<SecretId>,
    writing: Option<Box<WriteOutDialog>>,
    told: Option<(String, Role)>,
    /// For ages.
    now: Timestamp,
}

impl IncidentDialog {
    /// Before anything was asked; on a screen of so many rows.
    #[must_use]
    pub fn new(height: u16, now: Timestamp) -> Self {
        Self {
            question: Question::default(),
            asked: None,
            looking: None,
            found: None,
            takes_us: false,
            input: TextInput::new(),
            cursor: Cursor::default(),
            page: draw::page(height),
            driven: None,
            writing: None,
            told: None,
            now,
        }
    }

    /// The screen has so many rows by now.
    pub fn resize(&mut self, height: u16) {
        self.page = draw::page(height);
        self.follow();
    }

    /// Which keys mean what in it now.
    #[must_use]
    pub fn context(&self) -> Context {
        match &self.writing {
            Some(writing) => writing.context(),
            None if self.looking.is_some() => Context::Choice,
            None if self.question.is_open => Context::Form,
            None => Context::Incident,
        }
    }

    /// True while there are several inputs.
    #[must_use]
    pub fn has_inputs(&self) -> bool {
        self.context() == Context::Form
    }

    /// True while a path is asked for, which a key completes.
    #[must_use]
    pub fn is_writing(&self) -> bool {
        self.writing.is_some()
    }

    /// True when it shows what was found, which is worth being kept.
    #[must_use]
    pub fn is_list(&self) -> bool {
        self.found.is_some() && self.looking.is_none()
    }

    /// The secrets in it.
    pub fn secrets(&self) -> impl Iterator<Item = SecretId> {
        self.found.iter().flat_map(|found| found.incident().secrets.iter().map(|secret| secret.id))
    }

    /// Takes an input.
    pub fn update(&mut self, input: Input, now: Now) -> Step {
        self.now = now.time;
        match input {
            Input::IncidentAt(progress) => self.looking = self.looking.take().map(|_| Some(progress)),
            Input::Incident(incident, takes_us) if self.asked.as_ref() == Some(&incident.choice) => {
                self.take(*incident, takes_us);
            }
            Input::IncidentFailed(error) => {
                // What was found before is true no longer.
                (self.asked, self.looking, self.found, self.writing) = (None, None, None, None);
                self.question.open();
                self.question.problem = Some(told(&error));
            }
            Input::Built(built) => self.found.iter_mut().for_each(|found| found.learn(&built)),
            Input::ReportWritten => self.writing = None,
            input => return self.take_key(input, now),
        }
        Step::default()
    }

    fn take_key(&mut self, input: Input, now: Now) -> Step {
        if let Some(writing) = &mut self.writing {
            let step = writing.update(input, now);
            if step.close {
                self.writing = None;
            }
            return Step { close: false, ..step };
        }
        if self.looking.is_some() {
            return self.while_looking(&input);
        }
        if self.question.is_open {
            return self.while_asking(input);
        }
        let changed = match input {
            Input::Press(Press::Action(action)) => return self.act(action),
            Input::Press(press) => self.input.press(press),
            Input::Paste(pasted) => self.input.paste(&pasted),
            Input::Failed(error) => {
                self.told = Some((told(&error), Role::Danger));
                false
            }
            _ => false,
        };
        if changed {
            self.told = None;
            self.cursor = Cursor::default();
            self.find();
        }
        Step::default()
    }

    /// Ends the search; what was found before stays.
    fn while_looking(&mut self, input: &Input) -> Step {
        if !matches!(input, Input::Press(Press::Action(Action::Cancel))) {
            return Step::default();
        }
        (self.asked, self.looking, self.found) = (None, None, None);
        self.question.open();
        ask(Effect::Vault(Request::EndIncident))
    }

    fn while_asking(&mut self, input: Input) -> Step {
        match input {
            Input::Press(Press::Action(Action::Cancel)) if self.found.is_some() => self.question.is_open = false,
            Input::Press(Press::Action(Action::Cancel)) => return close(),
            Input::Press(Press::Action(Action::Submit)) => {
                let Some(choice) = self.question.choice(self.now) else { return Step::default() };
                (self.looking, self.told, self.driven) = (Some(None), None, None);
                self.input.clear();
                self.cursor = Cursor::default();
                self.asked = Some(choice.clone());
                return ask(Effect::Vault(Request::Incident(Box::new(choice))));
            }
            input => self.question.update(input),
        }
        Step::default()
    }

    fn act(&mut self, action: Action) -> Step {
        match action {
            Action::Cancel => return close(),
            Action::Submit => return self.open_selected(),
            Action::AskAnew => self.question.open(),
            Action::SaveReport => {
                if let Some(found) = &self.found {
                    self.writing = Some(Box::new(WriteOutDialog::report(found.incident().clone())));
                }
            }
            action => {
                let length = self.found.as_ref().map_or(0, Found::len);
                if self.cursor.go(action, length, self.page) {
                    self.told = None;
                }
            }
        }
        Step::default()
    }

    /// To the rotation of the selected one, or where else something can be done about it.
    fn open_selected(&mut self) -> Step {
        let Some(secret) = self.selected() else { return Step::default() };
        let (id, standing) = (secret.id, &secret.standing);
        match standing {
            Standing::Destroyed { .. } => {
                self.told = Some(("It is destroyed: there is nothing left to do.".to_owned(), Role::Muted));
                Step::default()
            }
            Standing::Deleted { .. } => Step { then: Some(Action::ShowDeleted), leaves: true, ..Step::default() },
            _ => {
                self.driven = Some(id);
                self.told = None;
                Step { rotate: Some(id), leaves: true, ..Step::default() }
            }
        }
    }

    /// Takes what is found by now. The cursor stays on its secret; where that was driven to
    /// its end from here, on the one after it.
    fn take(&mut self, incident: Incident, takes_us: bool) {
        let is_first = self.looking.take().is_some() || self.found.is_none();
        let selected = self.selected().map(|secret| secret.id).filter(|_| !is_first);
        let was_open = selected.is_some_and(|id| self.is_open(id));
        let built = self.found.take().map(Found::into_built).unwrap_or_default();
        self.found = Some(Found::new(incident, built));
        (self.takes_us, self.question.is_open) = (takes_us, self.question.is_open && !is_first);
        self.find();
        let Some(id) = selected else { return };
        let is_driven = self.driven == Some(id);
        if is_driven && was_open && !self.is_open(id) {
            let done = self.found.as_ref().and_then(|found| found.get(id));
            self.told = done.map(|secret| (format!("Done: {}, {}.", secret.name(), secret.standing.told()), Role::Ok));
        } else if let Some(row) = self.found.as_ref().and_then(|found| found.row(id)) {
            self.cursor.row = row;
        }
        self.follow();
    }

    fn is_open(&self, id: SecretId) -> bool {
        self.found.as_ref().and_then(|found| found.get(id)).is_some_and(|secret| !secret.standing.is_done())
    }

    /// Finds what matches the line.
    fn find(&mut self) {
        if let Some(found) = &mut self.found {
            found.find(self.input.text());
        }
        self.follow();
    }

    fn follow(&mut self) {
        self.cursor.follow(self.found.as_ref().map_or(0, Found::len), self.page);
    }

    fn selected(&self) -> Option<&ExposedSecret> {
        self.found.as_ref()?.at(self.cursor.row)
    }

    /// What its keys do now.
    #[must_use]
    pub fn foot(&self) -> String {
        if let Some(writing) = &self.writing {
            return writing.foot();
        }
        if self.looking.is_some() {
            return "⟨cancel⟩ end the search".to_owned();
        }
        if self.question.is_open {
            return "⟨submit⟩ look · ⟨cancel⟩ cancel · ⟨next-field⟩ next".to_owned();
        }
        let open = match self.selected().map(|secret| &secret.standing) {
            None | Some(Standing::Destroyed { .. }) => "",
            Some(Standing::Deleted { .. }) => "⟨submit⟩ what is deleted · ",
            Some(_) => "⟨submit⟩ rotate · ",
        };
        format!("{open}⟨cancel⟩ close · ⟨save-report⟩ report · ⟨ask-anew⟩ ask anew · type to filter")
    }

    /// What is said about keys in it, with the keys that do it.
    fn named(&self, keys: Keys<'_>, words: &str) -> String {
        text::printable(&keys.named(words)).into_owned()
    }
}
