//! [`Problem`]: what stands in the way of one reference, told with its file, line and
//! column; and the one [`Error`] that tells all of them.

use std::collections::HashMap;
use std::fmt;

use crate::error::{Error, Kind};
use crate::vault::scope::Address;

use super::reference::Place;
use super::template::Fault;

/// Of what is wrong in one way, so many places are told one by one.
const MOST_PLACES: usize = 20;

/// What stands in the way of one reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The text, as messages call it.
    pub file: String,
    /// Where in the text.
    pub place: Place,
    /// What kind of problem.
    pub trouble: Trouble,
    /// The secret, when one was found.
    pub secret: Option<Address>,
    /// What it is, a sentence that names the secret or the variable; never a value.
    pub cause: String,
}

/// What kind of problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// The reference cannot be read.
    Malformed,
    /// No secret of that name is seen.
    Missing,
    /// The secret has no such version.
    NoVersion,
    /// The version has no such field.
    NoField,
    /// The secret has expired.
    Expired,
    /// The variable is not set.
    Unset,
    /// The variable is never given out.
    Refused,
    /// The filter cannot write the value.
    Unfit,
}

impl Trouble {
    /// One word for `--json`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Missing => "missing",
            Self::NoVersion => "no_version",
            Self::NoField => "no_field",
            Self::Expired => "expired",
            Self::Unset => "unset",
            Self::Refused => "refused",
            Self::Unfit => "unfit",
        }
    }

    /// True when something is not there that should be.
    #[must_use]
    pub fn is_missing(self) -> bool {
        matches!(self, Self::Missing | Self::NoVersion | Self::NoField)
    }
}

/// `service.yaml:3:12: There is no secret API_KEY in global.`
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.place, self.cause)
    }
}

/// The references of `file` that cannot be read, as problems.
#[must_use]
pub fn malformed(file: &str, faults: Vec<Fault>) -> Vec<Problem> {
    let problem = |fault: Fault| Problem {
        file: file.to_owned(),
        place: fault.place,
        trouble: Trouble::Malformed,
        secret: None,
        cause: fault.cause,
    };
    faults.into_iter().map(problem).collect()
}

/// All problems as one error: `NotFound` when anything is missing, else Expired, else Usage.
#[must_use]
pub fn all_told(problems: &[Problem]) -> Error {
    let has = |wanted: fn(Trouble) -> bool| problems.iter().any(|problem| wanted(problem.trouble));
    let (kind, hint) = if has(Trouble::is_missing) {
        (Kind::NotFound, "Set what is missing, or look in other scopes with --scope, --env or --namespace.")
    } else if has(|trouble| trouble == Trouble::Expired) {
        let rotate = "Rotate it and set a new expiry, or use --allow-expired if you must have the old value.";
        (Kind::Expired, rotate)
    } else if has(|trouble| trouble == Trouble::Malformed) {
        (Kind::Usage, "Write {{secrets.NAME}}; to keep the text as it is, write \\{{secrets. or $$secret.")
    } else {
        (Kind::Usage, "Set the variables, or choose another filter.")
    };
    match problems {
        [only] => Error::new(kind, only.to_string()),
        _ => Error::new(kind, format!("{} references cannot be filled in.", problems.len())).detailed(told(problems)),
    }
    .hint(hint)
}

/// A sentence each, in their order; what is wrong in the same way in very many places is cut short.
fn told(problems: &[Problem]) -> Vec<String> {
    let mut places: HashMap<(&str, &str), usize> = HashMap::new();
    let mut told = Vec::new();
    for problem in problems {
        let count = places.entry((&problem.file, &problem.cause)).or_default();
        *count += 1;
        if *count <= MOST_PLACES {
            told.push(problem.to_string());
        }
    }
    let mut cut: Vec<String> = places
        .into_iter()
        .filter(|(_, count)| *count > MOST_PLACES)
        .map(|((file, cause), count)| format!("{file}: in {} more places: {cause}", count - MOST_PLACES))
        .collect();
    cut.sort_unstable();
    told.append(&mut cut);
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(line: usize, trouble: Trouble, cause: &str) -> Problem {
        let place = Place { line, column: 7 };
        Problem { file: "a.yaml".into(), place, trouble, secret: None, cause: cause.into() }
    }

    #[test]
    fn the_gravest_problem_decides() {
        let kind = |troubles: &[Trouble]| {
            let problems: Vec<Problem> = troubles.iter().map(|trouble| problem(1, *trouble, "No.")).collect();
            all_told(&problems).kind()
        };
        assert_eq!(kind(&[Trouble::Unset, Trouble::Expired, Trouble::NoField]), Kind::NotFound);
        assert_eq!(kind(&[Trouble::Unset, Trouble::Expired]), Kind::Expired);
        assert_eq!(kind(&[Trouble::Malformed]), Kind::Usage);
        assert_eq!(kind(&[Trouble::Unfit, Trouble::Refused]), Kind::Usage);
    }

    #[test]
    fn one_is_told_at_once_and_several_line_by_line() {
        let one = all_told(&[problem(3, Trouble::Missing, "There is no secret A.")]);
        assert_eq!((one.message(), one.details()), ("a.yaml:3:7: There is no secret A.", &[][..]));
        let several =
            all_told(&[problem(3, Trouble::Missing, "There is no secret A."), problem(4, Trouble::Unset, "No B.")]);
        assert_eq!(several.message(), "2 references cannot be filled in.");
        assert_eq!(several.details(), ["a.yaml:3:7: There is no secret A.", "a.yaml:4:7: No B."]);
    }

    #[test]
    fn what_is_wrong_ten_thousand_times_hides_nothing_else() {
        let mut problems: Vec<Problem> = (1..=10_000).map(|line| problem(line, Trouble::Missing, "No A.")).collect();
        problems.push(problem(10_001, Trouble::Unset, "No B."));
        let error = all_told(&problems);
        assert_eq!(error.details().len(), MOST_PLACES + 2);
        assert!(error.details().contains(&"a.yaml:10001:7: No B.".to_owned()));
        assert_eq!(error.details().last().unwrap(), "a.yaml: in 9980 more places: No A.");
    }
}
