//! The metadata in the edit dialog: what the inputs mean, and what of it changed.

use jiff::Timestamp;
use serde_json::Value;

use crate::tui::dialogs::form::told;
use crate::tui::text;
use crate::tui::widgets::text_input::TextInput;
use crate::vault::MetadataChange;
use crate::vault::secret::Metadata;
use crate::vault::when::parse_expiry;

use super::inputs::{Meta, Place};

/// One input for each [`Meta`], and what they held at first.
#[derive(Default)]
pub(super) struct MetadataInputs {
    inputs: [TextInput; Meta::ALL.len()],
    at_first: [String; Meta::ALL.len()],
}

impl MetadataInputs {
    /// The inputs for a secret that is there.
    pub(super) fn holding(metadata: &Metadata) -> Self {
        let text = |meta: &Meta| match meta {
            Meta::Description => metadata.description.clone(),
            Meta::Tags => metadata.tags.join(" "),
            Meta::Expires => metadata.expires_at.map_or_else(String::new, |time| time.to_string()),
            Meta::Rotation => metadata.rotation_days.map_or_else(String::new, |days| days.to_string()),
            Meta::Owner => metadata.owner.clone(),
            Meta::Json => metadata.json.as_ref().map_or_else(String::new, ToString::to_string),
            Meta::Reason => String::new(),
        };
        let mut held = Self::default();
        for (at, meta) in Meta::ALL.iter().enumerate() {
            held.at_first[at] = text(meta);
            held.inputs[at] = TextInput::holding(text(meta));
        }
        held
    }

    /// The input of a line.
    pub(super) fn input(&self, meta: Meta) -> &TextInput {
        &self.inputs[meta as usize]
    }

    /// The input of a line, to type in.
    pub(super) fn input_mut(&mut self, meta: Meta) -> &mut TextInput {
        &mut self.inputs[meta as usize]
    }

    /// True when a line differs from what it held at first.
    pub(super) fn is_changed(&self) -> bool {
        self.inputs.iter().zip(&self.at_first).any(|(input, first)| input.text() != first)
    }

    /// What changed; nothing else is touched.
    pub(super) fn change(&self, now: Timestamp) -> Result<MetadataChange, (Place, String)> {
        let mut change = MetadataChange::default();
        for (meta, first) in Meta::ALL.iter().zip(&self.at_first) {
            if self.input(*meta).text() == first {
                continue;
            }
            let text = self.plain(*meta)?;
            match meta {
                Meta::Description => change.description = Some(text),
                Meta::Tags => change.tags = Some(tags(&text)),
                Meta::Expires => change.expires_at = Some(expiry(&text, now)?),
                Meta::Rotation => change.rotation_days = Some(days(&text)?),
                Meta::Owner => change.owner = Some(text),
                Meta::Json => change.json = Some(json(&text)?),
                Meta::Reason => {}
            }
        }
        Ok(change)
    }

    /// Why it is written; may be empty.
    pub(super) fn reason(&self) -> Result<String, (Place, String)> {
        self.plain(Meta::Reason)
    }

    /// The text of a line, if nothing in it can deceive the eye.
    fn plain(&self, meta: Meta) -> Result<String, (Place, String)> {
        let text = self.input(meta).text().trim();
        if text.chars().any(text::is_deceptive) {
            let why = "This has control or invisible characters, shown escaped here. Delete them.";
            return Err((Place::Meta(meta), why.to_owned()));
        }
        Ok(text.to_owned())
    }
}

/// Tags, sorted, nothing twice; commas separate them too.
fn tags(text: &str) -> Vec<String> {
    let mut tags: Vec<String> = text.split([' ', ',']).filter(|tag| !tag.is_empty()).map(ToOwned::to_owned).collect();
    tags.sort();
    tags.dedup();
    tags
}

/// An expiry; nothing means never.
fn expiry(text: &str, now: Timestamp) -> Result<Option<Timestamp>, (Place, String)> {
    if text.is_empty() {
        return Ok(None);
    }
    parse_expiry(text, now).map_err(|error| (Place::Meta(Meta::Expires), told(&error)))
}

/// Any JSON; nothing, and `null`, mean none.
fn json(text: &str) -> Result<Option<Value>, (Place, String)> {
    if text.is_empty() {
        return Ok(None);
    }
    match serde_json::from_str(text) {
        Ok(Value::Null) => Ok(None),
        Ok(json) => Ok(Some(json)),
        Err(error) => {
            let at = error.column();
            Err((Place::Meta(Meta::Json), format!("This is no JSON: it goes wrong at character {at}.")))
        }
    }
}

/// A number of days; nothing means no interval.
fn days(text: &str) -> Result<Option<u32>, (Place, String)> {
    if matches!(text, "" | "none" | "never") {
        return Ok(None);
    }
    let number = text.strip_suffix("days").or_else(|| text.strip_suffix('d')).unwrap_or(text).trim();
    match number.parse() {
        Ok(days) if days > 0 => Ok(Some(days)),
        _ => Err((Place::Meta(Meta::Rotation), "Give a whole number of days, like 90, or nothing.".to_owned())),
    }
}
