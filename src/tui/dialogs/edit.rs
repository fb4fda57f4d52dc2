//! [`EditDialog`]: a new secret, or another one's fields and metadata.
//!
//! It opens at once, without a value: a field that is there already is opened, and
//! put on record, only when somebody wants to see it. What stands in the form is
//! kept until the vault has acknowledged the write: a refusal, or another session's
//! version, costs no input. Only what changed is sent, so that an edited
//! description makes no new version and touches no field.

use std::sync::Arc;
use std::time::{Duration, Instant};

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
use crate::vault::catalog::Catalog;
use crate::vault::generate::Generated;
use crate::vault::scope::ScopePath;
use crate::vault::secret::{FieldName, Fields, Secret, SecretId};
use crate::vault::shape::Shape;
use crate::vault::{Expected, MetadataChange};

use super::conflict::{Mine, Verdict};
use super::form::{ask, close, next, previous, told};
use super::known_tags::KnownTags;
use super::page::Page;
use super::path_prompt::PathPrompt;
use super::writing::{Way, Writing};
use super::{Input, Step, recipes};

mod document;
mod editor;
mod fields;
mod inputs;
mod json_page;
mod metadata;
mod offer;
mod pasted;

use fields::FieldRow;
use inputs::{Meta, Place};
use json_page::JsonPage;
use metadata::MetadataInputs;
use offer::{Chosen, Offer};

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
    /// Which recipe the next Ctrl-G takes.
    recipe: usize,
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
            recipe: 0,
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
            input if self.json.is_some() => return self.edit_json(input, now),
            input if self.reading.is_some() => return self.read_file(input),
            Input::Press(Press::Action(action)) => return self.act(action, now),
            Input::Press(press) => self.press(press),
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

    /// Which keys mean what in the input in focus. A value is a line until it has several.
    #[must_use]
    pub fn context(&self) -> Context {
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
                self.focus = Place::FieldName(self.rows.len() - 1);
            }
            Action::Submit if self.focus == Place::AsJson => return self.open_json(),
            Action::OpenEditor => return self.open_editor(),
            Action::Submit => return self.submit(now, |write| write),
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

    /// Asks which of the values typed unseen are the current ones already.
    fn find_same(&mut self) -> Step {
        self.changes += 1;
        let mut typed = Fields::default();
        self.rows.iter().filter_map(FieldRow::typed_unseen).for_each(|(name, value)| typed.set(name, value));
        match self.writing.subject().filter(|_| !typed.is_empty()) {
            Some((id, _)) => ask(Effect::Vault(Request::FindSame { id, fields: typed, ticket: self.changes })),
            None => Step::default(),
        }
    }

    /// Says which are, unless something was typed since it was asked.
    fn tell_same(&mut self, id: SecretId, names: &[FieldName], ticket: u64) {
        if ticket == self.changes && self.writing.subject().is_some_and(|(subject, _)| subject == id) {
            self.rows.iter_mut().for_each(|row| row.tell_same(names));
        }
    }

    /// Shows every value, or hides them; those that nobody has opened are asked for.
    fn show_typed(&mut self) -> Step {
        self.writing.hush();
        let shown = self.rows.iter().any(FieldRow::is_shown);
        self.rows.iter_mut().for_each(|row| row.show(!shown));
        let wanted = self.writing.subject().filter(|_| !shown && self.rows.iter().any(FieldRow::is_unopened));
        match (wanted, self.writing.seen()) {
            (Some((id, _)), Some(version)) => ask(Effect::Vault(Request::OpenToEdit { id, version })),
            _ => Step::default(),
        }
    }

    /// The values that were asked for: fields that were typed over meanwhile stay so.
    fn opened(&mut self, version: u64, fields: &Fields) {
        if self.writing.seen() == Some(version) {
            self.rows.iter_mut().for_each(|row| row.open(fields));
        }
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

    /// An input while the path of a file is typed.
    fn read_file(&mut self, input: Input) -> Step {
        let Some((number, mut prompt)) = self.reading.take() else { return Step::default() };
        match input {
            Input::FileRead(Ok(value)) => {
                let shape = Shape::of(&value);
                if let Some(row) = self.rows.get_mut(number) {
                    row.take(value, format!("Read from the file: {shape}."));
                }
                return self.find_same();
            }
            Input::FileRead(Err(error)) => {
                prompt.is_busy = false;
                prompt.problem = Some(told(&error));
            }
            Input::Press(Press::Action(Action::Cancel)) => return Step::default(),
            Input::Completed(completion) => prompt.completed(completion),
            _ if prompt.is_busy => {}
            Input::Press(Press::Action(Action::NextField)) => {
                let step = ask(prompt.complete());
                self.reading = Some((number, prompt));
                return step;
            }
            Input::Press(Press::Action(Action::Submit)) => {
                let path = prompt.path();
                prompt.is_busy = path.is_some();
                self.reading = Some((number, prompt));
                return path.map(|path| ask(Effect::ReadFile(path))).unwrap_or_default();
            }
            Input::Press(press) => prompt.press(press),
            Input::Paste(pasted) => prompt.paste(&pasted),
            _ => {}
        }
        self.reading = Some((number, prompt));
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

    /// A key while several pasted fields wait for a choice.
    fn choose(&mut self, action: Action) {
        match self.offer.take().map(|offer| offer.act(action)) {
            Some(Ok(Chosen::Fields(fields))) => {
                let has_main = pasted::has_main(&fields);
                self.rows.retain(|_| !has_main);
                self.rows.extend(fields.into_iter().map(|(name, value)| FieldRow::filled(&name, value)));
                self.rows.sort_by_key(|row| row.name_input().is_some());
                self.focus = if self.name.is_empty() { Place::Name } else { Place::Value(0) };
            }
            Some(Ok(Chosen::Whole(whole))) => {
                if !matches!(self.focus, Place::Value(_)) {
                    self.focus = Place::Value(0);
                }
                self.paste(&whole);
            }
            Some(Err(offer)) => self.offer = Some(offer),
            None => {}
        }
    }

    /// A key while another session's version waits for a decision.
    fn decide(&mut self, action: Action, now: Now) -> Step {
        let mine = self.mine().len();
        let Some(conflict) = &mut self.writing.conflict else { return Step::default() };
        let rows = conflict.rows() + mine;
        match conflict.act(action, rows) {
            Verdict::Stay => {}
            Verdict::Ask(effect) => return ask(*effect),
            Verdict::Theirs => return close(),
            Verdict::Back => self.writing.conflict = None,
            Verdict::Mine => return self.overwrite(now),
        }
        self.show_as_conflict_does();
        if self.writing.conflict.is_none() {
            self.rows.iter_mut().for_each(|row| row.show(false));
        }
        Step::default()
    }

    /// Writes mine over what another session did.
    fn overwrite(&mut self, now: Now) -> Step {
        self.rows.iter_mut().for_each(|row| row.show(false));
        match self.writing.resolve() {
            None => Step::default(),
            Some(Way::Anew) => self.write_anew(now),
            Some(way) => self.submit(now, |write| way.prepared(write)),
        }
    }

    /// What was typed as a new secret in the place of one that was destroyed.
    fn write_anew(&mut self, now: Now) -> Step {
        match self.request(now) {
            Ok(Some(Request::Amend { address, fields, metadata, reason, .. })) if !fields.set.is_empty() => {
                let (fields, expected) = (Some(fields.set), Expected::Absent);
                ask(Effect::Vault(Request::Set { address, fields, metadata, reason, expected }))
            }
            _ => {
                self.writing.is_saving = false;
                self.writing.say("Nothing typed here is a value, so there is nothing to write.", Role::Danger);
                Step::default()
            }
        }
    }

    /// What was typed here, for the eye.
    fn mine(&self) -> Vec<Mine<'_>> {
        let fields = self.rows.iter().filter_map(FieldRow::mine);
        let changed = self.metadata.changed_labels();
        let metadata = changed.map(|label| Mine { label, input: None, words: "changed".to_owned() });
        fields.chain(metadata).collect()
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
        if self.shown.is_some_and(|(_, until)| until <= now.instant) {
            self.rows.iter_mut().for_each(|row| row.show(false));
        }
        self.show_as_conflict_does();
    }

    /// In a conflict mine is seen as long as theirs is.
    fn show_as_conflict_does(&mut self) {
        if let Some(conflict) = &self.writing.conflict {
            let shows = conflict.shows_mine();
            self.rows.iter_mut().for_each(|row| row.show(shows));
        }
    }

    /// Asks for a value for the row in focus; each time by the next recipe.
    fn generate(&mut self) -> Step {
        let row = match self.focus {
            Place::Value(row) | Place::FieldName(row) => row,
            _ => 0,
        };
        let is_typed = self.rows.get(row).is_some_and(FieldRow::is_typed);
        if is_typed && self.may_replace != Some(row) {
            self.may_replace = Some(row);
            self.writing.say("A value is typed here already. ⟨generate⟩ again replaces it.", Role::Warn);
            return Step::default();
        }
        self.generates = Some(row);
        self.writing.hush();
        let at = self.recipe % recipes::NAMES.len();
        ask(Effect::Generate(recipes::recipe(at, recipes::usual_size(at).unwrap_or(0))))
    }

    fn generated(&mut self, generated: Generated) {
        self.may_replace = None;
        let at = self.recipe % recipes::NAMES.len();
        if let Some(row) = self.generates.take().and_then(|row| self.rows.get_mut(row)) {
            row.take_generated(generated, recipes::NAMES[at]);
            self.recipe = at + 1;
        }
    }

    fn failed(&mut self, error: &Error) -> Step {
        if self.is_new() && error.kind() == Kind::Conflict {
            self.focus = Place::Name;
        }
        self.rows.iter_mut().for_each(|row| row.show(false));
        self.writing.failed(error)
    }

    /// Sends what changed, or points at the first thing that is wrong.
    fn submit(&mut self, now: Now, prepared: impl FnOnce(Request) -> Request) -> Step {
        self.bad = None;
        match self.request(now) {
            Ok(Some(request)) => ask(Effect::Vault(prepared(request))),
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
        let address = match self.writing.subject() {
            Some((_, address)) => address.clone(),
            None => inputs::address(&self.scope, &self.name)?,
        };
        let fields = fields::change(&self.rows)?;
        let metadata = self.metadata.change(now.time)?;
        if fields.is_empty() && metadata == MetadataChange::default() {
            return Ok(None);
        }
        let reason = self.metadata.reason()?;
        if let Some(words) = self.metadata.asks_about_expiry(now.time) {
            return Err((Place::Meta(Meta::Expires), words));
        }
        let expected = self.writing.begin();
        Ok(Some(if self.is_new() {
            Request::Set { address, fields: Some(fields.set), metadata, reason, expected }
        } else {
            // What touches no field overwrites no version.
            let expected = match expected {
                Expected::This(id, _) if fields.is_empty() => Expected::This(id, None),
                expected => expected,
            };
            Request::Amend { address, fields: Box::new(fields), metadata, reason, expected }
        }))
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

    /// What its keys do now.
    #[must_use]
    pub fn foot(&self) -> String {
        if let Some(conflict) = &self.writing.conflict {
            return conflict.foot();
        }
        if self.writing.is_saving {
            return String::new();
        }
        if self.offer.is_some() {
            return Offer::FOOT.to_owned();
        }
        if let Some((_, prompt)) = &self.reading {
            if prompt.is_busy {
                return "⟨cancel⟩ back".to_owned();
            }
            return "⟨submit⟩ read · ⟨cancel⟩ back · ⟨next-field⟩ complete".to_owned();
        }
        if let Some(json) = &self.json {
            return json.foot();
        }
        let submit = match self.focus {
            Place::AddField => "add a field",
            Place::AsJson => "open",
            _ => "save",
        };
        // A line that cannot be read goes into no editor.
        let is_bad = self.bad.as_ref().is_some_and(|(place, _)| *place == self.focus);
        if self.context() == Context::Prose && !is_bad {
            return format!("⟨submit⟩ {submit} · ⟨cancel⟩ cancel · ⟨next-field⟩ next · ⟨open-editor⟩ editor");
        }
        let show = if self.rows.iter().any(FieldRow::is_shown) { "hide" } else { "show" };
        let next = if self.completes_tag() { "complete" } else { "next" };
        format!("⟨submit⟩ {submit} · ⟨cancel⟩ cancel · ⟨next-field⟩ {next} · ⟨generate⟩ generate · ⟨show-typed⟩ {show}")
    }

    /// Draws the dialog in the middle of `area`.
    pub fn draw(&self, keys: Keys<'_>, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
        if let Some(conflict) = &self.writing.conflict {
            return conflict.page(self.mine()).draw(keys, theme, area, frame);
        }
        if let Some(offer) = &self.offer {
            return offer.page().draw(keys, theme, area, frame);
        }
        if let Some(json) = &self.json {
            let mut page = Page::new(if self.is_new() { "Metadata" } else { "Metadata of" }, self.foot());
            self.writing.name_on(&mut page);
            json.show(&mut page);
            return page.draw(keys, theme, area, frame);
        }
        if let Some((_, prompt)) = &self.reading {
            let mut page = Page::new("Read a file into the field", self.foot());
            page.gap();
            prompt.show(&mut page, "a file, like ~/stripe.key");
            page.gap();
            page.prose("Every byte is kept, at most 1 MiB. The file itself stays where it is.", Role::Muted);
            return page.draw(keys, theme, area, frame);
        }
        let mut page = Page::new(if self.is_new() { "Add a secret" } else { "Edit" }, self.foot());
        self.writing.name_on(&mut page);
        page.gap();
        if self.is_new() {
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
            if *meta == Meta::Reason {
                page.button("all of it as JSON", self.focus == Place::AsJson);
            }
            let place = Place::Meta(*meta);
            page.text(meta.label(), self.metadata.input(*meta), meta.placeholder(), self.focus == place);
            self.show_bad(place, &mut page);
            let is_bad = self.bad.as_ref().is_some_and(|(at, _)| *at == place);
            let tags = self.tags.remark().filter(|_| *meta == Meta::Tags);
            let remark = self.metadata.remark(*meta).map(str::to_owned).or(tags);
            if let Some(remark) = remark.filter(|_| !is_bad) {
                page.note(remark, Role::Muted);
            }
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
