//! The fields in the edit dialog: the main value, the named ones there are, and
//! those that are added. A field whose value is emptied goes.

use crate::secret_text::SecretText;
use crate::tui::dialogs::form::told;
use crate::tui::dialogs::page::Page;
use crate::tui::press::Press;
use crate::tui::theme::Role;
use crate::tui::widgets::secret_input::SecretInput;
use crate::tui::widgets::text_input::TextInput;
use crate::vault::generate::Generated;
use crate::vault::secret::{FieldName, Fields, MAX_VERSION_BYTES, VALUE};

use super::inputs::Place;

/// What a row is called.
enum RowName {
    /// A field that is there already.
    Known(FieldName),
    /// The main field.
    Main,
    /// A new field.
    Typed(TextInput),
}

/// A field with its input.
pub(super) struct FieldRow {
    name: RowName,
    value: SecretInput,
    /// How the value was made, when it was generated.
    made: Option<String>,
}

impl FieldRow {
    /// The main field, empty.
    pub(super) fn value() -> Self {
        Self { name: RowName::Main, value: SecretInput::multi_line(), made: None }
    }

    /// A new field.
    pub(super) fn named() -> Self {
        Self { name: RowName::Typed(TextInput::new()), ..Self::value() }
    }

    /// The input of its name, when it can be typed.
    pub(super) fn name_input(&self) -> Option<&TextInput> {
        match &self.name {
            RowName::Typed(input) => Some(input),
            RowName::Known(_) | RowName::Main => None,
        }
    }

    /// The input of its name, to type in.
    pub(super) fn name_input_mut(&mut self) -> Option<&mut TextInput> {
        match &mut self.name {
            RowName::Typed(input) => Some(input),
            RowName::Known(_) | RowName::Main => None,
        }
    }

    /// The name as it stands.
    fn name_text(&self) -> &str {
        match &self.name {
            RowName::Known(name) => name.as_str(),
            RowName::Main => VALUE,
            RowName::Typed(input) => input.text().trim(),
        }
    }

    /// True when there is no value.
    pub(super) fn is_empty(&self) -> bool {
        self.value.is_empty()
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

    /// Takes a key for the value.
    pub(super) fn press(&mut self, press: Press) -> bool {
        let changed = self.value.press(press);
        self.made = self.made.take().filter(|_| !changed);
        changed
    }

    /// Takes a paste for the value.
    pub(super) fn paste(&mut self, pasted: &SecretText) -> bool {
        self.made = None;
        self.value.paste(pasted)
    }

    /// Takes a generated value.
    pub(super) fn take_generated(&mut self, generated: Generated, recipe: &str) {
        self.made = Some(format!(
            "Generated: {recipe}, {:.0} bits. ⟨generate⟩ again for another kind.",
            generated.entropy_bits
        ));
        self.value.set(generated.value);
    }

    /// Describes the row.
    pub(super) fn show_on<'a>(&'a self, page: &mut Page<'a>, number: usize, focus: Place) {
        let focused = focus == Place::Value(number);
        match &self.name {
            RowName::Typed(name) => {
                page.text("Field name", name, "like username", focus == Place::FieldName(number));
                page.secret("Field value", &self.value, "type or paste", focused);
            }
            RowName::Known(name) => page.secret(name.as_str(), &self.value, "empty: the field goes", focused),
            RowName::Main => page.secret("Value", &self.value, "type, paste, or ⟨generate⟩ to generate", focused),
        }
        if let Some(made) = &self.made {
            page.note(made.as_str(), Role::Ok);
        }
    }
}

/// The rows for the fields of a secret, the main one first.
pub(super) fn rows(fields: &Fields) -> Vec<FieldRow> {
    let held = |value: &SecretText| SecretInput::multi_line().holding(value.duplicate());
    let main = fields.get(VALUE).map_or_else(SecretInput::multi_line, held);
    let mut rows = vec![FieldRow { value: main, ..FieldRow::value() }];
    for (name, value) in fields.iter().filter(|(name, _)| name.as_str() != VALUE) {
        rows.push(FieldRow { name: RowName::Known(name.clone()), value: held(value), made: None });
    }
    rows
}

/// The fields that the rows stand for, those of `original` in its order.
pub(super) fn collect(rows: &[FieldRow], original: &Fields) -> Result<Fields, (Place, String)> {
    let mut named: Vec<(usize, FieldName)> = Vec::new();
    for (number, row) in rows.iter().enumerate().filter(|(_, row)| !row.is_empty()) {
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
    let order = |name: &FieldName| original.names().position(|known| known == name).unwrap_or(usize::MAX);
    named.sort_by_key(|(_, name)| order(name));
    let mut fields = Fields::default();
    for (number, name) in named {
        if let Some(row) = rows.get(number) {
            fields.set(name, row.value.secret().duplicate());
        }
    }
    if fields.is_empty() {
        return Err((
            Place::Value(0),
            "A secret needs a value. Type or paste one, or ⟨generate⟩ generates one.".to_owned(),
        ));
    }
    if fields.bytes() > MAX_VERSION_BYTES {
        return Err((Place::Value(0), "The fields have more than 1 MiB together.".to_owned()));
    }
    Ok(fields)
}

/// A new field that has a name and no value.
fn without_value(rows: &[FieldRow]) -> Option<usize> {
    rows.iter().position(|row| row.is_empty() && row.name_input().is_some_and(|name| !name.is_empty()))
}
