//! [`Marks`]: the secrets that the next action is for, by identity.
//!
//! They outlive filters and other sessions' writes. A range follows the cursor and is
//! kept apart until it ends, so that leaving it gives back what was marked before.

use std::collections::HashSet;

use crate::vault::secret::SecretId;

/// What is marked.
#[derive(Debug, Clone, Default)]
pub struct Marks {
    kept: HashSet<SecretId>,
    range: Option<Range>,
}

/// From where a range goes, and what lies in it now.
#[derive(Debug, Clone)]
struct Range {
    anchor: SecretId,
    spanned: HashSet<SecretId>,
}

impl Marks {
    /// True when this one is marked.
    #[must_use]
    pub fn has(&self, id: SecretId) -> bool {
        self.kept.contains(&id) || self.range.as_ref().is_some_and(|range| range.spanned.contains(&id))
    }

    /// How many are marked.
    #[must_use]
    pub fn len(&self) -> usize {
        let more = |range: &Range| range.spanned.iter().filter(|id| !self.kept.contains(id)).count();
        self.kept.len() + self.range.as_ref().map_or(0, more)
    }

    /// True when none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty() && self.range.as_ref().is_none_or(|range| range.spanned.is_empty())
    }

    /// Marks one, or takes its mark away; a range ends first and stays.
    pub fn toggle(&mut self, id: SecretId) {
        if self.end_range() {
            return;
        }
        if !self.kept.remove(&id) {
            self.kept.insert(id);
        }
    }

    /// Marks all of these or, when all are marked, takes those marks away.
    pub fn toggle_all(&mut self, ids: &[SecretId]) {
        self.end_range();
        if ids.iter().all(|id| self.kept.contains(id)) {
            for id in ids {
                self.kept.remove(id);
            }
        } else {
            self.kept.extend(ids);
        }
    }

    /// Begins a range at the selected secret, or ends the one there is.
    pub fn toggle_range(&mut self, selected: SecretId) {
        if !self.end_range() {
            self.range = Some(Range { anchor: selected, spanned: HashSet::from([selected]) });
        }
    }

    /// Where the range began, while there is one.
    #[must_use]
    pub fn anchor(&self) -> Option<SecretId> {
        self.range.as_ref().map(|range| range.anchor)
    }

    /// What lies in the range now.
    pub fn span(&mut self, ids: impl IntoIterator<Item = SecretId>) {
        if let Some(range) = &mut self.range {
            range.spanned = ids.into_iter().collect();
        }
    }

    /// Ends the range and keeps its marks; false when there was none.
    fn end_range(&mut self) -> bool {
        let range = self.range.take();
        self.kept.extend(range.iter().flat_map(|range| range.spanned.iter().copied()));
        range.is_some()
    }

    /// One step out: leaves the range, else takes every mark away. False when there was nothing.
    pub fn step_out(&mut self) -> bool {
        if self.range.take().is_some() {
            return true;
        }
        let had = !self.kept.is_empty();
        self.kept.clear();
        had
    }

    /// Takes every mark away.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Secrets that are gone lose their marks; a range whose beginning is gone ends.
    pub fn forget(&mut self, gone: &[SecretId]) {
        if self.is_empty() {
            return;
        }
        if self.anchor().is_some_and(|anchor| gone.contains(&anchor)) {
            self.end_range();
        }
        for id in gone {
            self.kept.remove(id);
            if let Some(range) = &mut self.range {
                range.spanned.remove(id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u8) -> SecretId {
        SecretId([number; 16])
    }

    fn marked(marks: &Marks) -> Vec<u8> {
        (0..10).filter(|number| marks.has(id(*number))).collect()
    }

    #[test]
    fn marks_come_and_go_one_by_one_and_all_at_once() {
        let mut marks = Marks::default();
        marks.toggle(id(1));
        marks.toggle(id(2));
        marks.toggle(id(1));
        assert_eq!((marked(&marks), marks.len()), (vec![2], 1));
        marks.toggle_all(&[id(2), id(3)]);
        assert_eq!(marked(&marks), [2, 3]);
        marks.toggle_all(&[id(2), id(3)]);
        assert!(marks.is_empty());
        assert!(!marks.step_out());
    }

    #[test]
    fn a_range_is_kept_when_it_ends_and_forgotten_when_it_is_left() {
        let mut marks = Marks::default();
        marks.toggle(id(0));
        marks.toggle_range(id(3));
        assert_eq!(marked(&marks), [0, 3]);
        marks.span([id(3), id(4), id(0)]);
        assert_eq!((marked(&marks), marks.len()), (vec![0, 3, 4], 3));
        marks.span([id(2), id(3)]);
        assert_eq!(marked(&marks), [0, 2, 3]);
        let mut left = marks.clone();
        assert!(left.step_out());
        assert_eq!(marked(&left), [0]);
        assert!(left.step_out() && left.is_empty());
        marks.toggle(id(9));
        assert_eq!((marked(&marks), marks.anchor()), (vec![0, 2, 3], None), "Space only ends it");
    }

    #[test]
    fn what_is_gone_is_not_marked() {
        let mut marks = Marks::default();
        marks.toggle_all(&[id(1), id(2)]);
        marks.toggle_range(id(5));
        marks.span([id(5), id(6)]);
        marks.forget(&[id(1), id(6)]);
        assert_eq!(marked(&marks), [2, 5]);
        marks.span([id(5), id(7)]);
        marks.forget(&[id(5)]);
        assert_eq!((marked(&marks), marks.anchor()), (vec![2, 7], None));
    }
}
