//! The words of rotation, for people, for `--json` and for the steps that are kept with
//! a version.

use std::fmt;

use super::{StageState, StepDone, StepEnd, StepKind, UnderWay, Which};

impl StageState {
    /// Every state, in the order of its number.
    pub const ALL: [Self; 7] =
        [Self::Making, Self::Staged, Self::Applying, Self::Applied, Self::Verified, Self::Reverting, Self::Unsettled];

    /// The state with this number.
    #[must_use]
    pub fn of_code(code: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|state| u64::from(*state as u8) == code)
    }

    /// One word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Making => "making",
            Self::Staged => "staged",
            Self::Applying => "applying",
            Self::Applied => "applied",
            Self::Verified => "verified",
            Self::Reverting => "reverting",
            Self::Unsettled => "unsettled",
        }
    }
}

impl UnderWay {
    /// One word; empty when nothing is under way.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::Stage(state) => state.word(),
            Self::Revoke => "revoke",
        }
    }
}

impl StepKind {
    /// Every step, in the order of its number.
    pub const ALL: [Self; 4] = [Self::Make, Self::Apply, Self::Verify, Self::Revoke];

    /// One word, as recipes have it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Make => "make",
            Self::Apply => "apply",
            Self::Verify => "verify",
            Self::Revoke => "revoke",
        }
    }
}

impl Which {
    const ALL: [Self; 3] = [Self::Current, Self::Pending, Self::Previous];

    /// One word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Pending => "pending",
            Self::Previous => "previous",
        }
    }
}

/// The ends that have no number.
const ENDS: [(StepEnd, &str, &str); 6] = [
    (StepEnd::TimedOut, "timed-out", "took too long and was ended"),
    (StepEnd::WroteTooMuch, "wrote-too-much", "wrote without end and was ended"),
    (StepEnd::Cancelled, "cancelled", "was cancelled"),
    (StepEnd::NotStarted, "not-started", "could not be started"),
    (StepEnd::NoValue, "no-value", "made no new value"),
    (StepEnd::Lost, "lost", "was cut off: nobody knows how it ended"),
];

impl StepEnd {
    /// One word: `exit-0`, `signal-9`, `timed-out`.
    #[must_use]
    pub fn word(self) -> String {
        match self {
            Self::Exited(code) => format!("exit-{code}"),
            Self::Signalled(number) => format!("signal-{number}"),
            _ => ENDS.iter().find(|end| end.0 == self).map_or("", |end| end.1).to_owned(),
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        match word.split_once('-') {
            Some(("exit", code)) => code.parse().ok().map(Self::Exited),
            Some(("signal", number)) => number.parse().ok().map(Self::Signalled),
            _ => ENDS.iter().find(|end| end.1 == word).map(|end| end.0),
        }
    }
}

/// What people read behind the name of the step.
impl fmt::Display for StepEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(0) => f.write_str("went well"),
            Self::Exited(code) => write!(f, "failed with exit code {code}"),
            Self::Signalled(number) => write!(f, "died by signal {number}"),
            _ => f.write_str(ENDS.iter().find(|end| end.0 == *self).map_or("", |end| end.2)),
        }
    }
}

/// `verify of the pending value went well (0.4 s)`
impl fmt::Display for StepDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.word())?;
        match self.kind {
            StepKind::Make => f.write_str(" step")?,
            _ => write!(f, " of the {} value", self.of.word())?,
        }
        write!(f, " {} ({}.{} s)", self.end, self.took / 1000, self.took % 1000 / 100)
    }
}

/// Two reasons as one: `Quarterly. The apply of the pending value failed.`
#[must_use]
pub fn sentences(first: &str, then: &str) -> String {
    match (first.is_empty(), then.is_empty()) {
        (true, _) => then.to_owned(),
        (_, true) => first.to_owned(),
        _ if first.ends_with(['.', '!', '?']) => format!("{first} {then}"),
        _ => format!("{first}. {then}"),
    }
}

/// Steps as a text, a line each: `apply pending exit-0 412`.
#[must_use]
pub(in crate::vault) fn write_steps(steps: &[StepDone]) -> String {
    let line = |step: &StepDone| format!("{} {} {} {}", step.kind.word(), step.of.word(), step.end.word(), step.took);
    steps.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Reads [`write_steps`]' text; `None` when it is another.
pub(in crate::vault) fn read_steps(text: &str) -> Option<Vec<StepDone>> {
    text.lines()
        .map(|line| {
            let mut words = line.split(' ');
            let (kind, of, end, took) = (words.next()?, words.next()?, words.next()?, words.next()?);
            let step = StepDone {
                kind: StepKind::ALL.into_iter().find(|known| known.word() == kind)?,
                of: Which::ALL.into_iter().find(|known| known.word() == of)?,
                end: StepEnd::of_word(end)?,
                took: took.parse().ok()?,
            };
            words.next().is_none().then_some(step)
        })
        .collect()
}

impl StepKind {
    pub(in crate::vault) fn of_code(code: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| u64::from(*kind as u8) == code)
    }
}

impl Which {
    pub(in crate::vault) fn of_code(code: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|which| u64::from(*which as u8) == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_read_back() {
        let ends = ENDS.iter().map(|end| end.0).chain([StepEnd::Exited(0), StepEnd::Exited(-3), StepEnd::Signalled(9)]);
        let steps: Vec<StepDone> = ends
            .zip(StepKind::ALL.into_iter().cycle().zip(Which::ALL.into_iter().cycle()))
            .zip((0..).step_by(777))
            .map(|((end, (kind, of)), took)| StepDone { kind, of, end, took })
            .collect();
        assert_eq!(read_steps(&write_steps(&steps)).unwrap(), steps);
        assert_eq!(read_steps("").unwrap(), []);
        for bad in [
            "apply",
            "apply pending exit-0",
            "apply pending exit-0 1 2",
            "apply all exit-0 1",
            "apply pending exit-x 1",
        ] {
            assert_eq!(read_steps(bad), None, "{bad}");
        }
    }

    #[test]
    fn numbers_of_the_list_read_back() {
        for code in 0..=8 {
            assert_eq!(u64::from(UnderWay::of_code(code).unwrap().code()), code);
        }
        assert_eq!(UnderWay::of_code(9), None);
    }

    #[test]
    fn two_reasons_are_one_text() {
        for (first, then, both) in [
            ("", "", ""),
            ("a", "", "a"),
            ("", "b.", "b."),
            ("a", "b.", "a. b."),
            ("a.", "b", "a. b"),
            ("a?", "b", "a? b"),
        ] {
            assert_eq!(sentences(first, then), both);
        }
    }

    #[test]
    fn a_step_is_told_in_words() {
        let step = StepDone { kind: StepKind::Verify, of: Which::Pending, end: StepEnd::Exited(2), took: 1_450 };
        assert_eq!(step.to_string(), "verify of the pending value failed with exit code 2 (1.4 s)");
    }
}
