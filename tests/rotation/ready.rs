//! [`Bench`]: the steps of a ready recipe, run one by one by hand.

use std::process::Command;

use jiff::Timestamp;
use strongroom::error::Result;
use strongroom::rotation::ready::Ready;
use strongroom::rotation::recipe::{Make, fill};
use strongroom::rotation::step::{Cancel, How, Prepared, SUPERVISE, StepEnd, Values, prepare, run_by};
use strongroom::rotation::{Recipe, make};
use strongroom::secret_text::SecretText;
use strongroom::vault::rotation::StepKind;
use strongroom::vault::scope::{Address, ScopePath};
use strongroom::vault::secret::Fields;

use crate::support::pty::STRONGROOM;
use crate::support::vault::TestVault;

/// A recipe, and the vault with what it refers to.
pub(crate) struct Bench {
    pub(crate) vault: TestVault,
    recipe: Recipe,
}

impl Bench {
    /// The ready recipe of this name with its parameters.
    pub(crate) fn new(name: &str, with: &[(&str, &str)]) -> Self {
        let with: Vec<(String, String)> =
            with.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let text = fill(Ready::find(name).unwrap().text, &with).unwrap();
        Self { vault: TestVault::new(), recipe: Recipe::parse(&text).unwrap() }
    }

    /// Why a step is not even started with these values.
    #[track_caller]
    pub(crate) fn refuses(&self, kind: StepKind, value: Option<&Fields>, login: Option<&Fields>) -> String {
        let refused = self.prepared(kind, value, login).err();
        refused.unwrap_or_else(|| panic!("It would be started.")).in_full()
    }

    fn prepared(&self, kind: StepKind, value: Option<&Fields>, login: Option<&Fields>) -> Result<Prepared> {
        let address = Address::parse("prod/app/CREDENTIAL", &ScopePath::root()).unwrap();
        let mut vault = self.vault.open();
        prepare(&mut vault, &self.recipe, kind, Values { value, login }, &address, Timestamp::now())
    }

    /// Runs a step.
    #[track_caller]
    pub(crate) fn step(&self, kind: StepKind, value: Option<&Fields>, login: Option<&Fields>) -> StepEnd {
        let prepared = self.prepared(kind, value, login).unwrap_or_else(|error| panic!("{error}"));
        let mut supervisor = Command::new(STRONGROOM);
        supervisor.arg(SUPERVISE);
        run_by(supervisor, prepared, &Cancel::new())
    }

    /// Makes a new value, and what comes with it.
    pub(crate) fn make(&self, login: Option<&Fields>) -> Fields {
        match self.recipe.make.as_ref().unwrap() {
            Make::Generate(what) => make::generated(what).ok().unwrap(),
            Make::Run(_, printed) => {
                let end = self.step(StepKind::Make, None, login);
                assert_eq!(end.how, How::Exited(0), "{}", end.shown);
                make::printed(printed, &end.printed).unwrap_or_else(|error| panic!("{error}"))
            }
        }
    }

    /// What verify says of a value.
    #[track_caller]
    pub(crate) fn verifies(&self, value: &Fields) -> bool {
        let end = self.step(StepKind::Verify, Some(value), None);
        assert!(matches!(end.how, How::Exited(_)), "{}: {}", end.how, end.shown);
        end.how.is_success()
    }
}

/// Fields with this value alone.
pub(crate) fn value(text: &str) -> Fields {
    Fields::value(SecretText::copied_from(text.as_bytes()))
}

/// A field as text.
pub(crate) fn text(fields: &Fields, name: &str) -> String {
    fields.get(name).unwrap().expose_str().unwrap().to_owned()
}
