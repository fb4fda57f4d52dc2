//! [`Template`]: a text, and where in it values belong.
//!
//! One pass over the bytes, whatever they are. A reference is `{{`, perhaps blanks, and
//! `secrets.`; or `$secret.` or `$env.` and a letter, digit or `_`. Everything else passes
//! through byte for byte:
//!
//! - any other `{{…}}` (Helm, Jinja, Handlebars), with all that stands in it: there `$secret.data` is
//!   a variable of that template;
//! - `${{ secrets.X }}`, which is GitHub's: a workflow with values filled in would soon be
//!   committed;
//! - an escape where nothing is to be escaped, such as `C:\{{ app }}`.
//!
//! `\{{secrets.` stands for `{{secrets.` and `$$secret.X` for `$secret.X`. An even number of
//! backslashes escapes themselves, as in JSON's `"C:\\{{secrets.FOLDER}}"`, and all of them stay.

use std::ops::Range;

use crate::secret_text::SecretText;

use super::reference::{Place, Reference};

#[cfg(test)]
mod tests;

/// What follows `{{` and perhaps blanks in a reference.
const SECRETS: &[u8] = b"secrets.";

/// A text and the references in it. The text is wiped: beside them it may hold values of its own.
pub struct Template {
    source: SecretText,
    pieces: Vec<Piece>,
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Bytes of the text that stay as they are.
    Text(Range<usize>),
    /// A value belongs here.
    Reference(Place, Reference),
}

/// A reference that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where it begins.
    pub place: Place,
    /// What is wrong, a sentence; it quotes nothing but names.
    pub cause: String,
}

impl Template {
    /// Finds the references in `source`.
    ///
    /// # Errors
    /// Every reference that cannot be read.
    pub fn parse(source: &[u8]) -> Result<Self, Vec<Fault>> {
        Self::parse_at(source, Place::START)
    }

    /// As [`Self::parse`], for a text that begins at `place` of a longer one.
    ///
    /// # Errors
    /// Every reference that cannot be read.
    pub fn parse_at(source: &[u8], place: Place) -> Result<Self, Vec<Fault>> {
        let scanner = Scanner::run(source, place);
        if scanner.faults.is_empty() {
            Ok(Self { source: SecretText::copied_from(source), pieces: scanner.pieces })
        } else {
            Err(scanner.faults)
        }
    }

    /// The references in `source` that can be read, whatever else stands in it; nothing of
    /// it is kept.
    #[must_use]
    pub fn references_in(source: &[u8]) -> Vec<Reference> {
        let pieces = Scanner::run(source, Place::START).pieces.into_iter();
        pieces.filter_map(|piece| if let Piece::Reference(_, found) = piece { Some(found) } else { None }).collect()
    }

    /// Its parts, in their order.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The bytes of a part that stays.
    #[must_use]
    pub fn text(&self, range: &Range<usize>) -> &[u8] {
        self.source.expose().get(range.clone()).unwrap_or_default()
    }

    /// The references, in their order.
    pub fn references(&self) -> impl Iterator<Item = (Place, &Reference)> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Reference(place, reference) => Some((*place, reference)),
            Piece::Text(_) => None,
        })
    }
}

/// Where the scan is.
struct Scanner<'a> {
    source: &'a [u8],
    /// The next byte to look at.
    at: usize,
    /// Where the bytes begin that stay and are in no piece yet.
    text_from: usize,
    /// Where the first `}}` or end of a line was found when one was looked for last: a text of
    /// unclosed references is gone through once, not once for each.
    end_at: usize,
    cursor: Cursor,
    pieces: Vec<Piece>,
    faults: Vec<Fault>,
}

impl<'a> Scanner<'a> {
    /// Goes through the whole text, which begins at `place` of a longer one.
    fn run(source: &'a [u8], place: Place) -> Self {
        let mut scanner = Self {
            source,
            at: 0,
            text_from: 0,
            end_at: 0,
            cursor: Cursor { at: 0, place, by_character: std::str::from_utf8(source).is_ok() },
            pieces: Vec::new(),
            faults: Vec::new(),
        };
        while let Some(found) = source[scanner.at..].iter().position(|byte| matches!(byte, b'{' | b'$')) {
            scanner.at += found;
            if source[scanner.at] == b'$' { scanner.dollar() } else { scanner.braces() }
        }
        scanner.end_text(source.len());
        scanner
    }

    /// At a `$`.
    fn dollar(&mut self) {
        let rest = &self.source[self.at..];
        if let Some(after) = rest.strip_prefix(b"$").filter(|after| bare_name(after).is_some()) {
            self.end_text(self.at);
            self.text_from = self.at + 1;
            self.at += rest.len() - after.len() + 1;
            return;
        }
        let Some((start, name)) = bare_name(rest) else {
            self.at += 1;
            return;
        };
        let length = start.len() + name.len();
        let read = match start {
            ENV => Reference::variable(name),
            _ => Reference::bare(name, &rest[length..]),
        };
        self.take(self.at, self.at + length, read);
    }

    /// At the first `{` of one or several.
    fn braces(&mut self) {
        let start = self.at;
        let run = self.source[start..].iter().take_while(|byte| **byte == b'{').count();
        let inside = start + run;
        if run == 1 {
            self.at = inside;
            return;
        }
        let blanks = self.source[inside..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let before = &self.source[self.text_from..start];
        if !self.source[inside + blanks..].starts_with(SECRETS) || (run == 2 && before.ends_with(b"$")) {
            self.at = self.end_of_foreign(inside);
            return;
        }
        let backslashes = before.iter().rev().take_while(|byte| **byte == b'\\').count();
        if backslashes % 2 == 1 {
            self.end_text(start - 1);
            self.text_from = start;
            self.at = inside;
            return;
        }
        self.reference_in_braces(inside);
    }

    /// Behind the `{{` of what is ours.
    fn reference_in_braces(&mut self, inside: usize) {
        let rest = &self.source[inside..];
        if self.end_at < inside {
            let end = rest.windows(2).position(|two| two == b"}}" || two[0] == b'\n');
            self.end_at = inside + end.unwrap_or(rest.len());
        }
        let end = self.end_at - inside;
        let Some(length) = rest.get(end).filter(|byte| **byte != b'\n').map(|_| end) else {
            let cause = "The reference is not closed: its line has no }} behind it.".to_owned();
            return self.take(inside - 2, inside, Err(cause));
        };
        let mut read = Reference::in_braces(trimmed(&rest[..length]));
        let end = inside + length + 2;
        if let Ok(reference) = &read
            && reference.filters.last().is_some_and(|last| last.is_quoting())
            && self.source[..inside - 2].ends_with(b"\"")
            && self.source[end..].starts_with(b"\"")
        {
            read = Err("The filter writes the quotes itself; take those around the reference away.".to_owned());
        }
        self.take(inside - 2, end, read);
    }

    /// Where the `{{…}}` of another template ends; where it is none, behind its braces.
    fn end_of_foreign(&self, inside: usize) -> usize {
        let mut at = inside;
        loop {
            match self.source.get(at..at + 2) {
                None | Some(b"{{") => return inside,
                Some(b"}}") => return at + 2,
                Some(_) => at += 1,
            }
        }
    }

    /// Takes what was read from `start` to `end`.
    fn take(&mut self, start: usize, end: usize, read: Result<Reference, String>) {
        self.end_text(start);
        let place = self.cursor.forward(self.source, start);
        match read {
            Ok(reference) => self.pieces.push(Piece::Reference(place, reference)),
            Err(cause) => self.faults.push(Fault { place, cause }),
        }
        (self.at, self.text_from) = (end, end);
    }

    /// Ends the text that stays.
    fn end_text(&mut self, end: usize) {
        if self.text_from < end {
            self.pieces.push(Piece::Text(self.text_from..end));
        }
        self.text_from = end;
    }
}

const SECRET: &str = "$secret.";
const ENV: &str = "$env.";

/// `$secret.` or `$env.`, and the name behind it, when `text` begins so.
fn bare_name(text: &[u8]) -> Option<(&'static str, &str)> {
    let start = [SECRET, ENV].into_iter().find(|start| text.starts_with(start.as_bytes()))?;
    let after = &text[start.len()..];
    let length = after.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let name = std::str::from_utf8(&after[..length]).ok()?;
    (length > 0).then_some((start, name))
}

fn trimmed(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// A place that only moves on, so that a long text is counted once.
struct Cursor {
    at: usize,
    place: Place,
    by_character: bool,
}

impl Cursor {
    /// The place of the byte at `to`.
    fn forward(&mut self, source: &[u8], to: usize) -> Place {
        let passed = source.get(self.at..to).unwrap_or_default();
        let lines = passed.iter().filter(|byte| **byte == b'\n').count();
        let line = passed.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        if lines > 0 {
            self.place = Place { line: self.place.line + lines, column: 1 };
        }
        let begins_character = |byte: &&u8| !self.by_character || (**byte & 0xc0) != 0x80;
        self.place.column += line.iter().filter(begins_character).count();
        self.at = to;
        self.place
    }
}
