//! The fields in the edit dialog: the main value, the named ones there are, and
//! those that are added.
//!
//! A field that is there already is not opened before somebody wants to see it:
//! it stays as it is until it is typed over, emptied, renamed or shown.

use crate::secret_text::SecretText;
use crate::tui::dialogs::conflict::Mine;
use crate::tui::dialogs::form::told;
use crate::tui::dialogs::page::Page;
use crate::tui::press::{Edit, Press};
use crate::tui::theme::Role;
use crate::tui::widgets::secret_input::SecretInput;
use crate::tui::widgets::text_input::TextInput;
use crate::vault::amend::FieldsChange;
use crate::vault::generate::Generated;
use crate::vault::secret::{FieldName, Fields, MAX_VERSION_BYTES, VALUE};
use crate::vault::shape::Shape;

use super::inputs::Place;

/// What a row is called.
enum RowName {
    /// A field that is there already.
    Known(FieldName),
    /// The main field.
    Main,
    /// A new field.
    Typed(TextInput),
    /// A field that is there already and gets another name.
    Renamed { from: FieldName, to: TextInput },
}

/// What is known of the value that the vault has.
enum Held {
    /// It has none: the field is new.
    Nothing,
    /// It stays as it is; nobody has opened it.
    Unopened,
    /// It was opened here, and was this.
    Opened(SecretText),
    /// It was typed over, or emptied, unseen.
    Replaced,
}

/// A field with its input.
pub(super) struct FieldRow {
    name: RowName,
    value: SecretInput,
    held: Held,
    /// How the value was made or where it came from.
    made: Option<String>,
    /// The vault has this value already.
    is_same: bool,
}

impl FieldRow {
    /// The main field, empty.
    pub(super) fn value() -> Self {
        Self { name: RowName::Main, value: SecretInput::multi_line(), held: Held::Nothing, made: None, is_same: false }
    }

    /// A new field.
    pub(super) fn named() -> Self {
        Self { name: RowName::Typed(TextInput::new()), ..Self::value() }
    }

    /// A new field with a name and a value.
    pub(super) fn filled(name: &FieldName, value: SecretText) -> Self {
        let value = SecretInput::multi_line().holding(value);
        let name = match name.as_str() {
            VALUE => RowName::Main,
            name => RowName::Typed(TextInput::holding(name)),
        };
        Self { name, value, ..Self::value() }
    }

    /// A field that the vault has and nobody has opened.
    fn unopened(name: RowName) -> Self {
        let mut row = Self { name, held: Held::Unopened, ..Self::value() };
        row.value.stand_in(true);
        row
    }

    /// The input of its name, when it can be typed.
    pub(super) fn name_input(&self) -> Option<&TextInput> {
        match &self.name {
            RowName::Typed(input) | RowName::Renamed { to: input, .. } => Some(input),
            RowName::Known(_) | RowName::Main => None,
        }
    }

    /// The input of its name, to type in.
    pub(super) fn name_input_mut(&mut self) -> Option<&mut TextInput> {
        match &mut self.name {
            RowName::Typed(input) | RowName::Renamed { to: input, .. } => Some(input),
            RowName::Known(_) | RowName::Main => None,
        }
    }

    /// Makes the name one that can be typed; says why it cannot be.
    pub(super) fn rename(&mut self) -> Result<(), &'static str> {
        match &self.name {
            RowName::Main => Err("The main field is always called value."),
            RowName::Typed(_) | RowName::Renamed { .. } => Ok(()),
            RowName::Known(from) => {
                let to = TextInput::holding(from.as_str());
                self.name = RowName::Renamed { from: from.clone(), to };
                Ok(())
            }
        }
    }

    /// The name as it stands.
    fn name_text(&self) -> &str {
        match &self.name {
            RowName::Known(name) => name.as_str(),
            RowName::Main => VALUE,
            RowName::Typed(input) | RowName::Renamed { to: input, .. } => input.text().trim(),
        }
    }

    /// What the vault calls it, if it has it.
    fn known_name(&self) -> Option<&str> {
        match &self.name {
            _ if matches!(self.held, Held::Nothing) => None,
            RowName::Known(name) | RowName::Renamed { from: name, .. } => Some(name.as_str()),
            RowName::Main => Some(VALUE),
            RowName::Typed(_) => None,
        }
    }

    /// True when it has a value, seen or unseen.
    pub(super) fn has_value(&self) -> bool {
        self.is_unopened() || !self.value.is_empty()
    }

    /// True when nothing stands in it.
    pub(super) fn is_blank(&self) -> bool {
        matches!(self.held, Held::Nothing) && self.value.is_empty() && self.name_input().is_none_or(TextInput::is_empty)
    }

    /// True while nobody has opened or touched the value that the vault has.
    pub(super) fn is_unopened(&self) -> bool {
        matches!(self.held, Held::Unopened)
    }

    /// True when the value has several lines.
    pub(super) fn has_lines(&self) -> bool {
        self.value.secret().expose().contains(&b'\n')
    }

    /// True while the value is shown.
    pub(super) fn is_shown(&self) -> bool {
        self.value.is_shown()
    }

    /// Shows or masks the value.
    pub(super) fn show(&mut self, shown: bool) {
        self.value.show(shown);
    }

    /// The value that the vault has, opened: an untouched row takes it.
    pub(super) fn open(&mut self, fields: &Fields) {
        if let Some(value) = self.known_name().filter(|_| self.is_unopened()).and_then(|name| fields.get(name)) {
            self.held = Held::Opened(value.duplicate());
            self.value.stand_in(false);
            self.value.set(value.duplicate());
        }
    }

    /// The value that was typed over the current one, and what the vault calls it.
    pub(super) fn typed_unseen(&self) -> Option<(FieldName, SecretText)> {
        let is_typed = matches!(self.held, Held::Replaced) && !self.value.is_empty();
        let name = self.known_name().filter(|_| is_typed)?.parse().ok()?;
        Some((name, self.value.secret().duplicate()))
    }

    /// The vault compared what was typed: `names` hold the same as before.
    pub(super) fn tell_same(&mut self, names: &[FieldName]) {
        let known = self.known_name().is_some_and(|known| names.iter().any(|name| name.as_str() == known));
        self.is_same = known && matches!(self.held, Held::Replaced);
    }

    /// What is typed from here on replaces a value that nobody has opened.
    fn replace(&mut self) {
        self.is_same = false;
        if self.is_unopened() {
            self.held = Held::Replaced;
            self.value.stand_in(false);
        }
    }

    /// Takes a key for the value. A deletion in a field that nobody has opened empties it,
    /// another one takes that back.
    pub(super) fn press(&mut self, press: Press) -> bool {
        use Edit::{Backspace, Delete, DeleteToEnd, DeleteToStart, DeleteWord};
        let deletes = matches!(press, Press::Edit(Backspace | Delete | DeleteWord | DeleteToStart | DeleteToEnd));
        match self.held {
            Held::Unopened if deletes => {
                self.replace();
                return true;
            }
            Held::Unopened if !matches!(press, Press::Type(_)) => return false,
            Held::Replaced if matches!(press, Press::Edit(Backspace)) && self.value.is_empty() => {
                self.held = Held::Unopened;
                self.value.stand_in(true);
                return true;
            }
            _ => self.replace(),
        }
        let changed = self.value.press(press);
        self.made = self.made.take().filter(|_| !changed);
        changed
    }

    /// Takes a paste for the value.
    pub(super) fn paste(&mut self, pasted: &SecretText) -> bool {
        self.replace();
        self.made = None;
        self.value.paste(pasted)
    }

    /// True when somebody typed or pasted what it holds.
    pub(super) fn is_typed(&self) -> bool {
        self.made.is_none() && !self.value.is_empty() && matches!(self.held, Held::Nothing | Held::Replaced)
    }

    /// True when it holds what was generated or read from a file, untouched.
    pub(super) fn is_made(&self) -> bool {
        self.made.is_some()
    }

    /// Takes a generated value.
    pub(super) fn take_generated(&mut self, generated: Generated, recipe: &str) {
        let bits = generated.entropy_bits;
        self.take(
            generated.value,
            format!("Generated: {recipe}, {bits:.0} bits. ⟨generate⟩ again for another length or kind."),
        );
    }

    /// Takes a whole value and says where it is from.
    pub(super) fn take(&mut self, value: SecretText, made: String) {
        self.replace();
        self.made = Some(made);
        self.value.set(value);
    }

    /// Mends what is pointed out; false when there is nothing.
    pub(super) fn mend(&mut self) -> bool {
        self.is_same = false;
        self.value.mend()
    }

    /// Describes the row.
    pub(super) fn show_on<'a>(&'a self, page: &mut Page<'a>, number: usize, focus: Place) {
        let focused = focus == Place::Value(number);
        match &self.name {
            RowName::Typed(name) | RowName::Renamed { to: name, .. } => {
                let label = if matches!(self.name, RowName::Typed(_)) { "Field name" } else { "New name" };
                page.text(label, name, "like username", focus == Place::FieldName(number));
                page.secret("Field value", &self.value, self.placeholder(), focused);
            }
            RowName::Known(name) => page.secret(name.as_str(), &self.value, self.placeholder(), focused),
            RowName::Main => page.secret("Value", &self.value, self.placeholder(), focused),
        }
        if let Some(made) = &self.made {
            page.note(made.as_str(), Role::Ok);
        }
        if self.is_same {
            page.note("The same as the current value: nothing changes.", Role::Warn);
        } else if let Some((remark, role)) = self.remark(focused).filter(|_| self.made.is_none()) {
            page.note(remark, role);
        }
    }

    fn placeholder(&self) -> &'static str {
        match self.held {
            Held::Nothing => "type, paste, ⟨generate⟩ generates, ⟨read-file⟩ reads a file",
            _ => "empty: the field goes",
        }
    }

    /// What a save does to a field that is there.
    fn remark(&self, focused: bool) -> Option<(&'static str, Role)> {
        match &self.held {
            Held::Unopened if focused && matches!(self.name, RowName::Known(_)) => Some((
                "Stays as it is. Type or paste to replace it; ⟨show-typed⟩ opens it, ⟨rename-field⟩ renames it.",
                Role::Muted,
            )),
            Held::Unopened if focused => {
                Some(("Stays as it is. Type or paste to replace it; ⟨show-typed⟩ opens it.", Role::Muted))
            }
            Held::Replaced if self.value.is_empty() => {
                Some(("This field goes when you save. Backspace keeps it as it was.", Role::Warn))
            }
            Held::Opened(_) if self.value.is_empty() => Some(("This field goes when you save.", Role::Warn)),
            Held::Replaced if focused => Some(("Replaces the value there is, unseen.", Role::Muted)),
            _ => None,
        }
    }

    /// What was typed, for the eye that compares it with another session's.
    pub(super) fn mine(&self) -> Option<Mine<'_>> {
        let name = self.name_text().to_owned();
        let renamed = match &self.name {
            RowName::Renamed { from, .. } if from.as_str() != name => Some(format!("renamed from {from}")),
            _ => None,
        };
        let is_same = match &self.held {
            Held::Unopened => true,
            Held::Opened(was) => was == self.value.secret(),
            Held::Nothing => self.value.is_empty(),
            Held::Replaced => false,
        };
        match (renamed, is_same) {
            (None, true) => None,
            (Some(renamed), true) => Some(Mine { label: name, input: None, words: renamed }),
            (_, false) if self.value.is_empty() => Some(Mine { label: name, input: None, words: "removed".to_owned() }),
            (_, false) => {
                Some(Mine { label: name, input: Some(&self.value), words: Shape::of(self.value.secret()).to_string() })
            }
        }
    }

    /// Adds what becomes of the field to `change`; it is called `name` from now on.
    fn change(&self, name: FieldName, change: &mut FieldsChange) {
        let known = self.known_name().and_then(|known| known.parse::<FieldName>().ok());
        let value = self.value.secret();
        match (&self.held, known) {
            (Held::Unopened | Held::Opened(_) | Held::Replaced, Some(known)) if !self.has_value() => {
                change.remove.push(known);
            }
            (held, Some(known)) => {
                let is_same = match held {
                    Held::Opened(was) => was == value,
                    held => matches!(held, Held::Unopened),
                };
                if !is_same {
                    change.set.set(name.clone(), value.duplicate());
                }
                if known != name {
                    change.rename.push((known, name));
                }
            }
            (_, None) => change.set.set(name, value.duplicate()),
        }
    }
}

/// The rows for the fields of a secret, the main one first.
pub(super) fn rows(names: &[FieldName]) -> Vec<FieldRow> {
    let has_main = names.iter().any(|name| name.as_str() == VALUE);
    let main = if has_main { FieldRow::unopened(RowName::Main) } else { FieldRow::value() };
    let named = names.iter().filter(|name| name.as_str() != VALUE);
    std::iter::once(main).chain(named.map(|name| FieldRow::unopened(RowName::Known(name.clone())))).collect()
}

/// What the rows change.
pub(super) fn change(rows: &[FieldRow]) -> Result<FieldsChange, (Place, String)> {
    let mut named: Vec<(usize, FieldName)> = Vec::new();
    for (number, row) in rows.iter().enumerate().filter(|(_, row)| row.has_value()) {
        if row.name_text().is_empty() {
            return Err((Place::FieldName(number), "Give the field a name, or empty its value.".to_owned()));
        }
        let name = row.name_text().parse().map_err(|error| (Place::FieldName(number), told(&error)))?;
        if named.iter().any(|(_, known)| *known == name) {
            return Err((Place::FieldName(number), "There is a field of this name already.".to_owned()));
        }
        named.push((number, name));
    }
    if let Some(row) = without_value(rows) {
        return Err((Place::Value(row), "Give the field a value, or empty its name.".to_owned()));
    }
    if named.is_empty() {
        let why = "A secret needs a value. Type or paste one, or ⟨generate⟩ generates one.";
        return Err((Place::Value(0), why.to_owned()));
    }
    let mut change = FieldsChange::default();
    for (number, row) in rows.iter().enumerate() {
        match named.iter().find(|(at, _)| *at == number) {
            Some((_, name)) => row.change(name.clone(), &mut change),
            None => change.remove.extend(row.known_name().and_then(|known| known.parse().ok())),
        }
    }
    if change.set.bytes() > MAX_VERSION_BYTES {
        return Err((Place::Value(0), "The fields have more than 1 MiB together.".to_owned()));
    }
    Ok(change)
}

/// A new field that has a name and no value.
fn without_value(rows: &[FieldRow]) -> Option<usize> {
    rows.iter().position(|row| {
        matches!(row.name, RowName::Typed(_))
            && !row.has_value()
            && row.name_input().is_some_and(|name| !name.is_empty())
    })
}
