//! The metadata in the edit dialog: what the inputs mean, and what of it changed.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::tui::dialogs::form::told;
use crate::tui::json::Fault;
use crate::tui::text;
use crate::tui::widgets::text_input::TextInput;
use crate::vault::secret::Metadata;
use crate::vault::when::parse_expiry;
use crate::vault::{MetadataChange, checked_tags};

use super::document::Document;
use super::inputs::{Meta, Place};
use super::theirs::Theirs;

/// One input for each [`Meta`], and what they held at first.
#[derive(Default)]
pub(super) struct MetadataInputs {
    pub(super) inputs: [TextInput; Meta::ALL.len()],
    pub(super) at_first: [String; Meta::ALL.len()],
    /// What another session has made of a line since.
    pub(super) theirs: [Option<Theirs>; Meta::ALL.len()],
    /// The metadata as it was last seen in the vault.
    pub(super) seen: Option<Box<Metadata>>,
    /// What the expiry means, as of the last key.
    expiry: Option<String>,
    /// A past expiry was asked about; the next save means it.
    past_is_meant: bool,
}

impl MetadataInputs {
    /// The inputs for a secret that is there.
    pub(super) fn holding(metadata: &Metadata) -> Self {
        let mut held = Self { seen: Some(Box::new(metadata.clone())), ..Self::default() };
        for (at, meta) in Meta::ALL.iter().enumerate() {
            held.at_first[at] = line(metadata, *meta);
            held.inputs[at] = TextInput::holding(line(metadata, *meta));
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

    /// Reads the expiry anew, so that what it means stands under it.
    pub(super) fn read(&mut self, now: Timestamp) {
        let text = self.inputs[Meta::Expires as usize].text().trim();
        let at = parse_expiry(text, now).ok().flatten().filter(|_| !text.is_empty());
        let expiry = at.map(|at| match at <= now {
            true => format!("{} is past: the secret counts as expired at once.", readable(at)),
            false => format!("{}, {}", readable(at), text::due(at, now)),
        });
        let expiry = expiry.filter(|_| text != self.at_first[Meta::Expires as usize]);
        self.past_is_meant &= expiry == self.expiry;
        self.expiry = expiry;
    }

    /// What is to be said about a line.
    pub(super) fn remark(&self, meta: Meta) -> Option<&str> {
        self.expiry.as_deref().filter(|_| meta == Meta::Expires)
    }

    /// Asks once whether an expiry that is past already is meant so.
    pub(super) fn asks_about_expiry(&mut self, now: Timestamp) -> Option<String> {
        let text = self.inputs[Meta::Expires as usize].text().trim();
        let is_new = text != self.at_first[Meta::Expires as usize];
        let is_past = parse_expiry(text, now).ok().flatten().is_some_and(|at| at <= now);
        if !is_new || !is_past || std::mem::replace(&mut self.past_is_meant, true) {
            return None;
        }
        Some("This is past: the secret would be given out only after a question. Save again if you mean it.".to_owned())
    }

    /// The labels of the lines that were changed.
    pub(super) fn changed_labels(&self) -> impl Iterator<Item = String> {
        let changed = Meta::ALL.iter().zip(&self.at_first).filter(|(meta, first)| self.input(**meta).text() != *first);
        changed.map(|(meta, _)| meta.label().to_lowercase())
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
                Meta::Tags => change.tags = Some(allowed(tags(&text))?),
                Meta::Expires => change.expires_at = Some(expiry(&text, now)?),
                Meta::Rotation => change.rotation_days = Some(days(&text)?),
                Meta::Owner => change.owner = Some(text),
                Meta::Json => change.json = Some(json(&text)?),
                Meta::Reason => {}
            }
        }
        Ok(change)
    }

    /// All of it, as it stands.
    pub(super) fn document(&self) -> Result<Document, (Place, String)> {
        let line = |meta| Some(self.input(meta).text().to_owned()).filter(|text| !text.is_empty());
        let tags = tags(self.input(Meta::Tags).text());
        Ok(Document {
            description: line(Meta::Description),
            tags: Some(tags).filter(|tags| !tags.is_empty()),
            expires_at: line(Meta::Expires).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()),
            rotation_days: days(self.input(Meta::Rotation).text().trim())?,
            owner: line(Meta::Owner),
            metadata: json(self.input(Meta::Json).text().trim())?,
        })
    }

    /// Takes what differs between two documents; gives the labels of the lines that changed.
    pub(super) fn take(&mut self, now: Document, before: &Document) -> Vec<&'static str> {
        let lines = |document: &Document| {
            [
                (Meta::Description, document.description.clone().unwrap_or_default()),
                (Meta::Tags, document.tags.clone().unwrap_or_default().join(" ")),
                (Meta::Expires, document.expires_at.clone().unwrap_or_default()),
                (Meta::Rotation, document.rotation_days.map_or_else(String::new, |days| days.to_string())),
                (Meta::Owner, document.owner.clone().unwrap_or_default()),
                (Meta::Json, document.metadata.as_ref().map_or_else(String::new, ToString::to_string)),
            ]
        };
        let mut changed = Vec::new();
        for ((meta, now), (_, before)) in lines(&now).into_iter().zip(lines(before)) {
            if now != before {
                *self.input_mut(meta) = TextInput::holding(now);
                changed.push(meta.label());
            }
        }
        changed
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

/// A line as it stands for what the vault holds.
pub(super) fn line(metadata: &Metadata, meta: Meta) -> String {
    match meta {
        Meta::Description => metadata.description.clone(),
        Meta::Tags => metadata.tags.join(" "),
        Meta::Expires => metadata.expires_at.map_or_else(String::new, readable),
        Meta::Rotation => metadata.rotation_days.map_or_else(String::new, |days| days.to_string()),
        Meta::Owner => metadata.owner.clone(),
        Meta::Json => metadata.json.as_ref().map_or_else(String::new, ToString::to_string),
        Meta::Reason => String::new(),
    }
}

/// Tags, sorted, nothing twice; commas separate them too.
pub(super) fn tags(text: &str) -> Vec<String> {
    let mut tags: Vec<String> = text.split([' ', ',']).filter(|tag| !tag.is_empty()).map(ToOwned::to_owned).collect();
    tags.sort();
    tags.dedup();
    tags
}

/// The tags, if the vault would take them.
fn allowed(tags: Vec<String>) -> Result<Vec<String>, (Place, String)> {
    checked_tags(tags).map_err(|error| (Place::Meta(Meta::Tags), told(&error)))
}

/// An expiry; nothing means never.
fn expiry(text: &str, now: Timestamp) -> Result<Option<Timestamp>, (Place, String)> {
    if text.is_empty() {
        return Ok(None);
    }
    parse_expiry(text, now).map_err(|error| (Place::Meta(Meta::Expires), told(&error)))
}

/// A moment as one reads and types it: a date where it is the start of a day, else with the time of day.
fn readable(at: Timestamp) -> String {
    let local = at.to_zoned(TimeZone::system());
    let form = if local.time() == jiff::civil::Time::midnight() { "%Y-%m-%d" } else { "%Y-%m-%dT%H:%M:%S%:z" };
    local.strftime(form).to_string()
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
            let Fault { character, cause, .. } = Fault::of(&error, text);
            Err((Place::Meta(Meta::Json), format!("This is no JSON at character {character}: {cause}.")))
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
