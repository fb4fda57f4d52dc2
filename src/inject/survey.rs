//! [`Survey`]: what every reference of some texts leads to, before anything is released.
//! [`super::lookup`] makes it; [`super::fill`] goes on where nothing stands in the way.

use crate::error::Error;
use crate::vault::Wanted;
use crate::vault::scope::Address;
use crate::vault::secret::{FieldName, VALUE};

use super::filters::Filter;
use super::problem::{Problem, Trouble};
use super::template::Template;

/// A text to be filled.
pub struct Text<'a> {
    /// What messages call it.
    pub file: &'a str,
    /// What stands in it.
    pub template: &'a Template,
}

/// What every reference of some texts leads to.
#[derive(Default)]
pub struct Survey {
    /// The versions to be released, each once.
    pub(super) wanted: Vec<Wanted>,
    /// The values that are asked for, each once.
    pub(super) origins: Vec<Origin>,
    /// How those are to be written, each way once: the value's number, and the filters.
    pub(super) forms: Vec<(usize, Vec<Filter>)>,
    /// For each text, the form of each of its references; `None` where there is a problem.
    pub(super) slots: Vec<Vec<Option<usize>>>,
    pub(super) problems: Vec<Problem>,
    /// Why current values that are asked for may not work, each once.
    pub(super) doubts: Vec<String>,
    /// Which versions are not given out, and why.
    pub(super) refused: Vec<(Wanted, Error)>,
}

/// Where a value comes from.
pub(super) enum Origin {
    /// From a version: its number, and the field.
    Field(usize, FieldName),
    /// From our environment.
    Variable(String),
}

impl Survey {
    /// All that stands in the way, in the order of the texts.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Why values that are asked for may not work where they are used, each once: their
    /// rotation is under way, or was cut off.
    #[must_use]
    pub fn doubts(&self) -> &[String] {
        &self.doubts
    }

    /// The secrets that are asked for and there, each once, sorted.
    #[must_use]
    pub fn secrets(&self) -> Vec<&Address> {
        let mut secrets: Vec<&Address> = self.wanted.iter().map(|wanted| &wanted.address).collect();
        secrets.sort_unstable();
        secrets.dedup();
        secrets
    }

    /// What a value is called in messages.
    pub(super) fn name(&self, origin: usize) -> String {
        match self.origins.get(origin) {
            Some(Origin::Field(wanted, field)) => {
                let address = self.wanted.get(*wanted).map(|wanted| wanted.address.to_string()).unwrap_or_default();
                if field.as_str() == VALUE { address } else { format!("{address}#{field}") }
            }
            Some(Origin::Variable(name)) => format!("$env.{name}"),
            None => String::new(),
        }
    }

    /// The same problem at each reference whose form is meant.
    pub(super) fn problems_of(
        &self,
        texts: &[Text<'_>],
        trouble: Trouble,
        cause: &str,
        is_meant: impl Fn(&(usize, Vec<Filter>)) -> bool,
    ) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (text, slots) in texts.iter().zip(&self.slots) {
            for ((place, _), form) in text.template.references().zip(slots) {
                let Some(form) = form.and_then(|form| self.forms.get(form)).filter(|form| is_meant(form)) else {
                    continue;
                };
                let secret = match self.origins.get(form.0) {
                    Some(Origin::Field(wanted, _)) => self.wanted.get(*wanted).map(|wanted| wanted.address.clone()),
                    _ => None,
                };
                problems.push(Problem { file: text.file.to_owned(), place, trouble, secret, cause: cause.to_owned() });
            }
        }
        problems
    }

    /// How many references there are.
    #[must_use]
    pub fn references(&self) -> usize {
        self.slots.iter().map(Vec::len).sum()
    }
}
