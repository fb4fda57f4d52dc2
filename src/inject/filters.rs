//! [`Filter`]: how a value is written so that it fits where it stands.
//!
//! Each gives the whole of what belongs there, its quotes included: `key: {{secrets.X | yaml}}`.
//! Every buffer that holds a value on the way is wiped.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};
use zeroize::Zeroizing;

use crate::secret_text::SecretText;

/// The longest that a filtered value may become, in bytes: filters can be chained, and
/// some of them double what they are given.
const MOST: usize = 16 * 1024 * 1024;
/// All but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// One way to write a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Filter {
    /// A JSON string with its quotes.
    Json,
    /// A double-quoted YAML scalar with its quotes.
    Yaml,
    /// One word for a POSIX shell, in single quotes.
    Shell,
    /// Percent-encoded, all but the unreserved characters of RFC 3986.
    Url,
    /// Standard Base64 of RFC 4648, padded.
    Base64,
    /// As it is, where that is what a program reads as one line.
    Line,
}

impl Filter {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Json, Self::Yaml, Self::Shell, Self::Url, Self::Base64, Self::Line];

    /// How it is written.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Yaml => "yaml",
            Self::Shell => "shell",
            Self::Url => "url",
            Self::Base64 => "base64",
            Self::Line => "line",
        }
    }

    /// True when what it gives is quoted already.
    #[must_use]
    pub fn is_quoting(self) -> bool {
        matches!(self, Self::Json | Self::Yaml)
    }

    /// Writes `value` its way.
    ///
    /// # Errors
    /// Why the value cannot be written so, the end of a sentence.
    pub fn apply(self, value: &SecretText) -> Result<SecretText, &'static str> {
        let written = match self {
            Self::Json => json(value, |_| false)?,
            Self::Yaml => json(value, breaks_yaml)?,
            Self::Shell => shell(value.expose())?,
            Self::Url => url(value.expose()),
            Self::Base64 => SecretText::from(data_encoding::BASE64.encode(value.expose())),
            Self::Line => line(value)?,
        };
        if written.len() > MOST {
            return Err("is longer than 16 MiB when it is written so.");
        }
        Ok(written)
    }
}

/// A JSON string; what is `more` is written by its number, too.
fn json(value: &SecretText, more: fn(char) -> bool) -> Result<SecretText, &'static str> {
    let text = value.expose_str().ok_or("is not UTF-8; base64 can write it.")?;
    // No character becomes longer than six bytes per byte.
    let mut quoted = Zeroizing::new(Vec::with_capacity(text.len() * 6 + 2));
    serde_json::to_writer(&mut *quoted, text).map_err(|_| "cannot be written so.")?;
    let quoted = std::str::from_utf8(&quoted).map_err(|_| "cannot be written so.")?;
    let numbered = quoted.chars().filter(|c| more(*c)).count();
    let mut written = SecretText::with_capacity(quoted.len() + 6 * numbered);
    let mut rest = quoted;
    while let Some((at, found)) = rest.char_indices().find(|(_, c)| more(*c)) {
        written.push(&rest.as_bytes()[..at]);
        written.push(Zeroizing::new(format!("\\u{:04x}", u32::from(found))).as_bytes());
        rest = &rest[at + found.len_utf8()..];
    }
    written.push(rest.as_bytes());
    Ok(written)
}

/// What JSON lets stand in a string and YAML does not: its line ends, old and new, the mark of
/// the byte order, and what YAML calls not printable.
fn breaks_yaml(c: char) -> bool {
    matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// `it's` as `'it'\''s'`
fn shell(value: &[u8]) -> Result<SecretText, &'static str> {
    if value.contains(&0) {
        return Err("has a NUL byte, which no word of a shell can hold.");
    }
    let quotes = value.iter().filter(|byte| **byte == b'\'').count();
    let mut written = SecretText::with_capacity(value.len() + 3 * quotes + 2);
    written.push(b"'");
    for (at, part) in value.split(|byte| *byte == b'\'').enumerate() {
        if at > 0 {
            written.push(b"'\\''");
        }
        written.push(part);
    }
    written.push(b"'");
    Ok(written)
}

/// It, unless what reads lines would read more than one, or a part of it.
fn line(value: &SecretText) -> Result<SecretText, &'static str> {
    match value.expose().iter().find(|byte| matches!(byte, b'\n' | b'\r' | 0)) {
        None => Ok(value.duplicate()),
        Some(0) => Err("has a NUL byte, at which the line would be cut."),
        Some(_) => Err("has a line end, behind which another line would begin."),
    }
}

fn url(value: &[u8]) -> SecretText {
    let mut written = SecretText::with_capacity(value.len() * 3);
    for part in percent_encoding::percent_encode(value, RESERVED) {
        written.push(part.as_bytes());
    }
    written
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(filter: Filter, value: &[u8]) -> Vec<u8> {
        filter.apply(&SecretText::copied_from(value)).ok().unwrap().expose().to_vec()
    }

    fn text(filter: Filter, value: &str) -> String {
        String::from_utf8(written(filter, value.as_bytes())).unwrap()
    }

    #[test]
    fn quotes_are_a_part_of_what_is_written() {
        assert_eq!(text(Filter::Json, "a\"b\\\n\u{1}ä€😀"), "\"a\\\"b\\\\\\n\\u0001ä€😀\"");
        assert_eq!(text(Filter::Yaml, "a: \"b\" #\n"), "\"a: \\\"b\\\" #\\n\"");
        assert_eq!(text(Filter::Shell, "it's $HOME `x`"), "'it'\\''s $HOME `x`'");
        assert_eq!((text(Filter::Json, ""), text(Filter::Shell, "")), ("\"\"".into(), "''".into()));
    }

    #[test]
    fn yaml_writes_by_number_what_would_break_a_line_or_a_reader() {
        assert_eq!(text(Filter::Yaml, "a\u{85}b\u{2028}\u{feff}\u{7f}"), "\"a\\u0085b\\u2028\\ufeff\\u007f\"");
        assert_eq!(text(Filter::Json, "a\u{2028}"), "\"a\u{2028}\"");
    }

    #[test]
    fn a_url_keeps_unreserved_characters_alone() {
        assert_eq!(text(Filter::Url, "aZ9-._~ +/?&=%@:ä"), "aZ9-._~%20%2B%2F%3F%26%3D%25%40%3A%C3%A4");
        assert_eq!(written(Filter::Url, &[0, 255]), b"%00%FF");
    }

    #[test]
    fn base64_is_padded() {
        assert_eq!(text(Filter::Base64, "a"), "YQ==");
        assert_eq!(written(Filter::Base64, &[0xfb, 0xff]), b"+/8=");
    }

    #[test]
    fn what_cannot_be_written_is_refused() {
        let refused = |filter: Filter, value: &[u8]| filter.apply(&SecretText::copied_from(value)).err();
        assert!(refused(Filter::Json, b"\xff").unwrap().contains("UTF-8"));
        assert!(refused(Filter::Yaml, b"\xff").unwrap().contains("UTF-8"));
        assert!(refused(Filter::Shell, b"a\0b").unwrap().contains("NUL"));
        assert!(refused(Filter::Shell, b"\xff").is_none());
        for (value, why) in [(&b"a\nb"[..], "line end"), (b"a\n", "line end"), (b"a\rb", "line end"), (b"a\0", "NUL")] {
            assert!(refused(Filter::Line, value).unwrap().contains(why));
        }
        assert_eq!(written(Filter::Line, b" it's \\! \xff"), b" it's \\! \xff");
        assert!(refused(Filter::Json, &vec![1; MOST / 6 + 1]).unwrap().contains("16 MiB"));
    }

    proptest! {
        #[test]
        fn json_reads_back(value in any::<String>()) {
            prop_assert_eq!(&serde_json::from_str::<String>(&text(Filter::Json, &value)).unwrap(), &value);
            let yaml = text(Filter::Yaml, &value);
            prop_assert!(!yaml.contains(breaks_yaml), "{:?}", yaml);
            prop_assert_eq!(&serde_json::from_str::<String>(&yaml).unwrap(), &value);
        }

        #[test]
        fn urls_and_base64_read_back(value in any::<Vec<u8>>()) {
            let url = written(Filter::Url, &value);
            prop_assert_eq!(percent_encoding::percent_decode(&url).collect::<Vec<u8>>(), value.clone());
            prop_assert_eq!(data_encoding::BASE64.decode(&written(Filter::Base64, &value)).unwrap(), value);
        }
    }

    #[test]
    fn a_shell_gives_every_word_back() {
        for value in ["it's", "", "'", "a\nb", "$(x) \\ \"q\" `y` !", "-n", "ä\u{1b}", "''''"] {
            let line = format!("printf %s {}", text(Filter::Shell, value));
            let shown = std::process::Command::new("sh").args(["-c", &line]).output().unwrap();
            assert_eq!(String::from_utf8(shown.stdout).unwrap(), value);
        }
    }
}
