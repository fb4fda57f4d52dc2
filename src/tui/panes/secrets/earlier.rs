//! [`Earlier`]: the filters of this session, to be walked through from the filter line.
//!
//! They name secrets, so they are kept in memory only; over an idle lock they
//! stay with the place one comes back to.

/// So many are remembered.
const MOST: usize = 100;

/// Earlier filters, newest first, and how far back one has walked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Earlier {
    filters: Vec<String>,
    at: Option<usize>,
    /// What was typed before the walk began.
    typed: String,
}

impl Earlier {
    /// Remembers a filter as the newest, once.
    pub(super) fn remember(&mut self, filter: &str) {
        self.stand();
        let filter = filter.trim();
        if !filter.is_empty() {
            self.filters.retain(|known| known != filter);
            self.filters.insert(0, filter.to_owned());
            self.filters.truncate(MOST);
        }
    }

    /// The walk ends: something else was typed.
    pub(super) fn stand(&mut self) {
        self.at = None;
        self.typed.clear();
    }

    /// The filter before; `None` at the oldest.
    pub(super) fn back(&mut self, shown: &str) -> Option<&str> {
        let found = self.before(shown)?;
        if self.at.is_none() {
            self.typed = shown.to_owned();
        }
        self.at = Some(found);
        self.filters.get(found).map(String::as_str)
    }

    /// Where the filter before is; `None` at the oldest.
    #[must_use]
    pub fn before(&self, shown: &str) -> Option<usize> {
        let typed = if self.at.is_some() { &self.typed } else { shown };
        let first = self.at.map_or(0, |at| at + 1);
        (first..self.filters.len()).find(|at| self.filters.get(*at).is_some_and(|known| known != typed))
    }

    /// The filter after, at last what was typed; `None` when there was no walk.
    pub(super) fn forth(&mut self) -> Option<&str> {
        let at = self.at?;
        self.at = (0..at).rev().find(|at| self.filters.get(*at).is_some_and(|known| *known != self.typed));
        match self.at {
            Some(at) => self.filters.get(at).map(String::as_str),
            None => Some(&self.typed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_walks_back_to_the_oldest_and_forth_to_what_was_typed() {
        let mut earlier = Earlier::default();
        for filter in ["one", "two", " ", "one", "three"] {
            earlier.remember(filter);
        }
        assert_eq!(earlier.forth(), None);
        let mut back = vec![];
        while let Some(filter) = earlier.back("typ") {
            back.push(filter.to_owned());
        }
        assert_eq!(back, ["three", "one", "two"], "newest first, nothing twice, no blanks");
        let forth: Vec<String> = std::iter::from_fn(|| earlier.forth().map(str::to_owned)).collect();
        assert_eq!(forth, ["one", "three", "typ"]);
    }

    #[test]
    fn what_is_shown_already_is_no_step() {
        let mut earlier = Earlier::default();
        earlier.remember("old");
        earlier.remember("kept");
        assert_eq!(earlier.back("kept"), Some("old"));
        assert_eq!(earlier.back("kept"), None);
        assert_eq!(earlier.forth(), Some("kept"));
    }
}
