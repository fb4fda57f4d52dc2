//! [`EditDialog`]: a new secret, or another one's fields and metadata.
//!
//! What stands in the form is kept until the vault has acknowledged the write:
//! a refusal, or another session's version, costs no input. Only what changed
//! is sent, so that an edited description makes no new version.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::error::{Error, Kind};
use crate::tui::action::{Action, Context};
use crate::tui::clock::Now;
use crate::tui::effect::{Effect, Request};
use crate::tui::keymap::Keys;
use crate::tui::press::Press;
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::text_input::TextInput;
use crate::vault::Expected;
use crate::vault::generate::Generated;
use crate::vault::scope::ScopePath;
use crate::vault::secret::{Fields, Secret};

use super::form::{ask, close, next, previous};
use super::page::Page;
use super::writing::Writing;
use super::{Input, Step, recipes};

mod fields;
mod inputs;
mod metadata;

use fields::FieldRow;
use inputs::{Meta, Place};
use metadata::MetadataInputs;

/// Adds a secret or edits one.
pub struct EditDialog {
    /// What is edited; `None` for a new secret.
    secret: Option<Secret>,
    /// Its fields as they were.
    original: Fields,
    scope: TextInput,
    name: TextInput,
    rows: Vec<FieldRow>,
    metadata: MetadataInputs,
    focus: Place,
    /// What is wrong, and where.
    bad: Option<(Place, String)>,
    /// Which recipe the next Ctrl-G takes.
    recipe: usize,
    /// Which row waits for a generated value.
    generates: Option<usize>,
    writing: Writing,
}

impl EditDialog {
    /// For a new secret in `scope`.
    #[must_use]
    pub fn add(scope: ScopePath) -> Self {
        Self {
            secret: None,
            original: Fields::default(),
            scope: TextInput::holding(scope.to_string()),
            name: TextInput::new(),
            rows: vec![FieldRow::value()],
            metadata: MetadataInputs::default(),
            focus: Place::Name,
            bad: None,
            recipe: 0,
            generates: None,
            writing: Writing::new(Expected::Absent),
        }
    }

    /// For `secret`, whose current fields are `fields`.
    #[must_use]
    pub fn edit(secret: Secret, fields: Fields) -> Self {
        Self {
            rows: fields::rows(&fields),
            metadata: MetadataInputs::holding(&secret.metadata),
            original: fields,
            focus: Place::Value(0),
            writing: Writing::new(Expected::Version(secret.version)),
            secret: Some(secret),
            ..Self::add(ScopePath::root())
        }
    }

    /// Takes an input.
    pub fn update(&mut self, input: Input, now: Now) -> Step {
        match input {
            Input::Failed(error) => self.failed(&error),
            Input::Generated(generated) => self.generated(generated),
            _ if self.writing.is_saving => {}
            Input::Press(Press::Action(action)) => return self.act(action, now),
            Input::Press(press) => self.press(press),
            Input::Paste(pasted) => self.paste(&pasted),
            Input::RawKey(..) => {}
        }
        Step::default()
    }

    /// Which keys mean what in the input in focus. A value is a line until it has several.
    #[must_use]
    pub fn context(&self) -> Context {
        match self.focus {
            Place::AddField => Context::Choice,
            Place::Value(row) if self.rows.get(row).is_some_and(FieldRow::has_lines) => Context::Lines,
            _ => Context::Form,
        }
    }

    fn act(&mut self, action: Action, now: Now) -> Step {
        match action {
            Action::Submit if self.focus == Place::AddField => {
                self.rows.push(FieldRow::named());
                self.focus = Place::FieldName(self.rows.len() - 1);
            }
            Action::Submit => return self.submit(now),
            Action::Cancel => {
                let is_unsaved = self.is_changed();
                if self.writing.may_close(is_unsaved) {
                    return close();
                }
                return Step::default();
            }
            Action::NextField | Action::NextChoice => self.focus = next(&self.places(), self.focus),
            Action::PreviousField | Action::PreviousChoice => self.focus = previous(&self.places(), self.focus),
            Action::Generate => return self.generate(),
            Action::ShowTyped => {
                let shown = !self.rows.iter().any(FieldRow::is_shown);
                self.rows.iter_mut().for_each(|row| row.show(shown));
            }
            _ => {}
        }
        self.writing.hush();
        Step::default()
    }

    /// Asks for a value for the row in focus; each time by the next recipe.
    fn generate(&mut self) -> Step {
        let row = match self.focus {
            Place::Value(row) | Place::FieldName(row) => row,
            _ => 0,
        };
        self.generates = Some(row);
        self.writing.hush();
        let at = self.recipe % recipes::NAMES.len();
        ask(Effect::Generate(recipes::recipe(at, recipes::usual_size(at).unwrap_or(0))))
    }

    fn generated(&mut self, generated: Generated) {
        let at = self.recipe % recipes::NAMES.len();
        if let Some(row) = self.generates.take().and_then(|row| self.rows.get_mut(row)) {
            row.take_generated(generated, recipes::NAMES[at]);
            self.recipe = at + 1;
        }
    }

    fn failed(&mut self, error: &Error) {
        if self.writing.failed(error) {
            // In a field where Enter saves, as the message says.
            self.focus = Place::Meta(Meta::Reason);
        } else if self.secret.is_none() && error.kind() == Kind::Conflict {
            self.focus = Place::Name;
        }
    }

    /// Sends what changed, or points at the first thing that is wrong.
    fn submit(&mut self, now: Now) -> Step {
        self.bad = None;
        match self.request(now) {
            Ok(Some(request)) => ask(Effect::Vault(request)),
            Ok(None) => {
                self.writing.say("Nothing was changed.", Role::Text);
                Step::default()
            }
            Err((place, why)) => {
                self.writing.hush();
                self.focus = place;
                self.bad = Some((place, why));
                Step::default()
            }
        }
    }

    /// The write that the form stands for; `None` when it changes nothing.
    fn request(&mut self, now: Now) -> Result<Option<Request>, (Place, String)> {
        let address = match &self.secret {
            Some(secret) => secret.address.clone(),
            None => inputs::address(&self.scope, &self.name)?,
        };
        let fields = fields::collect(&self.rows, &self.original)?;
        let fields = Some(fields).filter(|fields| *fields != self.original);
        let metadata = self.metadata.change(now.time)?;
        if fields.is_none() && metadata == crate::vault::MetadataChange::default() {
            return Ok(None);
        }
        let reason = self.metadata.reason()?;
        let expected = self.writing.begin();
        Ok(Some(Request::Set { address, fields, metadata, reason, expected }))
    }

    /// True when something would be lost by closing.
    fn is_changed(&self) -> bool {
        let named = self.secret.is_none() && !self.name.is_empty();
        let fields = fields::collect(&self.rows, &self.original).map_or(true, |fields| fields != self.original);
        let typed = self.rows.iter().any(|row| !row.is_empty());
        named || (fields && (typed || self.secret.is_some())) || self.metadata.is_changed()
    }

    /// What its keys do now.
    #[must_use]
    pub fn foot(&self) -> String {
        let submit = if self.focus == Place::AddField { "add a field" } else { "save" };
        let show = if self.rows.iter().any(FieldRow::is_shown) { "hide" } else { "show" };
        format!("⟨submit⟩ {submit} · ⟨cancel⟩ cancel · ⟨next-field⟩ next · ⟨generate⟩ generate · ⟨show-typed⟩ {show}")
    }

    /// Draws the dialog in the middle of `area`.
    pub fn draw(&self, keys: Keys<'_>, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
        let mut page = Page::new(if self.secret.is_some() { "Edit" } else { "Add a secret" }, self.foot());
        if let Some(secret) = &self.secret {
            page.about(&secret.address, secret.version);
        }
        page.gap();
        if self.secret.is_none() {
            page.text("Scope", &self.scope, "global", self.focus == Place::Scope);
            self.show_bad(Place::Scope, &mut page);
            page.text("Name", &self.name, "letters, digits, _ . -", self.focus == Place::Name);
            self.show_bad(Place::Name, &mut page);
        }
        for (number, row) in self.rows.iter().enumerate() {
            row.show_on(&mut page, number, self.focus);
            self.show_bad(Place::FieldName(number), &mut page);
            self.show_bad(Place::Value(number), &mut page);
        }
        page.button("add a field", self.focus == Place::AddField);
        for meta in Meta::ALL {
            let place = Place::Meta(*meta);
            page.text(meta.label(), self.metadata.input(*meta), meta.placeholder(), self.focus == place);
            self.show_bad(place, &mut page);
        }
        page.gap();
        self.writing.show(&mut page);
        page.draw(keys, theme, area, frame);
    }

    fn show_bad(&self, place: Place, page: &mut Page<'_>) {
        if let Some((_, why)) = self.bad.as_ref().filter(|(at, _)| *at == place) {
            page.note(why.as_str(), Role::Danger);
        }
    }
}

#[cfg(test)]
mod tests;
