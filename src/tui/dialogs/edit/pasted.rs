//! Pastes that are several fields at once: `.env` lines, or a JSON object of strings.
//!
//! Read as dotenv and docker compose read them: `export`, comments, single quotes
//! literally, double quotes with escapes, nothing expanded. What does not read whole is
//! no offer, but one value as it is.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};

use crate::secret_text::SecretText;
use crate::vault::secret::{FieldName, VALUE};

/// A field with its value.
pub(super) type Named = (FieldName, SecretText);

/// The fields in a paste, if it is nothing else than fields.
pub(super) fn fields(pasted: &SecretText) -> Option<Vec<Named>> {
    let text = pasted.expose_str()?;
    let found = match text.trim_start().starts_with('{') {
        true => json(text)?,
        false => dotenv(text).filter(|fields| fields.len() > 1)?,
    };
    let is_twice = |at: usize, name: &FieldName| found[..at].iter().any(|(known, _)| known == name);
    let clashes = found.iter().enumerate().any(|(at, (name, _))| is_twice(at, name));
    (!found.is_empty() && !clashes && found.iter().all(|(_, value)| !value.is_empty())).then_some(found)
}

/// The names, as they are offered.
pub(super) fn names(fields: &[Named]) -> String {
    fields.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
}

/// True when one of the fields is the main one.
pub(super) fn has_main(fields: &[Named]) -> bool {
    fields.iter().any(|(name, _)| name.as_str() == VALUE)
}

/// `NAME=value` lines.
fn dotenv(text: &str) -> Option<Vec<Named>> {
    let mut fields = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        if rest.is_empty() {
            return Some(fields);
        }
        if rest.starts_with('#') {
            rest = rest.split_once('\n').map_or("", |(_, after)| after);
            continue;
        }
        let line = rest.strip_prefix("export ").unwrap_or(rest).trim_start_matches([' ', '\t']);
        let (name, after) = line.split_once('=')?;
        let (value, after) = value(after.trim_start_matches([' ', '\t']))?;
        fields.push((name.trim_end_matches([' ', '\t']).parse().ok()?, value));
        rest = after;
    }
}

/// One value and what follows its line.
fn value(text: &str) -> Option<(SecretText, &str)> {
    let (value, after) = match text.as_bytes().first() {
        Some(b'\'') => {
            let (value, after) = text[1..].split_once('\'')?;
            (SecretText::copied_from(value.as_bytes()), after)
        }
        Some(b'"') => quoted(&text[1..])?,
        _ => {
            let (line, after) = text.split_once('\n').unwrap_or((text, ""));
            let end = line.find(" #").unwrap_or(line.len());
            return Some((SecretText::copied_from(line[..end].trim_end().as_bytes()), after));
        }
    };
    let (line, after) = after.split_once('\n').unwrap_or((after, ""));
    let line = line.trim();
    (line.is_empty() || line.starts_with('#')).then_some((value, after))
}

/// The text up to the closing double quote, its escapes resolved.
fn quoted(text: &str) -> Option<(SecretText, &str)> {
    let mut value = SecretText::with_capacity(text.len());
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        let character = match character {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match characters.next()?.1 {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                same @ ('"' | '\\' | '$') => same,
                other => {
                    value.push(b"\\");
                    other
                }
            },
            other => other,
        };
        value.push(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
    None
}

/// The fields of a JSON object whose members are all strings.
fn json(text: &str) -> Option<Vec<Named>> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let fields = reader.deserialize_map(Strings).ok()?;
    reader.end().ok().map(|()| fields)
}

/// Takes the strings of an object straight into wiped buffers.
struct Strings;

impl<'de> Visitor<'de> for Strings {
    type Value = Vec<Named>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of strings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            let name = name.parse().map_err(|_| serde::de::Error::custom("no field name"))?;
            fields.push((name, map.next_value::<Wiped>()?.0));
        }
        Ok(fields)
    }
}

/// A string in a wiped buffer.
struct Wiped(SecretText);

impl<'de> serde::Deserialize<'de> for Wiped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Wiped;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E>(self, text: &str) -> Result<Wiped, E> {
                Ok(Wiped(SecretText::copied_from(text.as_bytes())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Option<Vec<(String, String)>> {
        let found = fields(&SecretText::copied_from(text.as_bytes()))?;
        let plain = |(name, value): Named| (name.to_string(), value.expose_str().unwrap().to_owned());
        Some(found.into_iter().map(plain).collect())
    }

    #[test]
    fn dotenv_lines() {
        let text = "# made up\nexport A=1\n\nB = two words # why\r\nC='$HOME #x'\nD=\"a\\\"b\\n\\$c\\q\" # end\nE=\"x\ny\"\nF=a#b\n";
        let wanted =
            [("A", "1"), ("B", "two words"), ("C", "$HOME #x"), ("D", "a\"b\n$c\\q"), ("E", "x\ny"), ("F", "a#b")];
        assert_eq!(read(text).unwrap(), wanted.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn json_objects() {
        let wanted = [("user".to_owned(), "ops".to_owned()), ("value".to_owned(), "s\u{fc}\"".to_owned())];
        assert_eq!(read("{\"user\": \"ops\", \"value\": \"s\u{fc}\\\"\"}\n").unwrap(), wanted);
    }

    #[test]
    fn what_is_not_fields_alone_is_one_value() {
        for text in [
            "A=1",
            "just text",
            "A=1\nnot a line",
            "A=1\nA=2",
            "A=1\nB=",
            "A='1\nB=2",
            "A=\"1\" x\nB=2",
            "c2VjcmV0\nYnl0ZXM=\n",
            "{\"a\": 1}",
            "{\"a\": \"1\"} x",
            "{\"a b\": \"1\"}",
            "{}",
            "-----BEGIN KEY-----\nMII=\n-----END KEY-----\n",
            "",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_can_be_read(text in ".{0,80}", lines in "([A-B]=[\"'\\\\a #\n]{0,5}\n){0,4}") {
            let _ = (read(&text), read(&lines));
        }

        #[test]
        fn single_quotes_keep_everything(value in "[^']{1,30}") {
            prop_assert_eq!(&read(&format!("A='{value}'\nB=1")).unwrap()[0].1, &value);
        }
    }
}
