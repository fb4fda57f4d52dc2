//! [`EnvFile`]: the lines `NAME=VALUE` of a file, as `dotenv` and `docker` read them.
//!
//! A line is read first and its references are filled in afterwards: whatever a value
//! holds, quotes and line ends too, it stays the value of that one variable.
//!
//! Blank lines and lines that begin with `#` say nothing. `export` may stand in front of a
//! name, blanks around `=`. A bare value ends at ` #` and loses the blanks at its ends; one
//! in `'…'` is taken as it is, in `"…"` with `\n`, `\r`, `\t`, `\"`, `\\` and `\$`; both may go
//! over several lines. Variables are not expanded; references are filled in everywhere.

use crate::secret_text::SecretText;

use super::reference::Place;
use super::template::Template;

/// What a file says, in its order.
pub struct EnvFile {
    /// One for each variable named, some perhaps twice.
    pub lines: Vec<Line>,
}

/// One variable.
pub struct Line {
    /// Its name.
    pub name: String,
    /// Its line in the file, from 1.
    pub number: usize,
    /// Its value, with references still in it.
    pub value: Template,
}

/// What is wrong, and where.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where it begins.
    pub place: Place,
    /// A sentence, which quotes no value.
    pub cause: String,
}

impl EnvFile {
    /// Reads all lines.
    ///
    /// # Errors
    /// Everything that is wrong, in its order.
    pub fn parse(text: &SecretText) -> Result<Self, Vec<Fault>> {
        let text = text.expose();
        let mut reader = Reader { rest: text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text), place: Place::START };
        let (mut lines, mut faults) = (Vec::new(), Vec::new());
        while !reader.rest.is_empty() {
            match reader.line() {
                Ok(Some((name, number, value, place))) => match Template::parse_at(value.expose(), place) {
                    Ok(value) => lines.push(Line { name, number, value }),
                    Err(found) => {
                        faults.extend(found.into_iter().map(|fault| Fault { place: fault.place, cause: fault.cause }));
                    }
                },
                Ok(None) => {}
                Err(cause) => faults.push(Fault { place: reader.place, cause }),
            }
            reader.skip(|byte| byte != b'\n');
            reader.skip_one();
        }
        if faults.is_empty() { Ok(Self { lines }) } else { Err(faults) }
    }
}

/// The rest of the text, and where that begins.
struct Reader<'a> {
    rest: &'a [u8],
    place: Place,
}

type Found = (String, usize, SecretText, Place);

impl Reader<'_> {
    /// A line's variable, if it has one.
    fn line(&mut self) -> Result<Option<Found>, String> {
        self.skip_blanks();
        if matches!(self.rest.first(), None | Some(b'\n' | b'#')) {
            return Ok(None);
        }
        let mut name = self.name()?;
        if name == "export" && matches!(self.rest.first(), Some(b' ' | b'\t')) {
            self.skip_blanks();
            name = self.name()?;
        }
        self.skip_blanks();
        if self.rest.first() != Some(&b'=') {
            // Not quoted either: a key that was pasted over several lines may look so.
            return Err("The line has no = behind a name.".to_owned());
        }
        self.skip_one();
        self.skip_blanks();
        let (number, place) = (self.place.line, self.place);
        let value = match self.rest.first() {
            Some(quote @ (b'"' | b'\'')) => self.quoted(*quote, &name)?,
            _ => self.bare(),
        };
        if value.expose().contains(&0) {
            return Err(format!("The value of {name} holds a zero byte."));
        }
        Ok(Some((name, number, value, place)))
    }

    fn name(&mut self) -> Result<String, String> {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let length = self.rest.iter().take_while(|byte| is_word(**byte)).count();
        let name = self.rest.get(..length).unwrap_or_default();
        if name.first().is_none_or(u8::is_ascii_digit) {
            // Not quoted: it may be the rest of a value.
            return Err("The line names no variable; a name has letters, digits and _.".to_owned());
        }
        let name = String::from_utf8_lossy(name).into_owned();
        self.skip(is_word);
        Ok(name)
    }

    /// To the end of the line, or to a comment.
    fn bare(&mut self) -> SecretText {
        let line = self.rest.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let comment =
            (0..line.len()).find(|&at| line[at] == b'#' && at.checked_sub(1).is_none_or(|at| is_blank(line[at])));
        SecretText::copied_from(line[..comment.unwrap_or(line.len())].trim_ascii())
    }

    /// To the closing quote, wherever that is.
    fn quoted(&mut self, quote: u8, name: &str) -> Result<SecretText, String> {
        let open = || format!("The quote that opens the value of {name} is not closed.");
        let begun = self.place;
        self.skip_one();
        let mut value = SecretText::with_capacity(256);
        loop {
            let Some(&byte) = self.rest.first() else {
                self.place = begun;
                return Err(open());
            };
            self.skip_one();
            match (byte, self.rest.first()) {
                (byte, _) if byte == quote => break,
                (b'\\', Some(&next)) if quote == b'"' => {
                    let meant = match next {
                        b'n' => Some(b'\n'),
                        b'r' => Some(b'\r'),
                        b't' => Some(b'\t'),
                        b'"' | b'\\' | b'$' => Some(next),
                        _ => None,
                    };
                    if meant.is_some() {
                        self.skip_one();
                    }
                    value.push(&[meant.unwrap_or(b'\\')]);
                }
                (byte, _) => value.push(&[byte]),
            }
        }
        self.skip_blanks();
        match self.rest.first() {
            None | Some(b'\n' | b'#') => Ok(value),
            _ => Err(format!("Something follows the quoted value of {name}.")),
        }
    }

    fn skip_blanks(&mut self) {
        self.skip(is_blank);
    }

    fn skip(&mut self, what: impl Fn(u8) -> bool) {
        while self.rest.first().is_some_and(|&byte| what(byte)) {
            self.skip_one();
        }
    }

    fn skip_one(&mut self) {
        let Some((&byte, rest)) = self.rest.split_first() else { return };
        self.rest = rest;
        match byte {
            b'\n' => self.place = Place { line: self.place.line + 1, column: 1 },
            // The bytes within a character are no column of their own.
            0x80..=0xbf => {}
            _ => self.place.column += 1,
        }
    }
}

/// A blank within a line; what ends one in files of Windows, too.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::template::Piece;
    use super::*;

    fn parse(text: &str) -> Result<EnvFile, Vec<Fault>> {
        EnvFile::parse(&SecretText::copied_from(text.as_bytes()))
    }

    /// Names and values, references shown as `<…>`.
    fn read(text: &str) -> Vec<(String, String)> {
        let show = |line: &Line| {
            let pieces = line.value.pieces().iter().map(|piece| match piece {
                Piece::Text(range) => String::from_utf8_lossy(line.value.text(range)).into_owned(),
                Piece::Reference(_, reference) => format!("<{reference}>"),
            });
            (line.name.clone(), pieces.collect())
        };
        parse(text).unwrap().lines.iter().map(show).collect()
    }

    #[test]
    fn run_reads_env_files_as_others_do() {
        for (text, name, value) in [
            ("A=b", "A", "b"),
            ("  export A = b c  \r\n", "A", "b c"),
            ("exporter=1", "exporter", "1"),
            ("A=", "A", ""),
            ("A= # nothing", "A", ""),
            ("A=b # comment", "A", "b"),
            ("A=b#c", "A", "b#c"),
            ("A='b # \\n \"c\"' # comment", "A", "b # \\n \"c\""),
            ("A=\"b\\n\\t\\\"c\\\" \\\\ \\$x \\d\"", "A", "b\n\t\"c\" \\ $x \\d"),
            ("A=\"one\ntwo\"", "A", "one\ntwo"),
            ("A='one\ntwo'", "A", "one\ntwo"),
            ("A={\"a\": 1}", "A", "{\"a\": 1}"),
            ("\u{feff}A=b", "A", "b"),
            ("A=$HOME", "A", "$HOME"),
            ("A=x$secret.KEY-y", "A", "x<{{secrets.KEY}}>-y"),
            ("A='{{secrets.KEY | url}}'", "A", "<{{secrets.KEY|url}}>"),
        ] {
            assert_eq!(read(text), [(name.to_owned(), value.to_owned())], "{text:?}");
        }
        assert_eq!(read("# only\n\n   \n"), []);
        assert_eq!(read("A=1\nB=2\nA=3").len(), 3);
    }

    #[test]
    fn run_tells_all_that_is_wrong_with_an_env_file_and_quotes_nothing() {
        let text = "GOOD=1\nhunter2\nA hunter2\n1A=hunter2\nB=\"x\" hunter2\nC={{secrets.bad name}}\nD='hunter2\n";
        let faults = parse(text).err().unwrap();
        let lines: Vec<usize> = faults.iter().map(|fault| fault.place.line).collect();
        assert_eq!(lines, [2, 3, 4, 5, 6, 7]);
        assert!(faults.iter().all(|fault| !fault.cause.contains("hunter2")), "{faults:?}");
        assert_eq!(faults[5].cause, "The quote that opens the value of D is not closed.");
    }

    proptest! {
        #[test]
        fn run_reads_back_what_was_quoted(values in proptest::collection::vec("[^\0{$\\\\'\"]{0,20}", 0..5)) {
            for quote in ['\'', '"'] {
                let text: String = values.iter().map(|value| format!("K={quote}{value}{quote}\n")).collect();
                let found: Vec<String> = read(&text).into_iter().map(|(_, value)| value).collect();
                prop_assert_eq!(&found, &values);
            }
        }

        #[test]
        fn run_survives_any_env_file(text in ".{0,80}") {
            let _ = parse(&text);
        }
    }
}
