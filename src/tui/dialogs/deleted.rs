//! [`DeletedDialog`]: every deleted secret, to be brought back or destroyed.
//!
//! What was deleted in another session, or yesterday, is out of the reach of undo; here
//! it is found again. Restoring goes the way of every change, as a job that can be undone;
//! destroying asks for the name, as ever, and then comes back here.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::error::Error;
use crate::tui::action::{Action, Context};
use crate::tui::clock::Now;
use crate::tui::effect::{Effect, Request};
use crate::tui::panes::Cursor;
use crate::tui::press::Press;
use crate::tui::text;
use crate::tui::theme::Role;
use crate::tui::widgets::text_input::TextInput;
use crate::vault::ReadOnly;
use crate::vault::catalog::Catalog;
use crate::vault::search::{Fact, Facts, Query};
use crate::vault::secret::{Secret, SecretId};

use super::confirm::ConfirmDialog;
use super::{Input, Step};

mod draw;
mod found;
mod restore;

use found::Found;

/// What was deleted.
pub struct DeletedDialog {
    /// `None` as long as the vault has not told.
    found: Option<Found>,
    /// Who deleted what, by the time of it; of the others the vault did not tell.
    by: HashMap<(SecretId, Option<Timestamp>), String>,
    /// What lives, and has its name.
    living: Arc<Catalog>,
    /// For terms that ask for the use of secrets.
    facts: Facts,
    read_only: Option<ReadOnly>,
    input: TextInput,
    query: Query,
    /// What cannot be read in the line.
    wrong: Option<String>,
    cursor: Cursor,
    page: usize,
    /// What is asked before one is destroyed.
    asking: Option<(SecretId, Box<ConfirmDialog>)>,
    /// What did not come about, or has happened elsewhere.
    told: Option<(String, Role)>,
    /// The selected one is gone from under the cursor; a key that was meant for it does nothing.
    lost: bool,
    /// So many would stay deleted if all were restored, and that was told.
    warned: Option<usize>,
    working: bool,
    /// For ages.
    now: Timestamp,
}

impl DeletedDialog {
    /// Before the vault has told what there is; on a screen of so many rows.
    #[must_use]
    pub fn new(facts: Facts, read_only: Option<ReadOnly>, height: u16, now: Timestamp) -> Self {
        Self {
            found: None,
            by: HashMap::new(),
            living: Arc::default(),
            facts,
            read_only,
            input: TextInput::new(),
            query: Query::default(),
            wrong: None,
            cursor: Cursor::default(),
            page: draw::page(height),
            asking: None,
            told: None,
            lost: false,
            warned: None,
            working: false,
            now,
        }
    }

    /// Which keys mean what in it now.
    #[must_use]
    pub fn context(&self) -> Context {
        self.asking.as_ref().map_or(Context::Deleted, |(_, question)| question.context())
    }

    /// True while a question stands in its place.
    #[must_use]
    pub fn is_asking(&self) -> bool {
        self.asking.is_some()
    }

    /// True when a name was typed to destroy something.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.asking.as_ref().is_some_and(|(_, question)| question.is_changed())
    }

    /// Takes an input.
    pub fn update(&mut self, input: Input, now: Now) -> Step {
        self.now = now.time;
        match input {
            Input::Deleted(secrets, living) => self.renew(secrets, living, now.time),
            Input::DeletedBy(by) => {
                let when = |id| self.found.as_ref().and_then(|found| found.get(id)?.deleted_at);
                let by: Vec<_> = by.into_iter().map(|(id, name)| ((id, when(id)), name)).collect();
                self.by.extend(by);
                Step::default()
            }
            Input::Purged(id) => self.purged(id, now.time),
            Input::Learnt(facts) => {
                self.learn(facts, now.time);
                Step::default()
            }
            input => match &mut self.asking {
                Some((_, question)) => {
                    let step = question.update(input, now);
                    if step.close {
                        self.asking = None;
                    }
                    Step { close: false, ..step }
                }
                None => self.take(input, now.time),
            },
        }
    }

    /// Takes an input while nothing is asked.
    fn take(&mut self, input: Input, now: Timestamp) -> Step {
        let changed = match input {
            Input::Press(Press::Action(action)) => return self.act(action),
            Input::Press(press) => self.input.press(press),
            Input::Paste(pasted) => self.input.paste(&pasted),
            Input::Failed(error) => {
                self.working = false;
                self.told = Some((problem(&error), Role::Danger));
                false
            }
            _ => false,
        };
        if changed {
            self.forget_told();
            self.find(now);
        }
        Step::default()
    }

    fn act(&mut self, action: Action) -> Step {
        let (length, page) = (self.found.as_ref().map_or(0, Found::len), self.page);
        match action {
            Action::Cancel => return Step { close: true, ..Step::default() },
            Action::Submit | Action::RestoreAll | Action::PurgeDeleted if self.working => {}
            // The key was meant for what stood there before; it takes away the words that say so.
            Action::Submit | Action::RestoreAll | Action::PurgeDeleted if self.lost => self.forget_told(),
            Action::Submit | Action::RestoreAll | Action::PurgeDeleted if self.read_only.is_some() => {
                self.told = self.read_only.as_ref().map(|read_only| (read_only.told(), Role::Danger));
            }
            Action::Submit => return self.restore(),
            Action::RestoreAll => return self.restore_all(),
            Action::PurgeDeleted => {
                if let Some(secret) = self.selected() {
                    self.asking = Some((secret.id, Box::new(ConfirmDialog::purge_deleted(secret))));
                    self.forget_told();
                }
            }
            action => {
                if self.cursor.go(action, length, page) {
                    self.forget_told();
                }
            }
        }
        Step::default()
    }

    /// Takes what is deleted by now; the cursor stays on its secret.
    fn renew(&mut self, secrets: Vec<Secret>, living: Arc<Catalog>, now: Timestamp) -> Step {
        let selected = self.selected().map(|secret| (secret.id, secret.address.to_string()));
        let row = self.cursor.row;
        (self.found, self.living, self.warned) = (Some(Found::new(secrets)), living, None);
        self.find(now);
        let stands = selected.as_ref().map(|(id, _)| self.found.as_ref().and_then(|found| found.row(*id)));
        self.cursor.row = stands.flatten().unwrap_or(row);
        if let (Some((_, address)), Some(None), false) = (selected, stands, self.working) {
            let words = format!("{address} is gone from here: another session brought it back or destroyed it.");
            (self.lost, self.told) = (true, Some((words, Role::Warn)));
        }
        self.follow();
        let known = |id: SecretId| self.found.as_ref().is_some_and(|found| found.get(id).is_some());
        if self.asking.as_ref().is_some_and(|(id, _)| !known(*id)) {
            self.asking = None;
        }
        Step { effects: self.ask_who().into_iter().collect(), ..Step::default() }
    }

    /// Asks who deleted those that nobody was named for.
    fn ask_who(&self) -> Option<Effect> {
        let unknown = |secret: &&Secret| !self.by.contains_key(&(secret.id, secret.deleted_at));
        let all = self.found.as_ref().map(Found::all).unwrap_or_default();
        let ids: Vec<SecretId> = all.iter().filter(unknown).map(|secret| secret.id).collect();
        (!ids.is_empty()).then_some(Effect::Vault(Request::DeletedBy(ids)))
    }

    /// One is destroyed: the question is answered, and it is gone from here.
    fn purged(&mut self, id: SecretId, now: Timestamp) -> Step {
        self.asking = self.asking.take().filter(|(asked, _)| *asked != id);
        if let Some(found) = &mut self.found {
            found.remove(id, &self.query, now);
        }
        self.follow();
        Step::default()
    }

    /// Finds what matches the line.
    fn find(&mut self, now: Timestamp) {
        self.cursor = Cursor::default();
        self.wrong = None;
        match Query::parse(self.input.text(), now) {
            Ok(query) if query.asks_for(Fact::Duplicates) => {
                self.wrong = Some("Nobody looks for duplicates among what was deleted.".to_owned());
            }
            Ok(query) => self.query = query.knowing(self.facts.clone()),
            Err(error) => self.wrong = Some(error.message().to_owned()),
        }
        if let Some(found) = &mut self.found {
            found.find(&self.query, now);
        }
    }

    /// More is known about the use of secrets.
    fn learn(&mut self, facts: Facts, now: Timestamp) {
        let lacked = self.query.lacks(&self.facts).is_some();
        self.facts = facts;
        if lacked {
            self.find(now);
        }
    }

    fn follow(&mut self) {
        self.cursor.follow(self.found.as_ref().map_or(0, Found::len), self.page);
    }

    fn selected(&self) -> Option<&Secret> {
        self.found.as_ref()?.at(self.cursor.row)
    }

    fn forget_told(&mut self) {
        (self.told, self.lost, self.warned) = (None, false, None);
    }

    /// What its keys do now.
    #[must_use]
    pub fn foot(&self) -> String {
        if let Some((_, question)) = &self.asking {
            return question.foot();
        }
        let shown = self.found.as_ref().map_or(0, Found::len);
        let all = match shown {
            0 | 1 => String::new(),
            shown => format!(" · ⟨restore-all⟩ all {}", text::grouped(shown as u64)),
        };
        match &self.read_only {
            _ if self.working => "⟨cancel⟩ close".to_owned(),
            None if shown > 0 => {
                format!("⟨submit⟩ restore · ⟨cancel⟩ close · ⟨purge-deleted⟩ destroy{all} · type to filter")
            }
            _ => "⟨cancel⟩ close".to_owned(),
        }
    }
}

/// An error in one paragraph.
fn problem(error: &Error) -> String {
    match error.next_step() {
        Some(step) => format!("{} {step}", error.message()),
        None => error.message().to_owned(),
    }
}
