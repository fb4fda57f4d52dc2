//! [`Fault`]: where a text stops being JSON, in lines and characters.
//!
//! Said of metadata while it is typed, and of values that look like JSON, so it
//! never repeats a piece of the text: what the parser says about syntax is a fixed
//! sentence.

use serde::de::IgnoredAny;

/// What the parser says, and the same for people.
const PLAIN: &[(&str, &str)] = &[
    ("EOF while parsing a value", "it ends where a value should stand"),
    ("EOF while parsing an object", "it ends before the closing }"),
    ("EOF while parsing a list", "it ends before the closing ]"),
    ("EOF while parsing a string", "it ends before the closing \""),
    ("expected ident", "only true, false and null stand without quotes"),
    ("expected value", "a value should stand here, such as \"text\" or 12"),
    ("expected `:`", "a : should stand between the name and its value"),
    ("expected `,` or `}`", "a , or the closing } should stand here"),
    ("expected `,` or `]`", "a , or the closing ] should stand here"),
    ("key must be a string", "a name should stand here, in \"quotes\""),
    ("trailing comma", "a , is left over before the closing bracket"),
    ("trailing characters", "something is left over behind the end"),
    ("invalid escape", "behind \\ may stand \" \\ / b f n r t or u with four digits"),
    ("invalid number", "this is no whole number"),
    ("control character (\\u0000-\\u001F) found while parsing a string", "a line break in a text is written \\n"),
];

/// A place where JSON goes wrong, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// The character in that line, from 1.
    pub character: usize,
    /// The byte in the text.
    pub offset: usize,
    /// What is wrong there.
    pub cause: String,
}

impl Fault {
    /// What the parser says about `text`.
    #[must_use]
    pub fn of(error: &serde_json::Error, text: &str) -> Self {
        let line = error.line().max(1);
        let start = text.split_inclusive('\n').take(line - 1).map(str::len).sum::<usize>();
        let end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let mut offset = start.saturating_add(error.column().saturating_sub(1)).min(end);
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let told = error.to_string();
        let cause = told.rsplit_once(" at line ").map_or(told.as_str(), |(cause, _)| cause);
        let cause = PLAIN.iter().find(|(parser, _)| *parser == cause).map_or(cause, |(_, plain)| plain).to_owned();
        Self { line, character: text[start..offset].chars().count() + 1, offset, cause }
    }

    /// The first place where `text` is no JSON. Nothing of it is kept or copied.
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        serde_json::from_str::<IgnoredAny>(text).err().map(|error| Self::of(&error, text))
    }

    /// `line 3, character 12: a : should stand between the name and its value`
    #[must_use]
    pub fn told(&self) -> String {
        format!("line {}, character {}: {}", self.line, self.character, self.cause)
    }
}

/// True for a text that somebody meant as a JSON object or array: it begins as one does.
#[must_use]
pub fn is_meant(text: &str) -> bool {
    let text = text.trim_start();
    let after = |open: char| text.strip_prefix(open).map(|rest| rest.trim_start().chars().next());
    match (after('{'), after('[')) {
        (Some(next), _) => matches!(next, Some('"' | '}')),
        (_, Some(next)) => matches!(next, Some('"' | '{' | '[' | ']')),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_place_is_the_one_that_the_eye_finds() {
        for (text, line, character, at) in [
            ("{\"a\": 1,\n \"b\" 2}", 2, 6, "2}"),
            ("{\"a\": 1,}", 1, 9, "}"),
            ("{\"é秘\": x}", 1, 8, "x}"),
            ("{\"a\": \"b", 1, 8, "b"),
            ("", 1, 1, ""),
            ("[1] 2", 1, 5, "2"),
        ] {
            let fault = Fault::find(text).unwrap();
            assert_eq!((fault.line, fault.character), (line, character), "{text:?}: {fault:?}");
            assert_eq!(&text[fault.offset..], at, "{text:?}");
        }
        assert_eq!(Fault::find("{\"a\": [1, null, \"x\"]}"), None);
    }

    #[test]
    fn what_is_wrong_is_told_in_plain_words() {
        for (text, wanted) in [
            ("", "ends where a value"),
            ("{\"a\": 1", "closing }"),
            ("[1", "closing ]"),
            ("\"a", "closing \""),
            ("nope", "without quotes"),
            ("{\"a\": x}", "a value should"),
            ("{\"a\" 1}", "a :"),
            ("{\"a\": 1 2}", "a , or the closing }"),
            ("[1 2]", "a , or the closing ]"),
            ("{a: 1}", "a name should"),
            ("1 2", "left over behind"),
            ("\"\\x\"", "behind \\"),
            ("\"a\nb\"", "line break"),
        ] {
            let cause = Fault::find(text).unwrap().cause;
            assert!(cause.contains(wanted), "{text:?}: {cause}");
        }
    }

    #[test]
    fn only_what_begins_as_json_does_is_meant_as_json() {
        for meant in ["{\"a\": 1}", " {\n  \"a\"", "[{\"a\"", "[\"a\"", "{}", "[]"] {
            assert!(is_meant(meant), "{meant:?}");
        }
        for other in ["", "{", "[", "{x7!", "[default]\nkey=1", "hunter2", "\"a\"", "12", "{{secrets.A}}", "[1.2.3.4]"]
        {
            assert!(!is_meant(other), "{other:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_of_the_text_is_repeated(text in "\\PC{0,30}", canary in "[a-z]{12}", cut in 0_usize..60) {
            let text = format!("{{\"{canary}\": \"{canary}{text}{canary}\", {canary}: {canary}}}");
            let cut = (0..=cut.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            for text in [&text[..cut], &text[..]] {
                if let Some(fault) = Fault::find(text) {
                    prop_assert!(!fault.told().contains(&canary[..6]), "{}", fault.told());
                    prop_assert!(text.is_char_boundary(fault.offset) && fault.line >= 1 && fault.character >= 1);
                }
            }
        }
    }
}
