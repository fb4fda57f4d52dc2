//! [`Document`]: all the metadata in the form as one JSON text, and back.
//!
//! It holds what stands in the form, typed or not, under the names that `--json`
//! uses. What it says goes back into the form, where it is seen before it is saved.
//! A name that is left out means nothing there; a name that is not known is refused.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::tui::dialogs::form::told;
use crate::tui::json::Fault;
use crate::vault::when::parse_expiry;

/// The metadata, as the form's lines mean it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Document {
    /// One line for people.
    pub(super) description: Option<String>,
    /// Words to find it by.
    pub(super) tags: Option<Vec<String>>,
    /// As it is typed: a date, a time, a duration.
    pub(super) expires_at: Option<String>,
    /// After how many days it is due.
    pub(super) rotation_days: Option<u32>,
    /// Who answers for it.
    pub(super) owner: Option<String>,
    /// JSON of any shape.
    pub(super) metadata: Option<Value>,
}

impl Document {
    /// Its text, with a line to each name.
    pub(super) fn text(&self) -> String {
        let mut all = Map::new();
        all.insert("description".to_owned(), json!(self.description.as_deref().unwrap_or_default()));
        all.insert("tags".to_owned(), json!(self.tags.as_deref().unwrap_or_default()));
        all.insert("expires_at".to_owned(), json!(self.expires_at));
        all.insert("rotation_days".to_owned(), json!(self.rotation_days));
        all.insert("owner".to_owned(), json!(self.owner.as_deref().unwrap_or_default()));
        all.insert("metadata".to_owned(), json!(self.metadata));
        serde_json::to_string_pretty(&Value::Object(all)).unwrap_or_default()
    }

    /// What a text says, nothing and empty being the same.
    pub(super) fn read(text: &str, now: Timestamp) -> Result<Self, Fault> {
        let mut read: Self = serde_json::from_str(text).map_err(|error| {
            let fault = Fault::of(&error, text);
            // The names that there are stand on the page.
            let cause = fault.cause.split(", expected one of").next().unwrap_or_default().to_owned();
            Fault { cause, ..fault }
        })?;
        read.description = read.description.filter(|text| !text.is_empty());
        read.tags = read.tags.filter(|tags| !tags.is_empty());
        read.expires_at = read.expires_at.filter(|text| !text.is_empty());
        read.owner = read.owner.filter(|text| !text.is_empty());
        read.metadata = read.metadata.filter(|json| !json.is_null());
        if read.rotation_days == Some(0) {
            return Err(misfit(text, "rotation_days", "an interval has at least one day; null is none"));
        }
        if let Some(Err(error)) = read.expires_at.as_deref().map(|text| parse_expiry(text, now)) {
            return Err(misfit(text, read.expires_at.as_deref().unwrap_or_default(), &told(&error)));
        }
        match read.tags.iter().flatten().find(|tag| tag.is_empty() || tag.contains([' ', ','])) {
            None => Ok(read),
            Some(tag) => Err(misfit(text, tag, "a tag is one word, without blanks and commas")),
        }
    }
}

/// A fault of a string that is JSON, but not what it should be.
fn misfit(text: &str, string: &str, cause: &str) -> Fault {
    let offset = text.find(&json!(string).to_string()).unwrap_or(0);
    let start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    Fault {
        line: text[..offset].matches('\n').count() + 1,
        character: text[start..offset].chars().count() + 1,
        offset,
        cause: cause.trim_end_matches('.').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Document, Fault> {
        Document::read(text, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn an_unknown_name_is_refused_with_its_place() {
        let fault = read("{\n  \"tags\": [],\n  \"tagz\": []\n}").unwrap_err();
        assert_eq!(fault.line, 3);
        assert_eq!(fault.cause, "unknown field `tagz`");
        let fault = read("{\"owner\": \"a\", \"owner\": \"b\"}").unwrap_err();
        assert!(fault.cause.contains("duplicate field `owner`"), "{}", fault.cause);
    }

    #[test]
    fn what_does_not_fit_is_refused_with_its_place() {
        for (text, line) in [
            ("", 1),
            ("{\"tags\": [\"a b\"]}", 1),
            ("{\n\"tags\": [\"a\",\n\"b,c\"]}", 3),
            ("{\n\"rotation_days\": -1}", 2),
            ("{\n\"rotation_days\": \"90\"}", 2),
            ("[1]", 1),
            ("{\n\"rotation_days\": 0}", 2),
            ("{\n\"expires_at\": \"soon\"}", 2),
        ] {
            assert_eq!(read(text).unwrap_err().line, line, "{text:?}");
        }
    }

    #[test]
    fn what_is_left_out_is_empty() {
        assert_eq!(read("{}").unwrap(), Document::default());
        assert_eq!(read(&Document::default().text()).unwrap(), Document::default());
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_filter_map("no number", |number| number.is_finite().then(|| Value::from(number))),
            ".{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((".{0,6}", inner), 0..4)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_reads_what_it_wrote(
            description in prop::option::of(".{1,30}"),
            tags in prop::option::of(prop::collection::vec("[A-Za-z0-9_][A-Za-z0-9_.-]{0,8}", 1..4)),
            expires_at in prop::option::of("[1-9][0-9]?d|never|2030-01-0[1-9]"),
            rotation_days in prop::option::of(1..u32::MAX),
            owner in prop::option::of(".{1,20}"),
            metadata in prop::option::of(json().prop_filter("none", |json| !json.is_null())),
        ) {
            let document = Document { description, tags, expires_at, rotation_days, owner, metadata };
            prop_assert_eq!(read(&document.text()).unwrap(), document);
        }
    }
}
