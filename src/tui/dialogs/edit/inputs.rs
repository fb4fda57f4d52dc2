//! Where the focus can be in the edit dialog, and what keys do there.

use crate::secret_text::SecretText;
use crate::tui::dialogs::form::told;
use crate::tui::press::Press;
use crate::tui::text;
use crate::tui::widgets::text_input::TextInput;
use crate::vault::scope::{Address, ScopePath};
use crate::vault::secret::SecretName;

use super::EditDialog;

/// A place in the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Where a new secret goes.
    Scope,
    /// What it is called.
    Name,
    /// The name of an added field, by row.
    FieldName(usize),
    /// A field's value, by row.
    Value(usize),
    /// The button that adds a field.
    AddField,
    /// A line of metadata.
    Meta(Meta),
    /// The button that shows all of the metadata as JSON.
    AsJson,
}

/// A line of metadata, and the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meta {
    /// One line for people.
    Description,
    /// Words to find it by.
    Tags,
    /// When it ends.
    Expires,
    /// After how many days it is due.
    Rotation,
    /// Who answers for it.
    Owner,
    /// JSON of any shape.
    Json,
    /// Why it is written.
    Reason,
}

impl Meta {
    /// In the order of the form.
    pub(super) const ALL: &'static [Self] =
        &[Self::Description, Self::Tags, Self::Expires, Self::Rotation, Self::Owner, Self::Json, Self::Reason];

    /// What stands before it.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Description => "Description",
            Self::Tags => "Tags",
            Self::Expires => "Expires",
            Self::Rotation => "Rotate every",
            Self::Owner => "Owner",
            Self::Json => "Metadata",
            Self::Reason => "Reason",
        }
    }

    /// What may go there.
    pub(super) fn placeholder(self) -> &'static str {
        match self {
            Self::Description => "what it is for",
            Self::Tags => "words, separated by blanks",
            Self::Expires => "never, 30d, 1y or 2027-01-31",
            Self::Rotation => "days, like 90",
            Self::Owner => "who answers for it",
            Self::Json => "JSON, like {\"account\": \"acct_1Nv0\"}",
            Self::Reason => "why you save it, for the history",
        }
    }
}

impl EditDialog {
    /// Every place, in the order of Tab.
    pub(super) fn places(&self) -> Vec<Place> {
        let mut places = Vec::new();
        if self.is_new() {
            places.extend([Place::Scope, Place::Name]);
        }
        for (number, row) in self.rows.iter().enumerate() {
            if row.name_input().is_some() {
                places.push(Place::FieldName(number));
            }
            places.push(Place::Value(number));
        }
        places.push(Place::AddField);
        for meta in Meta::ALL {
            places.extend((*meta == Meta::Reason).then_some(Place::AsJson));
            places.push(Place::Meta(*meta));
        }
        places
    }

    /// The line of text in focus.
    fn line(&mut self) -> Option<&mut TextInput> {
        match self.focus {
            Place::Scope => Some(&mut self.scope),
            Place::Name => Some(&mut self.name),
            Place::FieldName(row) => self.rows.get_mut(row)?.name_input_mut(),
            Place::Meta(meta) => Some(self.metadata.input_mut(meta)),
            Place::Value(_) | Place::AddField | Place::AsJson => None,
        }
    }

    /// Hands a key to the input in focus.
    pub(super) fn press(&mut self, press: Press) {
        let changed = match self.focus {
            Place::Value(row) => self.rows.get_mut(row).is_some_and(|row| row.press(press)),
            _ => self.line().is_some_and(|line| line.press(press)),
        };
        self.after_typing(changed);
    }

    /// Hands a paste to the input in focus.
    pub(super) fn paste(&mut self, pasted: &SecretText) {
        let changed = match self.focus {
            Place::Value(row) => self.rows.get_mut(row).is_some_and(|row| row.paste(pasted)),
            _ => self.line().is_some_and(|line| line.paste(pasted)),
        };
        self.after_typing(changed);
    }

    /// What was said about the input in focus is old.
    fn after_typing(&mut self, changed: bool) {
        self.tags.forget();
        if changed {
            // An answer about the value as it was comes too late.
            self.changes += 1;
            self.writing.hush();
            if self.bad.as_ref().is_some_and(|(place, _)| *place == self.focus) {
                self.bad = None;
            }
        }
    }
}

/// The address of a new secret.
pub(super) fn address(scope: &TextInput, name: &TextInput) -> Result<Address, (Place, String)> {
    let parsed = scope.text().trim().parse::<ScopePath>();
    let scope = parsed.map_err(|error| (Place::Scope, told(&error)))?;
    let name = name.text();
    if name.is_empty() {
        return Err((Place::Name, "Give the secret a name.".to_owned()));
    }
    if name.chars().any(text::is_deceptive) {
        let why = "The name has control or invisible characters, shown escaped here. Delete them.";
        return Err((Place::Name, why.to_owned()));
    }
    let name = name.trim().parse::<SecretName>().map_err(|error| (Place::Name, told(&error)))?;
    Ok(Address { scope, name })
}
