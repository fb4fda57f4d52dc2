//! How the differences between two versions are put into words, for every dialog
//! that shows them: the comparison, the roll-back question, the conflict.

use jiff::Timestamp;

use crate::tui::text;
use crate::tui::theme::Role;
use crate::vault::compare::{Fate, FieldDiff, ShapeDiff, Side};
use crate::vault::secret::Version;

/// `version 6, 3 days ago by ana@bastion1, rotated: Leaked in a build log`
pub(super) fn noted(version: &Version, current: u64, now: Timestamp) -> String {
    let which = if version.number == current { " (current)" } else { "" };
    format!("version {}{which}, {}", version.number, written(version, now))
}

/// `3 days ago by ana@bastion1, rotated: Leaked in a build log`
pub(super) fn written(version: &Version, now: Timestamp) -> String {
    let why = if version.reason.is_empty() { String::new() } else { format!(": {}", version.reason) };
    let when = text::age(version.created_at, now);
    let words = format!("{when} by {}, {}{why}", version.created_by, version.origin);
    text::printable(&words).into_owned()
}

/// What stands before a field's name: what became of it, told without colour too.
pub(super) fn label(field: &FieldDiff) -> String {
    let mark = match field.fate() {
        Fate::Added => '+',
        Fate::Removed => '-',
        Fate::Changed => '~',
        Fate::Same => '=',
    };
    format!("{mark} {}", field.name)
}

/// The lines about a field, the first saying what became of it.
pub(super) fn lines(field: &FieldDiff) -> Vec<(String, Role)> {
    let (fate, role) = match field.fate() {
        Fate::Added => ("added", Role::Ok),
        Fate::Removed => ("removed", Role::Danger),
        Fate::Changed => ("changed", Role::Warn),
        Fate::Same => ("the same bytes", Role::Muted),
    };
    let mut lines = vec![(fate.to_owned(), role)];
    let told =
        |word: &str, side: &Option<Side>| side.as_ref().map(|side| (format!("{word}{}", side_words(side)), Role::Text));
    match field.fate() {
        Fate::Changed => {
            lines.extend(told("was ", &field.before));
            lines.extend(told("now ", &field.after));
        }
        Fate::Removed => lines.extend(told("was ", &field.before)),
        Fate::Added => lines.extend(told("", &field.after)),
        Fate::Same => lines.extend(told("", &field.after).map(|(words, _)| (words, Role::Muted))),
    }
    lines
}

/// `40 characters, lower, digits (same as version 4)`
pub(super) fn side_words(side: &Side) -> String {
    match side.same_as {
        Some(version) => format!("{} (same as version {version})", side.shape),
        None => side.shape.to_string(),
    }
}

/// The names of the fields that had this fate, or nothing.
pub(super) fn names(diff: &ShapeDiff, fate: Fate) -> Option<String> {
    let named: Vec<&str> =
        diff.fields.iter().filter(|field| field.fate() == fate).map(|field| field.name.as_str()).collect();
    (!named.is_empty()).then(|| named.join(", "))
}

/// `value changed, url added`, or that nothing differs.
pub(super) fn summary(diff: &ShapeDiff) -> String {
    let parts: Vec<String> = [Fate::Changed, Fate::Added, Fate::Removed]
        .into_iter()
        .filter_map(|fate| Some(format!("{} {}", names(diff, fate)?, fate.word())))
        .collect();
    if parts.is_empty() { "every field the same".to_owned() } else { parts.join(" · ") }
}
