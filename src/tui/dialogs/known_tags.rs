//! [`KnownTags`]: the tags that the vault has, put where one is begun, as the filter
//! completes its terms.

use std::cell::OnceCell;
use std::ops::Range;
use std::sync::Arc;

use crate::tui::widgets::candidates::{Candidates, complete};
use crate::tui::widgets::text_input::TextInput;
use crate::vault::catalog::Catalog;
use crate::vault::search;

/// What separates tags.
const BETWEEN: [char; 2] = [' ', ','];

/// The tags to choose from, and those that one begun may become.
#[derive(Default)]
pub(super) struct KnownTags {
    catalog: Arc<Catalog>,
    /// Found when the first tag is begun.
    all: OnceCell<Vec<String>>,
    /// What can be taken away, where tags are typed with a sign.
    removable: Option<Vec<String>>,
    candidates: Option<Candidates>,
}

impl KnownTags {
    /// Those of a vault.
    pub(super) fn of(catalog: Arc<Catalog>) -> Self {
        Self { catalog, ..Self::default() }
    }

    /// Tags have a sign; these are what `-` can take away.
    pub(super) fn with_signs(self, removable: Vec<String>) -> Self {
        Self { removable: Some(removable), ..self }
    }

    /// Completes the tag before the cursor, or puts the next one in its place; false
    /// where none is begun that the vault has.
    pub(super) fn complete(&mut self, input: &mut TextInput) -> bool {
        let all = self.continuing(input);
        complete(&mut self.candidates, input, word(input), |_| all)
    }

    /// True when the next key completes something.
    pub(super) fn can_complete(&self, input: &TextInput) -> bool {
        self.candidates.is_some() || !self.continuing(input).is_empty()
    }

    /// Something else was typed, or the input was left.
    pub(super) fn forget(&mut self) {
        self.candidates = None;
    }

    /// The candidates in words, while there are several.
    pub(super) fn remark(&self) -> Option<String> {
        self.candidates.as_ref().map(Candidates::words)
    }

    /// What the tag before the cursor may become: none that is in the line already.
    fn continuing(&self, input: &TextInput) -> Vec<String> {
        let begun = &input.text()[word(input)];
        let sign = self.removable.as_ref().and_then(|_| begun.get(..1)).filter(|sign| matches!(*sign, "+" | "-"));
        let sign = sign.unwrap_or_default();
        let begun = &begun[sign.len()..];
        if begun.is_empty() && sign.is_empty() {
            return Vec::new();
        }
        let bare =
            |word: &str| if self.removable.is_some() { word.trim_start_matches(['+', '-']) } else { word }.to_owned();
        let there: Vec<String> = input.text().split(BETWEEN).map(bare).collect();
        let from = match (sign, &self.removable) {
            ("-", Some(removable)) => removable,
            _ => self.all.get_or_init(|| search::tags(&self.catalog)),
        };
        let fits = |tag: &&String| search::starts_like(tag, begun) && !there.contains(tag);
        from.iter().filter(fits).map(|tag| format!("{sign}{tag}")).collect()
    }
}

/// The tag before the cursor; empty where another character follows at once.
fn word(input: &TextInput) -> Range<usize> {
    let (before, after) = input.text().split_at(input.cursor());
    if !after.is_empty() && !after.starts_with(BETWEEN) {
        return input.cursor()..input.cursor();
    }
    before.rfind(BETWEEN).map_or(0, |at| at + 1)..input.cursor()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::press::{Edit, Press};

    fn known(tags: &[&str]) -> KnownTags {
        let known = KnownTags::default();
        known.all.set(tags.iter().map(|tag| (*tag).to_owned()).collect()).unwrap();
        known
    }

    #[test]
    fn a_begun_tag_becomes_one_that_is_there() {
        let mut tags = known(&["db", "payments", "pci", "platform"]);
        let mut line = TextInput::holding("db,PC");
        assert!(tags.can_complete(&line) && tags.complete(&mut line));
        assert_eq!((line.text(), tags.remark()), ("db,pci", None));
        assert!(!tags.complete(&mut line), "it is one already");
        let mut line = TextInput::holding("pci p");
        let shown: Vec<String> = (0..3).map(|_| (tags.complete(&mut line), line.text().to_owned()).1).collect();
        assert_eq!(shown, ["pci payments", "pci platform", "pci payments"], "round and round, none twice");
        assert_eq!(tags.remark().unwrap(), "1 of 2: [payments] platform");
        for (text, back) in [("", 0), ("pci ", 0), ("zz", 0), ("pay", 1)] {
            let (mut tags, mut line) = (known(&["payments"]), TextInput::holding(text));
            for _ in 0..back {
                line.press(Press::Edit(Edit::Left));
            }
            assert!(!tags.can_complete(&line) && !tags.complete(&mut line), "{text}");
        }
    }

    #[test]
    fn a_sign_stays_and_says_which() {
        let signed = || known(&["db", "odd", "old"]).with_signs(vec!["old".to_owned()]);
        for (text, becomes) in [("+o", "+odd"), ("-o", "-old"), ("o", "odd"), ("-", "-old"), ("+old +o", "+old +odd")] {
            let mut line = TextInput::holding(text);
            assert!(signed().complete(&mut line), "{text}");
            assert_eq!(line.text(), becomes);
        }
        assert!(!signed().complete(&mut TextInput::holding("-d")), "none of them has it");
    }
}
