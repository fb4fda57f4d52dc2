//! [`FilterLine`]: what is typed above the list, and the query it was read as.

use std::ops::Range;

use jiff::Timestamp;

use crate::error::Error;
use crate::secret_text::SecretText;
use crate::tui::press::Press;
use crate::tui::widgets::candidates::{self, Candidates};
use crate::tui::widgets::text_input::TextInput;
use crate::vault::catalog::Catalog;
use crate::vault::search::{Query, complete, is_term};

use super::earlier::Earlier;

/// The line, what it means, and what in it means nothing.
#[derive(Default)]
pub(super) struct FilterLine {
    pub(super) input: TextInput,
    query: Query,
    error: Option<Error>,
    earlier: Earlier,
    candidates: Option<Candidates>,
    /// The error is only that the term before the cursor is not typed to its end.
    unfinished: bool,
}

impl FilterLine {
    /// The line as typed.
    pub(super) fn text(&self) -> &str {
        self.input.text()
    }

    /// What it asks for: the part that can be read.
    pub(super) fn query(&self) -> &Query {
        &self.query
    }

    /// What cannot be read in it.
    pub(super) fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// What Tab chooses from.
    pub(super) fn candidates(&self) -> Option<&Candidates> {
        self.candidates.as_ref()
    }

    /// The filters of this session.
    pub(super) fn earlier(&self) -> &Earlier {
        &self.earlier
    }

    /// Remembers the filters of before a lock.
    pub(super) fn remember(&mut self, earlier: Earlier) {
        self.earlier = earlier;
    }

    /// True when the error is only that the term before the cursor is not typed to its end.
    pub(super) fn is_unfinished(&self) -> bool {
        self.unfinished
    }

    /// Takes a key; true when the line is another one.
    pub(super) fn press(&mut self, press: Press, now: Timestamp) -> bool {
        self.candidates = None;
        let changed = self.input.press(press);
        if changed {
            self.earlier.stand();
            self.read(now);
        }
        changed
    }

    /// Takes pasted text; true when the line is another one.
    pub(super) fn paste(&mut self, pasted: &SecretText, now: Timestamp) -> bool {
        self.candidates = None;
        let changed = self.input.paste(pasted);
        if changed {
            self.earlier.stand();
            self.read(now);
        }
        changed
    }

    /// Replaces the line; the one before can be walked back to.
    pub(super) fn set(&mut self, line: &str, now: Timestamp) {
        self.leave();
        self.input = TextInput::holding(line);
        self.read(now);
        self.unfinished = false;
    }

    /// The line loses the keyboard: from now on it is an earlier filter.
    pub(super) fn leave(&mut self) {
        self.candidates = None;
        self.unfinished = false;
        self.earlier.remember(self.input.text());
    }

    /// Walks to the filter before, or after; true when the line is another one.
    pub(super) fn walk(&mut self, back: bool, now: Timestamp) -> bool {
        self.candidates = None;
        let found = if back { self.earlier.back(self.input.text()) } else { self.earlier.forth() };
        let Some(line) = found else { return false };
        self.input = TextInput::holding(line);
        self.read(now);
        true
    }

    /// Completes the term before the cursor, or puts the next candidate in its place;
    /// true when the line is another one.
    pub(super) fn complete(&mut self, catalog: &Catalog, now: Timestamp) -> bool {
        let word = self.token();
        if !candidates::complete(&mut self.candidates, &mut self.input, word, |token| complete(token, catalog)) {
            return false;
        }
        self.earlier.stand();
        self.read(now);
        true
    }

    /// The word that ends at the cursor.
    fn token(&self) -> Range<usize> {
        let cursor = self.input.cursor();
        let before = &self.text()[..cursor];
        before.rfind(char::is_whitespace).map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8))
            ..cursor
    }

    /// Reads the line; a term that cannot be read is told and left out.
    fn read(&mut self, now: Timestamp) {
        (self.query, self.error) = match Query::parse(self.text(), now) {
            Ok(query) => (query, None),
            Err(error) => (self.readable_part(now), Some(error)),
        };
        self.unfinished = self.error.is_some() && self.ends_unfinished(now);
    }

    /// True when the term before the cursor has a known key, and all the rest can be read.
    fn ends_unfinished(&self, now: Timestamp) -> bool {
        let token = self.token();
        let (before, after) = (&self.text()[..token.start], &self.text()[token.end..]);
        is_term(&self.text()[token]) && Query::parse(&format!("{before} {after}"), now).is_ok()
    }

    /// The line without the terms that cannot be read.
    fn readable_part(&self, now: Timestamp) -> Query {
        let readable = |word: &&str| Query::parse(word, now).is_ok();
        let words: Vec<&str> = self.text().split_whitespace().filter(readable).collect();
        Query::parse(&words.join(" "), now).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_read_filters_while_the_rest_is_told() {
        let now = Timestamp::UNIX_EPOCH;
        let mut line = FilterLine::default();
        line.set("key nosuch:x tag:db", now);
        assert!(line.error().is_some_and(|error| error.message().contains("nosuch")));
        assert_eq!(*line.query(), Query::parse("key tag:db", now).unwrap());
        line.set("key", now);
        assert_eq!((line.error(), line.query()), (None, &Query::parse("key", now).unwrap()));
    }

    #[test]
    fn a_term_that_is_being_typed_is_unfinished_and_a_wrong_one_is_wrong() {
        let now = Timestamp::UNIX_EPOCH;
        for (text, unfinished) in [("pay tag:", true), ("age:>9", true), ("nosuch:", false), ("nosuch:x tag:", false)] {
            let mut line = FilterLine::default();
            line.paste(&SecretText::from(text.to_owned()), now);
            assert!(line.error().is_some());
            assert_eq!(line.is_unfinished(), unfinished, "{text}");
            line.leave();
            assert!(!line.is_unfinished(), "what is kept is as it should be: {text}");
        }
    }

    #[test]
    fn only_a_key_that_changes_the_line_is_news() {
        let mut line = FilterLine::default();
        assert!(line.press(Press::Type('k'), Timestamp::UNIX_EPOCH));
        assert!(!line.press(Press::Edit(crate::tui::press::Edit::Left), Timestamp::UNIX_EPOCH));
        assert!(!line.query().is_empty());
    }

    #[test]
    fn a_term_in_the_middle_is_completed_where_it_stands() {
        let mut line = FilterLine::default();
        line.set("a ow b", Timestamp::UNIX_EPOCH);
        for _ in 0..2 {
            line.press(Press::Edit(crate::tui::press::Edit::Left), Timestamp::UNIX_EPOCH);
        }
        assert!(line.complete(&Catalog::default(), Timestamp::UNIX_EPOCH));
        assert_eq!(line.text(), "a owner: b");
        assert!(!line.complete(&Catalog::default(), Timestamp::UNIX_EPOCH), "there is nothing more");
    }
}
