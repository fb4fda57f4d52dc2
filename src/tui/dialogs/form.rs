//! What dialogs with several inputs share: moving the focus in a ring, asking
//! the outside for something, telling an error.

use crate::error::Error;
use crate::tui::effect::Effect;

use super::Step;

/// The place after `focus` in a ring of `all`; the first when it is not in there.
pub(super) fn next<T: PartialEq + Copy>(all: &[T], focus: T) -> T {
    turn(all, focus, 1)
}

/// The place before `focus` in a ring of `all`.
pub(super) fn previous<T: PartialEq + Copy>(all: &[T], focus: T) -> T {
    turn(all, focus, all.len().saturating_sub(1))
}

fn turn<T: PartialEq + Copy>(all: &[T], focus: T, by: usize) -> T {
    match all.iter().position(|place| *place == focus) {
        Some(at) => all[(at + by) % all.len()],
        None => all.first().copied().unwrap_or(focus),
    }
}

/// A step that asks for one thing.
pub(super) fn ask(effect: Effect) -> Step {
    Step { effects: vec![effect], ..Step::default() }
}

/// A step that closes the dialog.
pub(super) fn close() -> Step {
    Step { close: true, ..Step::default() }
}

/// An error with its next step, as one paragraph.
pub(super) fn told(error: &Error) -> String {
    match error.next_step() {
        Some(next) => format!("{} {next}", error.message()),
        None => error.message().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ring_goes_round() {
        assert_eq!(next(&[1, 2, 3], 3), 1);
        assert_eq!(previous(&[1, 2, 3], 1), 3);
        assert_eq!(next(&[1, 2, 3], 9), 1);
        assert_eq!(next(&[], 9), 9);
    }
}
