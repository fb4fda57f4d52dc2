//! [`EditDialog`]: a new secret, or another one's fields and metadata.
//!
//! It opens at once, without a value: a field that is there already is opened, and
//! put on record, only when somebody wants to see it. What stands in the form is
//! kept until the vault has acknowledged the write: a refusal, or another session's
//! version, costs no input. Only what changed is sent, so that an edited
//! description makes no new version and touches no field.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::tui::action::{Action, Context};
use crate::tui::clock::Now;
use crate::tui::press::Press;
use crate::tui::theme::Role;
use crate::tui::widgets::text_input::TextInput;
use crate::vault::catalog::Catalog;
use crate::vault::scope::ScopePath;
use crate::vault::secret::{Secret, SecretId};

use super::form::{close, next, previous};
use super::known_tags::KnownTags;
use super::path_prompt::PathPrompt;
use super::rotate::RecipeInputs;
use super::writing::Writing;
use super::{Input, Step};

mod document;
mod draw;
mod editor;
mod fields;
mod generating;
mod inputs;
mod json_page;
mod metadata;
mod offer;
mod overtaken;
mod pasted;
mod reading;
mod saving;
mod theirs;
mod values;

use fields::FieldRow;
use generating::Choosing;
use inputs::{Meta, Place};
use json_page::JsonPage;
use metadata::MetadataInputs;
use offer::Offer;

/// Adds a secret or edits one.
pub struct EditDialog {
    scope: TextInput,
    name: TextInput,
    rows: Vec<FieldRow>,
    metadata: MetadataInputs,
    tags: KnownTags,
    focus: Place,
    /// What is wrong, and where.
    bad: Option<(Place, String)>,
    /// What the next Ctrl-G makes.
    recipe: RecipeInputs,
    /// That is being chosen.
    choosing: Option<Choosing>,
    /// The row that was filled so last.
    generated_in: Option<usize>,
    /// How often a value was changed, so that a late answer about one is seen.
    changes: u64,
    /// Which row waits for a generated value.
    generates: Option<usize>,
    /// Whose typed value the next generated one may replace.
    may_replace: Option<usize>,
    /// A path is typed, whose file is read into the row of this number.
    reading: Option<(usize, PathPrompt)>,
    /// A paste that could be several fields waits for a choice.
    offer: Option<Offer>,
    /// Values of the vault were opened: how long they are shown without a key, and until when.
    shown: Option<(Duration, Instant)>,
    /// All of the metadata as JSON is being edited.
    json: Option<JsonPage>,
    writing: Writing,
}

impl EditDialog {
    /// For a new secret in `scope`.
    #[must_use]
    pub fn add(scope: ScopePath) -> Self {
        Self {
            scope: TextInput::holding(scope.to_string()),
            name: TextInput::new(),
            rows: vec![FieldRow::value()],
            metadata: MetadataInputs::default(),
            tags: KnownTags::default(),
            focus: Place::Name,
            bad: None,
            recipe: RecipeInputs::new(),
            choosing: None,
            generated_in: None,
            changes: 0,
            generates: None,
            may_replace: None,
            reading: None,
            offer: None,
            shown: None,
            json: None,
            writing: Writing::new(),
        }
    }

    /// For `secret`; none of its values is needed.
    #[must_use]
    pub fn edit(secret: &Secret) -> Self {
        Self {
            rows: fields::rows(&secret.fields),
            metadata: MetadataInputs::holding(&secret.metadata),
            focus: Place::Value(0),
            writing: Writing::over(secret),
            ..Self::add(ScopePath::root())
        }
    }

    /// Offers the tags that a vault has already.
    #[must_use]
    pub fn knowing(self, catalog: Arc<Catalog>) -> Self {
        Self { tags: KnownTags::of(catalog), ..self }
    }

    /// Takes an input.
    pub fn update(&mut self, input: Input, now: Now) -> Step {
        if let (Input::Press(_) | Input::Paste(_), Some((time, until))) = (&input, &mut self.shown) {
            *until = now.instant.checked_add(*time).unwrap_or(*until);
        }
        self.hear_details(&input);
        let Some(input) = self.writing.hear(input, now) else {
            self.show_as_conflict_does();
            return Step::default();
        };
        match input {
            Input::Failed(error) => return self.failed(&error),
            Input::Same { id, names, ticket } => self.tell_same(id, &names, ticket),
            Input::Edited { draft, outcome } => self.edited(draft, outcome, now),
            Input::Generated(generated) => {
                self.generated(generated);
                return self.find_same();
            }
            Input::Opened { version, fields, until, .. } => {
                self.shown = Some((until.saturating_duration_since(now.instant), until));
                self.opened(version, &fields);
            }
            _ if self.writing.is_saving => {}
            Input::Press(Press::Action(action)) if self.writing.conflict.is_some() => return self.decide(action, now),
            _ if self.writing.conflict.is_some() => {}
            Input::Press(Press::Action(action)) if self.offer.is_some() => self.choose(action),
            _ if self.offer.is_some() => {}
            input if self.choosing.is_some() => return self.choose_recipe(input),
            input if self.json.is_some() => return self.edit_json(input, now),
            input if self.reading.is_some() => return self.read_file(input),
            Input::Press(Press::Action(action)) => return self.act(action, now),
            Input::Press(press) => self.press(press),
            Input::Unbound => self.writing.hush(),
            Input::Paste(pasted) if self.is_pristine() && Offer::of(&pasted).is_some() => {
                self.offer = Offer::of(&pasted);
            }
            Input::Paste(pasted) => {
                self.paste(&pasted);
                self.metadata.read(now.time);
                return self.find_same();
            }
            _ => {}
        }
        self.metadata.read(now.time);
        Step::default()
    }

    /// True while a choice stands in the place of the inputs.
    #[must_use]
    pub fn is_choosing(&self) -> bool {
        self.writing.conflict.is_some() || self.offer.is_some() || self.choosing.is_some()
    }

    /// Which keys mean what in the input in focus. A value is a line until it has several.
    #[must_use]
    pub fn context(&self) -> Context {
        if let Some(choosing) = self.choosing.filter(|_| self.writing.conflict.is_none()) {
            return choosing.context();
        }
        match self.focus {
            _ if self.writing.conflict.is_some() || self.offer.is_some() => Context::Choice,
            _ if self.json.is_some() => Context::Document,
            _ if self.reading.is_some() => Context::Form,
            Place::AddField | Place::AsJson => Context::Choice,
            Place::Meta(meta) if meta != Meta::Reason => Context::Prose,
            Place::Value(row) if self.rows.get(row).is_some_and(FieldRow::has_lines) => Context::Lines,
            _ => Context::Form,
        }
    }

    fn act(&mut self, action: Action, now: Now) -> Step {
        if action == Action::NextField && self.completes_tag() {
            self.tags.complete(self.metadata.input_mut(Meta::Tags));
            self.writing.hush();
            return Step::default();
        }
        self.tags.forget();
        match action {
            Action::Submit if self.focus == Place::AddField => {
                self.rows.push(FieldRow::named());
                self.bad = None;
                self.focus = Place::FieldName(self.rows.len() - 1);
            }
            Action::Submit if self.focus == Place::AsJson => return self.open_json(),
            Action::OpenEditor => return self.open_editor(),
            Action::Submit => return self.submit(now),
            Action::Cancel => {
                let is_unsaved = self.is_changed();
                if self.writing.may_close(is_unsaved) {
                    return close();
                }
                return Step::default();
            }
            Action::NextField | Action::NextChoice => return self.go(next(&self.places(), self.focus)),
            Action::PreviousField | Action::PreviousChoice => return self.go(previous(&self.places(), self.focus)),
            Action::Generate => return self.generate(),
            Action::ShowTyped => return self.show_typed(),
            Action::Mend => {
                if let Place::Value(row) = self.focus {
                    self.rows.get_mut(row).map(FieldRow::mend);
                    return self.find_same();
                }
            }
            Action::ReadFile => {
                if let Place::Value(row) | Place::FieldName(row) = self.focus {
                    self.reading = Some((row, PathPrompt::default()));
                }
            }
            Action::RenameField => return self.rename(),
            _ => {}
        }
        self.writing.hush();
        Step::default()
    }

    /// True when the key to the next input completes a tag first.
    fn completes_tag(&self) -> bool {
        self.focus == Place::Meta(Meta::Tags) && self.tags.can_complete(self.metadata.input(Meta::Tags))
    }

    /// Goes to another place; a value that was typed is compared with the one there is.
    fn go(&mut self, to: Place) -> Step {
        let was_value = matches!(self.focus, Place::Value(_));
        self.focus = to;
        self.writing.hush();
        if was_value { self.find_same() } else { Step::default() }
    }

    /// Lets the name of the field in focus be typed.
    fn rename(&mut self) -> Step {
        self.writing.hush();
        if let Place::Value(number) = self.focus
            && let Some(row) = self.rows.get_mut(number)
        {
            match row.rename() {
                Ok(()) => self.focus = Place::FieldName(number),
                Err(why) => self.writing.say(why, Role::Text),
            }
        }
        Step::default()
    }

    /// Which secret is edited; `None` for a new one.
    #[must_use]
    pub fn subject(&self) -> Option<SecretId> {
        self.writing.subject().map(|(id, _)| id)
    }

    /// True for a secret that does not exist yet.
    fn is_new(&self) -> bool {
        self.writing.subject().is_none()
    }

    /// True for a new secret without a value yet.
    fn is_pristine(&self) -> bool {
        self.is_new() && self.rows.iter().all(FieldRow::is_blank)
    }

    /// When something on the screen is to be hidden.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let shown = self.shown.filter(|_| self.rows.iter().any(FieldRow::is_shown)).map(|(_, until)| until);
        self.writing.next_deadline().into_iter().chain(shown).min()
    }

    /// The time went on.
    pub fn tick(&mut self, now: Now) {
        self.writing.tick(now);
        if self.shown.is_some_and(|(_, until)| until <= now.instant) && self.rows.iter().any(FieldRow::is_shown) {
            self.rows.iter_mut().for_each(|row| row.show(false));
            // A conflict over the form would show mine again, for as long as it is open.
            if let Some(conflict) = &mut self.writing.conflict {
                conflict.mask();
            }
        }
        self.show_as_conflict_does();
    }

    /// True when something would be lost by closing.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        let fields = match self.is_new() {
            true => !self.name.is_empty() || self.rows.iter().any(|row| !row.is_blank()),
            false => fields::change(&self.rows).map_or(true, |change| !change.is_empty()),
        };
        fields || self.metadata.is_changed()
    }
}

#[cfg(test)]
mod tests;
